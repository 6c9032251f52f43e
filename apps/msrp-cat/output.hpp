#pragma once
// What comes in, to standard output: the octets of one message after the other as they were sent, or objects.
// Content of a message that comes while another is not complete waits for it.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace rcs::cat {

/// Octets that wait for an earlier message to be complete: peers that send several at once send small ones.
inline constexpr std::size_t kMaxWaiting = 64 << 20;

class Output {
 public:
  explicit Output(bool json) : json_(json) {}

  /// A part of a message. Errors: unreachable (standard output takes no more), too_large.
  core::Result<void> add(const std::string& message_id, const std::string& content_type,
                         std::string_view octets);
  /// It has all of them.
  core::Result<void> complete(const std::string& message_id, const std::string& content_type,
                              std::uint64_t length);
  /// It will not get the rest; what was written of it stays written.
  core::Result<void> abandon(const std::string& message_id);
  /// Some message is not complete.
  bool is_partial() const { return !open_.empty(); }
  std::uint64_t octets() const { return octets_; }

 private:
  struct Open {
    std::string message_id;
    std::string waiting;
    bool over = false;
  };
  Open& find(const std::string& message_id);
  core::Result<void> end(const std::string& message_id);

  bool json_;
  std::deque<Open> open_;  // in the order of their first octets; the first is written as it comes
  std::size_t waiting_ = 0;
  std::uint64_t octets_ = 0;
};

/// All of it, at once. Errors: unreachable.
core::Result<void> write_out(std::string_view octets);

}  // namespace rcs::cat
