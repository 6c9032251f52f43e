// A SIP server that answers 200 to whatever it is asked, through our transactions on a UDP and TCP port: what
// answer_requests.py holds against SIPp doing the same. Prints its port and runs until it is ended.

#include <cstdio>
#include <string>
#include <utility>
#include <variant>

#include "core/random.hpp"
#include "net/loop.hpp"
#include "net/sip_driver.hpp"
#include "sip/transaction.hpp"

namespace {

using namespace rcs;
using Outbox = node::Outbox<sip::Message, sip::Hop, node::NoEvent>;

/// The transaction user: a 200 to every request. On loopback nothing is lost, so a 200 to an INVITE is not
/// repeated until its ACK, neither here nor by the reference.
class Answerer {
 public:
  explicit Answerer(const net::Address& address) : layer_(config(address), random_) {
    contact_.uri = sip::make_sip_uri("", address.host, address.port);
  }

  void on_message(core::Instant now, const sip::Hop& from, sip::Message message, Outbox& out) {
    sip::TxnOutbox txn;
    layer_.on_message(now, from, std::move(message), txn);
    drain(now, txn, out);
  }
  void on_timer(core::Instant now, node::TimerKey key, Outbox& out) {
    sip::TxnOutbox txn;
    layer_.on_timer(now, key, txn);
    drain(now, txn, out);
  }
  void on_unreachable(core::Instant now, const sip::Hop& to, const std::string& why, Outbox& out) {
    sip::TxnOutbox txn;
    layer_.on_unreachable(now, to, why, txn);
    drain(now, txn, out);
  }

 private:
  static sip::TransactionLayer::Config config(const net::Address& address) {
    sip::TransactionLayer::Config config;
    config.sent_by_host = address.host;
    config.sent_by_port = address.port;
    return config;
  }

  void drain(core::Instant now, sip::TxnOutbox& txn, Outbox& out) {
    node::drain(txn, out, [&](const sip::TxnEvent& event) {
      const auto* arrived = std::get_if<sip::RequestArrived>(&event);
      if (arrived == nullptr) return;
      auto response = sip::make_response(arrived->request, 200, random_.token());
      if (arrived->request.method == "INVITE") response.contacts.push_back(contact_);
      layer_.respond(now, arrived->txn, std::move(response), txn);
    });
  }

  core::Random random_{1};
  sip::TransactionLayer layer_;
  sip::NameAddr contact_;
};

}  // namespace

int main() {
  net::Loop loop;
  net::SipDriver<Answerer, node::NoEvent> driver(loop, nullptr, [](node::NoEvent) {});
  const auto address = driver.open({"127.0.0.1", 0});
  if (!address) {
    std::fprintf(stderr, "%s\n", address.error().detail().c_str());
    return 3;
  }
  Answerer answerer(*address);
  driver.attach(answerer);
  std::printf("%u\n", address->port);
  std::fflush(stdout);
  loop.on_interrupt([&](int) { loop.stop(); });
  loop.run();
  return 0;
}
