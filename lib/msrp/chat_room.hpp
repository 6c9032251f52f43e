#pragma once
// The switch of a chat room (RFC 7701, rules MSRP-160 to 164): what a participant says goes, as it is, to all
// others, or to the one that it names; what may not be said is refused; and who has which nickname. It stands
// on the sessions of an endpoint that its owner has opened for it, and hears of their events. Messages go on
// when they are whole: so each is answered with what became of it, and who has joined by then gets all of it.
// Who is let in, and what SIP says of that, is for its owner.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "msrp/endpoint.hpp"
#include "node/outbox.hpp"

namespace rcs::body {
struct Cpim;
}

namespace rcs::msrp {

struct ChatRoomConfig {
  std::string uri;  ///< CPIM To of what is for everybody, such as sip:room@example.com
  bool nicknames = true;
  bool private_messages = true;
  /// May this participant be called so? Empty: everybody may be called anything.
  std::function<bool(const std::string& uri, const std::string& nickname)> permits;
  std::size_t max_participants = 100;  ///< each message is held once for each
  /// Octets, and messages, that a participant has not answered: above these it is behind, and those who write
  /// get their answers when it has caught up, so that nobody writes faster than all can read.
  std::uint64_t calm = 1 << 20;
  std::size_t calm_messages = 64;
  /// Above these it is dropped. Half of them is what a sender may have unanswered itself; more is refused.
  std::uint64_t max_waiting = 32 << 20;     ///< three of the greatest messages
  std::size_t max_waiting_messages = 1000;  ///< a connection takes no more
  /// Who is behind, and answers nothing for so long, is dropped: before the answers that it holds up are
  /// missed, after 30 s.
  core::Duration stall_time = std::chrono::seconds(10);
  core::Duration half_time = std::chrono::seconds(540);  ///< a message of which nothing comes is dropped then
  std::uint32_t timer_kind = 2;                          ///< TimerKey::kind of its timers
};

struct Participant {
  std::string uri;            ///< CPIM From of all that it says; empty: that of its first message
  bool takes_private = true;  ///< it has declared so (MSRP-160)
};

// --- events
struct RoomNamed {  ///< by its first message
  SessionId session;
  std::string uri;
};
struct RoomPassed {
  SessionId from;
  std::string message_id;
  bool is_private = false;
  std::size_t sessions = 0;  ///< that it goes to
};
struct RoomMissed {  ///< it does not take this message: its type, or its size
  SessionId session;
  std::string why;
};
struct RoomRefused {
  SessionId session;
  std::string what;  ///< a Message-ID, or a nickname in quotes
  int status = 0;
  std::string why;
};
struct RoomNicknamed {
  SessionId session;
  std::string nickname;  ///< empty: it has none any more
};
struct RoomLeft {  ///< not by leave(); its session is closed
  SessionId session;
  std::string uri;
  std::string why;
};
using ChatRoomEvent = std::variant<RoomNamed, RoomPassed, RoomMissed, RoomRefused, RoomNicknamed, RoomLeft>;

/// What SDP says of a session that joins a room (MSRP-160, MSRP-161), and how its endpoint has to treat it.
/// Sessions of other kinds do not work in a room.
void make_room_end(LocalEnd& local, const ChatRoomConfig& room);

class ChatRoom {
 public:
  explicit ChatRoom(ChatRoomConfig config) : config_(std::move(config)) {}

  /// A session of make_room_end(), from before its first message. Errors: too_large.
  core::Result<void> join(SessionId session, Participant participant, EndpointOutbox& out);
  /// Closes the session. Does nothing where it is not of this room.
  void leave(core::Instant now, SessionId session, Endpoint& endpoint, EndpointOutbox& out);

  /// What the endpoint tells; of other sessions than its own nothing is heard. False: it was not its own.
  bool on_event(core::Instant now, const EndpointEvent& event, Endpoint& endpoint, EndpointOutbox& out);
  void on_timer(core::Instant now, node::TimerKey key, Endpoint& endpoint, EndpointOutbox& out);

  std::vector<ChatRoomEvent> take_events() { return std::exchange(events_, {}); }
  std::size_t participants() const { return members_.size(); }
  /// Empty: it has none, or is not here.
  const std::string& nickname(SessionId session) const;

 private:
  struct Member {
    std::string uri;
    std::string address;  // uri, as it is compared
    bool takes_private = true;
    std::string nickname;
    std::string nickname_key;
    std::map<std::string, std::uint64_t> waiting;  // octets of messages that it has not answered
    std::uint64_t waiting_octets = 0;
    bool has_moved = false;         // it has answered something since the last look at who is behind
    std::uint64_t owed_octets = 0;  // of what it has said, and whose answers are held
    std::size_t owed_messages = 0;
  };
  struct Turn;  // of a call
  struct Refusal {
    int status = 0;
    std::string why;
  };
  /// An answer that is held until everybody has caught up.
  struct Owed {
    SessionId session;
    std::uint64_t ticket = 0;
    std::uint64_t octets = 0;
  };
  using Members = std::map<SessionId, Member>;

  void on(Turn& turn, const MessageArrived& event);
  void on(Turn& turn, const NicknameAsked& event);
  void on(Turn& turn, const MessageFate& event);
  void on(Turn& turn, const SessionLost& event);
  /// What to do with everything else that is told: nothing.
  template <class Event>
  void on(Turn&, const Event&) {}

  static void answer(Turn& turn, SessionId session, std::uint64_t ticket,
                     const std::optional<Refusal>& refusal);
  std::optional<Refusal> review(Members::value_type& from, const WholeMessage& message,
                                std::vector<SessionId>& to, bool& is_private);
  std::optional<Refusal> check_from(Members::value_type& from, const body::Cpim& cpim);
  std::optional<Refusal> find_private(SessionId from, const std::string& address,
                                      std::vector<SessionId>& to) const;
  std::optional<Refusal> check_nickname(const Members::value_type& from, const std::string& nickname,
                                        const std::string& key) const;
  bool pass(Turn& turn, SessionId to, const WholeMessage& message);
  bool is_slow(const Member& member) const;
  bool is_behind(const Member& member) const;
  bool anybody_is_behind() const;
  void owe(const MessageArrived& event);
  void pay(Turn& turn);
  void drop_stalled(Turn& turn);
  void look_at_halves(Turn& turn);
  void drop(Turn& turn, SessionId session, const std::string& why);

  ChatRoomConfig config_;
  Members members_;
  std::vector<ChatRoomEvent> events_;
  std::vector<Owed> owed_;  // in order
  bool halves_armed_ = false;
  bool stalls_armed_ = false;
};

}  // namespace rcs::msrp
