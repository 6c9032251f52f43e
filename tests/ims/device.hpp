#pragma once
// A plain SIP device for the tests: registers, calls, answers as it is told, and remembers everything it got.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "ims/core.hpp"
#include "sip/dialog.hpp"
#include "sip/transaction.hpp"
#include "sip_net.hpp"

namespace rcs::test {

inline const std::string kOffer =
    "v=0\r\no=- 1 1 IN IP4 10.1.0.1\r\ns=-\r\nc=IN IP4 10.1.0.1\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\n"
    "a=accept-types:message/cpim\r\na=path:msrp://10.1.0.1:9/abc;tcp\r\na=setup:actpass\r\n";

inline const std::string kUsualNotices = "positive-delivery, display";

inline std::string cpim_text(const std::string& id, const std::string& text,
                             const std::string& notices = kUsualNotices) {
  return "From: <sip:01087654321@domain.com>\r\nTo: <sip:01012345678@domain.com>\r\nDateTime: "
         "2012-01-01T10:10:10Z\r\n"
         "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: " +
         id + "\r\nimdn.Disposition-Notification: " + notices + "\r\n\r\nContent-Type: text/plain\r\n\r\n" +
         text;
}

class Device final : public Endpoint {
 public:
  Device(SipNet& net, std::string name, std::string host, std::string user)
      : net_(net),
        name_(std::move(name)),
        host_(std::move(host)),
        user_(std::move(user)),
        random_(7, name_, "sip") {
    sip::TransactionLayer::Config config;
    config.sent_by_host = host_;
    config.sent_by_port = 5060;
    layer_ = std::make_unique<sip::TransactionLayer>(config, random_);
  }
  /// Adds a device to the net; the net owns it.
  static Device& add(SipNet& net, const std::string& name, const std::string& host, const std::string& user) {
    auto device = std::make_unique<Device>(net, name, host, user);
    auto& result = *device;
    net.add(name, {host, 5060}, std::move(device));
    return result;
  }

  // What it does when called.
  int answer = 200;    ///< final status; 0: never
  bool rings = false;  ///< 180 first
  Duration answer_after{};
  bool acks = true;                     ///< sends the ACK of a 2xx
  std::string ack_body;                 ///< SDP of it
  std::string notices = kUsualNotices;  ///< that the texts of its INVITEs ask for
  std::string extra_allow = "INVITE, ACK, CANCEL, BYE, UPDATE, MESSAGE, OPTIONS";
  std::string session_expires;                         ///< of its INVITEs
  std::string sdp = kOffer;                            ///< its offer and its answer
  std::function<void(const sip::Message&)> on_invite;  ///< before it answers
  std::string tags = ";+g.oma.sip-im";                 ///< of its registration
  int plain_answer = 200;                              ///< to MESSAGE and OPTIONS; 0: never
  std::function<void(sip::Message&)> on_plain_answer;  ///< before it sends that

  // What it has got.
  std::vector<sip::Message> responses;
  std::vector<sip::Message> requests;
  std::optional<sip::Dialog> dialog;

  sip::Uri uri() const { return sip::make_sip_uri(user_, "domain.com"); }
  sip::Uri contact_uri() const { return sip::make_sip_uri(user_, host_, 5060); }

  sip::Message request(const std::string& method, const sip::Uri& to) {
    sip::Message message;
    message.method = method;
    message.request_uri = to;
    message.from.uri = uri();
    sip::set_param(message.from.params, "tag", random_.token(8));
    message.to.uri = to;
    message.call_id = random_.token() + "@" + host_;
    message.cseq = {1, method};
    message.max_forwards = 70;
    return message;
  }

  void send_register(std::uint32_t expires = 3600, const std::string& params = "") {
    if (register_call_.empty()) register_call_ = random_.token() + "@" + host_;
    sip::Uri domain = sip::make_sip_uri("", "domain.com");
    auto message = request("REGISTER", domain);
    message.to.uri = uri();
    message.call_id = register_call_;
    message.cseq.number = ++register_cseq_;
    auto contact = sip::parse_name_addr("<" + contact_uri().to_string() + ">" + tags + params);
    REQUIRE(contact);
    message.contacts = {*contact};
    message.add_header("Expires", std::to_string(expires));
    send(std::move(message));
  }

  sip::Message make_invite(const sip::Uri& to, const std::string& id = "",
                           const std::string& text = "hello") {
    auto message = request("INVITE", to);
    message.routes = service_route;
    message.contacts.resize(1);
    message.contacts[0].uri = contact_uri();
    message.add_header("Accept-Contact", "*;+g.oma.sip-im;explicit;require");
    message.add_header("Subject", text);
    if (!extra_allow.empty()) message.add_header("Allow", extra_allow);
    if (!session_expires.empty()) {
      message.add_header("Session-Expires", session_expires);
      message.add_header("Supported", "timer");
    }
    if (id.empty()) {
      message.add_header("Content-Type", "application/sdp");
      message.body = sdp;
    } else {
      message.add_header("Content-Type", "multipart/mixed;boundary=boundary1");
      message.body = "--boundary1\r\nContent-Type: message/cpim\r\n\r\n" + cpim_text(id, text, notices) +
                     "\r\n--boundary1\r\nContent-Type: application/sdp\r\n\r\n" + sdp +
                     "\r\n--boundary1--\r\n";
    }
    return message;
  }
  void invite(const sip::Uri& to, const std::string& id = "", const std::string& text = "hello") {
    invite_txn_ = send(make_invite(to, id, text));
  }
  void cancel() {
    act([&](auto& txn) { layer_->cancel(net_.now(), invite_txn_, txn); });
  }
  void bye(const std::string& reason = "") {
    REQUIRE(dialog);
    auto message = dialog->make_request("BYE");
    if (!reason.empty()) message.add_header("Reason", reason);
    send(std::move(message));
  }
  sip::ClientTxnId send(sip::Message message, std::optional<sip::Hop> to = std::nullopt) {
    const bool in_dialog = !message.to_tag().empty();
    if (message.method == "INVITE" && !in_dialog) invite_ = message;
    sip::Hop hop = to.value_or(entry());
    if (in_dialog && !to)
      hop = sip::hop_of(message.routes.empty() ? message.request_uri : message.routes.front().uri);
    sip::ClientTxnId id;
    act([&](auto& txn) { id = layer_->send_request(net_.now(), std::move(message), hop, txn); });
    return id;
  }
  sip::Hop entry() const {
    const auto& address = net_.core().address("o-cscf");
    return {sip::Transport::udp, address.host, address.port, {}};
  }
  std::vector<sip::NameAddr> service_route;

  /// The last final response to a request of that method; 0: none yet.
  int status_of(const std::string& method) const {
    int status = 0;
    for (const auto& response : responses) {
      if (response.cseq.method == method && response.status >= 200) status = response.status;
    }
    return status;
  }
  std::vector<const sip::Message*> got(const std::string& method) const {
    std::vector<const sip::Message*> result;
    for (const auto& message : requests) {
      if (message.method == method) result.push_back(&message);
    }
    return result;
  }
  std::size_t timeouts = 0;

  void on_message(Instant now, const sip::Hop& from, sip::Message message) override {
    act([&](auto& txn) { layer_->on_message(now, from, std::move(message), txn); });
  }
  void on_timer(Instant now, node::TimerKey key) override {
    if (key.kind == 1) {
      act([&](auto& txn) { layer_->on_timer(now, key, txn); });
    } else if (key.kind == 3) {
      const auto found = unacknowledged_.find(key.id);
      if (found == unacknowledged_.end() || ++repeats_ > 10) return;
      act([&](auto& txn) { layer_->respond(now, {key.id}, found->second, txn); });
      arm_repeat(key.id);
    } else {
      const auto found = pending_.find(key.id);
      if (found == pending_.end()) return;
      const auto request = found->second;
      pending_.erase(found);
      act([&](auto& txn) { final_answer({key.id}, request, txn); });
    }
  }
  void on_unreachable(Instant now, const sip::Hop& to, const std::string& why) override {
    act([&](auto& txn) { layer_->on_unreachable(now, to, why, txn); });
  }

 private:
  template <class Act>
  void act(Act&& what) {
    sip::TxnOutbox txn;
    what(txn);
    DeviceOutbox out;
    node::drain(txn, out, [&](sip::TxnEvent event) { on_event(std::move(event), txn, out); });
    net_.carry_out(name_, out);
  }

  void on_event(sip::TxnEvent event, sip::TxnOutbox& txn, DeviceOutbox& out) {
    if (auto* arrived = std::get_if<sip::RequestArrived>(&event)) {
      on_request(*arrived, txn, out);
    } else if (auto* response = std::get_if<sip::ResponseArrived>(&event)) {
      on_response(*response, txn);
    } else if (auto* ack = std::get_if<sip::AckArrived>(&event)) {
      requests.push_back(ack->ack);
      unacknowledged_.clear();
    } else if (auto* cancelled = std::get_if<sip::CancelArrived>(&event)) {
      requests.push_back(cancelled->cancel);
      const auto found = pending_.find(cancelled->invite.value);
      const auto* invite = layer_->request_of(cancelled->invite);
      if (found != pending_.end()) pending_.erase(found);
      if (invite != nullptr) {
        layer_->respond(net_.now(), cancelled->invite, sip::make_response(*invite, 487, "callee"), txn);
      }
    } else if (std::get_if<sip::RequestTimedOut>(&event) || std::get_if<sip::RequestUnsendable>(&event)) {
      ++timeouts;
    }
  }

  void on_request(const sip::RequestArrived& arrived, sip::TxnOutbox& txn, DeviceOutbox& out) {
    requests.push_back(arrived.request);
    if (on_invite && arrived.request.method == "INVITE") on_invite(arrived.request);
    if (arrived.request.method == "MESSAGE" || arrived.request.method == "OPTIONS") {
      if (plain_answer == 0) return;
      auto response = sip::make_response(arrived.request, plain_answer, "callee");
      if (on_plain_answer) on_plain_answer(response);
      layer_->respond(net_.now(), arrived.txn, std::move(response), txn);
      return;
    }
    if (arrived.request.method != "INVITE" || !arrived.request.to_tag().empty()) {
      layer_->respond(net_.now(), arrived.txn, sip::make_response(arrived.request, 200, "callee"), txn);
      return;
    }
    if (rings) {
      layer_->respond(net_.now(), arrived.txn, sip::make_response(arrived.request, 180, tag_), txn);
    }
    if (answer == 0) {
      pending_[arrived.txn.value] = arrived.request;
    } else if (answer_after > Duration{}) {
      pending_[arrived.txn.value] = arrived.request;
      out.arm({2, arrived.txn.value}, answer_after);
    } else {
      final_answer(arrived.txn, arrived.request, txn);
    }
  }

  void final_answer(sip::ServerTxnId id, const sip::Message& request, sip::TxnOutbox& txn) {
    auto response = sip::make_response(request, answer, tag_);
    response.contacts.resize(1);
    response.contacts[0].uri = contact_uri();
    if (answer == 200) {
      response.add_header("Content-Type", "application/sdp");
      response.body = sdp;
      auto made = sip::Dialog::from_request(request, response);
      REQUIRE(made);
      dialog = *made;
    }
    if (answer == 200) {
      unacknowledged_[id.value] = response;
      arm_repeat(id.value);
    }
    layer_->respond(net_.now(), id, std::move(response), txn);
  }
  void arm_repeat(std::uint64_t id) {
    DeviceOutbox out;
    out.arm({3, id}, 500ms);
    net_.carry_out(name_, out);
  }

  void on_response(const sip::ResponseArrived& event, sip::TxnOutbox& txn) {
    const auto& response = event.response;
    responses.push_back(response);
    if (response.cseq.method == "REGISTER" && response.status == 200) {
      service_route.clear();
      if (const auto* text = response.header("Service-Route"))
        service_route = *sip::parse_name_addr_list(*text);
    }
    if (!event.txn) return;  // a stray one
    if (response.cseq.method != "INVITE" || response.status < 200 || response.status >= 300) return;
    auto made = sip::Dialog::from_response(invite_, response);
    REQUIRE(made);
    if (!dialog || dialog->id() != made->id()) dialog = *made;
    if (!acks) return;
    auto ack = dialog->make_ack(response.cseq.number);
    if (!ack_body.empty()) {
      ack.add_header("Content-Type", "application/sdp");
      ack.body = ack_body;
    }
    layer_->send_ack(net_.now(), std::move(ack), sip::hop_of(dialog->next_hop()), txn);
  }

  SipNet& net_;
  std::string name_;
  std::string host_;
  std::string user_;
  core::Random random_;
  std::unique_ptr<sip::TransactionLayer> layer_;
  std::string register_call_;
  std::uint32_t register_cseq_ = 0;
  sip::Message invite_;
  sip::ClientTxnId invite_txn_;
  std::map<std::uint64_t, sip::Message> pending_;
  std::map<std::uint64_t, sip::Message> unacknowledged_;
  std::size_t repeats_ = 0;
  std::string tag_ = "callee";
};

/// A core with a sender and a receiver, both registered unless told otherwise.
struct TwoUsers {
  explicit TwoUsers(ims::CoreConfig config = {}, bool receiver_registers = true)
      : net(std::move(config)),
        sender(Device::add(net, "sender", "10.1.0.1", "01087654321")),
        receiver(Device::add(net, "receiver", "10.1.0.2", "01012345678")) {
    sender.send_register();
    if (receiver_registers) receiver.send_register();
    net.run_for(100ms);
    REQUIRE(sender.status_of("REGISTER") == 200);
    net.wires().clear();
  }
  SipNet net;
  Device& sender;
  Device& receiver;
};

}  // namespace rcs::test
