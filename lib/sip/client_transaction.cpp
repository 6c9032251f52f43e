#include "sip/client_transaction.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "sip/codec.hpp"

namespace rcs::sip {
namespace {

constexpr std::size_t kBranchLetters =
    16;  // more than 80 random bits: a branch can not be guessed or met twice
constexpr std::uint32_t kInitialMaxForwards = 70;          // RFC 3261 8.1.1.6
constexpr Duration kMinTimerD = std::chrono::seconds(32);  // RFC 3261 17.1.1.2: at least 32 s over UDP

const char* via_transport(Transport t) {
  switch (t) {
    case Transport::udp:
      return "UDP";
    case Transport::tcp:
      return "TCP";
    case Transport::tls:
      return "TLS";
  }
  return "UDP";
}

std::string key_of(const std::string& branch, const std::string& method) {
  std::string key;
  key.reserve(branch.size() + method.size() + 1);
  return key.append(branch).append(1, '\n').append(method);
}

Hop without_flow(Hop hop) {
  hop.flow = {};
  return hop;
}

constexpr std::size_t kMaxWithoutTcp = 1'000;  // a client has one or two hops; beyond, each is asked again

std::uint16_t port_or_default(const Via& via) {
  if (via.port != 0) return via.port;
  return via.transport == "TLS" ? 5061 : 5060;
}

std::uint16_t own_port(const TransactionLayer::Config& config, bool over_tls) {
  return over_tls && config.sent_by_tls_port != 0 ? config.sent_by_tls_port : config.sent_by_port;
}

bool is_ours(const Via& via, const TransactionLayer::Config& config) {
  Via own = via;
  own.port = own_port(config, via.transport == "TLS");
  return core::iequals(via.host, config.sent_by_host) && port_or_default(via) == port_or_default(own);
}

// What ACK of a non-2xx (17.1.1.3) and CANCEL (9.1) share with their INVITE.
Message companion(const Message& invite, std::string_view method) {
  Message m;
  m.method = method;
  m.request_uri = invite.request_uri;
  m.vias.push_back(invite.vias.front());
  m.from = invite.from;
  m.to = invite.to;
  m.call_id = invite.call_id;
  m.cseq = {invite.cseq.number, m.method};
  m.max_forwards = kInitialMaxForwards;
  m.routes = invite.routes;
  return m;
}

// Most requests are so short that they need not be encoded to tell.
bool fits_datagram(const Message& request) {
  return longest_encoding(request) <= kMaxDatagramRequest || encode(request).size() <= kMaxDatagramRequest;
}

void set_via_transport(Via& via, Transport t) {
  via.transport = via_transport(t);
  if (t == Transport::udp) {
    set_param(via.params, "rport", std::nullopt);  // RFC 3581
  } else {
    remove_param(via.params, "rport");
  }
}

}  // namespace

bool ClientTransactions::prefers_tcp(const Message& request, const Hop& to) const {
  return config_.messages_by_tcp && request.method == "MESSAGE" && !without_tcp_.contains(without_flow(to));
}

// Returns whether the request was moved to TCP, for its size (CHAT-20) or its method; `to` is then changed.
bool ClientTransactions::push_via(Message& request, Hop& to) {
  Via via;
  via.host = config_.sent_by_host;
  via.port = own_port(config_, to.transport == Transport::tls);
  set_param(via.params, "branch", "z9hG4bK" + random_.token(kBranchLetters));
  set_via_transport(via, to.transport);
  request.vias.insert(request.vias.begin(), std::move(via));
  if (!request.max_forwards) request.max_forwards = kInitialMaxForwards;
  if (to.transport != Transport::udp) return false;
  if (fits_datagram(request) && !prefers_tcp(request, to)) return false;
  to.transport = Transport::tcp;
  to.flow = {};
  set_via_transport(request.vias.front(), to.transport);
  return true;
}

ClientTxnId ClientTransactions::start(Message&& request, Hop to, TxnOutbox& out) {
  RCS_ASSERT(request.is_request());
  Txn txn;
  txn.moved_to_tcp = push_via(request, to);
  txn.invite = request.method == "INVITE";
  txn.request = std::make_unique<Message>(std::move(request));
  txn.to = std::move(to);
  return {begin(std::move(txn), out)};
}

void ClientTransactions::send_ack(Message&& ack, Hop to, TxnOutbox& out) {
  push_via(ack, to);
  out.send(std::move(to), std::move(ack));
}

std::uint64_t ClientTransactions::begin(Txn txn, TxnOutbox& out) {
  const std::uint64_t number = ++last_number_;
  const auto at =
      by_key_.insert_or_assign(key_of(txn.request->vias.front().branch(), txn.request->method), number);
  txn.key = &at.first->first;
  send_first(number, txns_.emplace(number, std::move(txn)).first->second, out);
  return number;
}

void ClientTransactions::send_first(std::uint64_t number, Txn& txn, TxnOutbox& out) {
  txn.state = txn.invite ? ClientState::calling : ClientState::trying;
  txn.interval = config_.timers.t1;
  waiting_at_[without_flow(txn.to)].insert(number);
  out.send(txn.to, *txn.request);
  if (txn.over_udp()) txn.timers.arm(owner(number), txn.invite ? Timer::a : Timer::e, txn.interval, out);
  txn.timers.arm(owner(number), txn.invite ? Timer::b : Timer::f, kTimeoutFactor * config_.timers.t1, out);
}

void ClientTransactions::on_response(const Hop& from, Message&& response, TxnOutbox& out) {
  if (response.vias.empty() || response.status < 100 || response.status > 699) return;
  const Via top = std::move(response.vias.front());
  response.vias.erase(response.vias.begin());
  const auto known = by_key_.find(key_of(top.branch(), response.cseq.method));
  if (known == by_key_.end()) {
    // RFC 3261 18.1.2: with a Via of somebody else it was never meant for us.
    if (is_ours(top, config_)) out.emit(ResponseArrived{{}, from, std::move(response)});
    return;
  }
  const std::uint64_t number = known->second;
  Txn& txn = txns_.at(number);
  if (txn.invite) {
    on_invite_response(number, txn, from, std::move(response), out);
  } else {
    on_plain_response(number, txn, from, std::move(response), out);
  }
}

void ClientTransactions::on_invite_response(std::uint64_t number, Txn& txn, const Hop& from,
                                            Message&& response, TxnOutbox& out) {
  const int kind = response.status / 100;
  switch (txn.state) {
    case ClientState::calling:
    case ClientState::proceeding:
      if (kind == 1) {
        const bool first = txn.state == ClientState::calling;
        txn.state = ClientState::proceeding;
        txn.timers.cancel(owner(number), Timer::a, out);
        txn.timers.cancel(owner(number), Timer::b, out);
        out.emit(ResponseArrived{{number}, from, std::move(response)});
        if (first && txn.cancel_wanted) send_cancel(number, txn, out);
        return;
      }
      stop_waiting(number, txn, out);
      if (kind == 2) {
        txn.state = ClientState::accepted;
        txn.timers.arm(owner(number), Timer::m, kTimeoutFactor * config_.timers.t1, out);
        out.emit(ResponseArrived{{number}, from, std::move(response)});
        return;
      }
      txn.state = ClientState::completed;
      txn.ack = std::make_unique<Message>(companion(*txn.request, "ACK"));
      txn.ack->to = response.to;
      out.send(txn.to, *txn.ack);
      out.emit(ResponseArrived{{number}, from, std::move(response)});
      if (!txn.over_udp()) return terminate(number, txn, out);
      txn.timers.arm(owner(number), Timer::d, std::max(kMinTimerD, kTimeoutFactor * config_.timers.t1), out);
      return;
    case ClientState::accepted:
      if (kind == 2) out.emit(ResponseArrived{{number}, from, std::move(response)});
      return;
    case ClientState::completed:
      if (kind > 2) out.send(txn.to, *txn.ack);
      return;
    case ClientState::trying:
    case ClientState::terminated:
      return;
  }
}

void ClientTransactions::on_plain_response(std::uint64_t number, Txn& txn, const Hop& from,
                                           Message&& response, TxnOutbox& out) {
  if (txn.state != ClientState::trying && txn.state != ClientState::proceeding) return;
  const bool provisional = response.status < 200;
  if (provisional) {
    txn.state = ClientState::proceeding;
  } else {
    stop_waiting(number, txn, out);
    txn.state = ClientState::completed;
  }
  if (!txn.ours) out.emit(ResponseArrived{{number}, from, std::move(response)});
  if (provisional) return;
  if (!txn.over_udp()) return terminate(number, txn, out);
  answered_.push_back(number);
  txn.timers.arm(owner(number), Timer::k, config_.timers.t4, out);
}

void ClientTransactions::on_timer(std::uint64_t number, Timer timer, TxnOutbox& out) {
  const auto it = txns_.find(number);
  if (it == txns_.end() || !it->second.timers.take(timer)) return;
  Txn& txn = it->second;
  switch (timer) {
    case Timer::a:
    case Timer::e:
      return repeat(number, txn, timer, out);
    case Timer::b:
    case Timer::f:
    case Timer::cancel_end:
      return time_out(number, txn, out);
    case Timer::d:
    case Timer::k:
    case Timer::m:
      return terminate(number, txn, out);
    default:
      return;  // the server's
  }
}

// A doubles without end (B ends it); E doubles up to T2, and stays there once a provisional response has
// come.
void ClientTransactions::repeat(std::uint64_t number, Txn& txn, Timer timer, TxnOutbox& out) {
  txn.interval *= 2;
  if (timer == Timer::e) txn.interval = std::min(txn.interval, config_.timers.t2);
  if (txn.state == ClientState::proceeding) txn.interval = config_.timers.t2;
  out.send(txn.to, *txn.request);
  txn.timers.arm(owner(number), timer, txn.interval, out);
}

void ClientTransactions::cancel(ClientTxnId invite, TxnOutbox& out) {
  const auto it = txns_.find(invite.value);
  if (it == txns_.end()) return;
  Txn& txn = it->second;
  if (!txn.invite || !txn.waiting() || txn.cancel_wanted) return;
  txn.cancel_wanted = true;
  if (txn.state == ClientState::proceeding) send_cancel(invite.value, txn, out);
}

void ClientTransactions::send_cancel(std::uint64_t number, Txn& invite, TxnOutbox& out) {
  invite.timers.arm(owner(number), Timer::cancel_end, kTimeoutFactor * config_.timers.t1, out);
  Txn txn;
  txn.request = std::make_unique<Message>(companion(*invite.request, "CANCEL"));
  txn.to = invite.to;
  txn.ours = true;
  begin(std::move(txn), out);
}

// By number order within the hop, so that a run repeats.
void ClientTransactions::on_unreachable(const Hop& to, const std::string& why, TxnOutbox& out) {
  const auto at = waiting_at_.find(without_flow(to));
  if (at == waiting_at_.end()) return;
  const std::vector<std::uint64_t> numbers(at->second.begin(), at->second.end());
  for (const std::uint64_t number : numbers) {
    Txn& txn = txns_.at(number);
    if (to.flow && txn.to.flow && to.flow != txn.to.flow) continue;  // another connection to the same peer
    if (txn.moved_to_tcp && txn.state != ClientState::proceeding) {
      stop_waiting(number, txn, out);
      txn.moved_to_tcp = false;
      txn.to.transport = Transport::udp;
      if (without_tcp_.size() < kMaxWithoutTcp) without_tcp_.insert(without_flow(txn.to));
      set_via_transport(txn.request->vias.front(), Transport::udp);
      send_first(number, txn, out);
      continue;
    }
    terminate(number, txn, out);
    if (!txn.ours) out.emit(RequestUnsendable{{number}, why});
  }
}

void ClientTransactions::time_out(std::uint64_t number, Txn& txn, TxnOutbox& out) {
  terminate(number, txn, out);
  if (!txn.ours) out.emit(RequestTimedOut{{number}});
}

void ClientTransactions::terminate(std::uint64_t number, Txn& txn, TxnOutbox& out) {
  stop_waiting(number, txn, out);
  by_key_.erase(by_key_.find(*txn.key));
  txn.state = ClientState::terminated;
  ended_.push_back(number);
}

void ClientTransactions::stop_waiting(std::uint64_t number, Txn& txn, TxnOutbox& out) {
  txn.timers.cancel_all(owner(number), out);
  if (txn.waiting()) leave_hop(number, txn.to);
}

void ClientTransactions::leave_hop(std::uint64_t number, const Hop& to) {
  const auto at = waiting_at_.find(without_flow(to));
  if (at == waiting_at_.end()) return;
  at->second.erase(number);
  if (at->second.empty()) waiting_at_.erase(at);
}

void ClientTransactions::forget_ended() {
  for (const std::uint64_t number : answered_) {
    if (const auto it = txns_.find(number); it != txns_.end()) it->second.request.reset();
  }
  answered_.clear();
  for (const std::uint64_t number : ended_) txns_.erase(number);
  ended_.clear();
}

const Message* ClientTransactions::request_of(ClientTxnId txn) const {
  const auto it = txns_.find(txn.value);
  return it == txns_.end() ? nullptr : it->second.request.get();
}

}  // namespace rcs::sip
