#pragma once
// Octets of a connection to requests (RFC 9112), one after the other, with limits. Pure: the connection feeds
// it what came. The grammar is Beast's; what a value carries further (Host, origin form, upgrade) is decided
// here.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/web.hpp"

namespace rcs::http {

/// Reads one request; made anew for the next one, so that an idle connection holds none.
class RequestReader {
 public:
  RequestReader(std::size_t header_bytes, std::size_t body_bytes);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  enum class Progress : std::uint8_t {
    need_more,         ///< present what is left again, with more behind it
    expects_continue,  ///< the client waits for 100 Continue before its body; feed on afterwards
    done,              ///< take() the request; `input` holds what follows it
    failed,            ///< see failure(); the connection can not be used any further
  };
  /// Consumes from the front of `input`.
  Progress feed(std::string_view& input);
  bool in_body() const;
  /// The request, once done.
  core::WebRequest take();
  /// After take(): may the connection be used for another request?
  bool keep_alive() const;

  struct Failure {
    int status = 400;
    std::string detail;  ///< our own words, free of quotes
  };
  const Failure& failure() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rcs::http
