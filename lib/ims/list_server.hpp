#pragma once
// The list server (RFC 5365): a message for several, which its sender's server answers at once and then sends
// to each of them (PGR-42), one at a time to the same user (PGR-10) and a bounded number in all. On Signals;
// the host has read who they are, and has the text. It stands in the originating IM application server, whose
// other work, passing messages on, is left to an ImasRole.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "ims/role_imas.hpp"

namespace rcs::ims {

/// Of one message; an address book goes in parts. Over: 413.
inline constexpr std::size_t kMaxListRecipients = 100;

/// Octets of what each of them gets, header fields and the history of a full list included. Over: 413.
inline constexpr std::size_t kMaxCopyOctets = 20 << 10;
/// Not 503, on which the CSCF would go on as if no server had been asked, to nobody.
inline constexpr int kListServerBusy = 600;

struct ListServerConfig {
  std::size_t parallel = 50;        ///< requests under way; others wait for their answers
  std::size_t max_copies = 20'000;  ///< about 4 KiB each with their text, kMaxCopyOctets at most; over: 600
  std::size_t max_copies_of_sender = 1'000;  ///< ten full lists, while others' wait behind them; over: 600
  /// One that has waited longer for those before it is lost: about four devices that say nothing.
  Duration wait_at_most = std::chrono::minutes(2);
};

class ListServerRole final : public Role {
 public:
  ListServerRole(ListServerConfig config, Places places)
      : config_(config), places_(places), others_(ImasConfig{}, places) {}

  void on_message(Instant now, NodeId from, const Signal& signal, RoleOutbox& out) override;
  void on_timer(Instant now, node::TimerKey key, RoleOutbox& out) override;
  void on_list(Instant now, const Signal& request, std::span<const Signal> copies, RoleOutbox& out) override;

  std::size_t open() const { return open_; }

 private:
  struct Copy {
    Signal request;
    Instant deadline{};
  };
  void on_answer(Instant now, const Signal& response, RoleOutbox& out);
  void send_next(Instant now, RoleOutbox& out);
  void send(const Signal& copy, RoleOutbox& out);
  /// `status` 0: it has arrived.
  void finish(UserId user, int status, RoleOutbox& out);

  ListServerConfig config_;
  Places places_;
  ImasRole others_;
  std::unordered_map<UserId, std::deque<Copy>> lines_;  ///< to one user, the first may be under way
  std::deque<UserId> ready_;  ///< whose first waits for nothing but others before it
  std::unordered_map<UserId, std::size_t> of_sender_;
  std::size_t under_way_ = 0;
  std::size_t open_ = 0;
};

}  // namespace rcs::ims
