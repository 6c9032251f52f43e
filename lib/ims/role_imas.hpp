#pragma once
// An IM application server. The originating one passes requests back to its CSCF. The terminating one is a
// back-to-back user agent for chat INVITEs: it answers for the receiver, then invites the receiver on a leg
// of its own (CHAT-1, CHAT-2), and keeps the message while the receiver can not be reached (CHAT-40 to 42).
// Where its host carries messages, a chat lives on while any of them waits for the receiver. Messages without
// a session it leaves to its pager (pager.hpp), and a chat of the two users takes them where there is one.
// Or, by option, it passes the receiver's answers on to the sender.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "ims/pager.hpp"
#include "ims/role.hpp"

namespace rcs::ims {

enum class AnswerMode : std::uint8_t {
  store_and_forward,  ///< 200 for the receiver first, then the receiver is asked
  proxied,            ///< 180, 200, 404, 480, 486, 603 ... of the receiver reach the sender
};

struct ImasConfig {
  bool back_to_back = false;  ///< the terminating server; else it only passes on
  AnswerMode answer_mode = AnswerMode::store_and_forward;
  Duration ack_timeout = std::chrono::seconds(32);    ///< 64 * T1 (CHAT-11)
  Duration ring_timeout = std::chrono::seconds(300);  ///< then the receiver is taken as not reachable
  Duration idle_timeout = std::chrono::seconds(300);  ///< a session nobody uses is ended
  /// A receiver whose sender has left may be quiet for so long before its leg ends too: what its client tells
  /// of the texts comes within seconds.
  Duration farewell = std::chrono::seconds(10);
  Duration store_for = std::chrono::hours(24);
  std::size_t max_stored_per_user = 1000;                 ///< chats, and messages without a session
  Duration page_answer_within = std::chrono::seconds(8);  ///< see PagerConfig
  bool interworking = true;         ///< what comes by MESSAGE may go in a chat, and back
  std::size_t max_chats = 500'000;  ///< about 0.7 KiB each, stored ones included; over: 503
};

class ImasRole final : public Role, private PagerChats {
 public:
  ImasRole(ImasConfig config, Places places);
  ImasRole(const ImasRole&) = delete;
  ImasRole& operator=(const ImasRole&) = delete;

  void on_message(Instant now, NodeId from, const Signal& signal, RoleOutbox& out) override;
  void on_timer(Instant now, node::TimerKey key, RoleOutbox& out) override;
  void on_media(Instant now, CallKey call, MediaNews news, RoleOutbox& out) override;
  void on_page_carried(Instant now, MessageHandle page, PageFate fate, RoleOutbox& out) override;

  std::size_t open_chats() const { return chats_.size(); }
  std::size_t stored_for(UserId user) const;

 private:
  enum class SenderState : std::uint8_t {
    unanswered,
    awaiting_ack,
    up,
    gone,
    by_message,  ///< has written without a session, and is answered so
  };
  enum class ReceiverState : std::uint8_t {
    none,
    inviting,
    cancelling,
    up,
    stored,
    by_message,  ///< its device takes no session
  };
  using ChatKey = std::uint64_t;  ///< rises with arrival: the order of sending
  struct Timing {                 ///< RFC 4028, as agreed on for one leg
    std::uint32_t interval = 0;
    bool we_refresh = false;
  };
  struct Chat {
    ChatKey key = 0;
    Signal invite;  ///< the sender's, as it came
    SenderState sender = SenderState::unanswered;
    ReceiverState receiver = ReceiverState::none;
    CallKey receiver_call;
    Signal receiver_invite;  ///< ours, as it was sent last
    Signal to_receiver;      ///< pattern of requests on the receiver's leg
    Timing sender_timing;
    Timing receiver_timing;
    bool deferred = false;       ///< its invitation comes from the store
    bool alerted = false;        ///< the receiver's device has it
    bool expiring = false;       ///< its 24 hours run
    bool has_media = false;      ///< it has message sessions
    bool texts_wait = false;     ///< for the receiver, behind its invitation
    bool backlog = false;        ///< those, or notifications
    bool receiver_lost = false;  ///< its leg is up and carries nothing
    bool parting = false;        ///< its sender has left, and the receiver has all that there was
    bool has_pages = false;      ///< messages without a session went there
    Duration worth{};            ///< how long it is kept for a receiver who is away
    std::uint8_t retries = 0;    ///< legs that broke, one after the other, before they took anything
    std::uint32_t registrations_seen = 0;
  };
  struct Mailbox {
    std::vector<ChatKey> waiting;  ///< in order of sending
    ChatKey active = 0;            ///< invited and not yet known to have arrived
    bool held = false;             ///< something waits for messages of its sender, which were there before
  };

  // Sender's leg.
  void on_invite(const Signal& invite, RoleOutbox& out);
  void on_ack(Chat& chat, RoleOutbox& out);
  void on_sender_request(Chat& chat, const Signal& request, RoleOutbox& out);
  void end_sender(Chat& chat, int cause, RoleOutbox& out, Flags flags = 0);
  void give_up_sender(Chat& chat, RoleOutbox& out);
  Signal to_sender(const Chat& chat, Method method) const;
  // Receiver's leg.
  void start_delivery(Chat& chat, RoleOutbox& out);
  void invite_receiver(Chat& chat, RoleOutbox& out);
  void on_receiver_response(Chat& chat, const Signal& response, RoleOutbox& out);
  void on_receiver_accepted(Chat& chat, const Signal& response, RoleOutbox& out);
  /// `takes_no_session`: and never would, as its device is made.
  void on_receiver_refused(Chat& chat, int status, bool takes_no_session, RoleOutbox& out);
  void on_receiver_request(Chat& chat, const Signal& request, RoleOutbox& out);
  void end_receiver(Chat& chat, int cause, RoleOutbox& out, Flags flags = 0);
  void on_receiver_bye(Chat& chat, const Signal& bye, RoleOutbox& out);
  void request_on_receiver(Chat& chat, Method method, int cause, RoleOutbox& out, Flags flags = 0);
  // Both.
  void on_request(const Signal& request, RoleOutbox& out);
  void on_response(const Signal& response, RoleOutbox& out);
  void on_refresh(Chat& chat, bool is_sender, const Signal& request, RoleOutbox& out);
  void on_session_timer(Chat& chat, bool is_sender, RoleOutbox& out);
  void watch_session(const Chat& chat, bool is_sender, Timing timing, RoleOutbox& out);
  void watch_idle(const Chat& chat, RoleOutbox& out);
  /// MESSAGE outside of dialogs, and answers to it, are the pager's.
  bool is_page(const Signal& signal) const;
  // The store.
  void store(Chat& chat, RoleOutbox& out);
  void on_third_party_register(Instant now, const Signal& request, RoleOutbox& out);
  void deliver_next(UserId user, RoleOutbox& out);
  /// True: it was in, and others are left.
  bool leave_mailbox(Chat& chat);
  void on_ring_timeout(Chat& chat, RoleOutbox& out);
  void on_idle(Chat& chat, RoleOutbox& out);

  // What waits behind an invitation.
  void on_text_waits(Chat& chat, RoleOutbox& out);
  void on_all_taken(Chat& chat, RoleOutbox& out);
  void on_receiver_lost(Chat& chat, RoleOutbox& out);
  /// The receiver's leg ends; what waits goes to the store, and is tried again soon.
  void break_receiver(Chat& chat, int cause, RoleOutbox& out, Flags flags = 0);
  void try_again_later(Chat& chat, RoleOutbox& out);
  /// The sender has left: the receiver's leg ends too, once it has taken what waits for it.
  void release_receiver(Chat& chat, int cause, RoleOutbox& out);
  /// It has taken all of it: it may still tell what became of that, before its leg ends.
  void part_with_receiver(Chat& chat, RoleOutbox& out);

  // Messages without a session in chats (role_imas_pages.cpp).
  std::size_t kept_in_chats(UserId user) const override;
  std::optional<ChatWay> way_for(const Signal& page) override;
  bool may_open_chat() const override;
  void open_chat_for(const Signal& page, Duration worth, RoleOutbox& out) override;
  void on_pages_moved(UserId user, RoleOutbox& out) override;
  /// The device of its receiver takes no session. True: the chat goes by MESSAGE.
  bool turn_to_messages(Chat& chat, int status, RoleOutbox& out);
  static std::optional<ChatWay> way_in(const Chat& chat, const Signal& page);
  void know_pair(const Chat& chat);
  void forget_pair(const Chat& chat);
  /// They go by MESSAGE: the chat is not tried for its receiver any more, or was to no avail.
  void release_pages(Chat& chat, RoleOutbox& out);

  void answer(const Signal& request, int status, RoleOutbox& out, Flags flags = 0);
  void pass_on(Signal request, RoleOutbox& out);
  void notify(Notice::Kind kind, const Chat& chat, int status, RoleOutbox& out);
  /// Lets go of the chat when neither leg nor the store needs it any more.
  void finish_if_over(ChatKey key, RoleOutbox& out);
  Chat* find(ChatKey key);
  Chat* find_by_call(CallKey call);

  ImasConfig config_;
  Places places_;
  std::unordered_map<ChatKey, Chat> chats_;
  std::unordered_map<CallKey, ChatKey> by_call_;
  std::unordered_map<UserId, Mailbox> mailboxes_;  ///< those with something in them
  /// Chats of two users, whoever began them, the latest last; of those that interwork.
  std::unordered_map<std::uint64_t, std::vector<ChatKey>> by_pair_;
  Pager pager_;
  std::unordered_map<UserId, std::uint32_t> registered_;  ///< how often a user has registered
  ChatKey last_chat_ = 0;
  std::uint64_t last_call_ = 0;
};

/// Chats that began with a message have this bit in the CallKey of their sender's leg, which is not there.
inline constexpr std::uint64_t kNoLegBit = 1ULL << 61;

/// Legs this server makes have this bit in their CallKey; those that come to it have not.
inline constexpr std::uint64_t kOwnCallBit = 1ULL << 63;

}  // namespace rcs::ims
