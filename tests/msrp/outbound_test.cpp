#include "msrp/outbound.hpp"

#include "msrp/events.hpp"
#include "msrp/sources.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Errc;
using rcs::core::Instant;
using rcs::core::Random;
using Kind = MessageFate::Kind;
using namespace std::chrono_literals;

namespace {

constexpr SessionId kOne{1};
constexpr SessionId kTwo{2};

struct Line {
  explicit Line(OutboundOptions options = {}) : outbound(random, options) {}

  void send(Outgoing message) {
    const auto id = outbound.send(std::move(message));
    if (!id) FAIL(id.error().detail());
  }
  /// What is written at second `at`, as far as it is whole.
  std::vector<Seen> take(int at = 0, std::size_t budget = 1 << 30) {
    std::string out;
    outbound.append(Instant(std::chrono::seconds(at)), out, budget);
    octets += out;
    return decode_all(out).messages;
  }
  void respond(const Seen& chunk, int status, const std::string& comment = {}) {
    Head head;
    head.transaction_id = chunk.head.transaction_id;
    head.status = status;
    head.comment = comment;
    outbound.on_response(head);
  }
  void report(const std::string& id, int status, std::optional<ByteRange> range, SessionId session = kOne) {
    Head head;
    head.method = "REPORT";
    head.message_id = id;
    head.report_status = ReportStatus{status, ""};
    head.byte_range = range;
    outbound.on_report(session, head);
  }
  /// What was told, in short.
  std::string told() {
    std::string out;
    for (const auto& fate : outbound.take_events()) {
      constexpr const char* kNames[] = {"sent", "delivered", "failed", "unconfirmed"};
      out +=
          std::string(out.empty() ? "" : ", ") + kNames[static_cast<int>(fate.kind)] + " " + fate.message_id;
      if (fate.kind == Kind::failed) out += " " + std::to_string(fate.code);
    }
    return out;
  }

  Random random{1};
  Outbound outbound;
  std::string octets;
};

Outgoing with(Outgoing message, FailureReport failure, bool success = false) {
  message.failure_report = failure;
  message.success_report = success;
  return message;
}

}  // namespace

TEST_CASE("MSRP-30: a Message-ID is given or made, and taken once at a time") {
  Line line;
  const auto first = line.outbound.send(outgoing(1, "", "x"));
  const auto second = line.outbound.send(outgoing(1, "", "y"));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first != *second);
  CHECK(line.outbound.send(outgoing(1, *first, "x")).error().code() == Errc::refused);
  CHECK(line.outbound.send(outgoing(2, *first, "x")));
  const auto seen = line.take();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].head.message_id == *first);
  line.respond(seen[0], 400);
  CHECK(line.told() == "failed " + *first + " 400");
  CHECK(line.outbound.send(outgoing(1, *first, "x")));  // a resend after the failure
}

TEST_CASE("MSRP-37: a message is sent when all its chunks are answered") {
  Line line({.sender = {.chunk_size = 2048}});
  line.send(outgoing(1, "aaaa", std::string(5000, 'x')));
  const auto seen = line.take();
  REQUIRE(seen.size() == 3);
  line.respond(seen[2], 200);
  line.respond(seen[0], 200);
  line.respond(seen[0], 200);  // again: of no transaction
  CHECK(line.told() == "");
  line.respond(seen[1], 200);
  CHECK(line.told() == "sent aaaa");
  CHECK_FALSE(line.outbound.next_deadline());
  line.outbound.on_time(Instant(100s));
  CHECK(line.told() == "");
}

TEST_CASE("MSRP-37: 30 s from the last octet without an answer are a failure") {
  Line line;
  line.send(outgoing(1, "aaaa", std::string(5000, 'x')));
  line.send(outgoing(1, "bbbb", "y"));
  line.take(0, 3000);
  CHECK_FALSE(line.outbound.next_deadline());
  line.take(7);
  CHECK(line.outbound.next_deadline() == Instant(37s));
  line.outbound.on_time(Instant(37s - 1ns));
  CHECK(line.told() == "");
  line.outbound.on_time(Instant(37s));
  const auto events = line.outbound.take_events();
  REQUIRE(events.size() == 2);
  CHECK(events[0] ==
        MessageFate{Kind::failed, kOne, "aaaa", 408, "no answer within 30 s", ByteRange{1, 5000, 5000}});
  CHECK(events[1].message_id == "bbbb");
  CHECK_FALSE(line.outbound.next_deadline());
}

TEST_CASE("MSRP-37: one chunk without an answer ends a message that is still being sent") {
  Line line({.sender = {.chunk_size = 2048}});
  line.send(outgoing(1, "aaaa", std::string(50'000, 'x')));
  const auto first = line.take(0, 3000);
  line.respond(first.at(0), 200);
  line.take(30, 3000);
  CHECK(line.told() == "");
  line.outbound.on_time(*line.outbound.next_deadline());
  CHECK(line.told() == "failed aaaa 408");
  line.take(60);
  const auto all = decode_all(line.octets);
  CHECK(all.error == "");
  CHECK(all.messages.back().end == Flag::abandoned);
  CHECK(line.outbound.idle());
  line.outbound.on_time(Instant(1000s));
  CHECK_FALSE(line.outbound.next_deadline());
  CHECK(line.told() == "");
}

TEST_CASE("MSRP-37: Failure-Report partial waits for no answer, and takes errors") {
  Line line;
  line.send(with(outgoing(1, "aaaa", "x"), FailureReport::partial));
  line.send(with(outgoing(1, "bbbb", "x"), FailureReport::partial));
  const auto seen = line.take();
  CHECK(line.told() == "sent aaaa, sent bbbb");
  line.respond(seen.at(0), 403);
  CHECK(line.told() == "failed aaaa 403");
  line.outbound.on_time(Instant(30s));
  CHECK(line.told() == "");
  line.respond(seen.at(1), 403);  // too late
  CHECK(line.told() == "");
}

TEST_CASE("MSRP-37: Failure-Report no is sent when it is written, and nothing fails it") {
  Line line;
  line.send(with(outgoing(1, "aaaa", "x"), FailureReport::no));
  const auto seen = line.take();
  CHECK(line.told() == "sent aaaa");
  CHECK_FALSE(line.outbound.next_deadline());
  line.respond(seen.at(0), 400);
  line.report("aaaa", 400, {});
  CHECK(line.told() == "");
}

TEST_CASE("MSRP-38, MSRP-73: delivered when success REPORTs cover all octets, in any order") {
  Line line;
  line.send(with(outgoing(1, "aaaa", std::string(100, 'x')), FailureReport::yes, true));
  const auto seen = line.take();
  line.respond(seen.at(0), 200);
  CHECK(line.told() == "sent aaaa");
  line.report("aaaa", 200, ByteRange{51, 100, 100});
  line.report("aaaa", 200, ByteRange{1, 20, 100});
  line.report("aaaa", 200, ByteRange{22, 40, 100});
  line.report("aaaa", 200, ByteRange{22, 50, 100}, kTwo);  // of another session
  CHECK(line.told() == "");
  line.report("aaaa", 200, ByteRange{15, 51, 100});
  CHECK(line.told() == "delivered aaaa");
  line.report("aaaa", 200, ByteRange{1, 100, 100});
  CHECK(line.told() == "");
}

TEST_CASE("MSRP-73: a REPORT may come before the answer, and without an end") {
  Line line;
  line.send(with(outgoing(1, "aaaa", "x"), FailureReport::yes, true));
  line.send(with(outgoing(1, "bbbb", ""), FailureReport::no, true));
  line.send(with(outgoing(1, "cccc", "not asked"), FailureReport::yes));
  const auto seen = line.take();
  CHECK(line.told() == "sent bbbb");
  line.report("aaaa", 200, ByteRange{1, {}, {}});
  line.report("bbbb", 200, ByteRange{1, 0, 0});
  line.report("cccc", 200, {});
  CHECK(line.told() == "delivered aaaa, delivered bbbb");
  line.respond(seen.at(0), 200);
  line.respond(seen.at(2), 200);
  CHECK(line.told() == "sent cccc");
}

TEST_CASE("MSRP-75: REPORTs about nothing we know are ignored") {
  Line line;
  line.report("aaaa", 200, {});
  line.report("aaaa", 400, {});
  CHECK(line.told() == "");
  CHECK(line.outbound.send(outgoing(1, "aaaa", "x")));
}

TEST_CASE("MSRP-39: 413 stops the message, with # where it is being written") {
  Line line;
  line.send(outgoing(1, "aaaa", std::string(100'000, 'x')));
  line.send(outgoing(1, "bbbb", "y"));
  line.take(0, 3000);
  Seen open;
  open.head.transaction_id = line.octets.substr(5, 16);
  line.respond(open, 413, "enough");
  CHECK(line.outbound.take_events() ==
        std::vector<MessageFate>{{Kind::failed, kOne, "aaaa", 413, "enough", ByteRange{1, {}, 100'000}}});
  line.take();
  const auto all = decode_all(line.octets).messages;
  REQUIRE(all.size() == 2);
  CHECK(all[0].end == Flag::abandoned);
  line.respond(all[0], 413);  // and for its end
  line.respond(all[1], 200);
  CHECK(line.told() == "sent bbbb");
  CHECK_FALSE(line.outbound.next_deadline());
}

TEST_CASE("MSRP-37: a 200 before the end of its chunk counts when that has come") {
  Line line({.max_unanswered = 1});
  line.send(outgoing(1, "aaaa", std::string(5000, 'x')));
  line.take(0, 3000);
  Seen open;
  open.head.transaction_id = line.octets.substr(5, 16);
  line.respond(open, 200);
  CHECK(line.told() == "");
  line.take();
  CHECK(line.told() == "sent aaaa");
  CHECK_FALSE(line.outbound.next_deadline());
  line.send(outgoing(1, "bbbb", "x"));
  CHECK(line.take().size() == 1);
}

TEST_CASE("MSRP-39: 415 stops the type for its session") {
  Line line;
  line.send(outgoing(1, "aaaa", "x"));
  const auto seen = line.take();
  line.respond(seen.at(0), 415);
  CHECK(line.told() == "failed aaaa 415");
  auto same_type = outgoing(1, "bbbb", "x");
  same_type.content_type = "Text/Plain ; charset=utf-8";
  const auto refused = line.outbound.send(std::move(same_type));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::unsupported);
  CHECK(refused.error().detail() == "MSRP message bbbb: the peer does not take text/plain");
  auto other_type = outgoing(1, "bbbb", "x");
  other_type.content_type = "image/png";
  CHECK(line.outbound.send(std::move(other_type)));
  CHECK(line.outbound.send(outgoing(2, "bbbb", "x")));
}

TEST_CASE("MSRP-39: 481 and 506 end the session, and no other") {
  for (const int status : {481, 506}) {
    Line line;
    line.send(with(outgoing(1, "aaaa", "x"), FailureReport::yes, true));
    line.send(outgoing(1, "bbbb", "x"));
    const auto seen = line.take();
    line.respond(seen.at(0), 200);
    line.send(outgoing(1, "cccc", "x"));
    line.send(outgoing(2, "dddd", "x"));
    CHECK(line.told() == "sent aaaa");
    line.respond(seen.at(1), status);
    const auto code = std::to_string(status);
    CHECK(line.told() == "failed bbbb " + code + ", unconfirmed aaaa, failed cccc " + code);
    const auto rest = line.take();
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].head.message_id == "dddd");
    CHECK(line.outbound.send(outgoing(1, "eeee", "x")).error().code() == Errc::refused);
    line.outbound.end_session(kOne);  // new SDP
    CHECK(line.outbound.send(outgoing(1, "eeee", "x")));
  }
}

TEST_CASE("MSRP-40: a failure REPORT fails its message and the session, also after the 200") {
  Line line;
  line.send(outgoing(1, "aaaa", "x"));
  line.send(outgoing(1, "bbbb", std::string(100'000, 'x')));
  line.send(outgoing(2, "cccc", "x"));
  const auto seen = line.take(0, 3000);
  line.respond(seen.at(0), 200);
  CHECK(line.told() == "sent aaaa");
  line.report("aaaa", 408, ByteRange{1, 1, 1});
  CHECK(line.told() == "failed aaaa 408, failed bbbb 408");
  CHECK_FALSE(line.outbound.send(outgoing(1, "dddd", "x")));
  line.take();
  const auto all = decode_all(line.octets);
  CHECK(all.error == "");
  REQUIRE(all.messages.size() == 3);
  CHECK(all.messages[1].end == Flag::abandoned);
  CHECK(all.messages[2].head.message_id == "cccc");
}

TEST_CASE("MSRP-39, MSRP-40: a REPORT of 413 or 415 is about the message, not about the session") {
  Line line;
  line.send(outgoing(1, "aaaa", "x"));
  line.send(outgoing(1, "bbbb", "x"));
  line.take();
  line.report("aaaa", 413, ByteRange{1, 1, 1});
  CHECK(line.told() == "failed aaaa 413");
  CHECK(line.outbound.send(outgoing(1, "cccc", "x")));
  line.report("bbbb", 415, ByteRange{1, 1, 1});
  CHECK(line.told() == "failed bbbb 415");
  CHECK(line.outbound.send(outgoing(1, "dddd", "x")).error().code() == Errc::unsupported);
  CHECK(line.outbound.send(bodiless(1, "eeee")));
}

TEST_CASE("MSRP-40: an aborted message is told of no more") {
  Line line({.max_unanswered = 1});
  line.send(outgoing(1, "aaaa", std::string(100'000, 'x')));
  line.take(0, 3000);
  line.outbound.abort(kOne, "aaaa");
  line.outbound.abort(kOne, "bbbb");
  line.take();
  const auto all = decode_all(line.octets).messages;
  REQUIRE(all.size() == 1);
  CHECK(all[0].end == Flag::abandoned);
  line.send(outgoing(1, "cccc", "x"));
  const auto next = line.take();
  REQUIRE(next.size() == 1);  // nobody waits for the answer to the end of the other
  line.respond(next[0], 200);
  CHECK(line.told() == "sent cccc");
  line.outbound.on_time(Instant(100s));
  CHECK(line.told() == "");
  CHECK_FALSE(line.outbound.next_deadline());
}

TEST_CASE("MSRP-40: a source that breaks fails its message") {
  for (const std::size_t size : {0, 5000}) {
    Line line;
    TextSource::Text text{std::string(size, 'x')};
    text.after = Source::State::broken;
    line.send(outgoing(1, "aaaa", text));
    line.take();
    CHECK(line.told() == "failed aaaa 0");
    CHECK_FALSE(line.outbound.next_deadline());
  }
}

TEST_CASE("MSRP-38: at the end of a session every message has its end") {
  Line line;
  line.send(with(outgoing(1, "aaaa", "x"), FailureReport::no, true));
  line.send(outgoing(1, "bbbb", "x"));
  line.take();
  line.send(outgoing(1, "cccc", "x"));
  CHECK(line.told() == "sent aaaa");
  line.outbound.end_session(kOne);
  CHECK(line.told() == "unconfirmed aaaa, failed bbbb 0, failed cccc 0");
  CHECK(line.outbound.idle());
}

TEST_CASE("MSRP-84: a keep-alive is answered like any other") {
  Line line;
  line.send(bodiless(1, "aaaa"));
  line.respond(line.take().at(0), 200);
  CHECK(line.told() == "sent aaaa");
}

TEST_CASE("MSRP-36: chunks wait when too many are unanswered") {
  Line line({.sender = {.chunk_size = 2048}, .max_unanswered = 3});
  line.send(outgoing(1, "aaaa", std::string(10 * 2048, 'x')));
  auto seen = line.take();
  REQUIRE(seen.size() == 3);
  CHECK(line.take().empty());
  line.respond(seen[1], 200);
  seen = line.take();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].head.byte_range->start == 3 * 2048 + 1);
}

TEST_CASE("MSRP-38: messages are remembered up to a limit, the oldest shortest") {
  Line line({.max_remembered = 2});
  for (const auto* id : {"aaaa", "bbbb", "cccc"})
    line.send(with(outgoing(1, id, "x"), FailureReport::no, true));
  line.take();
  CHECK(line.told() == "sent aaaa, sent bbbb, sent cccc, unconfirmed aaaa");
  line.report("aaaa", 200, {});
  line.report("bbbb", 200, {});
  CHECK(line.told() == "delivered bbbb");
}

TEST_CASE("MSRP-73: coverage gives what an array of octets gives") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const auto size = 1 + random.below(40);
    std::vector<bool> covered(size);
    Coverage coverage;
    for (bool all = false; !all;) {
      const auto begin = random.below(size);
      const auto end = std::min(size, begin + random.below(8));
      coverage.add(begin, end);
      std::fill(covered.begin() + static_cast<long>(begin), covered.begin() + static_cast<long>(end), true);
      all = std::find(covered.begin(), covered.end(), false) == covered.end();
      REQUIRE(coverage.covers(size) == all);
    }
  }
}

TEST_CASE("MSRP-39, MSRP-40: a session that the peer ends is told once, after its messages") {
  Line line;
  for (const auto* id : {"aaaa", "bbbb"}) line.send(outgoing(1, id, "x"));
  line.send(outgoing(2, "cccc", "x"));
  const auto seen = line.take();
  line.respond(seen[0], 481, "unknown");
  line.respond(seen[1], 481, "unknown");
  line.report("cccc", 413, {}, kTwo);
  const auto failures = line.outbound.take_failures();
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].session == kOne);
  CHECK(failures[0].code == 481);
  CHECK(failures[0].why == "unknown");
  CHECK(line.told() == "failed aaaa 481, failed bbbb 481, failed cccc 413");
  CHECK(line.outbound.take_failures().empty());
}
