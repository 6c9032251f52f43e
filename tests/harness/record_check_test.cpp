// What a message at an arrow says, held against what a scenario expects of it.

#include "harness/record_check.hpp"

#include "support/catch.hpp"

using rcs::harness::check_sequence;
using rcs::harness::matches;
using rcs::harness::values_of;
using rcs::scenario::ExpectedRecord;
using rcs::trace::Protocol;
using rcs::trace::Record;
using rcs::trace::RecordId;

namespace {

using Words = std::vector<std::string>;

Record record(std::uint64_t id, const std::string& from, const std::string& to, const std::string& content) {
  Record r;
  r.id = RecordId{id};
  r.from = from;
  r.to = to;
  r.label = "MESSAGE";
  r.transport = "udp";
  r.size = static_cast<std::uint32_t>(content.size());
  r.content = content;
  return r;
}

std::vector<Record> two_hops() {
  return {
      record(1, "a", "proxy",
             "MESSAGE sip:b@d SIP/2.0\r\nVia: SIP/2.0/UDP a.d;branch=1\r\nCall-ID: 7\r\n"
             "Max-Forwards: 70\r\n\r\nWatson\r\n\r\ncome: here"),
      record(2, "proxy", "b",
             "MESSAGE sip:b@d SIP/2.0\r\nVia: SIP/2.0/UDP p\r\nVia: SIP/2.0/UDP a.d;branch=1;received=1.2.3.4"
             "\r\nCall-ID: 8\r\nMax-Forwards: 69\r\n\r\nWatson\r\n\r\ncome: here")};
}

ExpectedRecord expected(int step, const std::string& from, const std::string& to) {
  ExpectedRecord e;
  e.step = step;
  e.from = from;
  e.to = to;
  e.label = "MESSAGE";
  e.line = 10 * step;
  return e;
}

Words failures(const std::vector<ExpectedRecord>& sequence) {
  Words out;
  for (const auto& failure : check_sequence(sequence, two_hops()).failures)
    out.push_back(std::to_string(failure.line) + ": " + failure.text);
  return out;
}

}  // namespace

TEST_CASE("a record says its headers in order, its start line, body, size and transport") {
  const auto second = two_hops()[1];
  CHECK(values_of(second, "via") == Words{"SIP/2.0/UDP p", "SIP/2.0/UDP a.d;branch=1;received=1.2.3.4"});
  CHECK(values_of(second, "Max-Forwards") == Words{"69"});
  CHECK(values_of(second, "start-line") == Words{"MESSAGE sip:b@d SIP/2.0"});
  CHECK(values_of(second, "body") == Words{"Watson\r\n\r\ncome: here"});
  CHECK(values_of(second, "transport") == Words{"udp"});
  CHECK(values_of(second, "size") == Words{std::to_string(second.content.size())});
  CHECK(values_of(second, "Contact").empty());
  CHECK(values_of(second, "come").empty());
}

TEST_CASE("of the API's answers and events only the body is there, of its requests the head, too") {
  auto request = record(1, "a", "gateway", "POST /x\nAccept: text/plain\n\n{\"a\": 1}");
  request.protocol = Protocol::http;
  request.label = "POST";
  CHECK(values_of(request, "Accept") == Words{"text/plain"});
  CHECK(values_of(request, "body") == Words{"{\"a\": 1}"});
  auto answer = record(2, "gateway", "a", "{\"a\": 1}");
  answer.protocol = Protocol::http;
  answer.label = "200 POST";
  CHECK(values_of(answer, "body") == Words{"{\"a\": 1}"});
  CHECK(values_of(answer, "start-line") == Words{""});
  answer.protocol = Protocol::event;
  answer.label = "trying";
  CHECK(values_of(answer, "body") == Words{"{\"a\": 1}"});
}

TEST_CASE("a star stands for anything, and a pattern without one for itself") {
  CHECK(matches("", ""));
  CHECK(matches("*", ""));
  CHECK(matches("a*c", "abbbc"));
  CHECK(matches("a*c", "ac"));
  CHECK(matches("*b*", "abc"));
  CHECK(matches("a*b*c", "a-b-b-c"));
  CHECK(matches("**", "x"));
  CHECK_FALSE(matches("a", "ab"));
  CHECK_FALSE(matches("a*", "ba"));
  CHECK_FALSE(matches("*a", "ab"));
  CHECK_FALSE(matches("ab*ba", "aba"));  // no octet counts twice
  CHECK_FALSE(matches("a*b*c", "a-c-b"));
}

TEST_CASE(
    "PGR-30 PGR-33 PGR-34: an arrow is held against what its message has, lacks and shares with another") {
  auto first = expected(1, "a", "proxy");
  auto second = expected(2, "proxy", "b");
  first.has = {{"Max-Forwards", {"70"}, false, 11}, {"Via", {"*a.d;*"}, true, 12}};
  first.lacks = {"Contact"};
  second.has = {{"Via", {"SIP/2.0/UDP p", "*;received=*"}, true, 21}, {"Via", {"SIP/2.0/UDP p"}, false, 22}};
  second.same = {{1, {"body", "start-line"}, 23}};
  CHECK(failures({first, second}).empty());

  first.has[0].patterns = {"7"};
  second.has[0].patterns = {"*"};
  second.has[1].name = "Contact";
  second.lacks = {"Call-ID"};
  second.same[0].parts = {"Call-ID", "body", "Max-Forwards"};
  const Words wrong = failures({first, second});
  CHECK(
      wrong ==
      Words{
          "11: expect.sequence: step (1) a -> proxy: MESSAGE: Max-Forwards: expected \"7\", got \"70\"",
          "21: expect.sequence: step (2) proxy -> b: MESSAGE: Via: expected just \"*\", got "
          "\"SIP/2.0/UDP p\", \"SIP/2.0/UDP a.d;branch=1;received=1.2.3.4\"",
          "22: expect.sequence: step (2) proxy -> b: MESSAGE: Contact: expected \"SIP/2.0/UDP p\", got "
          "nothing",
          "20: expect.sequence: step (2) proxy -> b: MESSAGE: Call-ID: expected none, got \"8\"",
          "23: expect.sequence: step (2) proxy -> b: MESSAGE: Call-ID: expected that of step 1, \"7\", got "
          "\"8\"",
          "23: expect.sequence: step (2) proxy -> b: MESSAGE: Max-Forwards: expected that of step 1, \"70\", "
          "got \"69\""});
}

TEST_CASE("an arrow that is missing is told once, and what is compared with it is left") {
  auto second = expected(2, "proxy", "b");
  second.same = {{1, {"body"}, 23}};
  CHECK(failures({expected(1, "a", "nobody"), second}) ==
        Words{"10: expect.sequence: step (1) a -> nobody: MESSAGE: no such message"});
  CHECK(failures({expected(1, "proxy", "b"), expected(2, "a", "proxy")}) ==
        Words{"20: expect.sequence: step (2) a -> proxy: MESSAGE: it came before the step it must follow"});
}
