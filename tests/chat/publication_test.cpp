// What an agent publishes of its users' services at a presence server the test plays.
#include "chat/publication.hpp"
#include "chat/fetching.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

const ServiceSet kPublished{Service::chat, Service::presence_discovery};

struct Publishing : Behind {
  explicit Publishing(std::function<void(AgentConfig&)> edit = {}) : Behind(std::move(edit)) {
    core.on_other = [this](const Message& m) {
      if (m.method == "PUBLISH") grant(m);
    };
  }
  void offer(const ServiceSet& services) {
    lab.command(agent, OfferServices{kBob, services});
    lab.run_for(100ms);
  }
  void start() {
    offer(kPublished);
    register_user(kBob);
    lab.run_for(100ms);
  }
  void grant(const Message& publish, std::uint32_t expires = 3600) {
    core.reply(publish, 200, [&](Message& m) {
      m.add_header("SIP-ETag", "etag-" + std::to_string(++tags));
      m.add_header("Expires", std::to_string(std::min(expires, *publish.expires())));
    });
  }
  void refuse(int status, std::function<void(Message&)> edit = {}) {
    core.on_other = [this, status, edit = std::move(edit)](const Message& m) {
      if (m.method == "PUBLISH") core.reply(m, status, edit);
    };
  }
  std::vector<Message> sent() const { return core.all("PUBLISH"); }
  static std::string if_match(const Message& publish) {
    const auto* tag = publish.header("SIP-If-Match");
    return tag == nullptr ? "" : *tag;
  }
  static std::size_t tuples(const Message& publish) {
    const auto document = body::parse_pidf(publish.body);
    REQUIRE(document);
    return document->tuples.size();
  }
  int tags = 0;
};

}  // namespace

TEST_CASE("PRES-1 PRES-45: after registration the services are published, if discovery by presence is one") {
  Publishing p;
  p.start();
  REQUIRE(p.sent().size() == 1);
  const auto publish = p.sent().front();
  CHECK(publish.request_uri.to_string() == kBob);
  CHECK(publish.to.uri.to_string() == kBob);
  CHECK(publish.from.uri.to_string() == kBob);
  CHECK(*publish.header("Event") == "presence");
  CHECK(*publish.header("Content-Type") == "application/pidf+xml");
  CHECK(publish.expires() == 3600);
  CHECK(publish.header("SIP-If-Match") == nullptr);
  CHECK(publish.contacts.empty());  // PRES-7
  CHECK(p.core.got.front().method == "REGISTER");
  const auto document = body::parse_pidf(publish.body);
  REQUIRE(document);
  CHECK(document->entity == kBob);
  REQUIRE(document->tuples.size() == 2);
  CHECK(document->tuples[0].service_id == "org.openmobilealliance:IM-session");
  CHECK(document->tuples[0].open);
  CHECK(document->tuples[0].timestamp.has_value());

  Publishing without;
  without.register_user(kBob);
  without.offer({Service::chat, Service::standalone});
  CHECK(without.sent().empty());
}

TEST_CASE("PRES-2: refreshed before it expires, each time with the newest tag") {
  Publishing p;
  p.start();
  p.lab.run_for(49min);
  CHECK(p.sent().size() == 1);
  p.lab.run_for(2min);
  REQUIRE(p.sent().size() == 2);
  CHECK(p.if_match(p.sent()[1]) == "etag-1");
  CHECK(p.sent()[1].body.empty());
  CHECK(p.sent()[1].header("Content-Type") == nullptr);
  p.lab.run_for(50min);
  REQUIRE(p.sent().size() == 3);
  CHECK(p.if_match(p.sent()[2]) == "etag-2");
}

TEST_CASE("PRES-2: what the server grants counts, and an answer without a tag publishes nothing") {
  Publishing p;
  p.core.on_other = [&](const Message& m) {
    if (m.method == "PUBLISH") p.grant(m, 100);
  };
  p.start();
  p.lab.run_for(45s);
  CHECK(p.sent().size() == 1);
  p.lab.run_for(10s);
  CHECK(p.sent().size() == 2);
  p.refuse(200);
  p.lab.run_for(30min);
  CHECK(p.sent().size() == 3);
}

TEST_CASE("PRES-2: other services modify what is published; none of presence takes it back") {
  Publishing p;
  p.start();
  p.offer({Service::chat, Service::file_transfer, Service::presence_discovery});
  REQUIRE(p.sent().size() == 2);
  CHECK(p.if_match(p.sent()[1]) == "etag-1");
  CHECK(p.tuples(p.sent()[1]) == 3);
  p.offer({Service::chat, Service::file_transfer, Service::presence_discovery});
  CHECK(p.sent().size() == 2);
  p.offer({Service::chat});
  REQUIRE(p.sent().size() == 3);
  CHECK(p.if_match(p.sent()[2]) == "etag-2");
  CHECK(p.sent()[2].expires() == 0);
  CHECK(p.sent()[2].body.empty());
  p.lab.run_for(2h);
  CHECK(p.sent().size() == 3);
  p.offer(kPublished);
  REQUIRE(p.sent().size() == 4);
  CHECK(p.if_match(p.sent()[3]).empty());
}

TEST_CASE("PRES-3: a tag that is not known any more is dropped, and all is published again") {
  Publishing p;
  p.start();
  p.core.on_other = [&](const Message& m) {
    if (m.method != "PUBLISH") return;
    if (m.header("SIP-If-Match") != nullptr) return p.core.reply(m, 412);
    p.grant(m);
  };
  p.lab.run_for(51min);
  REQUIRE(p.sent().size() == 3);
  CHECK(p.if_match(p.sent()[2]).empty());
  CHECK(p.tuples(p.sent()[2]) == 2);

  Publishing always;
  always.refuse(412);
  always.start();
  always.lab.run_for(10s);
  CHECK(always.sent().size() == 1);
}

TEST_CASE("PRES-4: a server that wants a longer time gets it, as long as it is reasonable") {
  Publishing p;
  p.core.on_other = [&](const Message& m) {
    if (m.method != "PUBLISH") return;
    if (m.expires() >= 7200) return p.grant(m, 7200);
    p.core.reply(m, 423, [](Message& no) { no.add_header("Min-Expires", "7200"); });
  };
  p.start();
  REQUIRE(p.sent().size() == 2);
  CHECK(p.sent()[1].expires() == 7200);
  CHECK(p.tuples(p.sent()[1]) == 2);

  Publishing endless;
  endless.refuse(423, [](Message& no) { no.add_header("Min-Expires", "3600"); });
  endless.start();
  CHECK(endless.sent().size() == 1);
}

TEST_CASE("PRES-5: where nobody publishes it is quiet until the next registration") {
  const int status = GENERATE(404, 405, 489, 501);
  Publishing p;
  p.refuse(status);
  p.core.on_register = [&](const Message& m) { p.core.grant(m, 1000); };
  p.start();
  p.offer({Service::chat, Service::file_transfer, Service::presence_discovery});
  const auto registrations = p.core.all("REGISTER").size();
  p.lab.run_for(200s);
  CHECK(p.core.all("REGISTER").size() == registrations);
  // The REGISTER that tells of the other services is one, too.
  CHECK(p.sent().size() == registrations);
  p.lab.run_for(800s);
  CHECK(p.core.all("REGISTER").size() > registrations);
  CHECK(p.sent().size() == p.core.all("REGISTER").size());
}

TEST_CASE("PRES-5: a server that fails is asked again, less and less often") {
  Publishing p;
  p.refuse(503, [](Message& m) { m.add_header("Retry-After", "120"); });
  p.start();
  p.lab.run_for(119s);
  CHECK(p.sent().size() == 1);
  p.lab.run_for(2s);
  CHECK(p.sent().size() == 2);
  p.refuse(500);
  p.lab.run_for(2h);
  CHECK(p.sent().size() > 4);
  CHECK(p.sent().size() < 12);
  p.core.on_other = [&](const Message& m) {
    if (m.method == "PUBLISH") p.grant(m);
  };
  p.lab.run_for(1h);
  const auto healthy = p.sent();
  CHECK(p.if_match(healthy.back()).empty());
  CHECK(p.tags == 1);
}

TEST_CASE("PRES-5: 403 may come from a core that has forgotten us: once it is tried anew") {
  Publishing p;
  p.start();
  p.refuse(403);
  p.offer({Service::chat, Service::file_transfer, Service::presence_discovery});
  p.lab.run_for(1min);
  const auto refused = p.sent().size();
  CHECK(refused >= 3);
  CHECK(refused <= 4);
  const auto registrations = p.core.all("REGISTER").size();
  p.lab.run_for(10min);
  CHECK(p.sent().size() == refused);
  CHECK(p.core.all("REGISTER").size() == registrations);
}

TEST_CASE("PRES-6: no PUBLISH before the last one is answered; what changed meanwhile follows") {
  Publishing p;
  p.core.on_other = [](const Message&) {};
  p.start();
  p.offer({Service::chat, Service::file_transfer, Service::presence_discovery});
  CHECK(p.lab.sent("PUBLISH").size() == 1);
  p.grant(p.sent().front());
  p.lab.run_for(50ms);
  REQUIRE(p.sent().size() == 2);
  CHECK(p.if_match(p.sent()[1]) == "etag-1");
  CHECK(p.tuples(p.sent()[1]) == 3);
}

TEST_CASE("PRES-2: who leaves takes it back first, and leaves all the same where nobody answers") {
  Publishing p;
  p.start();
  p.lab.command(p.agent, Unregister{kBob});
  p.lab.run_for(100ms);
  REQUIRE(p.sent().size() == 2);
  CHECK(p.sent()[1].expires() == 0);
  CHECK(p.if_match(p.sent()[1]) == "etag-1");
  CHECK(p.agent.count<Unregistered>() == 1);
  CHECK(p.core.last("REGISTER").expires() == 0);
  CHECK(p.core.got.back().method == "REGISTER");

  Publishing silent;
  silent.start();
  silent.core.on_other = [](const Message&) {};
  silent.lab.command(silent.agent, Unregister{kBob});
  silent.lab.run_for(1s);
  CHECK(silent.agent.count<Unregistered>() == 0);
  silent.lab.run_for(2s);
  CHECK(silent.agent.count<Unregistered>() == 1);
  silent.lab.run_for(1min);
  CHECK(silent.agent.count<Unregistered>() == 1);
}

TEST_CASE("PRES-6: who leaves while a PUBLISH is on its way takes that back, too") {
  Publishing p;
  p.core.on_other = [](const Message&) {};
  p.start();
  p.lab.command(p.agent, Unregister{kBob});
  p.lab.run_for(50ms);
  CHECK(p.agent.count<Unregistered>() == 0);
  p.core.on_other = [&](const Message& m) {
    if (m.method == "PUBLISH") p.grant(m);
  };
  p.grant(p.sent().front());
  p.lab.run_for(100ms);
  CHECK(p.sent().back().expires() == 0);
  CHECK(p.agent.count<Unregistered>() == 1);
}

TEST_CASE("PRES-2: who comes back while leaving is registered, and published again") {
  Publishing p;
  p.start();
  p.lab.command(p.agent, Unregister{kBob});
  p.lab.command(p.agent, Register{kBob});
  p.lab.run_for(100ms);
  CHECK(p.agent.agent.is_registered(kBob));
  CHECK(p.agent.count<Unregistered>() == 0);
  CHECK(p.agent.count<Registered>() == 2);
  REQUIRE(p.sent().size() == 3);
  CHECK(p.sent()[1].expires() == 0);
  CHECK(p.if_match(p.sent()[2]).empty());
  CHECK(p.tuples(p.sent()[2]) == 2);
  p.lab.run_for(2h);
  CHECK(p.agent.agent.is_registered(kBob));
}

TEST_CASE("PRES-6 REG-4: a challenged PUBLISH goes again with its document") {
  Publishing p(with_login);
  p.core.on_other = [&](const Message& m) {
    if (m.method == "PUBLISH" && !challenge(p.core, m)) p.grant(m);
  };
  p.start();
  REQUIRE(p.sent().size() == 2);
  CHECK(p.sent()[1].body == p.sent()[0].body);
  p.lab.run_for(51min);
  REQUIRE(p.sent().size() == 3);
  CHECK(p.if_match(p.sent()[2]) == "etag-1");
}
