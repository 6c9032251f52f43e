#pragma once
// Messages without a session at the receiver's application server (RFC 3428): each is passed to the
// receiver's device, whose answer goes back to the sender. One that no device takes now is kept: the sender
// has a 202, and the receiver the message when it registers, once and in order (PGR-5, PGR-6, CHAT-41).
// Notifications are kept like texts; what is true only now (`transient`: ISC-7, Expires: 0) is not. Where
// the two users have a chat, a message goes there, and is answered when that has it. On Signals; the host has
// the text.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ims/role.hpp"

namespace rcs::ims {

struct PagerConfig {
  /// A device that says nothing for so long may still take the message; the sender is told that the network
  /// has it, before its own transaction ends at 64 * T1.
  Duration answer_within = std::chrono::seconds(8);
  Duration store_for = std::chrono::hours(24);
  std::size_t max_kept_per_user = 1000;  ///< those of chats and of this together
  std::size_t max_messages = 200'000;    ///< about 4 KiB each with their text; over: 503
};

/// Octets of a message that is kept; what is longer goes by session (PGR-9).
inline constexpr std::uint32_t kMaxKeptBody = 64 << 10;

/// A chat that takes a message for its receiver.
struct ChatWay {
  CallKey leg;
  MessageHandle chat;
  bool waits = false;  ///< for the receiver to come, or behind what does: it takes a while
};

/// What a pager has to know of the chats at its server.
class PagerChats {
 public:
  virtual ~PagerChats() = default;
  /// Places of a receiver that chats take.
  virtual std::size_t kept_in_chats(UserId user) const = 0;
  /// The message is sent there now.
  virtual std::optional<ChatWay> way_for(const Signal& page) = 0;
  /// The device takes no MESSAGE: a chat of its own answers for this one from now on, for `worth` at most.
  virtual bool may_open_chat() const = 0;
  virtual void open_chat_for(const Signal& page, Duration worth, RoleOutbox& out) = 0;
  /// Something that was under way to `user` by MESSAGE is not any more.
  virtual void on_pages_moved(UserId user, RoleOutbox& out) = 0;
};

class Pager {
 public:
  /// SAFETY: `chats` outlives this.
  Pager(PagerConfig config, Places places, PagerChats& chats)
      : config_(config), places_(places), chats_(chats) {}

  /// A MESSAGE outside of dialogs, and the answer to one of ours.
  void on_request(Instant now, const Signal& request, RoleOutbox& out);
  void on_response(Instant now, const Signal& response, RoleOutbox& out);
  /// What a chat did with a message that went there.
  void on_carried(Instant now, MessageHandle message, PageFate fate, RoleOutbox& out);
  void on_timer(Instant now, node::TimerKey key, RoleOutbox& out);
  /// The user has bindings for so many seconds; 0: none any more.
  void on_registered(Instant now, UserId user, std::uint32_t expires, RoleOutbox& out);

  /// What is kept for a user who is there is tried again.
  void try_again(UserId user, RoleOutbox& out);
  /// Something that `from` has written to `user` is on its way by MESSAGE, or behind what is.
  bool is_under_way(UserId user, UserId from) const;

  /// Names that of the user; 0: none in force.
  std::uint64_t registration_of(UserId user) const;
  std::size_t kept_for(UserId user) const;
  std::size_t open() const { return pages_.size(); }

 private:
  using PageKey = std::uint64_t;  ///< rises with arrival: the order of sending
  struct Page {
    PageKey key = 0;
    Signal request;             ///< the sender's, as it came
    std::uint64_t place = 0;    ///< among those of its receiver: rises with arrival, and anew when a chat has
                                ///< left it
    bool kept = false;          ///< its sender has a 202: this server answers for it from now on
    bool left_by_chat = false;  ///< a chat did not take it: it goes by MESSAGE
    enum class Asked : std::uint8_t { nobody, device, chat } asked = Asked::nobody;
    Instant deadline{};  ///< it is worth nothing later
    std::uint64_t registration_seen = 0;
  };
  struct Box {
    std::vector<PageKey> kept;       ///< by place
    Instant registered_until{};      ///< as far as we were told
    std::uint64_t registration = 0;  ///< names the one in force; later ones are larger
  };

  /// The chat of the two, or else the device.
  void ask(Page& page, RoleOutbox& out);
  void ask_device(Page& page, RoleOutbox& out);
  void ask_chat(Page& page, const ChatWay& way, RoleOutbox& out);
  void start(Instant now, Page& page, RoleOutbox& out);
  void start_owed(Instant now, Page& page, RoleOutbox& out);
  /// True: a chat has it now, or may have.
  bool turn_to_chat(Instant now, Page& page, RoleOutbox& out);
  std::optional<ChatWay> way_for(const Page& page) const;
  bool can_keep(const Page& page) const;
  void keep(Instant now, Page& page, RoleOutbox& out);
  void on_not_now(Instant now, Page& page, int status, RoleOutbox& out);
  void deliver_next(UserId user, RoleOutbox& out);
  Page* next_of(const Box& box);
  /// Of the same sender.
  bool waits_behind_others(const Signal& request) const;
  bool is_registered(Instant now, const Signal& request) const;
  void lose(Page& page, int status, RoleOutbox& out);
  void finish(const Page& page, RoleOutbox& out);
  void forget(const Page& page, RoleOutbox& out);
  void put_in_box(Page& page);
  void leave_box(const Page& page);
  void answer(Signal request, int status, RoleOutbox& out);
  void notify(Notice::Kind kind, const Signal& request, int status, RoleOutbox& out);
  Page* find(PageKey key);

  PagerConfig config_;
  Places places_;
  PagerChats& chats_;
  std::unordered_map<PageKey, Page> pages_;
  std::unordered_map<MessageHandle, PageKey> in_chats_;
  std::unordered_map<UserId, Box> boxes_;  ///< of who is registered or has something in it
  PageKey last_page_ = 0;
  std::uint64_t last_place_ = 0;
  std::uint64_t last_registration_ = 0;
};

}  // namespace rcs::ims
