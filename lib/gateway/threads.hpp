#pragma once
// The threads of all users: with whom a user exchanges messages outside of chats, and under which id the chat
// client knows it. A table, bounded; what has not been used for longest goes first.

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chat/command.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "gateway/config.hpp"

namespace rcs::gateway {

/// Beside those that one POST may need at once: more people than anybody writes to in a day.
inline constexpr std::size_t kThreadsPerUser = 1000;
/// Of all users: half of what one chat client takes, for chats need room in it, too.
inline constexpr std::size_t kMaxThreads = 100'000;

struct Thread {
  chat::ChatId chat;
  std::string user;  ///< Identity::key
  std::string peer;  ///< as shown
  core::Instant used;
};

class Threads {
 public:
  explicit Threads(const Config& config, std::size_t max = kMaxThreads) : config_(config), max_(max) {}

  /// nullptr: there is none. SAFETY: until the next open or sweep.
  const Thread* find(chat::ChatId chat) const;
  const Thread* find(std::string_view user, std::string_view peer) const;
  /// The one thread of these two has this id from now on.
  void open(chat::ChatId chat, const std::string& user, const std::string& peer, core::Instant now);
  void use(chat::ChatId chat, core::Instant now);
  /// Lets go what was not used within the retention.
  void sweep(core::Instant now);
  /// Those that went since the last call.
  std::vector<chat::ChatId> take_gone() { return std::exchange(gone_, {}); }
  std::size_t size() const { return all_.size(); }

 private:
  using All = std::list<Thread>;
  using ByPeer = std::map<std::string, All::iterator, std::less<>>;
  void close(All::iterator thread);

  const Config& config_;
  const std::size_t max_;
  All all_;                                                                         ///< by last use
  std::unordered_map<chat::ChatId, All::iterator> by_chat_;                         // looked up only
  std::unordered_map<std::string, ByPeer, core::TextHash, std::equal_to<>> users_;  // looked up only
  std::vector<chat::ChatId> gone_;
};

}  // namespace rcs::gateway
