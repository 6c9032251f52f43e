#pragma once
// The server half of the transaction layer, inside the room: the INVITE server machine (RFC 3261 17.2.1 with
// RFC 6026) and the non-INVITE one (17.2.2), matching of requests (17.2.3) with the RFC 2543 rules for a
// branch without the cookie, and CANCEL.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "sip/transaction.hpp"
#include "sip/transaction_timers.hpp"

namespace rcs::sip {

/// Of both machines; an INVITE is never trying, another request never accepted or confirmed.
enum class ServerState : std::uint8_t { trying, proceeding, accepted, completed, confirmed };

class ServerTransactions {
 public:
  /// SAFETY: `config` outlives it.
  explicit ServerTransactions(const TransactionLayer::Config& config) : config_(config) {}

  /// `full`: there is no room for one more transaction.
  void on_request(const Hop& from, Message&& request, bool full, TxnOutbox& out);
  void on_timer(std::uint64_t number, Timer timer, TxnOutbox& out);
  void respond(ServerTxnId txn, Message&& response, TxnOutbox& out);

  const Message* request_of(ServerTxnId txn) const;
  std::size_t open() const { return txns_.size(); }

 private:
  struct Txn {
    const std::string* key = nullptr;  ///< SAFETY: into by_key_, whose nodes stay where they are
    std::unique_ptr<Message> request;  ///< of an INVITE, until the final response
    std::unique_ptr<Message> last;     ///< the response that a repeated request gets
    /// The same of a request that is answered for good and no INVITE. Nearly all transactions are in that
    /// state, for half a minute each, and few are asked for it: as text it takes a fifth of the memory.
    std::string octets;
    Hop reply_to;
    Duration interval{};  ///< of G
    TimerSet timers;
    ServerState state = ServerState::trying;
    bool invite = false;
    bool cancelled = false;

    bool over_udp() const { return reply_to.transport == Transport::udp; }
  };

  void begin(const std::string& key, const Hop& from, Message&& request, TxnOutbox& out);
  void on_ack(const std::string& key, const Hop& from, Message&& ack, TxnOutbox& out);
  void on_cancel(const std::string& key, const Hop& from, Message&& cancel, TxnOutbox& out);
  void on_repeated(const Txn& txn, TxnOutbox& out) const;
  void respond_invite(std::uint64_t number, Txn& txn, Message&& response, TxnOutbox& out);
  void respond_plain(std::uint64_t number, Txn& txn, Message&& response, TxnOutbox& out);
  void keep_and_send(Txn& txn, Message&& response, TxnOutbox& out);
  void end(std::uint64_t number, bool unacknowledged, TxnOutbox& out);
  TimerOwner owner(std::uint64_t number) const { return {config_.timer_kind, number}; }

  const TransactionLayer::Config& config_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, Txn> txns_;
  std::unordered_map<std::string, std::uint64_t> by_key_;  ///< never walked
};

}  // namespace rcs::sip
