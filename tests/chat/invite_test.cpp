// What an initial chat INVITE looks like on the wire, and what a callee reads from one, printed examples of
// old peers included.
#include "chat/invite.hpp"

#include <algorithm>

#include "chat/lab.hpp"
#include "core/text.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

/// The INVITE of `start` as it went over the wire, behind a core that gave `routes`.
struct Emitted {
  Behind b;
  Message invite;
  std::string octets;

  explicit Emitted(std::function<void(Message&)> grant = {}, std::function<void(AgentConfig&)> edit = {},
                   const char* to = "sip:01012345678@domain.com")
      : b(std::move(edit)) {
    b.core.on_register = [this, grant](const Message& m) { b.core.grant(m, 3600, grant); };
    b.start(1, "sip:01087654321@domain.com", to);
    invite = b.core.last("INVITE");
    octets = b.lab.sent("INVITE").front().octets;
  }
  std::string value(const char* name) const {
    const auto values = invite.header_values(name);
    CAPTURE(name);
    REQUIRE(values.size() == 1);
    return std::string(values.front());
  }
};

}  // namespace

TEST_CASE("D1 D2 D3 D4 D9 D12 D18: the INVITE carries what the standards ask for") {
  Emitted e;
  const auto& m = e.invite;
  CHECK(m.request_uri.to_string() == "sip:01012345678@domain.com");
  CHECK(m.to.to_string() == "<sip:01012345678@domain.com>");
  CHECK(m.from.uri.to_string() == "sip:01087654321@domain.com");
  CHECK(m.call_id.size() >= 16);  // D1
  CHECK(m.max_forwards == 70U);   // D2
  REQUIRE(m.vias.size() == 1);
  CHECK(m.vias[0].branch().substr(0, 7) == "z9hG4bK");  // D3
  CHECK(m.vias[0].host == "192.0.2.10");
  CHECK(m.from_tag().size() >= 10);  // D4
  CHECK(m.to_tag().empty());
  CHECK(m.cseq == sip::CSeq{1, "INVITE"});
  REQUIRE(m.contacts.size() == 1);  // D5
  CHECK(m.contacts[0].to_string() == "<sip:01087654321@192.0.2.10:5070>;+g.oma.sip-im");
  CHECK(e.value("Accept-Contact") == "*;+g.oma.sip-im;explicit;require");  // D7
  CHECK(e.value("Supported") == "timer");                                  // D9
  CHECK(e.value("Session-Expires") == "1800;refresher=uac");
  CHECK(e.value("P-Preferred-Identity") == "<sip:01087654321@domain.com>");  // D18
  CHECK(e.value("Allow") == "INVITE, ACK, CANCEL, BYE, UPDATE, MESSAGE, OPTIONS, NOTIFY, REFER");
  CHECK(e.value("Subject") == "title");
  const auto contribution = e.value("Contribution-ID");
  CHECK(contribution.size() == 32);
  CHECK(contribution.find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("D8: User-Agent is product/version and a comment") {
  Emitted e;
  const auto agent = e.value("User-Agent");
  const auto slash = agent.find('/');
  const auto blank = agent.find(' ');
  REQUIRE(slash != std::string::npos);
  REQUIRE(blank != std::string::npos);
  CHECK(core::is_token(agent.substr(0, slash)));
  CHECK(core::is_token(agent.substr(slash + 1, blank - slash - 1)));
  CHECK(agent[blank + 1] == '(');
  CHECK(agent.back() == ')');
}

TEST_CASE("D6 D10 D11 D12 D17: the body is a quoted random multipart of CPIM and SDP") {
  Emitted e;
  const auto type = body::parse_media_type(e.value("Content-Type"));
  REQUIRE(type);
  CHECK(type->type == "multipart/mixed");
  CHECK(e.value("Content-Type").find("boundary=\"") != std::string::npos);
  const auto boundary = type->param("boundary").value_or("");
  CHECK(boundary.size() >= 16);
  CHECK(e.invite.body.find("--" + boundary + "--") != std::string::npos);
  CHECK(e.invite.body.find("From: <sip:01087654321@domain.com>\r\n") != std::string::npos);
  CHECK(e.invite.body.find("To: <sip:01012345678@domain.com>\r\n") != std::string::npos);
  CHECK(e.invite.body.find("DateTime: 2012-01-01T10:10:10") != std::string::npos);
  CHECK(e.invite.body.find("imdn.Message-ID: ASedjkffjksjldf\r\n") != std::string::npos);
  CHECK(e.invite.body.find("imdn.Disposition-Notification: positive-delivery, display\r\n") !=
        std::string::npos);
  CHECK(e.invite.body.find("\r\n\r\ntext") != std::string::npos);
  Emitted other;
  other.b.start(2);
  CHECK(
      body::parse_media_type(*other.b.core.last("INVITE").header("Content-Type"))->param("boundary") !=
      body::parse_media_type(*other.b.core.all("INVITE").front().header("Content-Type"))->param("boundary"));
}

TEST_CASE("CHAT-30 CHAT-31 CHAT-34: the SDP offer is active, at port 9, with path and types") {
  Emitted e;
  const auto offered = read_offer(e.invite);
  REQUIRE(std::holds_alternative<Offered>(offered));
  const auto& media = std::get<Offered>(offered).media;
  REQUIRE(media);
  CHECK(media->port == 9);
  CHECK(media->setup == body::Setup::active);
  CHECK(media->address == "192.0.2.10");
  CHECK(media->path.substr(0, 20) == "msrp://192.0.2.10:9/");
  CHECK(media->path.substr(media->path.size() - 4) == ";tcp");
  CHECK(media->accept_types == "message/cpim application/im-iscomposing+xml");
  CHECK(media->accept_wrapped_types == "text/plain message/imdn+xml");
}

TEST_CASE("CHAT-34: an answer is passive only towards an active offer") {
  AgentConfig config = agent_config();
  core::Random random(1);
  const auto media = make_media(random);
  const auto setup = [&](body::Setup offered) {
    body::MsrpMedia offer;
    offer.setup = offered;
    return body::msrp_media(make_sdp(config, media, offer))->setup;
  };
  CHECK(setup(body::Setup::active) == body::Setup::passive);
  CHECK(setup(body::Setup::actpass) == body::Setup::active);
  CHECK(setup(body::Setup::passive) == body::Setup::active);
}

TEST_CASE("REG-32 D18: Route is the Service-Route, else the core as a loose route unless it is the domain") {
  SECTION("service routes in order") {
    Emitted e([](Message& m) {
      m.add_header("Service-Route", "<sip:orig@192.0.2.1:5060;lr>, <sip:s2.domain.com;lr>");
    });
    REQUIRE(e.invite.routes.size() == 2);
    CHECK(e.invite.routes[0].to_string() == "<sip:orig@192.0.2.1:5060;lr>");
    CHECK(e.invite.routes[1].to_string() == "<sip:s2.domain.com;lr>");
  }
  SECTION("the core") {
    Emitted e;
    REQUIRE(e.invite.routes.size() == 1);
    CHECK(e.invite.routes[0].to_string() == "<sip:192.0.2.1:5060;lr>");
  }
  SECTION("the domain itself") {
    Emitted e({}, {}, "sip:01012345678@192.0.2.1");
    CHECK(e.invite.routes.empty());
  }
  SECTION("tel") {
    Emitted e({}, {}, "tel:+821012345678");
    CHECK(e.invite.request_uri.to_string() == "tel:+821012345678");
    CHECK(e.invite.routes.size() == 1);
  }
}

TEST_CASE("CHAT-20: an INVITE over 1300 octets goes over TCP, Contact names the core's transport") {
  Emitted e;
  REQUIRE(e.octets.size() > 1300);
  CHECK(e.b.lab.sent("INVITE").front().to.transport == sip::Transport::tcp);
  CHECK(e.invite.vias[0].transport == "TCP");
  auto config = agent_config();
  config.core.transport = sip::Transport::tcp;
  CHECK(make_contact(config, "a").uri.to_string() == "sip:a@192.0.2.10:5070;transport=tcp");
  CHECK(core_route(config).to_string() == "<sip:192.0.2.1:5060;transport=tcp;lr>");
  config.core = {sip::Transport::tls, "core.example", 5061, {}};
  CHECK(make_contact(config, "a").uri.to_string() == "sip:a@192.0.2.10:5070;transport=tls");
  CHECK(core_route(config).to_string() == "<sip:core.example:5061;transport=tls;lr>");
}

TEST_CASE("XLAT-3: Content-Length is that of the body sent, in and outside the multipart") {
  Emitted e;
  const auto head = e.octets.find("\r\n\r\n");
  REQUIRE(head != std::string::npos);
  CHECK(e.octets.find("Content-Length: " + std::to_string(e.octets.size() - head - 4) + "\r\n") !=
        std::string::npos);
}

TEST_CASE("a StartChat with an address or content type that is none fails with 400 and sends nothing") {
  Behind b([](AgentConfig& c) { c.expect_registered = false; });
  const auto fails = [&](std::string from, std::string to, std::string type) {
    StartChat start{outgoing_chat(1), std::move(from), std::move(to), "s", body::ChatText{}};
    start.text->content_type = std::move(type);
    b.lab.command(b.agent, start);
    b.lab.run_for(100ms);
    REQUIRE(b.agent.count<ChatFailed>() == 1);
    CHECK(b.agent.only<ChatFailed>().status == 400);
    CHECK(b.agent.agent.open_chats() == 0);
    CHECK(b.lab.wire.empty());
  };
  SECTION("from") { fails("alice", "sip:bob@d", "text/plain"); }
  SECTION("from without user") { fails("sip:d", "sip:bob@d", "text/plain"); }
  SECTION("to") { fails("sip:alice@d", "mailto:bob@d", "text/plain"); }
  SECTION("to with a line break") { fails("sip:alice@d", "sip:bob@d>\r\nX: y", "text/plain"); }
  SECTION("type") { fails("sip:alice@d", "sip:bob@d", "plain"); }
  SECTION("type with a line break") { fails("sip:alice@d", "sip:bob@d", "text/plain\r\nX: y"); }
}

TEST_CASE("PGR-19: headers and a password inside a target URI are not honoured") {
  Emitted e({}, {}, "sip:bob:secret@domain.com?Subject=x&Route=%3Csip:evil%3E");
  CHECK(e.invite.request_uri.to_string() == "sip:bob@domain.com");
  CHECK(e.octets.find("secret") == std::string::npos);
  CHECK(e.octets.find("evil") == std::string::npos);
}

namespace {

/// The INVITE of the published example towards the receiver, with the Call-ID it lacks (D1); line breaks
/// rebuilt.
std::string printed_invite(const std::string& contact_uri = "sip:1.1.1.4@1.1.1.4:1004") {
  const std::string cpim =
      "From: <sip:01087654321@domain.com>\r\nTo: <sip:01012345678@domain.com>\r\nDateTime: "
      "2012-01-01T10:10:10\r\n"
      "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: ASedjkffjksjldf\r\n"
      "imdn.Disposition-Notification: positive-delivery, display\r\n"
      "Content-type: text/plain\r\n\r\ntext";
  const std::string body = "--boundary1\r\nContent-Type: message/cpim\r\nContent-Length: 255\r\n\r\n" + cpim +
                           "\r\n--boundary1\r\nContent-Type: application/sdp\r\n\r\n" + Core::kSdp +
                           "\r\n--boundary1--\r\n";
  return "INVITE sip:01012345678@192.0.2.10:5070 SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 192.0.2.1:5060, SIP/2.0/UDP 1.1.1.2:1002\r\n"
         "Call-ID: printed\r\nFrom: <sip:01087654321@domain.com>\r\nTo: sip:01012345678@domain.com\r\nCseq: "
         "1 INVITE\r\n"
         "Contact: <" +
         contact_uri +
         ">\r\nAccept-Contact: *;+g.oma.sip-im;explicit;require\r\nSubject: title\r\n"
         "Content-Type: multipart/mixed;boundary=boundary1\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("D2 D3 D4 D6 D9 D10 D13 D14 D15 D16 D17: the printed INVITE is taken, answered and connected") {
  Behind b([](AgentConfig& c) { c.accept_unknown_users = true; });
  const auto decoded = sip::decode(printed_invite());
  REQUIRE(decoded);
  b.lab.send(b.core.address, b.agent.address, *decoded);
  b.lab.run_for(100ms);
  const auto invited = b.agent.only<ChatInvited>();
  CHECK(invited.from == "sip:01087654321@domain.com");
  CHECK(invited.subject == "title");
  REQUIRE(invited.text);
  CHECK(invited.text->text == "text");
  CHECK(invited.text->message_id == "ASedjkffjksjldf");
  CHECK(invited.text->want_delivery);
  CHECK(invited.text->want_display);
  REQUIRE(invited.text->date_time);
  CHECK(core::format_rfc3339(*invited.text->date_time) == "2012-01-01T10:10:10.000Z");

  b.lab.command(b.agent, AcceptChat{invited.chat});
  b.lab.run_for(100ms);
  REQUIRE(b.core.responses("INVITE", 200).size() == 1);
  auto ok = b.core.responses("INVITE", 200).front();
  CHECK(ok.header("Session-Expires") == nullptr);
  Message ack;
  ack.method = "ACK";
  ack.request_uri = ok.contacts.at(0).uri;
  ack.from = ok.from;
  ack.to = ok.to;
  ack.call_id = ok.call_id;
  ack.cseq = {1, "ACK"};
  b.core.send(ack);
  b.lab.run_for(100ms);
  CHECK(b.agent.count<ChatConnected>() == 1);
}

TEST_CASE("XLAT-5 CHAT-21: bodies a callee takes and refuses") {
  Message m;
  m.method = "INVITE";
  const auto read = [&](const char* type, std::string body) {
    m.headers.clear();
    if (type != nullptr) m.add_header("Content-Type", type);
    m.body = std::move(body);
    return read_offer(m);
  };
  const auto status = [&](const char* type, std::string body) {
    const auto result = read(type, std::move(body));
    const auto* refusal = std::get_if<Refusal>(&result);
    return refusal == nullptr ? 200 : refusal->status;
  };
  CHECK(status(nullptr, "") == 200);
  CHECK(status("application/sdp", Core::kSdp) == 200);
  CHECK(status(nullptr, Core::kSdp) == 400);
  CHECK(status("application/sdp", "not sdp") == 400);
  CHECK(status("text/html", "x") == 415);
  CHECK(status("multipart/mixed", "x") == 400);
  CHECK(status("multipart/mixed;boundary=b", "--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--") == 415);
  CHECK(status("application/sdp",
               "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\nm=audio 5 RTP/AVP 0\r\n") == 488);
  CHECK(status("application/sdp",
               "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\nm=message 0 TCP/MSRP *\r\n"
               "a=path:msrp://1.2.3.4:0/x;tcp\r\na=accept-types:*\r\n") == 488);
  m.headers.clear();
  m.add_header("Content-Type", "application/sdp");
  m.add_header("Content-Encoding", "gzip");
  m.body = "zzz";
  const auto coded = read_offer(m);
  REQUIRE(std::holds_alternative<Refusal>(coded));
  CHECK(std::get<Refusal>(coded).status == 415);
  CHECK(std::get<Refusal>(coded).headers.at(0).name == "Accept-Encoding");
}
