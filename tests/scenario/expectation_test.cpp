// What a message at an arrow of the expected sequence has to say.

#include <string>

#include "scenario/scenario.hpp"
#include "support/catch.hpp"

using rcs::scenario::parse_scenario;

namespace {

/// Line 5 has step 1; what follows begins in line 6.
rcs::scenario::Parsed parse(const std::string& records) {
  return parse_scenario(
      "scenario: x\nactors: {a: {kind: sip, id: x}}\nsteps: [{wait: 1s}]\nexpect: {sequence: [\n"
      "  {step: 1, from: a, to: o-cscf, label: MESSAGE},\n" +
          records + "]}\n",
      "s.yaml");
}

void complains(const std::string& more, const std::string& words) {
  const auto got =
      format_diagnostics(parse("  {from: o-cscf, to: a, label: 200 MESSAGE, " + more + "}").diagnostics);
  INFO(got);
  CHECK(got.find(words) != std::string::npos);
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("an expected record says headers and words of its message, as patterns") {
  const auto parsed = parse(
      "  {step: 2, from: o-cscf, to: a, label: MESSAGE,\n"
      "   has: {transport: udp, Max-Forwards: 69, Via: [\"SIP/2.0/UDP *\", \"*\"], body: \"\"},\n"
      "   lacks: [Contact, Expires], same: {1: [Call-ID, body]}}");
  INFO(format_diagnostics(parsed.diagnostics));
  REQUIRE(parsed.diagnostics.empty());
  const auto& record = parsed.scenario.sequence.at(1);
  REQUIRE(record.has.size() == 4);
  CHECK(record.has[0].name == "transport");
  CHECK(record.has[1].patterns == Words{"69"});
  CHECK_FALSE(record.has[1].whole);
  CHECK(record.has[2].patterns == Words{"SIP/2.0/UDP *", "*"});
  CHECK(record.has[2].whole);
  CHECK(record.has[2].line == 7);
  CHECK(record.has[3].patterns == Words{""});
  CHECK(record.lacks == Words{"Contact", "Expires"});
  REQUIRE(record.same.size() == 1);
  CHECK(record.same[0].step == 1);
  CHECK(record.same[0].parts == Words{"Call-ID", "body"});
}

TEST_CASE("what an expected record can not say is complained about where it stands") {
  complains("has: {}", "s.yaml:6: sequence.has: expected a map of what the message says");
  complains("has: body", "sequence.has: expected a map of what the message says");
  complains(
      "has: {bdy: x}",
      "s.yaml:6: sequence.has: expected a header, such as Max-Forwards, or transport, start-line, body or "
      "size, got \"bdy\"; did you mean \"body\"?");
  complains("has: {via: x}", "sequence.has: expected a header, such as Max-Forwards");
  complains("has: {\"Max Forwards\": 3}", "sequence.has: expected a header");
  complains("has: {Via: {host: x}}",
            "sequence.has.Via: expected a text, where * stands for anything, or a list of texts, got a map");
  complains("has: {Via: [[x]]}", "sequence.has.Via: expected a text");
  complains("lacks: Contact", "sequence.lacks: expected a list");
  complains("lacks: [body]", "sequence.lacks: expected a header, such as Contact, got \"body\"");
  complains("same: {2: [body]}",
            "s.yaml:6: sequence.same: expected the step of a message above this one, got \"2\"");
  complains("same: {one: [body]}",
            "sequence.same: expected the step of a message above this one, got \"one\"");
  complains("same: {0: [body]}", "sequence.same: expected the step of a message above this one");
  complains("same: {1: body}", "sequence.same.1: expected a list");
  complains("same: {1: [boddy]}", "did you mean \"body\"?");
  complains("same: [1]", "sequence.same: expected what is as at an earlier step");
}
