#pragma once
// Octets out of a file, a pipe or a terminal without waiting for them, as lines or as the content of a
// message.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/result.hpp"
#include "msrp/outgoing.hpp"
#include "net/loop.hpp"

namespace rcs::cat {

class Input {
 public:
  /// `name`: for words about it. "-" is standard input. Errors: unknown (names the file and the reason).
  static core::Result<std::unique_ptr<Input>> open(net::Loop& loop, const std::string& path);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// Of a regular file.
  std::optional<std::uint64_t> size() const;
  /// What is there now. `broken` was said on standard error.
  msrp::Source::Pulled read(std::span<char> into);
  /// Calls `work` once when more is there, or the end.
  void when_ready(std::function<void()> work);

 private:
  struct State;
  explicit Input(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// All of an input as the content of one message, behind a prefix. `on_dry` is called when it has nothing; it
/// waits for more. `on_octets` is told how many have been pulled.
class InputSource final : public msrp::Source {
 public:
  /// SAFETY: the input outlives this.
  InputSource(Input& input, std::string prefix, std::function<void()> on_dry,
              std::function<void(std::uint64_t)> on_octets);

  std::optional<std::uint64_t> size() const override;
  Pulled pull(std::span<char> into) override;

 private:
  Input& input_;
  std::string prefix_;
  std::size_t prefix_sent_ = 0;
  std::uint64_t pulled_ = 0;
  std::function<void()> on_dry_;
  std::function<void(std::uint64_t)> on_octets_;
};

inline constexpr std::size_t kMaxLine = 1 << 20;  ///< octets; more than one writes by hand

/// Cuts an input into lines, each with its end.
class Lines {
 public:
  explicit Lines(Input& input) : input_(input) {}

  struct Line {
    std::optional<std::string> text;  ///< none: see state
    msrp::Source::State state = msrp::Source::State::more;
  };
  Line next();

 private:
  Input& input_;
  std::string held_;
  std::size_t at_ = 0;
  std::size_t searched_ = 0;
  msrp::Source::State state_ = msrp::Source::State::more;
};

}  // namespace rcs::cat
