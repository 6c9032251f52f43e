#pragma once
// Messages without a session at the receiver's application server (RFC 3428): each is passed to the
// receiver's device, whose answer goes back to the sender. One that no device takes now is kept: the sender
// has a 202, and the receiver the message when it registers, once and in order (PGR-5, PGR-6, CHAT-41).
// Notifications are kept like texts; what is true only now (`transient`: ISC-7, Expires: 0) is not. On
// Signals; the host has the text.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
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

class Pager {
 public:
  /// `others`: how many of a receiver's places are taken by what is kept elsewhere.
  Pager(PagerConfig config, Places places, std::function<std::size_t(UserId)> others)
      : config_(config), places_(places), others_(std::move(others)) {}

  /// A MESSAGE outside of dialogs, and the answer to one of ours.
  void on_request(Instant now, const Signal& request, RoleOutbox& out);
  void on_response(Instant now, const Signal& response, RoleOutbox& out);
  void on_timer(Instant now, node::TimerKey key, RoleOutbox& out);
  /// The user has bindings for so many seconds; 0: none any more.
  void on_registered(Instant now, UserId user, std::uint32_t expires, RoleOutbox& out);

  std::size_t kept_for(UserId user) const;
  std::size_t open() const { return pages_.size(); }

 private:
  using PageKey = std::uint64_t;  ///< rises with arrival: the order of sending
  struct Page {
    PageKey key = 0;
    Signal request;       ///< the sender's, as it came
    bool kept = false;    ///< its sender has a 202: this server answers for it from now on
    bool asking = false;  ///< the device has been asked, and has not answered
    Instant deadline{};   ///< it is worth nothing later
    std::uint64_t registration_seen = 0;
  };
  struct Box {
    std::vector<PageKey> kept;       ///< by key
    Instant registered_until{};      ///< as far as we were told
    std::uint64_t registration = 0;  ///< names the one in force; later ones are larger
  };

  void ask_device(Page& page, RoleOutbox& out);
  bool can_keep(const Page& page) const;
  void keep(Instant now, Page& page, RoleOutbox& out);
  void on_not_now(Instant now, Page& page, int status, RoleOutbox& out);
  void deliver_next(UserId user, RoleOutbox& out);
  /// Of the same sender.
  bool waits_behind_others(const Signal& request) const;
  bool is_registered(Instant now, const Signal& request) const;
  /// 0: none in force.
  std::uint64_t registration_of(UserId user) const;
  void lose(Page& page, int status, RoleOutbox& out);
  void finish(const Page& page, RoleOutbox& out);
  void leave_box(const Page& page);
  void answer(Signal request, int status, RoleOutbox& out);
  void notify(Notice::Kind kind, const Signal& request, int status, RoleOutbox& out);
  Page* find(PageKey key);

  PagerConfig config_;
  Places places_;
  std::function<std::size_t(UserId)> others_;
  std::unordered_map<PageKey, Page> pages_;
  std::unordered_map<UserId, Box> boxes_;  ///< of who is registered or has something in it
  PageKey last_page_ = 0;
  std::uint64_t last_registration_ = 0;
};

}  // namespace rcs::ims
