#pragma once
// SIP messages and a listening transport for the tests of the transport.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/sip_transport.hpp"
#include "sip/codec.hpp"

namespace rcs::test {

inline sip::Message message_request(const std::string& call_id, const std::string& transport = "UDP",
                                    const std::string& body = "hi") {
  sip::Message message;
  message.method = "MESSAGE";
  message.request_uri = sip::make_sip_uri("bob", "home1.net");
  sip::Via via;
  via.transport = transport;
  via.host = "127.0.0.1";
  via.port = 5060;
  via.params = {{"branch", "z9hG4bK" + call_id}};
  message.vias = {via};
  message.from.uri = sip::make_sip_uri("alice", "home1.net");
  message.from.params = {{"tag", "a1"}};
  message.to.uri = sip::make_sip_uri("bob", "home1.net");
  message.call_id = call_id;
  message.cseq = {1, "MESSAGE"};
  message.max_forwards = 70;
  message.add_header("Content-Type", "text/plain");
  message.body = body;
  return message;
}

/// A transport on a free port that keeps what happens to it.
struct Station {
  struct Got {
    sip::Hop from;
    sip::Message message;
    std::string octets;
  };

  explicit Station(net::Loop& loop, bool answers = false, const std::string& host = "127.0.0.1")
      : Station(loop, answers, net::SipTls(), host) {}
  Station(net::Loop& loop, bool answers, net::SipTls tls, const std::string& host = "127.0.0.1") {
    net::SipTransport::Handlers handlers;
    handlers.on_message = [this, answers](const sip::Hop& from, sip::Message message,
                                          std::string_view octets) {
      if (answers && message.is_request()) transport->send(from, sip::make_response(message, 200, "b1"));
      got.push_back(Got{from, std::move(message), std::string(octets)});
    };
    handlers.on_unreachable = [this](const sip::Hop& to, const std::string& why) {
      unreachable.emplace_back(to, why);
    };
    handlers.on_sent = [this](const sip::Hop&, const sip::Message&, std::string_view octets) {
      sent.emplace_back(octets);
    };
    handlers.on_warning = [this](const std::string& words) { warnings.push_back(words); };
    auto opened = net::SipTransport::open(loop, net::Address{host, 0}, std::move(handlers), std::move(tls));
    if (opened) transport = std::move(*opened);
  }

  sip::Hop hop(sip::Transport over = sip::Transport::udp) const {
    return sip::Hop{over, transport->local().host, transport->local().port, {}};
  }

  std::unique_ptr<net::SipTransport> transport;
  std::vector<Got> got;
  std::vector<std::pair<sip::Hop, std::string>> unreachable;
  std::vector<std::string> sent;
  std::vector<std::string> warnings;
};

}  // namespace rcs::test
