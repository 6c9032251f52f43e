// OPTIONS that wait for an answer from outside of the client: what is told, what is answered, and when.
#include "chat/lab.hpp"
#include "sip/feature_tags.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

constexpr const char* kBob = "sip:bob@domain.com";
constexpr const char* kCarol = "sip:carol@domain.com";

std::string tags_of(const ServiceSet& services) {
  sip::Params tags;
  add_tags(tags, services);
  return sip::format_params(tags);
}

/// bob, whose queries are held, and a network that asks.
struct Holding : Behind {
  explicit Holding(bool holds = true) {
    register_user(kBob);
    if (holds) lab.command(agent, HoldQueries{kBob, true});
  }
  Message options(const std::string& contact_tags, const std::string& accept_contact = {}) {
    auto m = core.invite();
    m.method = "OPTIONS";
    m.cseq = {1, "OPTIONS"};
    m.call_id = "options-" + std::to_string(++asked);
    m.body.clear();
    m.headers.clear();
    m.from.uri = *sip::parse_uri(kCarol);
    m.contacts = {*sip::parse_name_addr("<sip:carol@192.0.2.1>" + contact_tags)};
    if (!accept_contact.empty()) m.add_header("Accept-Contact", accept_contact);
    return m;
  }
  void ask(const std::string& contact_tags, const std::string& accept_contact = {}) {
    core.send(options(contact_tags, accept_contact));
    lab.run_for(100ms);
  }
  std::size_t answers() const { return core.responses("OPTIONS").size(); }
  ServiceSet told() const {
    const auto answer = core.responses("OPTIONS", 200).back();
    REQUIRE(answer.contacts.size() == 1);
    return read_capabilities(answer.contacts.front().params).services;
  }
  int asked = 0;
};

constexpr std::size_t kRoom = 64;  // for queries of one user that wait
const ServiceSet kDefault = AgentConfig{}.services;

}  // namespace

TEST_CASE("CAP-40 an OPTIONS with feature tags is told and waits for its answer") {
  Holding h;
  h.ask(tags_of({Service::chat, Service::image_share}));
  CHECK(h.answers() == 0);
  const auto query = h.agent.only<QueryArrived>();
  CHECK(query.user == kBob);
  CHECK(query.contact == kCarol);
  CHECK(query.capabilities.services == ServiceSet{Service::chat, Service::image_share});
  h.lab.command(h.agent, AnswerQuery{query.query, {Service::video_share}});
  h.lab.run_for(100ms);
  REQUIRE(h.answers() == 1);
  CHECK(h.told() == ServiceSet{Service::video_share});
  CHECK(h.core.responses("OPTIONS").front().lists("Allow", "INVITE"));
  // Once; a second answer finds nothing to answer.
  h.lab.command(h.agent, AnswerQuery{query.query, {Service::chat}});
  h.lab.run_for(100s);
  CHECK(h.answers() == 1);
}

TEST_CASE("CAP-40 tags in Accept-Contact alone make it a query, too") {
  Holding h;
  h.ask("", "*;explicit" + tags_of({Service::chat}) + ", *" + tags_of({Service::file_transfer}));
  CHECK(h.answers() == 0);
  CHECK(h.agent.only<QueryArrived>().capabilities.services == ServiceSet{Service::file_transfer});
}

TEST_CASE(
    "CAP-40 without tags, from nobody, from a machine or with queries not held it is answered at once") {
  const auto tags = tags_of({Service::chat});
  SECTION("no tags") {
    Holding h;
    h.ask(";+sip.instance=\"<urn:uuid:1>\"", "*;explicit;require");
    CHECK(h.answers() == 1);
    CHECK(h.told() == kDefault);
    CHECK(h.agent.count<QueryArrived>() == 0);
  }
  SECTION("anonymous") {
    Holding h;
    auto hidden = h.options(tags);
    hidden.from.uri = *sip::parse_uri("sip:anonymous@anonymous.invalid");
    h.core.send(hidden);
    h.lab.run_for(100ms);
    CHECK(h.answers() == 1);
  }
  SECTION("a machine") {
    Holding h;
    h.ask(tags + ";automata", "*" + tags);
    CHECK(h.answers() == 1);
    h.ask(";automata", "*" + tags);
    CHECK(h.answers() == 2);
  }
  SECTION("not held") {
    Holding h(false);
    h.ask(tags);
    CHECK(h.answers() == 1);
    CHECK(h.told() == kDefault);
  }
  SECTION("not held any more") {
    Holding h;
    h.lab.command(h.agent, HoldQueries{kBob, false});
    h.ask(tags);
    CHECK(h.answers() == 1);
  }
  SECTION("another user") {
    Holding h(false);
    h.lab.command(h.agent, HoldQueries{kCarol, true});
    h.ask(tags);
    CHECK(h.answers() == 1);
  }
}

TEST_CASE("CAP-41 without an answer in time the client tells what the user offers, long before timer F") {
  Holding h;
  h.lab.command(h.agent, OfferServices{kBob, {Service::chat, Service::file_transfer}});
  h.lab.run_for(100ms);
  h.ask(tags_of({Service::chat}));
  h.lab.run_for(3800ms);
  CHECK(h.answers() == 0);
  h.lab.run_for(200ms);
  REQUIRE(h.answers() == 1);
  CHECK(h.told() == ServiceSet{Service::chat, Service::file_transfer});
  // Too late: it has been answered.
  h.lab.command(h.agent, AnswerQuery{h.agent.only<QueryArrived>().query, {}});
  h.lab.run_for(100s);
  CHECK(h.answers() == 1);
}

TEST_CASE("CAP-41 who stops to hold lets what waits be answered") {
  Holding h;
  h.ask(tags_of({Service::chat}));
  CHECK(h.answers() == 0);
  h.lab.command(h.agent, HoldQueries{kBob, false});
  h.lab.run_for(100ms);
  CHECK(h.answers() == 1);
  CHECK(h.told() == kDefault);
  h.lab.run_for(100s);
  CHECK(h.answers() == 1);
}

TEST_CASE("CAP-10 an answer of no services is one, and who is blocked does not wait for it") {
  Holding h;
  h.ask(tags_of({Service::chat}));
  h.lab.command(h.agent, AnswerQuery{h.agent.only<QueryArrived>().query, {}});
  h.lab.run_for(100ms);
  REQUIRE(h.answers() == 1);
  CHECK(h.told().empty());
  h.lab.command(h.agent, HideServices{kBob, kCarol, true});
  h.ask(tags_of({Service::chat}));
  REQUIRE(h.answers() == 2);
  CHECK(h.told().empty());
  CHECK(h.agent.count<QueryArrived>() == 1);
}

TEST_CASE("CAP-5 what an asker says of itself is learned while it waits") {
  Holding h;
  h.ask(tags_of({Service::chat}));
  CHECK(h.answers() == 0);
  CHECK(h.agent.only<CapabilitiesChanged>().contact == kCarol);
}

TEST_CASE("CAP-40 a query that is sent again while it waits is one query") {
  Holding h;
  const auto request = h.options(tags_of({Service::chat}));
  for (int i = 0; i < 3; ++i) h.core.send(request, "z9hG4bKsame");
  h.lab.run_for(100ms);
  h.lab.command(h.agent, AnswerQuery{h.agent.only<QueryArrived>().query, {Service::chat}});
  h.lab.run_for(100ms);
  CHECK(h.answers() == 1);
}

TEST_CASE("CAP-40 more queries than can wait are answered at once") {
  Holding h;
  for (std::size_t i = 0; i < kRoom + 2; ++i) h.core.send(h.options(tags_of({Service::chat})));
  h.lab.run_for(100ms);
  CHECK(h.agent.count<QueryArrived>() == kRoom);
  CHECK(h.answers() == 2);
  // Once those are over, there is room again.
  h.lab.run_for(10s);
  CHECK(h.answers() == kRoom + 2);
  h.ask(tags_of({Service::chat}));
  CHECK(h.answers() == kRoom + 2);
}

TEST_CASE("CAP-9 CAP-40 a question within a dialog waits, too") {
  Pair p;
  p.talk();
  p.lab.command(p.bob, HoldQueries{kBob, true});
  p.lab.command(p.alice, QueryCapabilities{QueryId{1}, "sip:alice@domain.com", kBob, true, outgoing_chat(1)});
  p.lab.run_for(1s);
  REQUIRE_FALSE(p.lab.sent("OPTIONS").back().message.to_tag().empty());
  CHECK(p.alice.count<CapabilitiesFound>() == 0);
  p.lab.command(p.bob, AnswerQuery{p.bob.only<QueryArrived>().query, {Service::chat, Service::image_share}});
  p.lab.run_for(1s);
  CHECK(p.alice.only<CapabilitiesFound>().record.capabilities.services ==
        (ServiceSet{Service::chat, Service::image_share}));
}

TEST_CASE("CAP-1 CAP-35 a question may tell of other services than the user offers") {
  Behind b;
  b.register_user(kBob);
  QueryCapabilities query{QueryId{1}, kBob, kCarol, true, {}};
  query.own = ServiceSet{Service::video_share};
  b.lab.command(b.agent, query);
  b.lab.run_for(100ms);
  const auto options = b.core.last("OPTIONS");
  CHECK(read_capabilities(options.contacts.front().params).services == ServiceSet{Service::video_share});
  CHECK(*options.header("Accept-Contact") == "*" + tags_of({Service::video_share}));
  // The network was told nothing else.
  CHECK(b.core.all("REGISTER").size() == 1);
}
