#include "sip/dialog.hpp"

#include "support/catch.hpp"
#include "transaction_bench.hpp"

using namespace rcs::sip;
using namespace std::chrono_literals;

namespace {

NameAddr address(std::string user, std::string host, Params uri_params = {}) {
  NameAddr a;
  a.uri = make_sip_uri(user, host);
  a.uri.params = std::move(uri_params);
  return a;
}

NameAddr loose(std::string host) { return address("", std::move(host), {{"lr", std::nullopt}}); }
NameAddr strict(std::string host) { return address("", std::move(host)); }

Message invite() {
  Message m = bench::outgoing("INVITE");
  m.from.display = "Alice";
  m.contacts = {address("alice", "192.0.2.1")};
  return m;
}

Message ok_to(const Message& request, int status = 200) {
  Message m = make_response(request, status, "b1");
  m.contacts = {address("bob", "192.0.2.2")};
  return m;
}

Dialog caller(const Message& request, const Message& response) {
  auto made = Dialog::from_response(request, response);
  REQUIRE(made);
  return *made;
}

Dialog callee(const Message& request, const Message& response) {
  auto made = Dialog::from_request(request, response);
  REQUIRE(made);
  return *made;
}

std::vector<std::string> hosts(const std::vector<NameAddr>& routes) {
  std::vector<std::string> found;
  for (const NameAddr& r : routes) found.push_back(r.uri.host);
  return found;
}

Message with_session(const char* session, const char* supported = nullptr, const char* min_se = nullptr) {
  Message m = invite();
  if (session != nullptr) m.add_header("Session-Expires", session);
  if (supported != nullptr) m.add_header("Supported", supported);
  if (min_se != nullptr) m.add_header("Min-SE", min_se);
  return m;
}

}  // namespace

TEST_CASE(
    "CHAT-10: at the caller a dialog takes tags, target and the reversed Record-Route from the response") {
  Message response = ok_to(invite(), GENERATE(180, 200));
  response.record_routes = {loose("p3.example"), loose("p2.example"), loose("p1.example")};
  const Dialog d = caller(invite(), response);
  CHECK(d.id() == DialogId{"call-1", "a1", "b1"});
  CHECK(d.remote_target().to_string() == "sip:bob@192.0.2.2");
  CHECK(hosts(d.route_set()) == std::vector<std::string>{"p1.example", "p2.example", "p3.example"});
  CHECK(d.local().uri.user == "alice");
  CHECK(d.local().display == "Alice");
  CHECK(d.local().tag() == "a1");
  CHECK(d.remote().uri.user == "bob");
  CHECK(d.remote().tag() == "b1");
  CHECK(d.next_hop().host == "p1.example");
}

TEST_CASE("CHAT-10: at the callee a dialog takes target and Record-Route in order from the request") {
  Message request = invite();
  request.record_routes = {loose("p3.example"), loose("p2.example")};
  const Dialog d = callee(request, ok_to(request));
  CHECK(d.id() == DialogId{"call-1", "b1", "a1"});
  CHECK(d.remote_target().to_string() == "sip:alice@192.0.2.1");
  CHECK(hosts(d.route_set()) == std::vector<std::string>{"p3.example", "p2.example"});
  CHECK(d.local().tag() == "b1");
  CHECK(d.remote().tag() == "a1");
}

TEST_CASE("CHAT-10: what can not make a dialog is refused with words") {
  const auto refused = [](const Message& request, const Message& response) {
    const auto made = Dialog::from_response(request, response);
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == rcs::core::Errc::malformed);
    CHECK_FALSE(made.error().detail().empty());
  };
  Message trying = ok_to(invite());
  trying.status = 100;
  refused(invite(), trying);
  refused(invite(), ok_to(invite(), 302));
  Message response = ok_to(invite());
  remove_param(response.to.params, "tag");
  refused(invite(), response);
  CHECK_FALSE(Dialog::from_request(invite(), response));
  response = ok_to(invite());
  response.contacts.clear();
  refused(invite(), response);
  response = ok_to(invite());
  response.contacts[0].uri.scheme = "mailto";
  refused(invite(), response);
  Message request = invite();
  request.contacts.clear();
  CHECK_FALSE(Dialog::from_request(request, ok_to(request)));
  CHECK_FALSE(Dialog::from_request(invite(), ok_to(invite(), 486)));
}

TEST_CASE("D4: a caller without a From tag still gets a dialog") {
  Message request = invite();
  remove_param(request.from.params, "tag");
  Dialog d = callee(request, ok_to(request));
  CHECK(d.id() == DialogId{"call-1", "b1", ""});
  CHECK(d.make_request("BYE").to.params.empty());
}

TEST_CASE("dialog: requests within it count on and carry its parties") {
  Message request = invite();
  set_param(request.from.params, "x", "y");
  Dialog d = caller(request, ok_to(request));
  const Message bye = d.make_request("BYE");
  CHECK(bye.method == "BYE");
  CHECK(bye.request_uri.to_string() == "sip:bob@192.0.2.2");
  CHECK(bye.cseq == CSeq{8, "BYE"});
  CHECK(bye.from == d.local());
  CHECK(find_param(bye.from.params, "x") == nullptr);
  CHECK(bye.to == d.remote());
  CHECK(bye.call_id == "call-1");
  CHECK(bye.max_forwards == 70U);
  CHECK(bye.vias.empty());
  CHECK(bye.routes.empty());
  CHECK(d.make_request("UPDATE").cseq == CSeq{9, "UPDATE"});

  Dialog other = callee(request, ok_to(request));
  CHECK(other.make_request("BYE").cseq == CSeq{1, "BYE"});
}

TEST_CASE("CHAT-12: the ACK of a 2xx has the INVITE's number and leaves the count alone") {
  Dialog d = caller(invite(), ok_to(invite()));
  d.make_request("UPDATE");
  const Message ack = d.make_ack(7);
  CHECK(ack.method == "ACK");
  CHECK(ack.cseq == CSeq{7, "ACK"});
  CHECK(ack.request_uri == d.remote_target());
  CHECK(ack.to_tag() == "b1");
  CHECK(ack.vias.empty());
  CHECK(d.make_request("BYE").cseq.number == 9);
}

TEST_CASE(
    "dialog: loose routes keep the target in the Request-URI, a strict one takes its place (RFC 3261 "
    "12.2.1.1)") {
  Message request = invite();
  SECTION("loose") {
    request.record_routes = {loose("p1.example"), strict("p2.example")};
    Dialog d = callee(request, ok_to(request));
    const Message bye = d.make_request("BYE");
    CHECK(bye.request_uri.host == "192.0.2.1");
    CHECK(hosts(bye.routes) == std::vector<std::string>{"p1.example", "p2.example"});
    CHECK(bye.routes == d.route_set());
    CHECK(d.next_hop().host == "p1.example");
  }
  SECTION("strict") {
    request.record_routes = {address("", "p1.example", {{"method", "BYE"}, {"x", "y"}}), loose("p2.example")};
    Dialog d = callee(request, ok_to(request));
    const Message bye = d.make_request("BYE");
    CHECK(bye.request_uri.to_string() == "sip:p1.example;x=y");
    CHECK(hosts(bye.routes) == std::vector<std::string>{"p2.example", "192.0.2.1"});
    CHECK(d.next_hop().host == "p1.example");
    CHECK(hosts(d.make_ack(1).routes) == hosts(bye.routes));
  }
  SECTION("none: headers of a Contact do not go into the Request-URI") {
    request.contacts[0].uri.headers = "Subject=x";
    Dialog d = callee(request, ok_to(request));
    CHECK(d.make_request("BYE").request_uri.to_string() == "sip:alice@192.0.2.1");
    CHECK(d.next_hop().host == "192.0.2.1");
  }
}

TEST_CASE("dialog: requests come in order or not at all") {
  Dialog d = callee(invite(), ok_to(invite()));
  Message request = bench::outgoing("BYE");
  const auto take = [&](const char* method, std::uint32_t number) {
    request.method = method;
    request.cseq = {number, method};
    return d.take_cseq(request);
  };
  CHECK_FALSE(take("BYE", 7));
  CHECK_FALSE(take("BYE", 1));
  CHECK(take("ACK", 7));
  CHECK(take("CANCEL", 7));
  CHECK(take("UPDATE", 9));
  CHECK_FALSE(take("BYE", 8));
  CHECK_FALSE(take("BYE", 9));
  CHECK(take("ACK", 7));
  CHECK(take("BYE", 4294967295U));
  Dialog first = caller(invite(), ok_to(invite()));  // nothing has come from the callee yet
  d = first;
  CHECK(take("BYE", 0));
  CHECK_FALSE(take("BYE", 0));
}

TEST_CASE("dialog: re-INVITE and UPDATE move the target, and so do their 2xx; the routes stay") {
  Message request = invite();
  request.record_routes = {loose("p1.example")};
  Dialog d = callee(request, ok_to(request));
  Message update = bench::outgoing("UPDATE");
  update.contacts = {address("alice", "198.51.100.1")};
  d.refresh_target(update);
  CHECK(d.remote_target().host == "198.51.100.1");
  update.record_routes = {loose("p9.example")};
  d.refresh_target(update);
  CHECK(hosts(d.route_set()) == std::vector<std::string>{"p1.example"});

  const auto unmoved = [&](Message m) {
    m.contacts = {address("eve", "203.0.113.1")};
    d.refresh_target(m);
    CHECK(d.remote_target().host == "198.51.100.1");
  };
  unmoved(bench::outgoing("MESSAGE"));
  unmoved(bench::outgoing("BYE"));
  unmoved(ok_to(update, 180));
  unmoved(ok_to(update, 488));
  unmoved(ok_to(bench::outgoing("OPTIONS")));
  Message star = update;
  star.contacts.clear();
  star.contact_star = true;
  d.refresh_target(star);
  star = update;
  star.contacts[0].uri.scheme = "tel";
  star.contacts[0].uri.host.clear();
  d.refresh_target(star);
  CHECK(d.remote_target().host == "198.51.100.1");
  d.refresh_target(ok_to(update));
  CHECK(d.remote_target().host == "192.0.2.2");
}

TEST_CASE("CHAT-14: a request finds its dialog by our tag in To, a response by our tag in From") {
  const Message request = invite();
  Dialog at_caller = caller(request, ok_to(request));
  Dialog at_callee = callee(request, ok_to(request));
  CHECK(dialog_id_of(at_caller.make_request("BYE"), true) == at_callee.id());
  CHECK(dialog_id_of(at_callee.make_request("BYE"), true) == at_caller.id());
  CHECK(dialog_id_of(ok_to(request), false) == at_caller.id());
  Message stranger = at_caller.make_request("BYE");
  set_param(stranger.to.params, "tag", "b2");
  CHECK_FALSE(dialog_id_of(stranger, true) == at_callee.id());  // its owner answers 481
}

TEST_CASE("CHAT-15: Session-Expires is read, and nonsense is an error") {
  const auto read = [](const char* value) { return session_expires(with_session(value)); };
  REQUIRE(read(nullptr));
  CHECK_FALSE(read(nullptr)->has_value());
  REQUIRE(read("1800"));
  CHECK((*read("1800"))->interval == 1800s);
  CHECK((*read("1800"))->refresher == Refresher::none);
  CHECK((*read("1800;refresher=uac"))->refresher == Refresher::uac);
  CHECK((*read(" 90 ; x=y ; Refresher = UAS "))->refresher == Refresher::uas);
  CHECK((*read("4294967295"))->interval == 4294967295s);
  for (const char* bad : {"", "x", "-1", "18 00", "1800.5", "4294967296", "99999999999999999999",
                          "1800;refresher=me", ";refresher=uac"}) {
    CAPTURE(bad);
    REQUIRE_FALSE(read(bad));
    CHECK(read(bad).error().code() == rcs::core::Errc::malformed);
    CHECK(answer_session_timer(with_session(bad)).status == 400);
  }
}

TEST_CASE("CHAT-15: an interval under 90 s is refused with 422 and Min-SE") {
  for (const char* small : {"0", "1", "89", "89;refresher=uas"}) {
    const auto answer = answer_session_timer(with_session(small, "timer"));
    CHECK(answer.status == 422);
    CHECK(answer.min_se == 90);
  }
  const auto least = answer_session_timer(with_session("90", "timer"));
  CHECK(least.status == 200);
  CHECK(least.timer.interval == 90s);
}

TEST_CASE(
    "CHAT-16: the interval is lowered, not below Min-SE, and never raised; refresher uac asks for Require") {
  const auto agreed = [](const char* session, const char* min_se) {
    return answer_session_timer(with_session(session, "100rel, timer", min_se)).timer.interval;
  };
  CHECK(agreed("1800", nullptr) == 1800s);
  CHECK(agreed("600", nullptr) == 600s);
  CHECK(agreed("86400", nullptr) == 1800s);
  CHECK(agreed("86400", "3600") == 3600s);
  CHECK(agreed("86400", "120") == 1800s);
  CHECK(agreed("600", "900") == 600s);  // contradicts itself
  CHECK(agreed("86400", "junk") == 1800s);
  CHECK(agreed("4294967295", "4294967295") == 4294967295s);
  CHECK(answer_session_timer(with_session("1800;refresher=uac", "timer")).require);
  CHECK_FALSE(answer_session_timer(with_session("1800;refresher=uas", "timer")).require);
}

TEST_CASE("CHAT-17: who refreshes, RFC 4028 table 2") {
  const auto refresher = [](const char* session, const char* supported) {
    return answer_session_timer(with_session(session, supported)).timer.refresher;
  };
  CHECK(refresher("1800", nullptr) == Refresher::uas);
  CHECK(refresher("1800", "timer") == Refresher::uac);
  CHECK(refresher("1800;refresher=uac", "timer") == Refresher::uac);
  CHECK(refresher("1800;refresher=uas", "timer") == Refresher::uas);
  CHECK(refresher("1800;refresher=uac", nullptr) ==
        Refresher::uas);  // D9: says it refreshes, not that it can
  CHECK_FALSE(answer_session_timer(with_session("1800", nullptr)).require);

  const auto without = answer_session_timer(with_session(nullptr, "timer"));
  CHECK(without.status == 200);
  CHECK(without.timer.interval == 0s);
  CHECK(without.timer.refresher == Refresher::none);
  CHECK_FALSE(without.require);
}

TEST_CASE("CHAT-18: a refresh is due at half the interval") {
  CHECK(session_refresh_after(1800s) == 900s);
  CHECK(session_refresh_after(91s) == 45500ms);
}

TEST_CASE("CHAT-19: the other side gives up min(32 s, a third) before expiry") {
  CHECK(session_bye_after(1800s) == 1768s);
  CHECK(session_bye_after(96s) == 64s);
  CHECK(session_bye_after(90s) == 60s);
}

TEST_CASE("CHAT-16: Session-Expires as it is written") {
  CHECK(to_string(SessionTimer{1800s, Refresher::none}) == "1800");
  CHECK(to_string(SessionTimer{1800s, Refresher::uac}) == "1800;refresher=uac");
  CHECK(to_string(SessionTimer{90s, Refresher::uas}) == "90;refresher=uas");
}
