// Passing requests and responses on: the stateful proxy of a SipNode (RFC 3261 section 16).

#include <utility>

#include "core/text.hpp"
#include "ims/sip_node_state.hpp"

namespace rcs::ims {
namespace {

constexpr std::uint32_t kInitialMaxForwards = 70;

bool makes_dialog(Method method) {
  return method == Method::invite || method == Method::subscribe || method == Method::refer;
}

sip::NameAddr called_party(const sip::Uri& uri) {
  sip::NameAddr value;
  value.uri = uri;
  return value;
}

}  // namespace

void SipNode::State::assert_identity(sip::Message& copy, bool trusted) const {
  if (trusted) return;
  // REG-35, REG-36: what a device asserts is not believed.
  const auto identity = identity_of_device(copy, directory);
  copy.remove_header("P-Preferred-Identity");
  copy.remove_header("P-Asserted-Identity");
  copy.remove_header("P-Served-User");
  copy.add_header("P-Asserted-Identity", identity.to_string());
  if (const auto* service = copy.header("P-Preferred-Service"); service != nullptr) {
    const std::string value = *service;
    copy.remove_header("P-Preferred-Service");
    copy.set_header("P-Asserted-Service", value);  // REG-40
  }
}

bool SipNode::State::route_to_device(sip::Message& copy, const Signal& signal) const {
  const auto user = bindings.find(signal.to);
  if (user == bindings.end()) return false;
  for (const auto& bound : user->second) {
    if (bound.id != signal.contact) continue;
    copy.set_header("P-Called-Party-ID", called_party(copy.request_uri).to_string());  // REG-38
    copy.remove_header("P-Served-User");
    if (wants_privacy(copy)) copy.remove_header("P-Asserted-Identity");  // REG-37
    copy.request_uri = bound.contact.uri;
    copy.request_uri.headers.clear();
    copy.routes = bound.path;  // REG-31
    return true;
  }
  return false;
}

void SipNode::State::route_to_node(sip::Message& copy, NodeId to, const Signal& signal) const {
  const bool to_server = signal.route.top() == config.self;
  copy.remove_header("P-Served-User");
  if (to_server) {
    // REG-39, IFC-1: the server is told whom it serves, and how to come back behind the criterion that fired.
    const bool originating = signal.session_case == SessionCase::originating ||
                             signal.session_case == SessionCase::originating_unregistered;
    const bool unregistered = signal.session_case == SessionCase::terminating_unregistered ||
                              signal.session_case == SessionCase::originating_unregistered;
    const auto served = directory.identity(originating ? signal.from : signal.to);
    copy.add_header("P-Served-User", "<" + served.to_string() +
                                         ">;sescase=" + (originating ? "orig" : "term") +
                                         ";regstate=" + (unregistered ? "unreg" : "reg"));
    auto back = own_route();
    sip::set_param(back.uri.params, "odi", std::to_string(signal.odi));
    sip::set_param(back.uri.params, kAskedTxn, std::to_string(signal.txn.value));
    if (originating) sip::set_param(back.uri.params, "orig", std::nullopt);
    copy.routes.insert(copy.routes.begin(), std::move(back));
  }
  const bool already = !copy.routes.empty() &&
                       directory.node_at(copy.routes.front().uri.host, copy.routes.front().uri.port) == to;
  if (!already) copy.routes.insert(copy.routes.begin(), directory.route_to(to));
}

void SipNode::State::forward(Work& work, NodeId to, const Signal& signal) {
  auto* exchange = exchange_of(signal.txn);
  if (signal.method == Method::cancel) {
    if (exchange == nullptr) return;
    for (const auto txn : exchange->sent) layer->cancel(work.now, txn, work.txn);
    return;
  }
  const bool is_ack = signal.method == Method::ack;
  if (is_ack ? ack_in_hand == nullptr : exchange == nullptr) return;
  sip::Message copy = is_ack ? *ack_in_hand : exchange->request;
  const auto& flow = is_ack ? ack_flow : exchange->flow;
  const bool was_trusted = is_ack || exchange->heard.has(Flag::trusted);
  copy.max_forwards = copy.max_forwards ? *copy.max_forwards - 1 : kInitialMaxForwards;
  if (!is_ack && signal.method != Method::register_) assert_identity(copy, was_trusted);
  if (!signal.has(Flag::in_dialog) && !is_ack) {
    if (!was_trusted) copy.routes.clear();  // a device says where it enters the core, not the way through it
    if (makes_dialog(signal.method)) record_route(copy, *exchange);
    if (signal.method == Method::register_ && exchange->device) add_path(copy, *exchange->device);
    if (flow) {
      // The Request-URI is the device's Contact, which says no more than the connection does.
    } else if (signal.contact && signal.method != Method::register_) {
      if (!route_to_device(copy, signal)) {
        exchange->answered = true;
        return answer_plain(work, {exchange->heard.txn.value}, exchange->request, 480);
      }
    } else {
      route_to_node(copy, to, signal);
    }
  }
  const auto hop =
      flow ? *flow : sip::hop_of(copy.routes.empty() ? copy.request_uri : copy.routes.front().uri);
  if (is_ack) return layer->send_ack(work.now, std::move(copy), hop, work.txn);
  const auto txn = layer->send_request(work.now, std::move(copy), hop, work.txn);
  exchange->sent.push_back(txn);
  sent[txn] = Sent{signal.txn, signal};
  if (signal.method == Method::invite) work.out.arm({kProxyTimer, txn.value}, config.invite_timeout);
}

void SipNode::State::forward_response(Work& work, Exchange& exchange, const Signal& signal) {
  sip::Message copy = std::move(*std::exchange(response_in_hand, nullptr));  // a role passes it on once
  const bool from_device = signal.contact && signal.method != Method::register_;
  if (from_device) {
    copy.remove_header("P-Asserted-Identity");
    copy.remove_header("P-Preferred-Identity");
    if (!wants_privacy(copy)) {
      sip::NameAddr identity;
      identity.display = exchange.request.to.display;
      identity.uri = exchange.request.to.uri;
      copy.add_header("P-Asserted-Identity", identity.to_string());
    }
  } else if (!exchange.heard.has(Flag::trusted) && wants_privacy(copy)) {
    copy.remove_header("P-Asserted-Identity");
  }
  if (copy.vias.empty()) copy.vias = exchange.request.vias;  // the answer to a request of our own
  exchange.answered = exchange.answered || copy.status >= 200;
  layer->respond(work.now, {exchange.heard.txn.value}, std::move(copy), work.txn);
}

}  // namespace rcs::ims
