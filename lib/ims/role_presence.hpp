#pragma once
// The presence server: compositor of what users publish (RFC 3903), and notifier of who watches them (RFC
// 6665, RFC 3856). A user publishes its own state only, from as many devices as it has; everybody may watch
// everybody (who is let to is a matter of presence rules, RFC 5025, which are not known here), one user at a
// time: no lists (RFC 4662), and always the whole state (RFC 5263). The state is text, which the host keeps:
// here is when it is in force, how much of it there is, and who is told.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "ims/role.hpp"

namespace rcs::ims {

inline constexpr std::uint32_t kDefaultPresence = 3600;  ///< seconds, where no Expires is given (PRES-29)

struct PresenceConfig {
  std::uint32_t min_expires = 60;      ///< seconds, of state and of subscriptions; shorter ones get 423
  std::uint32_t max_expires = 86'400;  ///< longer ones are cut: a device that is gone is forgotten in a day
  Duration notify_interval = std::chrono::seconds(5);  ///< of one watcher (PRES-29)
  // Where a device publishes more, what the user has published longest ago gives way.
  std::size_t max_publications_per_user = 10;   ///< as many devices may be registered
  std::size_t max_octets_per_user = 48U << 10;  ///< all of it goes to each watcher in one request
  std::size_t max_octets = 64U << 20;           ///< over: 503
  std::size_t max_watches_per_user = 1000;      ///< each change tells all of them; over: 503
  std::size_t max_watches_of_watcher = 10;      ///< of one user: as many devices; over: 503
  std::size_t max_watches = 100'000;            ///< about 2 KiB each with their dialog; over: 503
};

/// `message` of a PUBLISH names the version of the state that its SIP-If-Match means, of the 200 to it the
/// one there is now; `call` of a SUBSCRIBE and of its NOTIFYs is their dialog, `expires` of a NOTIFY what is
/// left of it, 0: it is over. Notices: message_done (`to`, `message`: not in force any more) and leg_done
/// (`call`).
class PresenceRole final : public Role {
 public:
  PresenceRole(PresenceConfig config, Places places) : config_(config), places_(places) {}

  void on_message(Instant now, NodeId from, const Signal& signal, RoleOutbox& out) override;
  void on_timer(Instant now, node::TimerKey key, RoleOutbox& out) override;

  /// Subscriptions in force.
  std::size_t watches() const { return watches_.size(); }

 private:
  struct Publication {
    MessageHandle version;
    Instant until{};
    std::uint32_t octets = 0;
  };
  struct Presentity {
    std::vector<Publication> publications;  ///< that published last at the end
    std::vector<CallKey> watches;
    std::size_t octets() const;
  };
  struct Watch {
    UserId presentity;
    UserId watcher;
    SignalRoute way;
    Instant until{};
    Instant quiet_until{};  ///< only what a SUBSCRIBE asks for is sent sooner
    bool is_owed = false;   ///< something has changed since the last NOTIFY
    bool is_asked = false;  ///< which has no answer yet: the next one waits for that
  };

  void on_publish(Instant now, const Signal& request, RoleOutbox& out);
  /// The status to refuse it with; 0: none.
  int fault_of(const Signal& publish) const;
  void publish(Instant now, const Signal& request, RoleOutbox& out);
  /// Whatever gives way for it.
  void make_room(Presentity& presentity, const Signal& request, RoleOutbox& out);
  void withdraw(Presentity& presentity, UserId user, std::size_t index, RoleOutbox& out);
  Publication* find(UserId user, MessageHandle version);
  void arm_expiry(Instant now, UserId user, RoleOutbox& out);
  void on_expiry(Instant now, UserId user, RoleOutbox& out);

  void on_subscribe(Instant now, const Signal& request, RoleOutbox& out);
  /// One within a dialog.
  void on_resubscribe(Instant now, const Signal& request, RoleOutbox& out);
  /// Answers and notifies: PRES-20.
  void grant(Instant now, const Signal& request, Watch& watch, RoleOutbox& out);
  void on_response(Instant now, const Signal& response, RoleOutbox& out);
  /// Now, or as soon as that may be.
  void owe(Instant now, CallKey call, Watch& watch, RoleOutbox& out);
  void on_changed(Instant now, UserId user, RoleOutbox& out);
  void notify(Instant now, CallKey call, Watch& watch, RoleOutbox& out);
  void end(CallKey call, RoleOutbox& out);

  void forget_if_idle(UserId user);
  bool is_too_brief(const Signal& request, RoleOutbox& out);
  void answer(const Signal& request, int status, RoleOutbox& out, std::uint32_t expires = 0,
              MessageHandle version = {});

  PresenceConfig config_;
  Places places_;
  std::unordered_map<UserId, Presentity> presentities_;  ///< with state, or with watchers
  std::unordered_map<CallKey, Watch> watches_;
  std::size_t octets_ = 0;  ///< of all users
  std::uint64_t last_version_ = 0;
};

}  // namespace rcs::ims
