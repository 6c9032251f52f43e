#include "trace/count.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "trace/chat_records.hpp"

using rcs::trace::count_messages;
using rcs::trace::count_table;
using rcs::trace::CountRule;
using rcs::trace::parse_count_rule;
using rcs::trace::Protocol;
using rcs::trace::Record;
using rcs::trace::RecordId;
using trace_test::Chat;

namespace {

std::uint64_t count(const std::vector<Record>& records, CountRule rule, const std::string& actor) {
  const auto counts = count_messages(records, rule);
  const auto found = counts.find(actor);
  return found == counts.end() ? 9999 : found->second;
}

}  // namespace

TEST_CASE("by the paper's rule a standard client handles two messages and a client of the API three") {
  const auto one = trace_test::figure_1();
  CHECK(count(one, CountRule::paper, "jack") == 2);
  CHECK(count(one, CountRule::paper, "rose") == 2);
  const auto three = trace_test::figure_3();
  CHECK(count(three, CountRule::paper, "jack") == 3);
  CHECK(count(three, CountRule::paper, "rose") == 3);
}

TEST_CASE("the paper's rule leaves out what its figures do not draw") {
  Chat chat;
  chat.http("jack", "gateway", "PUT")
      .sip("jack", "o-cscf", "200 INVITE")
      .event("gateway", "jack", "initiate");  // before the start
  chat.http("jack", "gateway", "POST").sip("jack", "o-cscf", "INVITE");
  for (const auto* label : {"100 INVITE", "180 INVITE", "199 INVITE", "ACK", "PRACK", "200 PRACK", "CANCEL",
                            "BYE", "UPDATE", "REGISTER", "MESSAGE"}) {
    chat.sip("jack", "o-cscf", label);
  }
  for (const auto* label : {"GET", "200 GET", "204 GET", "DELETE", "204 DELETE"})
    chat.http("jack", "gateway", label);
  for (const auto* status : {"ringing", "accepted", "ended"}) chat.event("gateway", "jack", status);
  chat.add(Protocol::msrp, "jack", "rose", "SEND");
  CHECK(count(chat.records, CountRule::paper, "jack") == 2);
  chat.sip("o-cscf", "jack", "486 INVITE")
      .http("gateway", "jack", "409 POST")
      .http("gateway", "jack", "404 PUT")
      .event("gateway", "jack", "trying");
  CHECK(count(chat.records, CountRule::paper, "jack") == 6);
}

TEST_CASE("by rule rfc3261 a session has its 1xx and ACK, but no registration and no polls") {
  const auto one = trace_test::figure_1();
  // INVITE, 100, 200, ACK at jack; INVITE, 180, 200, ACK at rose; REGISTER and its answer are outside
  CHECK(count(one, CountRule::rfc3261, "jack") == 4);
  CHECK(count(one, CountRule::rfc3261, "rose") == 4);
  CHECK(count(one, CountRule::wire, "jack") == 6);

  Chat chat;
  const auto poll = chat.http("jack", "gateway", "GET", "GET /1.0/RCS/0101/Event").last();
  chat.http("gateway", "jack", "204 GET");                                                 // the poll ran out
  chat.http("gateway", "jack", "200 GET", "200 OK (GET)", poll);                           // a stream's head
  chat.event("gateway", "jack", "accepted");                                               // counts
  const auto read = chat.http("jack", "gateway", "GET", "GET /1.0/RCS/0101/Chat").last();  // counts
  chat.http("gateway", "jack", "200 GET", "200 OK (GET)", read);                           // counts
  chat.http("jack", "gateway", "DELETE").http("gateway", "jack", "204 DELETE");            // count
  chat.add(Protocol::msrp, "jack", "rose", "SEND");                                        // counts
  CHECK(count(chat.records, CountRule::rfc3261, "jack") == 6);
  CHECK(count(chat.records, CountRule::wire, "jack") == 9);
}

TEST_CASE("by rule wire an event that answers a poll is its response") {
  Chat chat;
  chat.http("jack", "gateway", "GET", "GET /1.0/RCS/0101/Event").event("gateway", "jack", "trying");
  CHECK(count(chat.records, CountRule::wire, "jack") == 2);
  CHECK(count(chat.records, CountRule::wire, "gateway") == 2);
}

TEST_CASE("a message to oneself counts once, and an actor of whom nothing counts has 0") {
  Chat chat;
  chat.sip("o-cscf", "o-cscf", "INVITE").sip("rose", "o-cscf", "REGISTER");
  CHECK(count(chat.records, CountRule::wire, "o-cscf") == 2);
  CHECK(count(chat.records, CountRule::paper, "o-cscf") == 1);
  CHECK(count(chat.records, CountRule::paper, "rose") == 0);
  CHECK(count_messages({}, CountRule::wire).empty());
}

TEST_CASE("foreign labels count by what they are, not by what they look like") {
  Chat chat;
  chat.sip("jack", "o-cscf", "INVITE");
  for (const auto* label :
       {"", " ", "INVITE ", "2000 INVITE", "-200 INVITE", "200  INVITE", "200 INVITE x", "invite"})
    chat.sip("jack", "o-cscf", label);
  CHECK(count(chat.records, CountRule::paper, "jack") == 1);
  CHECK(count(chat.records, CountRule::wire, "jack") == 9);
}

TEST_CASE("rules are named, and an unknown name lists them") {
  for (const auto rule : rcs::trace::kCountRules) CHECK(*parse_count_rule(name(rule)) == rule);
  const auto bad = parse_count_rule("Paper");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().detail() ==
        "counting rule: expected paper, ack, provisional, rfc3261 or wire, got \"Paper\"");
}

TEST_CASE("the table has the actors asked for first, all others by name") {
  CHECK(count_table(trace_test::figure_1(), {"rose", "jack", "nobody"}) ==
        "actor       paper    rfc3261       wire\n"
        "rose            2          4          6\n"
        "jack            2          4          6\n"
        "nobody          0          0          0\n"
        "o-cscf          8         13         15\n"
        "o-imas          4          6          6\n"
        "t-cscf          8         13         15\n"
        "t-imas          4          6          6\n");
}
