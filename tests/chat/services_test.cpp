// What a client takes follows the services of its user: MESSAGE and INVITE without the service are refused,
// and Allow says so.
#include "chat/pager.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

AgentConfig with(AgentConfig config, const ServiceSet& services) {
  config.services = services;
  return config;
}

struct Limited : Pager {
  explicit Limited(const ServiceSet& services)
      : Pager([services](AgentConfig& config) { config = with(config, services); }) {}
};

bool allows(const Message& response, const char* method) { return response.lists("Allow", method); }

Message options(Limited& p) {
  auto m = p.message("text/plain", "");
  m.method = "OPTIONS";
  m.cseq.method = "OPTIONS";
  m.remove_header("Content-Type");
  p.core.send(m);
  p.lab.run_for(50ms);
  REQUIRE_FALSE(p.core.responses("OPTIONS").empty());
  return p.core.responses("OPTIONS").back();
}

int invite(Limited& p, const std::string& accept_contact) {
  auto m = p.message("application/sdp",
                     "v=0\r\no=- 1 1 IN IP4 10.1.0.1\r\ns=-\r\nc=IN IP4 10.1.0.1\r\nt=0 0\r\nm=message 9 "
                     "TCP/MSRP *\r\na=accept-types:message/cpim\r\na=path:msrp://10.1.0.1:9/abc;tcp\r\n");
  m.method = "INVITE";
  m.cseq.method = "INVITE";
  m.contacts.resize(1);
  m.contacts[0].uri = *sip::parse_uri("sip:alice@10.1.0.1");
  m.add_header("Accept-Contact", accept_contact);
  p.core.send(m);
  p.lab.run_for(50ms);
  return p.core.responses("INVITE").empty() ? 0 : p.core.responses("INVITE").back().status;
}

constexpr const char* kChat = "*;+g.oma.sip-im";
constexpr const char* kLarge = "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.largemsg\"";

}  // namespace

TEST_CASE("PGR-16: without the service of messages a MESSAGE gets 405, and Allow does not list it") {
  Limited p({Service::chat});
  const auto refused = p.answer(p.message("text/plain", "hello"));
  CHECK(refused.status == 405);
  CHECK_FALSE(allows(refused, "MESSAGE"));
  CHECK(allows(refused, "INVITE"));
  CHECK(p.agent.count<TextArrived>() == 0);
  CHECK_FALSE(allows(options(p), "MESSAGE"));
}

TEST_CASE("IMDN-13: what became of a text is taken without the service of messages, too") {
  Limited p({Service::chat});
  body::ImdnMessage notice;
  notice.message_id = "n1";
  notice.imdn.message_id = "m1";
  CHECK(p.status(p.message("message/cpim", body::format_cpim(body::make_imdn_cpim(notice)))) == 200);
  CHECK(p.agent.count<TextArrived>() == 0);
}

TEST_CASE("PGR-16: with the service of messages a MESSAGE is taken, and Allow lists it") {
  Limited p({Service::standalone});
  CHECK(p.status(p.message("text/plain", "hello")) == 200);
  CHECK(allows(options(p), "MESSAGE"));
}

TEST_CASE("CHAT-30: without the service of chats their INVITE gets 488, that of a large message does not") {
  SECTION("chats alone") {
    Limited p({Service::chat});
    CHECK(invite(p, kLarge) == 488);
    CHECK(invite(p, kChat) < 200);
    CHECK(p.agent.count<ChatInvited>() == 1);
  }
  SECTION("messages alone") {
    Limited p({Service::standalone});
    CHECK(invite(p, kChat) == 488);
    CHECK(p.agent.count<ChatInvited>() == 0);
    CHECK(invite(p, kLarge) < 200);
  }
}
