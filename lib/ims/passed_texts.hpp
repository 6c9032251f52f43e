#pragma once
// How texts came that went through a server: in a chat, or by MESSAGE. A notification names its text by id
// alone, and goes back the way the text came (IMDN-13). Bounded: of a text that is forgotten, or was never
// here, nothing is said.

#include <compare>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ims/signal.hpp"

namespace rcs::ims {

inline constexpr std::size_t kMaxPassedTexts = 100'000;  ///< about 200 octets each: an hour of a busy server
inline constexpr std::size_t kMaxPassedTextId = 128;     ///< octets; clients make ids of about 32

class PassedTexts {
 public:
  explicit PassedTexts(std::size_t max = kMaxPassedTexts) : max_(max) {}

  /// `chat` names the chat by the leg of who began it; none: by MESSAGE.
  void add(UserId from, UserId to, std::string_view id, CallKey chat);
  /// Of the text that `from` wrote to `to`; nothing: it is not known.
  std::optional<CallKey> way_of(UserId from, UserId to, std::string_view id) const;

 private:
  struct Key {
    UserId from;
    UserId to;
    std::string id;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  std::size_t max_;
  std::map<Key, CallKey> ways_;
  std::deque<Key> order_;  // of ways_, the oldest first
};

}  // namespace rcs::ims
