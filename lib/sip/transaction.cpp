#include "sip/transaction.hpp"

#include <utility>

#include "sip/client_transaction.hpp"
#include "sip/server_transaction.hpp"

namespace rcs::sip {

struct TransactionLayer::State {
  State(Config c, core::Random& random) : config(std::move(c)), clients(config, random), servers(config) {}

  std::size_t open() const { return clients.open() + servers.open(); }

  const Config config;
  ClientTransactions clients;
  ServerTransactions servers;
};

TransactionLayer::TransactionLayer(Config config, core::Random& random)
    : state_(std::make_unique<State>(std::move(config), random)) {}

TransactionLayer::~TransactionLayer() = default;

void TransactionLayer::on_message(Instant, const Hop& from, Message&& message, TxnOutbox& out) {
  state_->clients.forget_ended();
  if (message.is_response()) {
    state_->clients.on_response(from, std::move(message), out);
  } else {
    const bool full = state_->open() >= state_->config.max_transactions;
    state_->servers.on_request(from, std::move(message), full, out);
  }
}

void TransactionLayer::on_timer(Instant, node::TimerKey key, TxnOutbox& out) {
  state_->clients.forget_ended();
  if (key.kind != state_->config.timer_kind) return;
  const Timer letter = timer_letter(key);
  if (belongs_to_client(letter)) {
    state_->clients.on_timer(timer_number(key), letter, out);
  } else {
    state_->servers.on_timer(timer_number(key), letter, out);
  }
}

void TransactionLayer::on_unreachable(Instant, const Hop& to, const std::string& why, TxnOutbox& out) {
  state_->clients.forget_ended();
  state_->clients.on_unreachable(to, why, out);
}

ClientTxnId TransactionLayer::send_request(Instant, Message request, Hop to, TxnOutbox& out) {
  return state_->clients.start(std::move(request), std::move(to), out);
}

void TransactionLayer::send_ack(Instant, Message ack, Hop to, TxnOutbox& out) {
  state_->clients.send_ack(std::move(ack), std::move(to), out);
}

void TransactionLayer::cancel(Instant, ClientTxnId invite, TxnOutbox& out) {
  state_->clients.cancel(invite, out);
}

void TransactionLayer::respond(Instant, ServerTxnId txn, Message response, TxnOutbox& out) {
  state_->servers.respond(txn, std::move(response), out);
}

void TransactionLayer::send_stateless(Instant, Message response, const Hop& to, TxnOutbox& out) {
  out.send(to, std::move(response));
}

const Message* TransactionLayer::request_of(ServerTxnId txn) const { return state_->servers.request_of(txn); }
const Message* TransactionLayer::request_of(ClientTxnId txn) const { return state_->clients.request_of(txn); }
std::size_t TransactionLayer::open() const { return state_->open(); }

}  // namespace rcs::sip
