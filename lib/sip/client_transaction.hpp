#pragma once
// The client half of the transaction layer, inside the room: the INVITE client machine (RFC 3261 17.1.1 with
// RFC 6026) and the non-INVITE one (17.1.2), the Via of what we send, the ACK of a non-2xx and the CANCEL.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sip/transaction.hpp"
#include "sip/transaction_timers.hpp"

namespace rcs::sip {

/// Of both machines; an INVITE is never trying, another request never calling or accepted.
enum class ClientState : std::uint8_t { calling, trying, proceeding, accepted, completed, terminated };

class ClientTransactions {
 public:
  /// SAFETY: both outlive it.
  ClientTransactions(const TransactionLayer::Config& config, core::Random& random)
      : config_(config), random_(random) {}

  ClientTxnId start(Message&& request, Hop to, TxnOutbox& out);
  void send_ack(Message&& ack, Hop to, TxnOutbox& out);
  void cancel(ClientTxnId invite, TxnOutbox& out);
  void on_response(const Hop& from, Message&& response, TxnOutbox& out);
  void on_timer(std::uint64_t number, Timer timer, TxnOutbox& out);
  void on_unreachable(const Hop& to, const std::string& why, TxnOutbox& out);

  /// Drops transactions that ended in an earlier call, and the requests (but INVITEs) that were answered in
  /// one: they could be looked up until now.
  void forget_ended();
  const Message* request_of(ClientTxnId txn) const;
  std::size_t open() const { return txns_.size() - ended_.size(); }

 private:
  struct Txn {
    const std::string* key = nullptr;  ///< SAFETY: into by_key_, whose nodes stay where they are
    /// With our Via on top. An answered one is not kept: most transactions that live are answered ones that
    /// only wait for repetitions.
    std::unique_ptr<Message> request;
    Hop to;
    std::unique_ptr<Message> ack;  ///< of a non-2xx, kept to be repeated
    Duration interval{};           ///< of A or E
    TimerSet timers;
    ClientState state = ClientState::terminated;
    bool invite = false;
    bool moved_to_tcp = false;  ///< may fall back to UDP while nothing has come back
    bool cancel_wanted = false;
    bool ours = false;  ///< a CANCEL of the layer: the user does not know it

    bool over_udp() const { return to.transport == Transport::udp; }
    bool waiting() const {
      return state == ClientState::calling || state == ClientState::trying ||
             state == ClientState::proceeding;
    }
  };

  bool push_via(Message& request, Hop& to);
  bool prefers_tcp(const Message& request, const Hop& to) const;
  std::uint64_t begin(Txn txn, TxnOutbox& out);
  void send_first(std::uint64_t number, Txn& txn, TxnOutbox& out);
  void on_invite_response(std::uint64_t number, Txn& txn, const Hop& from, Message&& response,
                          TxnOutbox& out);
  void on_plain_response(std::uint64_t number, Txn& txn, const Hop& from, Message&& response, TxnOutbox& out);
  void repeat(std::uint64_t number, Txn& txn, Timer timer, TxnOutbox& out);
  void send_cancel(std::uint64_t number, Txn& invite, TxnOutbox& out);
  void stop_waiting(std::uint64_t number, Txn& txn, TxnOutbox& out);
  void time_out(std::uint64_t number, Txn& txn, TxnOutbox& out);
  void terminate(std::uint64_t number, Txn& txn, TxnOutbox& out);
  void leave_hop(std::uint64_t number, const Hop& to);
  TimerOwner owner(std::uint64_t number) const { return {config_.timer_kind, number}; }

  const TransactionLayer::Config& config_;
  core::Random& random_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, Txn> txns_;
  std::unordered_map<std::string, std::uint64_t> by_key_;  ///< branch and method; never walked
  std::map<Hop, std::set<std::uint64_t>> waiting_at_;  ///< without a final response, by hop (flow left out)
  std::set<Hop> without_tcp_;  ///< where a request over TCP has come to nothing; by their UDP hop
  std::vector<std::uint64_t> ended_;
  std::vector<std::uint64_t> answered_;  ///< whose requests are to be dropped
};

}  // namespace rcs::sip
