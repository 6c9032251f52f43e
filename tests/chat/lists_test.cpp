// One text to several: by the network's list server, or where there is none by a MESSAGE to each.
#include "body/list_message.hpp"
#include "chat/pager.hpp"
#include "support/packed.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;
using body::CopyControl;
using rcs::test::packed;
using rcs::test::Packing;

namespace {

const std::string kBob = "sip:bob@domain.com";
const std::vector<std::string> kPeers = {"sip:carol@domain.com", "sip:dave@domain.com", "tel:+821012345678"};

/// bob has a thread with each of three.
struct Many : Pager {
  explicit Many(std::function<void(AgentConfig&)> edit = {}) : Pager(std::move(edit)) {
    for (std::size_t i = 0; i < kPeers.size(); ++i) open(i + 1, kPeers[i]);
  }
  void to_all(const std::string& id, const std::string& words, std::optional<Duration> expires = {},
              std::size_t count = kPeers.size()) {
    SendToMany send{kBob, {}, {}, expires};
    send.text.message_id = id;
    send.text.text = words;
    for (std::size_t i = 0; i < count; ++i) send.to.push_back({outgoing_chat(i + 1)});
    give(std::move(send));
  }
  void give(SendToMany send) {
    lab.command(agent, std::move(send));
    lab.run_for(50ms);
  }
  void reply(int status) {
    core.reply(core.last("MESSAGE"), status);
    lab.run_for(50ms);
  }
  /// "1: sent 202, 2: failed 404": by thread.
  std::string fates(const std::string& id) const {
    static constexpr const char* kNames[] = {"sent", "delivered", "displayed", "failed"};
    std::map<std::uint64_t, std::string> told;
    for (const auto& state : agent.all<TextState>()) {
      if (state.message_id != id) continue;
      auto& line = told[state.chat.value / 2 + 1];
      line += std::string(line.empty() ? "" : ", ") + kNames[static_cast<int>(state.state)];
      if (state.code != 0) line += " " + std::to_string(state.code);
    }
    std::string all;
    for (const auto& [thread, line] : told)
      all += (all.empty() ? "" : "; ") + std::to_string(thread) + ": " + line;
    return all;
  }
  /// Request-URIs of the MESSAGEs that have left.
  std::vector<std::string> targets() const {
    std::vector<std::string> uris;
    for (const auto& request : core.all("MESSAGE")) uris.push_back(request.request_uri.to_string());
    return uris;
  }
  /// A notification of `from`.
  void notify(const std::string& from, const std::string& id, body::ImdnStatus status,
              const std::string& recipient = {}) {
    body::ImdnMessage notice;
    notice.message_id = "n-" + id + from;
    notice.imdn.message_id = id;
    notice.imdn.recipient_uri = recipient;
    notice.imdn.status = status;
    notice.imdn.kind =
        status == body::ImdnStatus::displayed ? body::ImdnKind::display : body::ImdnKind::delivery;
    auto m = message("message/cpim", body::format_cpim(body::make_imdn_cpim(notice)));
    m.from.uri = *sip::parse_uri(from);
    CHECK(this->status(m) == 200);
  }
};

using Uris = std::vector<std::string>;

}  // namespace

TEST_CASE("PGR-42: one text to several is one request to the list server, as it is written") {
  Many m;
  SendToMany send{kBob, {}, {}, {}};
  send.text.message_id = "m1";
  send.text.text = "hello, all";
  send.to = {
      {outgoing_chat(1)}, {outgoing_chat(2), CopyControl::cc}, {outgoing_chat(3), CopyControl::bcc, true}};
  m.give(send);
  REQUIRE(m.targets() == Uris{"sip:list@domain.com"});
  const auto request = m.core.last("MESSAGE");
  CHECK(request.to.uri == request.request_uri);
  CHECK(request.from.uri.to_string() == kBob);
  CHECK(*request.header("Require") == "recipient-list-message");
  CHECK(request.contacts.empty());
  CHECK(*request.header("Accept-Contact") ==
        "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg\"");
  CHECK(request.header("Conversation-ID")->size() == 32);
  const auto list = body::read_list_message(*request.header("Content-Type"), request.body);
  REQUIRE(list);
  CHECK(list->to == std::vector<body::Recipient>{{kPeers[0], CopyControl::to, false, 1},
                                                 {kPeers[1], CopyControl::cc, false, 1},
                                                 {kPeers[2], CopyControl::bcc, true, 1}});
  const auto cpim = body::parse_cpim(list->message.content);
  REQUIRE(cpim);
  const auto text = body::read_chat_cpim(*cpim);
  CHECK(text.text == "hello, all");
  CHECK(text.message_id == "m1");
  CHECK(text.from == kBob);
  CHECK(text.to == "sip:anonymous@anonymous.invalid");  // nobody is shown to the others in it
  CHECK(text.want_failure);
  m.reply(202);
  CHECK(m.fates("m1") == "1: sent 202; 2: sent 202; 3: sent 202");
  CHECK(m.core.all("MESSAGE").size() == 1);
  CHECK(m.agent.agent.open_messages() == 0);
}

TEST_CASE("PGR-42 IMDN-14: what became of it is told for each, by who it went to") {
  Many m;
  m.to_all("m1", "hello");
  m.notify(kPeers[1], "m1", body::ImdnStatus::delivered);  // faster than the answer
  m.reply(202);
  m.notify("sip:+821012345678@domain.com;user=phone", "m1", body::ImdnStatus::displayed);
  m.notify(kPeers[0], "m1", body::ImdnStatus::failed);
  CHECK(m.fates("m1") == "1: sent 202, failed; 2: sent, delivered; 3: sent 202, delivered, displayed");
}

TEST_CASE("PGR-42 IMDN-8: a list server says whom it could not bring a text to; nobody else can") {
  Many m;
  m.to_all("m1", "hello");
  m.reply(202);
  m.notify(kPeers[1], "m1", body::ImdnStatus::failed, kPeers[0]);  // speaks for itself alone
  m.notify("sip:list@elsewhere.example", "m1", body::ImdnStatus::failed, kPeers[0]);
  m.notify("sip:list@domain.com", "m1", body::ImdnStatus::displayed, kPeers[0]);
  CHECK(m.fates("m1") == "1: sent 202; 2: sent 202, failed; 3: sent 202");
  m.notify("sip:list@domain.com", "m1", body::ImdnStatus::failed, kPeers[0]);
  CHECK(m.fates("m1") == "1: sent 202, failed; 2: sent 202, failed; 3: sent 202");
}

TEST_CASE("PGR-44: without a list server each gets it by itself, once") {
  for (const int status : {302, 400, 404, 405, 413, 415, 420, 480, 488, 501, 606}) {
    INFO(status);
    Many m;
    m.to_all("m1", "hello");
    m.reply(status);
    CHECK(m.targets() == Uris{"sip:list@domain.com", kPeers[0], kPeers[1], kPeers[2]});
    CHECK(m.fates("m1").empty());
    for (std::size_t i = 1; i < 4; ++i) m.core.reply(m.core.all("MESSAGE")[i], 200);
    m.lab.run_for(50ms);
    CHECK(m.fates("m1") == "1: sent 200; 2: sent 200; 3: sent 200");
    for (std::size_t i = 1; i < 4; ++i) {
      const auto request = m.core.all("MESSAGE")[i];
      CHECK(*request.header("Content-Type") == "message/cpim");
      CHECK(request.header("Require") == nullptr);
      const auto text = body::read_chat_cpim(*body::parse_cpim(request.body));
      CHECK(text.message_id == "m1");
      CHECK(text.to == kPeers[i - 1]);
    }
  }
}

TEST_CASE("PGR-42: where nobody knows what became of it, it is not sent again") {
  for (const int status : {408, 500, 503, 504, 600}) {
    INFO(status);
    Many m;
    m.to_all("m1", "hello");
    m.reply(status);
    const auto failed = "failed " + std::to_string(status);
    CHECK(m.fates("m1") == "1: " + failed + "; 2: " + failed + "; 3: " + failed);
    CHECK(m.core.all("MESSAGE").size() == 1);
  }
  Many silent;
  silent.to_all("m1", "hello");
  silent.lab.run_for(40s);
  CHECK(silent.fates("m1") == "1: failed 408; 2: failed 408; 3: failed 408");
  for (const auto& target : silent.targets()) CHECK(target == "sip:list@domain.com");
}

TEST_CASE("PGR-9 PGR-40: what is too large for a MESSAGE goes to each by itself") {
  Many m;
  m.to_all("m1", std::string(1000, 'x'));
  CHECK(m.targets().empty());
  CHECK(m.fates("m1") == "1: failed 413; 2: failed 413; 3: failed 413");  // no address for MSRP here
  m.to_all("m2", "short");
  CHECK(m.targets() == Uris{"sip:list@domain.com"});
}

TEST_CASE("PGR-42: one recipient is written to directly, and so is a thread in which something waits") {
  Many m;
  m.to_all("m1", "hello", {}, 1);
  CHECK(m.targets() == Uris{kPeers[0]});
  m.to_all("m2", "hello");  // the first thread waits for its answer
  CHECK(m.targets() == Uris{kPeers[0], "sip:list@domain.com"});
  const auto list =
      body::read_list_message(*m.core.last("MESSAGE").header("Content-Type"), m.core.last("MESSAGE").body);
  REQUIRE(list);
  CHECK(list->to.size() == 2);
  m.core.reply(m.core.all("MESSAGE")[0], 200);
  m.lab.run_for(50ms);
  REQUIRE(m.targets().size() == 3);
  CHECK(m.targets()[2] == kPeers[0]);
  // What is written meanwhile stays behind.
  m.text("m3", "world", {}, 2);
  CHECK(m.targets().size() == 3);
  m.core.reply(m.core.all("MESSAGE")[1], 202);
  m.lab.run_for(50ms);
  CHECK(m.fates("m2") == "2: sent 202; 3: sent 202");
  REQUIRE(m.targets().size() == 4);
  CHECK(m.targets()[3] == kPeers[1]);
}

TEST_CASE("PGR-10: one request to the list server at a time") {
  Many m;
  for (std::uint64_t n = 4; n <= 5; ++n) m.open(n, "sip:user" + std::to_string(n) + "@domain.com");
  m.to_all("m1", "hello");
  SendToMany second{kBob, {{outgoing_chat(4)}, {outgoing_chat(5)}, {outgoing_chat(4)}}, {}, {}};
  second.text.message_id = "m2";
  second.text.text = "world";
  m.give(second);
  CHECK(m.targets().size() == 1);
  m.reply(202);
  REQUIRE(m.targets().size() == 2);
  const auto last = m.core.last("MESSAGE");
  CHECK(body::read_list_message(*last.header("Content-Type"), last.body)->to.size() == 2);
  m.reply(404);
  CHECK(m.targets().size() == 4);
}

TEST_CASE("PGR-42 PGR-12: it waits for the registration, but not for those who are not written to any more") {
  Many m([](AgentConfig& config) { config.expect_registered = true; });
  m.core.on_register = [](const Message&) {};  // not yet
  m.to_all("m1", "hello", 60s);
  CHECK(m.targets().empty());
  m.lab.command(m.agent, EndChat{outgoing_chat(2)});
  m.core.on_register = {};
  m.lab.run_for(2s);
  REQUIRE(m.targets() == Uris{"sip:list@domain.com"});
  const auto request = m.core.last("MESSAGE");
  const auto list = body::read_list_message(*request.header("Content-Type"), request.body);
  REQUIRE(list->to.size() == 2);
  CHECK(list->to[1].uri == kPeers[2]);
  CHECK(request.header("Date") != nullptr);
  m.reply(202);
  CHECK(m.fates("m1") == "1: sent 202; 2: failed 487; 3: sent 202");
}

TEST_CASE("PGR-42: a refused registration fails it in each thread") {
  Many m([](AgentConfig& config) { config.expect_registered = true; });
  m.core.on_register = [&](const Message& request) { m.core.reply(request, 404); };
  m.to_all("m1", "hello");
  m.lab.run_for(1s);
  CHECK(m.targets().empty());
  CHECK(m.fates("m1") == "1: failed 404; 2: failed 404; 3: failed 404");
  CHECK(m.agent.agent.open_messages() == 0);
}

TEST_CASE("PGR-42: what waits behind it fails with it when its user leaves, and registers nobody anew") {
  Many m([](AgentConfig& config) { config.expect_registered = true; });
  m.core.on_register = [](const Message&) {};
  m.to_all("m1", "hello");
  m.text("m2", "world", {}, 2);
  const auto asked = m.core.all("REGISTER").size();
  m.lab.command(m.agent, Unregister{kBob});
  m.core.on_register = {};
  m.lab.run_for(2s);
  CHECK(m.fates("m1") == "1: failed 480; 2: failed 480; 3: failed 480");
  CHECK(m.fates("m2") == "2: failed 480");
  CHECK(asked > 0);
  CHECK_FALSE(m.agent.agent.is_registered(kBob));
  CHECK(m.targets().empty());
}

// --- as it arrives

namespace {

/// multipart/mixed of parts as they are written.
std::string mixed(const std::vector<std::string>& parts) {
  std::string content;
  for (const auto& part : parts) content += "--b\r\n" + part + "\r\n";
  return content + "--b--\r\n";
}

const std::string kMixed = "multipart/mixed;boundary=b";
const std::string kHistory =
    "Content-Type: application/resource-lists+xml\r\nContent-Disposition: "
    "recipient-list-history;handling=optional\r\n\r\n"
    "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list><entry "
    "uri=\"sip:bob@domain.com\"/></list></resource-lists>";
const std::string kSpare =
    "Content-Type: image/png\r\nContent-Disposition: icon; handling=optional\r\n\r\nPNG";
const std::string kPicture = "Content-Type: image/png\r\n\r\nPNG";

std::string cpim_part(const std::string& id, const std::string& words) {
  return "Content-Type: message/cpim\r\n\r\n" + cpim_of(id, words);
}

}  // namespace

TEST_CASE("PGR-42 MIME-6: who else got a message is no part of its text") {
  Pager p;
  CHECK(p.status(p.message(kMixed, mixed({cpim_part("m1", "cpim"), kHistory}))) == 200);
  CHECK(p.status(p.message(kMixed, mixed({kHistory, kSpare, "Content-Type: text/plain\r\n\r\nplain"}))) ==
        200);
  auto zipped = p.message(kMixed, packed(mixed({cpim_part("m2", "packed"), kHistory}), Packing::zlib));
  zipped.add_header("Content-Encoding", "deflate");
  CHECK(p.status(zipped) == 200);
  CHECK(texts_of(p.agent) == "cpim|plain|packed");
  CHECK(p.agent.all<TextArrived>().front().text.message_id == "m1");
  // The one by CPIM has its notification, and is known again.
  CHECK(p.status(p.message(kMixed, mixed({cpim_part("m1", "cpim"), kHistory}))) == 200);
  CHECK(p.agent.count<TextArrived>() == 3);
}

TEST_CASE("PGR-17 MIME-6: a part that has to be understood and is not is refused") {
  Pager p;
  for (const auto& parts : std::vector<std::vector<std::string>>{
           {cpim_part("m1", "x"), kPicture}, {kPicture, kHistory}, {kSpare, kHistory}}) {
    const auto answer = p.answer(p.message(kMixed, mixed(parts)));
    CHECK(answer.status == 415);
    CHECK(answer.header("Accept") != nullptr);
  }
  CHECK(p.status(p.message(kMixed, mixed({kHistory}))) == 400);
  CHECK(p.status(p.message("multipart/mixed", mixed({cpim_part("m1", "x")}))) == 400);
  CHECK(p.status(p.message(kMixed, mixed({"Content-Type: message/cpim\r\n\r\nno cpim"}))) == 400);
  CHECK(p.agent.count<TextArrived>() == 0);
}
