// Contacts that are watched, and contacts that are told nothing, by an agent against a core the test plays.
#include "chat/lab.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;
using Answer = CapabilityRecord::Answer;

namespace {

constexpr const char* kBob = "sip:bob@domain.com";
constexpr const char* kCarol = "sip:carol@domain.com";
constexpr const char* kDave = "sip:dave@domain.com";

struct Watching : Behind {
  ServiceSet carol_can{Service::chat};
  int status = 200;

  explicit Watching(std::function<void(AgentConfig&)> edit = {}) : Behind(std::move(edit)) {
    core.on_other = [this](const Message& m) {
      if (m.method != "OPTIONS") return;
      core.reply(m, status, [&](Message& answer) {
        if (status != 200) return;
        answer.contacts.push_back(Core::contact("carol"));
        add_tags(answer.contacts.front().params, carol_can);
      });
    };
  }
  void watch(std::uint64_t n, const std::string& contact = kCarol) {
    lab.command(agent, WatchContact{QueryId{n}, kBob, contact});
  }
  std::size_t asked() const { return core.all("OPTIONS").size(); }
  std::size_t told() const { return agent.count<CapabilitiesChanged>(); }
};

}  // namespace

TEST_CASE("CAP-62 a watched contact is asked at once and then every hour; what is new is told") {
  Watching w;
  w.register_user(kBob);
  w.watch(1);
  w.lab.run_for(1s);
  CHECK(w.agent.only<CapabilitiesFound>().query == QueryId{1});
  CHECK_FALSE(w.agent.only<CapabilitiesFound>().asked);
  CHECK(w.asked() == 1);
  CHECK(w.agent.only<CapabilitiesChanged>().contact == kCarol);
  CHECK(w.agent.only<CapabilitiesChanged>().user == kBob);
  CHECK(w.agent.only<CapabilitiesChanged>().record.rcs_user == Answer::yes);

  w.lab.run_for(1h);
  CHECK(w.asked() == 2);
  CHECK(w.told() == 1);  // nothing new
  w.carol_can = {Service::chat, Service::file_transfer};
  w.lab.run_for(1h);
  CHECK(w.asked() == 3);
  CHECK(w.told() == 2);

  w.lab.command(w.agent, UnwatchContact{kBob, kCarol});
  w.lab.run_for(3h);
  CHECK(w.asked() == 3);
}

TEST_CASE("CAP-62 CAP-60 what was heard of a contact otherwise saves a question") {
  Watching w;
  w.register_user(kBob);
  w.watch(1);
  w.lab.run_for(40min);
  w.lab.command(w.agent, QueryCapabilities{QueryId{2}, kBob, kCarol, true, {}});
  w.lab.run_for(40min);
  CHECK(w.asked() == 2);  // of the user, at 40 min
  w.lab.run_for(20min);
  CHECK(w.asked() == 3);
}

TEST_CASE("CAP-62 CAP-20 an answer in vain leaves what is known, and the contact its turn") {
  Watching w;
  w.register_user(kBob);
  w.watch(1);
  w.lab.run_for(1s);
  w.status = 500;
  w.lab.run_for(1h);
  CHECK(w.asked() == 2);
  CHECK(w.told() == 1);
  w.status = 404;
  w.lab.run_for(1h);
  CHECK(w.asked() == 3);
  CHECK(w.agent.all<CapabilitiesChanged>().back().record.rcs_user == Answer::no);
  w.lab.run_for(23h);
  CHECK(w.asked() == 3);  // no RCS user: not before the expiry
  w.lab.run_for(1h + 1s);
  CHECK(w.asked() == 4);
}

TEST_CASE("CAP-62 CAP-63 nobody is asked for a user who is not registered") {
  Watching w;
  w.watch(1);
  w.lab.run_for(10min);
  CHECK(w.asked() == 0);
  CHECK(w.core.all("REGISTER").empty());
  w.register_user(kBob);
  w.lab.run_for(61s);
  CHECK(w.asked() == 1);
}

TEST_CASE("CAP-62 an address book is asked for at the pace that is configured") {
  Watching w([](AgentConfig& config) { config.capability_times.pace = 500ms; });
  w.register_user(kBob);
  for (std::uint64_t n = 1; n <= 20; ++n) w.watch(n, "sip:c" + std::to_string(n) + "@domain.com");
  w.lab.run_for(4900ms);
  CHECK(w.asked() == 10);
  w.lab.run_for(10s);
  CHECK(w.asked() == 20);
  CHECK(w.told() == 20);
}

TEST_CASE("CAP-62 CAP-63 who can not be asked is refused by name") {
  Watching w;
  w.watch(1, "nobody");
  CHECK(w.agent.only<CapabilitiesFound>().status == 400);
  w.watch(2, "tel:+12");
  CHECK(w.agent.all<CapabilitiesFound>().back().status == 484);
  w.lab.run_for(2h);
  CHECK(w.asked() == 0);
}

TEST_CASE("CAP-10 a contact that is kept in the dark gets a 200 without services, others as before") {
  Watching w;
  w.register_user(kBob);
  w.lab.command(w.agent, HideServices{kBob, kCarol, true});
  std::uint32_t cseq = 0;
  const auto told_to = [&](const char* asker) {
    auto options = w.core.invite();
    options.method = "OPTIONS";
    options.cseq = {++cseq, "OPTIONS"};
    options.call_id = "options-" + std::to_string(cseq);
    options.body.clear();
    options.headers.clear();
    options.from.uri = *sip::parse_uri(asker);
    options.contacts = {*sip::parse_name_addr("<sip:x@192.0.2.1>")};
    w.core.send(options);
    w.lab.run_for(100ms);
    const auto answer = w.core.responses("OPTIONS", 200).back();
    CHECK(answer.call_id == options.call_id);
    REQUIRE(answer.contacts.size() == 1);
    return read_capabilities(answer.contacts.front().params);
  };
  CHECK(told_to(kCarol) == Capabilities{});
  CHECK(told_to(kDave).services.has(Service::chat));
  w.lab.command(w.agent, HideServices{kBob, kCarol, false});
  CHECK(told_to(kCarol).services.has(Service::chat));
}
