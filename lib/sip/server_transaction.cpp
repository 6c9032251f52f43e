#include "sip/server_transaction.hpp"

#include <algorithm>
#include <utility>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "sip/codec.hpp"
#include "sip/grammar.hpp"

namespace rcs::sip {
namespace {

constexpr Duration kProvisionalDelay =
    std::chrono::milliseconds(200);  // RFC 3261 17.2.1: 100 unless the user answers by then
constexpr std::uint32_t kRetryAfter =
    10;  // seconds asked for in a 503: two T4, by when finished transactions have gone
constexpr std::string_view kCookie = "z9hG4bK";

bool has_cookie(const Message& request) { return core::istarts_with(request.vias.front().branch(), kCookie); }

// ACK and CANCEL are looked up as the INVITE they belong to. Parts are separated by LF, which no part can
// hold.
std::string key_of(const Message& request) {
  const Via& top = request.vias.front();
  const bool with_invite = request.method == "ACK" || request.method == "CANCEL";
  const std::string_view method = with_invite ? "INVITE" : std::string_view(request.method);
  if (const std::string branch = top.branch(); core::istarts_with(branch, kCookie)) {
    std::string key;
    key.reserve(branch.size() + top.host.size() + method.size() + 8);
    key += branch;
    key += '\n';
    for (const char c : top.host) key += core::ascii_lower(c);
    key += ':';
    grammar::append_number(key, top.port);
    key += '\n';
    key += method;
    return key;
  }
  // RFC 2543: no unique branch, so all that names the request; the To tag of an ACK is compared apart.
  return '\n' + request.request_uri.to_string() + '\n' + request.from_tag() + '\n' + request.call_id + '\n' +
         std::to_string(request.cseq.number) + '\n' + std::string(method) + '\n' + top.to_string();
}

std::string_view without_brackets(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

// RFC 3261 18.2.1 and RFC 3581 4: where the request really came from. What the sender claims about that is
// not believed, or it could point our answers at a third party.
void note_source(Via& top, const Hop& from) {
  const bool asked = find_param(top.params, "rport") != nullptr;
  remove_param(top.params, "received");
  if (asked) set_param(top.params, "rport", std::to_string(from.port));
  if (asked || !core::iequals(without_brackets(top.host), without_brackets(from.host))) {
    set_param(top.params, "received", std::string(without_brackets(from.host)));
  }
}

// To where the request came from, whatever its Via claims (RFC 3261 18.2.2): over UDP to the port of sent-by
// unless rport was asked for; over a connection back on it, and should that have closed, to the port of
// sent-by, where the peer listens.
Hop reply_hop(const Message& request, const Hop& from) {
  const Via& top = request.vias.front();
  const bool udp = from.transport == Transport::udp;
  if (udp ? find_param(top.params, "rport") != nullptr : !from.flow) return from;
  Hop hop = from;
  hop.port = top.port != 0 ? top.port : from.transport == Transport::tls ? 5061 : 5060;
  return hop;
}

// The same for a request each time it comes (RFC 3261 8.2.7), as no transaction remembers it.
std::string stateless_tag(const Message& request) {
  core::Hash hash;
  hash.add(request.call_id)
      .add(request.from_tag())
      .add(request.vias.front().branch())
      .add(request.cseq.number);
  return "s" + std::to_string(hash.value());
}

Message stateless_response(const Message& request, int status, std::string_view reason = {}) {
  return make_response(request, status, stateless_tag(request), reason);
}

std::string compact(std::string text) {
  text.shrink_to_fit();
  return text;
}

// nullptr: nothing wrong.
const char* fault_of(const Message& request) {
  if (request.method != request.cseq.method) return "CSeq method does not match request method";
  if (request.call_id.empty()) return "Missing Call-ID";
  return nullptr;
}

}  // namespace

void ServerTransactions::on_request(const Hop& from, Message&& request, bool full, TxnOutbox& out) {
  if (request.vias.empty()) return;  // nowhere to answer to
  std::string key = key_of(request);
  note_source(request.vias.front(), from);
  if (request.method == "ACK") return on_ack(key, from, std::move(request), out);
  const char* const fault = fault_of(request);
  if (fault != nullptr) return out.send(reply_hop(request, from), stateless_response(request, 400, fault));
  if (request.method == "CANCEL") return on_cancel(key, from, std::move(request), out);
  const auto [at, is_new] = by_key_.try_emplace(std::move(key), last_number_ + 1);
  if (!is_new) return on_repeated(txns_.at(at->second), out);
  if (full) {
    by_key_.erase(at);
    Message busy = stateless_response(request, 503);
    busy.set_header("Retry-After", std::to_string(kRetryAfter));
    return out.send(reply_hop(request, from), std::move(busy));
  }
  begin(at->first, from, std::move(request), out);
}

void ServerTransactions::begin(const std::string& key, const Hop& from, Message&& request, TxnOutbox& out) {
  const std::uint64_t number = ++last_number_;
  Txn& txn = txns_[number];
  txn.key = &key;
  txn.reply_to = reply_hop(request, from);
  txn.invite = request.method == "INVITE";
  txn.state = txn.invite ? ServerState::proceeding : ServerState::trying;
  if (txn.invite) {
    txn.request = std::make_unique<Message>(request);
    txn.timers.arm(owner(number), Timer::auto_100, kProvisionalDelay, out);
  }
  out.emit(RequestArrived{{number}, from, std::move(request)});
}

void ServerTransactions::on_ack(const std::string& key, const Hop& from, Message&& ack, TxnOutbox& out) {
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return out.emit(AckArrived{from, std::move(ack)});
  const std::uint64_t number = known->second;
  Txn& txn = txns_.at(number);
  switch (txn.state) {
    case ServerState::completed:
      // By RFC 2543 rules the To tag tells the ACK of this response from that of another dialog.
      if (!has_cookie(ack) && ack.to_tag() != txn.last->to_tag())
        return out.emit(AckArrived{from, std::move(ack)});
      txn.timers.cancel_all(owner(number), out);
      txn.state = ServerState::confirmed;
      if (!txn.over_udp()) return end(number, false, out);
      txn.timers.arm(owner(number), Timer::i, config_.timers.t4, out);
      return;
    case ServerState::accepted:
      return out.emit(AckArrived{from, std::move(ack)});
    case ServerState::trying:
    case ServerState::proceeding:
    case ServerState::confirmed:
      return;
  }
}

void ServerTransactions::on_cancel(const std::string& key, const Hop& from, Message&& cancel,
                                   TxnOutbox& out) {
  const Hop reply_to = reply_hop(cancel, from);
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return out.send(reply_to, stateless_response(cancel, 481));
  Txn& txn = txns_.at(known->second);
  // RFC 3261 9.2: the same To tag as the INVITE's responses, where it has one by now.
  const std::string tag = txn.last ? txn.last->to_tag() : "";
  out.send(reply_to, make_response(cancel, 200, tag.empty() ? stateless_tag(cancel) : tag));
  if (txn.state != ServerState::proceeding || std::exchange(txn.cancelled, true)) return;
  out.emit(CancelArrived{{known->second}, std::move(cancel)});
}

// Repeated INVITEs are absorbed in the accepted state (RFC 6026 7.1), where `last` is empty, and in
// confirmed.
void ServerTransactions::on_repeated(const Txn& txn, TxnOutbox& out) const {
  if (!txn.octets.empty()) {
    if (auto again = decode(txn.octets)) out.send(txn.reply_to, std::move(*again));
    return;
  }
  if (txn.last && txn.state != ServerState::confirmed) out.send(txn.reply_to, *txn.last);
}

void ServerTransactions::respond(ServerTxnId id, Message&& response, TxnOutbox& out) {
  RCS_ASSERT(response.is_response());
  const auto it = txns_.find(id.value);
  if (it == txns_.end()) return;
  if (it->second.invite) {
    respond_invite(id.value, it->second, std::move(response), out);
  } else {
    respond_plain(id.value, it->second, std::move(response), out);
  }
}

void ServerTransactions::respond_invite(std::uint64_t number, Txn& txn, Message&& response, TxnOutbox& out) {
  const int kind = response.status / 100;
  switch (txn.state) {
    case ServerState::proceeding:
      txn.timers.cancel(owner(number), Timer::auto_100, out);
      if (kind == 1) return keep_and_send(txn, std::move(response), out);
      txn.request.reset();
      if (kind == 2) {
        txn.state = ServerState::accepted;
        txn.last.reset();
        out.send(txn.reply_to, std::move(response));
        txn.timers.arm(owner(number), Timer::l, kTimeoutFactor * config_.timers.t1, out);
        return;
      }
      txn.state = ServerState::completed;
      keep_and_send(txn, std::move(response), out);
      txn.interval = config_.timers.t1;
      if (txn.over_udp()) txn.timers.arm(owner(number), Timer::g, txn.interval, out);
      txn.timers.arm(owner(number), Timer::h, kTimeoutFactor * config_.timers.t1, out);
      return;
    case ServerState::accepted:
      if (kind == 2) out.send(txn.reply_to, std::move(response));
      return;
    case ServerState::trying:
    case ServerState::completed:
    case ServerState::confirmed:
      return;
  }
}

void ServerTransactions::respond_plain(std::uint64_t number, Txn& txn, Message&& response, TxnOutbox& out) {
  if (txn.state == ServerState::completed) return;
  const bool provisional = response.status < 200;
  txn.state = provisional ? ServerState::proceeding : ServerState::completed;
  if (provisional) return keep_and_send(txn, std::move(response), out);
  txn.last.reset();
  if (txn.over_udp()) txn.octets = compact(encode(response));
  out.send(txn.reply_to, std::move(response));
  if (!txn.over_udp()) return end(number, false, out);
  txn.timers.arm(owner(number), Timer::j, kTimeoutFactor * config_.timers.t1, out);
}

void ServerTransactions::keep_and_send(Txn& txn, Message&& response, TxnOutbox& out) {
  out.send(txn.reply_to, response);
  txn.last = std::make_unique<Message>(std::move(response));
}

void ServerTransactions::on_timer(std::uint64_t number, Timer timer, TxnOutbox& out) {
  const auto it = txns_.find(number);
  if (it == txns_.end() || !it->second.timers.take(timer)) return;
  Txn& txn = it->second;
  switch (timer) {
    case Timer::auto_100: {
      Message trying = make_response(*txn.request, 100, {});
      // RFC 3261 8.2.6.1: the sender measures the round trip by it.
      if (const std::string* stamp = txn.request->header("Timestamp")) trying.add_header("Timestamp", *stamp);
      return keep_and_send(txn, std::move(trying), out);
    }
    case Timer::g:
      txn.interval = std::min(2 * txn.interval, config_.timers.t2);
      out.send(txn.reply_to, *txn.last);
      return txn.timers.arm(owner(number), Timer::g, txn.interval, out);
    case Timer::h:
      return end(number, true, out);
    case Timer::i:
    case Timer::j:
    case Timer::l:
      return end(number, false, out);
    default:
      return;  // the client's
  }
}

void ServerTransactions::end(std::uint64_t number, bool unacknowledged, TxnOutbox& out) {
  const auto it = txns_.find(number);
  it->second.timers.cancel_all(owner(number), out);
  by_key_.erase(by_key_.find(*it->second.key));
  txns_.erase(it);
  out.emit(ServerTxnEnded{{number}, unacknowledged});
}

const Message* ServerTransactions::request_of(ServerTxnId txn) const {
  const auto it = txns_.find(txn.value);
  return it == txns_.end() ? nullptr : it->second.request.get();
}

}  // namespace rcs::sip
