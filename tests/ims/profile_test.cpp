#include "ims/profile.hpp"
#include "device.hpp"
#include "ims/signal_text.hpp"

using namespace rcs;
using namespace rcs::test;
using C = ims::Condition;
using ims::Flag;
using ims::Method;
using ims::SessionCase;

namespace {

ims::Signal chat_invite(SessionCase session_case) {
  ims::Signal signal;
  signal.method = Method::invite;
  signal.session_case = session_case;
  signal.set(Flag::chat_tag);
  return signal;
}

ims::FilterSet filters(const ims::Profile& profile) {
  return {profile, [](const std::string& server) {
            return server == "o-imas" ? ims::NodeId{2} : server == "t-imas" ? ims::NodeId{4} : ims::NodeId{};
          }};
}

}  // namespace

TEST_CASE("SIM-5: groups in conjunctive and disjunctive form, negation, and no trigger at all") {
  const auto signal = chat_invite(SessionCase::originating);
  CHECK(matches({}, signal));
  const std::vector<C> yes = {C::on(Method::invite)};
  const std::vector<C> no = {C::on(Method::message)};
  const std::vector<C> mixed = {C::on(Method::message), C::on(Flag::chat_tag)};
  CHECK(matches({.cnf = true, .groups = {yes, mixed}}, signal));
  CHECK_FALSE(matches({.cnf = true, .groups = {yes, no}}, signal));
  CHECK(matches({.cnf = false, .groups = {yes, no}}, signal));
  CHECK_FALSE(matches({.cnf = false, .groups = {mixed, no}}, signal));
  CHECK(matches({.groups = {{!C::on(Method::message)}}}, signal));
  CHECK_FALSE(matches({.groups = {{!C::on(Method::invite)}}}, signal));
  CHECK(matches({.groups = {{C::on(SessionCase::originating)}}}, signal));
}

TEST_CASE("IFC-1 IFC-2: by priority, each once, on behind the one that fired") {
  ims::Profile profile;
  profile.criteria = {{.priority = 9, .server = "t-imas"},
                      {.priority = 1, .server = "o-imas"},
                      {.priority = 5, .trigger = {.groups = {{C::on(Method::message)}}}, .server = "o-imas"},
                      {.priority = 2, .server = "nobody"}};
  const auto set = filters(profile);
  auto signal = chat_invite(SessionCase::originating);
  auto match = set.next(signal);
  REQUIRE(match);
  CHECK(match->server == ims::NodeId{2});
  signal.odi = match->next;
  match = set.next(signal);
  REQUIRE(match);
  CHECK(match->server == ims::NodeId{4});
  CHECK(match->next == 3);
  signal.odi = match->next;
  CHECK_FALSE(set.next(signal));
  CHECK(set.fired(3)->server == ims::NodeId{4});
  CHECK_FALSE(set.fired(0));
  CHECK_FALSE(set.fired(ims::kOdiDone));
}

TEST_CASE("the default profile of the chat flow") {
  const auto set = filters(ims::default_profile());
  CHECK(set.next(chat_invite(SessionCase::originating))->server == ims::NodeId{2});
  CHECK(set.next(chat_invite(SessionCase::terminating))->server == ims::NodeId{4});
  CHECK(set.next(chat_invite(SessionCase::terminating_unregistered))->server == ims::NodeId{4});
  CHECK_FALSE(set.next(chat_invite(SessionCase::originating_unregistered)));
  auto plain = chat_invite(SessionCase::originating);
  plain.set(Flag::chat_tag, false);
  CHECK_FALSE(set.next(plain));
  plain.method = Method::register_;
  CHECK(set.next(plain)->server == ims::NodeId{4});
}

TEST_CASE("IFC-1 REG-39: the server is told whom it serves and how to come back") {
  TwoUsers two;
  two.sender.invite(two.receiver.uri());
  two.net.run_for(1s);
  const auto& to_o = two.net.find("o-cscf>o-imas INVITE")->message;
  REQUIRE(to_o.routes.size() == 2);
  CHECK(to_o.routes[0].to_string() == "<sip:10.0.0.2:5060;lr>");
  CHECK(to_o.routes[1].uri.host == "10.0.0.1");
  CHECK(sip::param_value(to_o.routes[1].uri.params, "odi"));
  CHECK(*to_o.header("P-Served-User") == "<sip:01087654321@domain.com>;sescase=orig;regstate=reg");
  const auto& to_t = two.net.find("t-cscf>t-imas INVITE")->message;
  CHECK(*to_t.header("P-Served-User") == "<sip:01012345678@domain.com>;sescase=term;regstate=reg");
  CHECK(two.net.find("o-cscf>t-cscf INVITE")->message.header("P-Served-User") == nullptr);
  CHECK(two.net.find("t-cscf>receiver INVITE")->message.header("P-Served-User") == nullptr);
}

TEST_CASE("IFC-3: an INVITE without the chat tag passes no server") {
  TwoUsers two;
  auto invite = two.sender.make_invite(two.receiver.uri());
  invite.remove_header("Accept-Contact");
  two.sender.send(invite);
  two.net.run_for(100ms);
  CHECK(two.net.hops({"INVITE"}) ==
        std::vector<std::string>{"sender>o-cscf INVITE", "o-cscf>t-cscf INVITE", "t-cscf>receiver INVITE"});
}

TEST_CASE("IFC-3: the CPM service tag counts as chat too, whatever its case") {
  TwoUsers two;
  auto invite = two.sender.make_invite(two.receiver.uri());
  invite.set_header("Accept-Contact",
                    "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.CPM.session\"");
  two.sender.send(invite);
  two.net.run_for(100ms);
  CHECK(two.net.count("o-cscf>o-imas INVITE") == 1);
}

TEST_CASE("IFC-4: a dead server is passed over, unless the criterion says to give up") {
  const bool refuses = GENERATE(true, false);
  const std::string dead = GENERATE("o-imas", "t-imas");
  TwoUsers two;
  two.net.kill(dead, refuses);
  two.sender.invite(two.receiver.uri());
  two.net.run_for(80s);
  CHECK(two.sender.status_of("INVITE") == 200);
  CHECK(two.receiver.got("INVITE").size() == 1);

  ims::CoreConfig config;
  config.profile = ims::default_profile();
  for (auto& criterion : config.profile.criteria)
    criterion.default_handling = ims::DefaultHandling::terminate;
  TwoUsers strict(config);
  strict.net.kill(dead, refuses);
  strict.sender.invite(strict.receiver.uri());
  strict.net.run_for(80s);
  CHECK(strict.sender.status_of("INVITE") == (refuses ? 503 : 408));
  CHECK(strict.receiver.got("INVITE").empty());
}

TEST_CASE(
    "IFC-4: a server that answers 408 or 5xx itself is passed over like a dead one, other refusals stand") {
  const std::string server = GENERATE("o-imas", "t-imas");
  const int status = GENERATE(408, 500, 503, 504, 403, 480, 603);
  const bool is_down = status == 408 || (status >= 500 && status < 600);
  CAPTURE(server, status);
  TwoUsers two;
  auto& broken = Device::add(two.net, server, two.net.core().address(server).host, server);
  broken.answer = status;
  two.sender.invite(two.receiver.uri());
  two.net.run_for(80s);
  CHECK(broken.got("INVITE").size() == 1);
  CHECK(two.sender.status_of("INVITE") == (is_down ? 200 : status));
  CHECK(two.receiver.got("INVITE").size() == (is_down ? 1 : 0));

  ims::CoreConfig config;
  for (auto& criterion : config.profile.criteria)
    criterion.default_handling = ims::DefaultHandling::terminate;
  TwoUsers strict(config);
  Device::add(strict.net, server, strict.net.core().address(server).host, server).answer = status;
  strict.sender.invite(strict.receiver.uri());
  strict.net.run_for(80s);
  CHECK(strict.sender.status_of("INVITE") == status);
  CHECK(strict.receiver.got("INVITE").empty());
}

TEST_CASE("IFC-4: a failure from beyond the server goes upstream, and nobody is asked twice") {
  const int status = GENERATE(408, 500, 503);
  ims::CoreConfig config;
  config.answer_mode = ims::AnswerMode::proxied;  // t-imas asks on a leg of its own, o-imas passes on
  TwoUsers two(config);
  two.receiver.answer = status;
  two.sender.invite(two.receiver.uri());
  two.net.run_for(80s);
  CHECK(two.sender.status_of("INVITE") == status);
  CHECK(two.receiver.got("INVITE").size() == 1);
  CHECK(two.net.count("o-cscf>t-cscf INVITE") == 1);

  TwoUsers silent(
      config);  // the server goes silent when it has done its part: timer C ends it, and does not ask on
  silent.receiver.answer = 0;
  silent.receiver.rings = true;
  silent.sender.invite(silent.receiver.uri());
  silent.net.run_for(1s);
  REQUIRE(silent.receiver.got("INVITE").size() == 1);
  silent.net.kill("t-imas");
  silent.net.run_for(1000s);
  CHECK(silent.sender.status_of("INVITE") == 408);
  CHECK(silent.receiver.got("INVITE").size() == 1);
  CHECK(silent.net.count("o-cscf>t-cscf INVITE") == 1);
}

TEST_CASE("IFC-4: nobody outside makes a server's failure look like one from beyond") {
  TwoUsers two;
  auto& broken = Device::add(two.net, "t-imas", two.net.core().address("t-imas").host, "t-imas");
  broken.answer = 503;
  broken.answer_after = 2s;
  two.sender.invite(two.receiver.uri());
  two.net.run_for(1s);
  const auto& route = two.net.find("t-cscf>t-imas INVITE")->message.routes.at(1);
  REQUIRE(sip::param_value(route.uri.params, ims::kAskedTxn));
  auto forged = two.sender.request("MESSAGE", two.receiver.uri());
  forged.routes = {route};
  two.sender.send(forged, sip::hop_of(route.uri));
  two.net.run_for(10s);
  CHECK(two.sender.status_of("INVITE") == 200);
  CHECK(two.receiver.got("INVITE").size() == 1);
}

TEST_CASE("IFC-7: a registration is told to the server, with what was granted; 0 when it ends") {
  TwoUsers two;
  two.receiver.send_register(1800);
  two.net.run_for(100ms);
  const auto* told = two.net.find("t-cscf>t-imas REGISTER");
  REQUIRE(told != nullptr);
  CHECK(told->message.from.uri.host == "10.0.0.3");
  CHECK(told->message.contacts[0].uri.host == "10.0.0.3");
  CHECK(told->message.to.uri == two.receiver.uri());
  CHECK(told->message.expires() == 1800u);
  two.net.wires().clear();
  two.receiver.send_register(0);
  two.net.run_for(100ms);
  REQUIRE(two.net.find("t-cscf>t-imas REGISTER") != nullptr);
  CHECK(two.net.find("t-cscf>t-imas REGISTER")->message.expires() == 0u);
  two.net.wires().clear();
  two.net.run_for(2h);  // the sender's hour runs out by itself
  REQUIRE(two.net.find("t-cscf>t-imas REGISTER") != nullptr);
  CHECK(two.net.find("t-cscf>t-imas REGISTER")->message.expires() == 0u);
}
