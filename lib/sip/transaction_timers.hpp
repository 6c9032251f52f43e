#pragma once
// The timers of the transaction machines, inside the room: their letters (RFC 3261 table 4, RFC 6026 section
// 7) and how a letter and a transaction's number become a TimerKey and come back.

#include <cstdint>

#include "node/outbox.hpp"
#include "sip/transaction.hpp"

namespace rcs::sip {

enum class Timer : std::uint8_t {
  a,           ///< INVITE client: repeat over UDP
  b,           ///< INVITE client: no response at all
  d,           ///< INVITE client: absorb repeated non-2xx
  m,           ///< INVITE client: take 2xx from further branches
  e,           ///< non-INVITE client: repeat over UDP
  f,           ///< non-INVITE client: no final response
  k,           ///< non-INVITE client: absorb repeated responses
  cancel_end,  ///< INVITE client: cancelled, and still no final response (RFC 3261 9.1)
  g,           ///< INVITE server: repeat a non-2xx over UDP
  h,           ///< INVITE server: no ACK for a non-2xx
  i,           ///< INVITE server: absorb repeated ACKs
  l,           ///< INVITE server: absorb repeated INVITEs after a 2xx
  j,           ///< non-INVITE server: answer repeated requests
  auto_100,    ///< INVITE server: the user is slow, so say 100
};
constexpr bool belongs_to_client(Timer t) { return t <= Timer::cancel_end; }

inline constexpr unsigned kTimerLetterBits =
    4;  ///< 14 letters fit; the rest of the id is the transaction's number
inline constexpr std::uint64_t kTimerLetterMask = (1U << kTimerLetterBits) - 1;
inline constexpr int kTimeoutFactor = 64;  ///< B, F, H, J, L and M run 64*T1

constexpr std::uint64_t timer_number(node::TimerKey key) { return key.id >> kTimerLetterBits; }
constexpr Timer timer_letter(node::TimerKey key) { return static_cast<Timer>(key.id & kTimerLetterMask); }

/// Whose timers: the layer's kind and the transaction's number.
struct TimerOwner {
  std::uint32_t kind = 0;
  std::uint64_t number = 0;
};

/// Which timers of one transaction run, so that ending it cancels just those and a late one is known as late.
class TimerSet {
 public:
  void arm(TimerOwner owner, Timer t, Duration after, TxnOutbox& out) {
    armed_ = static_cast<std::uint16_t>(armed_ | bit(t));
    out.arm(key(owner, t), after);
  }
  void cancel(TimerOwner owner, Timer t, TxnOutbox& out) {
    if (take(t)) out.cancel(key(owner, t));
  }
  void cancel_all(TimerOwner owner, TxnOutbox& out) {
    for (unsigned t = 0; armed_ != 0; ++t) cancel(owner, static_cast<Timer>(t), out);
  }
  /// It has fired: true when it was armed, which it then no longer is.
  bool take(Timer t) {
    const bool was = (armed_ & bit(t)) != 0;
    armed_ = static_cast<std::uint16_t>(armed_ & ~bit(t));
    return was;
  }

 private:
  static constexpr unsigned bit(Timer t) { return 1U << static_cast<unsigned>(t); }
  static node::TimerKey key(TimerOwner owner, Timer t) {
    return {owner.kind, owner.number << kTimerLetterBits | static_cast<std::uint64_t>(t)};
  }
  std::uint16_t armed_ = 0;
};

}  // namespace rcs::sip
