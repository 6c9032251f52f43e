#include <string>

#include "scenario/scenario.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::scenario::Network;
using rcs::scenario::parse_profile;
using rcs::scenario::parse_scenario;

namespace {

rcs::scenario::Parsed parse(const std::string& network) {
  return parse_scenario(
      "scenario: x\nactors: {a: {kind: sip, id: x}}\nsteps: [{wait: 1s}]\nnetwork: " + network + "\n",
      "s.yaml");
}
std::string complaints(const std::string& network) { return format_diagnostics(parse(network).diagnostics); }
Network network(const std::string& text) {
  const auto parsed = parse(text);
  INFO(format_diagnostics(parsed.diagnostics));
  REQUIRE(parsed.diagnostics.empty());
  return parsed.scenario.network;
}

}  // namespace

TEST_CASE("a network has a domain, a delay, a loss and a way to answer chats") {
  const auto full =
      network("{domain: ims.example.org, link-delay: {min: 1, max: 20ms}, loss: 0.05, answer-mode: proxied}");
  CHECK(full.domain == "ims.example.org");
  CHECK(full.delay_min == 1ms);
  CHECK(full.delay_max == 20ms);
  CHECK(full.loss == 0.05);
  CHECK(full.proxied);
  const auto fixed = network("{link-delay: 7, answer-mode: store-and-forward}");
  CHECK(fixed.delay_min == 7ms);
  CHECK(fixed.delay_max == 7ms);
  CHECK_FALSE(fixed.proxied);
  CHECK(network("{link-delay: {min: 50ms, max: 50ms}}").delay_max == 50ms);
  CHECK(network("{link-delay: 0}").delay_max == 0ms);
}

TEST_CASE("mistakes in a network") {
  CHECK(complaints("{domain: \"a b\"}").find("network.domain: expected a domain name") != std::string::npos);
  CHECK(complaints("{domain: \"x.com;evil\"}").find("network.domain: expected a domain name") !=
        std::string::npos);
  CHECK(complaints("{domain: -x.com}").find("network.domain: expected a domain name") != std::string::npos);
  CHECK(complaints("{loss: 2}") == "s.yaml:4: network.loss: expected a number from 0 to 1, got \"2\"");
  CHECK(complaints("{loss: 5%}").find("network.loss: expected a number") != std::string::npos);
  CHECK(complaints("{link-delay: {min: 5, max: 1}}") ==
        "s.yaml:4: network.link-delay.max: expected at least link-delay.min, got \"1\"");
  CHECK(complaints("{link-delay: {min: 5}}")
            .find("network.link-delay.max: expected the longest delay, got nothing") != std::string::npos);
  CHECK(complaints("{link-delay: 11m}") == "s.yaml:4: network.link-delay: expected at most 10m, got \"11m\"");
  CHECK(complaints("{link-delay: [5]}").find("network.link-delay: expected milliseconds, or a time") !=
        std::string::npos);
  CHECK(complaints("{link_delay: 5}").find("did you mean \"link-delay\"?") != std::string::npos);
  CHECK(
      complaints("{answer-mode: proxy}").find("network.answer-mode: expected store-and-forward or proxied") !=
      std::string::npos);
}

TEST_CASE("IFC-1: a profile has rows with priority, cases, methods, a server and what happens without it") {
  const auto rows = network(
                        "{profile: [{priority: 1, cases: [originating], methods: INVITE, chat-only: true, "
                        "server: o-imas, default-handling: terminate},\n"
                        "  {priority: 2, cases: [terminating-registered, terminating-unregistered], methods: "
                        "[INVITE, MESSAGE], server: t-imas},\n"
                        "  {priority: 3, server: t-imas, default-handling: continue}]}")
                        .profile;
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].priority == 1);
  CHECK(rows[0].cases == std::vector<std::string>{"originating"});
  CHECK(rows[0].methods == std::vector<std::string>{"INVITE"});
  CHECK(rows[0].chat_only);
  CHECK(rows[0].terminate_on_failure);
  CHECK(rows[0].line == 4);
  CHECK(rows[1].cases.size() == 2);
  CHECK(rows[1].methods.size() == 2);
  CHECK(rows[1].line == 5);
  CHECK(rows[2].cases.empty());
  CHECK(rows[2].methods.empty());
  CHECK_FALSE(rows[2].terminate_on_failure);
}

TEST_CASE("a profile may be named instead, for whoever reads files") {
  const auto named = network("{profile: profiles/plain.yaml}");
  CHECK(named.profile.empty());
  CHECK(named.profile_file == "profiles/plain.yaml");
  CHECK(named.profile_line == 4);
}

TEST_CASE("a profile file is a list of rows or a map with the key profile") {
  const std::string rows = "- {priority: 1, server: o-imas}\n- {priority: 2, server: t-imas}\n";
  CHECK(parse_profile(rows, "p.yaml").rows.size() == 2);
  CHECK(parse_profile("profile:\n" + rows, "p.yaml").rows.size() == 2);
  const auto bad = [](const std::string& yaml) {
    return format_diagnostics(parse_profile(yaml, "p.yaml").diagnostics);
  };
  CHECK(bad("") == "p.yaml:1: profile: expected a list of rows, got nothing");
  CHECK(bad("rows: []\n").find("p.yaml:1: file: expected one of the keys profile, got \"rows\"") !=
        std::string::npos);
  CHECK(bad("- {server: o-imas}\n") ==
        "p.yaml:1: profile.priority: expected a whole number, the lowest is asked first, got nothing");
  CHECK(bad("- {priority: 1}\n") ==
        "p.yaml:1: profile.server: expected o-imas, t-imas, options-as or ps, got "
        "nothing");
  CHECK(bad("- {priority: 1, server: o-imsa}\n").find("did you mean \"o-imas\"?") != std::string::npos);
  CHECK(bad("- {priority: 1, server: o-imas, cases: [terminating]}\n")
            .find("profile.cases: expected originating, terminating-registered") != std::string::npos);
  CHECK(bad("- {priority: 1, server: o-imas, methods: [invite]}\n").find("did you mean \"INVITE\"?") !=
        std::string::npos);
  CHECK(bad("- {priority: 1, server: o-imas, chat-only: 1}\n")
            .find("profile.chat-only: expected true or false") != std::string::npos);
  CHECK(bad("- {priority: 1, server: o-imas, default-handling: stop}\n")
            .find("profile.default-handling: expected continue or terminate") != std::string::npos);
  CHECK(bad("- x\n").find("profile: expected a map with the keys priority") != std::string::npos);
  std::string many;
  for (int i = 0; i < 255; ++i) many += "- {priority: 1, server: o-imas}\n";
  CHECK(bad(many) == "p.yaml:1: profile: expected at most 254 rows, got 255");
}
