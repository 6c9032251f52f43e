#pragma once
// The chats of all users as the API shows them: instances, their names and states. A table; what happens to a
// chat is decided in gateway_calls.cpp and gateway_chats.cpp.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chat/command.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "gateway/config.hpp"
#include "gateway/identity.hpp"

namespace rcs::gateway {

enum class Status : std::uint8_t { trying, ringing, initiate, accepted, declined, ended, expired, error };
std::string_view name(Status status);
std::optional<Status> parse_status(std::string_view text);
constexpr bool is_final(Status status) { return status >= Status::declined; }

struct Instance {
  chat::ChatId chat;
  std::string user;  ///< Identity::key of its owner
  std::uint64_t number = 0;
  std::string id;  ///< "01012345678-001"
  std::string url;
  std::string peer;  ///< as shown
  std::string message_id;
  bool outgoing = false;
  bool posting = false;     ///< the POST is not answered yet: no event may come before its answer (API-14)
  bool rang = false;        ///< 180 came
  bool answered = false;    ///< we have accepted or declined the invitation
  std::string answered_by;  ///< the device that did
  bool left = false;        ///< the user has ended it
  bool met = false;         ///< it has had a session: when that has ended, a text opens a new one (CHAT-42)
  std::string reopened_by;  ///< the message_id that asks for a new session, until there is an answer
  Status status = Status::trying;
  core::UnixMs created;
  core::Instant over_since;        ///< when it became final
  std::uint64_t last_seq = 0;      ///< of its latest event
  std::uint64_t initiate_seq = 0;  ///< its invitation, while pinned
  int code = 0;
  std::string reason;
};

class Chats {
 public:
  explicit Chats(const Config& config) : config_(config) {}

  /// A new instance under `owner`; nullptr when that user has too many open ones. SAFETY: what is returned
  /// lives until `erase`, or, while final, until a later `create` or `sweep`.
  Instance* create(chat::ChatId chat, const Identity& owner, core::UnixMs now);
  Instance* find(chat::ChatId chat);
  /// By the id in its path; opaque to clients.
  Instance* find(std::string_view user, std::string_view instance_id);
  void erase(chat::ChatId chat);
  /// Those of a user in the order they were made, after `after` (0: from the first).
  template <class F>
  void each(std::string_view user, std::uint64_t after, F&& visit) {
    const auto found = users_.find(user);
    if (found == users_.end()) return;
    const auto& chats = found->second.chats;
    for (auto it = chats.upper_bound(after); it != chats.end(); ++it) {
      if (!visit(chats_.at(it->second))) return;
    }
  }
  /// The counter goes on after this number: ids still in the log are not given again (API-05).
  void start_after(std::string_view user, std::uint64_t number);
  /// Marks it final; it goes when the retention is over, unless it is opened again.
  void finish(Instance& instance, Status status, int code, std::string reason, core::Instant now);
  void reopen(Instance& instance);
  void sweep(core::Instant now);
  /// Those that went since the last call, and whether they had a session.
  struct Gone {
    chat::ChatId chat;
    bool met = false;
  };
  std::vector<Gone> take_gone() { return std::exchange(gone_, {}); }

 private:
  struct User {
    std::uint64_t last_number = 0;
    std::map<std::uint64_t, chat::ChatId> chats;
  };
  const Config& config_;
  std::unordered_map<chat::ChatId, Instance> chats_;                              // looked up only
  std::unordered_map<std::string, User, core::TextHash, std::equal_to<>> users_;  // looked up only
  struct Over {
    chat::ChatId chat;
    core::Instant since;
  };
  std::deque<Over> over_;  ///< what became final, the oldest first; some of it was opened again
  std::vector<Gone> gone_;
};

/// The number at the end of "{RCS ID}-{NNN}"; 0 for none.
std::uint64_t instance_number(std::string_view id);

}  // namespace rcs::gateway
