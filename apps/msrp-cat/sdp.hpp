#pragma once
// SDP as msrp-cat hands it over: our own on standard output, the peer's from a file or standard input, each
// ended by an empty line, so that content can follow it. Nothing stands still while the peer's is waited for.

#include <functional>
#include <memory>
#include <string>

#include "body/sdp.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "msrp-cat/input.hpp"

namespace rcs::cat {

/// Reads one description.
class SdpReader {
 public:
  /// Called once. Errors: unknown (it could not be read), malformed (names the place and the line),
  /// too_large.
  using OnRead = std::function<void(core::Result<body::Sdp>)>;

  /// "-" is standard input. Errors: unknown (no such file).
  static core::Result<std::unique_ptr<SdpReader>> open(net::Loop& loop, const std::string& path);
  /// SAFETY: this outlives the call of `on_read`, which may come before the return.
  void read(OnRead on_read);
  bool is_done() const { return done_; }
  /// There was nothing before the end of the place.
  bool is_empty() const { return done_ && text_.empty(); }

 private:
  SdpReader(std::unique_ptr<Input> input, std::string path)
      : input_(std::move(input)), path_(std::move(path)) {}
  void go_on();
  void finish(core::Result<body::Sdp> sdp);
  core::Result<body::Sdp> parsed() const;

  std::unique_ptr<Input> input_;
  std::string path_;
  OnRead on_read_;
  std::string text_;
  bool done_ = false;
};

/// The message session in it. Errors: unsupported (names the place).
core::Result<body::MsrpMedia> message_media(const body::Sdp& sdp, const std::string& place,
                                            body::Setup unsaid);

/// As text, ready to be written out.
std::string sdp_text(const body::MsrpMedia& media, core::Random& random);

}  // namespace rcs::cat
