// Clients whose core is reached over TLS: what is left when the node that held their connections dies.

#include "chat/agent.hpp"
#include "harness/live_core.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace rcs;

namespace {

std::string tls_file(const std::string& name) {
  return std::string(RCS_SOURCE_DIR) + "/tests/data/tls/" + name + ".pem";
}

/// A client of its own behind a socket, that tells what it heard.
struct Client {
  Client(net::Loop& loop, const sip::Hop& core, std::uint64_t seed)
      : random(core::RandomSource(seed).stream("client", "sip")),
        driver(loop, nullptr, [this](const chat::Event& event) { events.push_back(event); }) {
    net::TlsOptions files;
    files.authorities = tls_file("localhost");
    auto tls = net::make_dialling_tls(files);
    REQUIRE(tls);
    const auto bound = driver.open({"127.0.0.1", 0}, {}, std::move(*tls));
    REQUIRE(bound);
    chat::AgentConfig config;
    config.host = bound->host;
    config.port = bound->port;
    config.core = core;
    config.wall = loop.wall();
    agent = std::make_unique<chat::Agent>(std::move(config), random);
    driver.attach(*agent);
  }
  void execute(chat::Command command) {
    driver.act([&](core::Instant now, chat::Agent& node, chat::AgentOutbox& out) {
      node.execute(now, std::move(command), out);
    });
  }
  template <class E>
  const E* find() const {
    for (const auto& event : events) {
      if (const auto* found = std::get_if<E>(&event)) return found;
    }
    return nullptr;
  }

  core::Random random;
  std::vector<chat::Event> events;
  net::SipDriver<chat::Agent, chat::Event> driver;
  std::unique_ptr<chat::Agent> agent;
};

}  // namespace

TEST_CASE("RFC 5626: a client over TLS registers again when its connection is gone, and is reached anew") {
  net::Loop loop;
  harness::LiveCoreOptions options;
  net::TlsOptions files;
  files.certificate = tls_file("localhost");
  auto made = net::Tls::make(files);
  REQUIRE(made);
  options.tls = {*made, net::Address{"localhost", 0}, false};
  const auto core = harness::LiveCore::open(loop, std::move(options));
  REQUIRE(core);
  const sip::Hop entry = (*core)->tls_entry();
  CHECK(entry.host == "localhost");
  CHECK((*core)->name_of(entry) == "o-cscf");
  Client alice(loop, entry, 1);
  Client bob(loop, entry, 2);
  bob.execute(chat::Register{"sip:bob@domain.com"});
  REQUIRE(loop.run_until([&] { return bob.find<chat::Registered>() != nullptr; }, 20s));

  // The node that holds the connections dies, and comes back at its place with nothing of what it knew.
  REQUIRE((*core)->stop("o-cscf"));
  REQUIRE((*core)->start("o-cscf"));
  CHECK((*core)->tls_entry() == entry);
  bob.events.clear();

  chat::StartChat start;
  start.chat = chat::outgoing_chat(1);
  start.from = "sip:alice@domain.com";
  start.to = "sip:bob@domain.com";
  start.subject = "hello";
  alice.execute(start);
  // Until bob has registered again the network keeps it.
  REQUIRE(loop.run_until([&] { return bob.find<chat::ChatInvited>() != nullptr; }, 30s));
  bob.execute(chat::AcceptChat{bob.find<chat::ChatInvited>()->chat});
  REQUIRE(loop.run_until([&] { return bob.find<chat::ChatConnected>() != nullptr; }, 20s));
  REQUIRE(loop.run_until([&] { return alice.find<chat::ChatAnswered>() != nullptr; }, 20s));
  bob.execute(chat::EndChat{bob.find<chat::ChatInvited>()->chat});
  REQUIRE(loop.run_until([&] { return bob.agent->open_chats() == 0; }, 20s));
  alice.driver.close();
  bob.driver.close();
}
