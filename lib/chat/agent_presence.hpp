#pragma once
// Discovery by presence (CAP section 5): subscriptions that fetch what a contact has published
// (presence.cpp), and the publication of our own services (publishing.cpp).

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "chat/agent_state.hpp"
#include "chat/presence_notice.hpp"
#include "chat/publication.hpp"

namespace rcs::chat {

/// TimerKey::id of kAgentPresenceTimers: a FetchId or a UserId, and one of these.
enum class PresenceTimer : std::uint8_t { no_notify, look, farewell };
inline constexpr int kPresenceTimerBits = 2;
constexpr node::TimerKey presence_timer(std::uint64_t id, PresenceTimer timer) {
  return {kAgentPresenceTimers, (id << kPresenceTimerBits) | static_cast<std::uint64_t>(timer)};
}

struct Agent::State::Presence {
  explicit Presence(State& owner) : state(owner) {}

  using FetchId = core::Id<struct FetchTag>;
  /// A SUBSCRIBE of ours until the NOTIFY that answers it.
  struct Fetch {
    InquiryId inquiry;
    std::string call_id;
    std::string local_tag;
    std::string remote_tag;         ///< of the first NOTIFY; others of a forked SUBSCRIBE are not taken
    std::uint32_t remote_cseq = 0;  ///< of the last
    bool heard = false;             ///< a NOTIFY without a document has come: another may follow
    bool again = false;             ///< in place of another one, which was sent away: once
  };

  // Dispatch.
  void on_response(Step& step, const Purpose& purpose, const sip::Message& response);
  void on_no_response(Step& step, const Purpose& purpose, int status, const std::string& why);
  void on_timer(Step& step, std::uint64_t id);

  // presence.cpp: what contacts have published
  void fetch(Step& step, InquiryId inquiry) { subscribe(step, inquiry, 0, false); }
  /// `expires` is 0, but for a server that does not allow that.
  void subscribe(Step& step, InquiryId inquiry, std::uint32_t expires, bool again);
  /// It is over.
  Fetch take(Step& step, FetchId id);
  void on_subscribe_response(Step& step, FetchId id, const sip::Message& response);
  void on_no_notify(Step& step, FetchId id);
  void on_notify(Step& step, const sip::RequestArrived& event);
  void on_notice(Step& step, FetchId id, const PresenceNotice& notice);
  void learn(Step& step, FetchId id, const body::Presence& document);

  // publishing.cpp: what our users publish
  /// Sends what makes the network know what the user offers, if anything; one at a time (PRES-6).
  void publish(Step& step, UserId id);
  void on_registered(Step& step, UserId id);
  /// Before a user leaves: true when something is taken back first; State::leave_core follows.
  bool withdraw(Step& step, UserId id);
  void forget(Step& step, UserId id);
  void settle(Step& step, UserId id, const Publication::Outcome& outcome);
  void on_farewell_over(Step& step, UserId id);

  State& state;  ///< SAFETY: it owns this
  std::uint64_t last_fetch = 0;
  std::map<FetchId, Fetch> fetches;
  std::map<std::pair<std::string, std::string>, FetchId> by_dialog;  ///< Call-ID and our tag
  std::map<UserId, Publication> publications;
};

}  // namespace rcs::chat
