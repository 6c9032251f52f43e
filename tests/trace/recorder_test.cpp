#include "trace/recorder.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using rcs::trace::Handling;
using rcs::trace::kMaxInFlight;
using rcs::trace::Record;
using rcs::trace::Recorder;
using rcs::trace::RecordId;

namespace {

Record said(std::string from, std::string to, std::string label) {
  Record record;
  record.from = std::move(from);
  record.to = std::move(to);
  record.label = std::move(label);
  return record;
}

}  // namespace

TEST_CASE("what the receiver sends while it handles a message has that message as its cause") {
  std::vector<std::string> seen;
  Recorder recorder([&](const Record& r) { seen.push_back(r.label); });
  const auto post = recorder.sent(said("jack", "gateway", "POST"), "x1");
  CHECK(post == RecordId{1});
  {
    const Handling handling(&recorder);
    CHECK(recorder.received("x1", {}) == post);
    recorder.sent(said("gateway", "o-cscf", "INVITE"), "b1");
    recorder.sent(said("gateway", "rose", "trying"), "e1");
  }
  recorder.sent(said("rose", "gateway", "GET"), "x2");

  const auto& records = recorder.records();
  REQUIRE(records.size() == 4);
  CHECK(records[0].cause == RecordId{});
  CHECK(records[1].cause == post);
  CHECK(records[2].cause == post);
  CHECK(records[3].cause == RecordId{});
  CHECK(records[3].id == RecordId{4});
  CHECK(seen == std::vector<std::string>{"POST", "INVITE", "trying", "GET"});
}

TEST_CASE("a message of another process gets its record at the receiver, each time it comes") {
  Recorder recorder;
  const auto stranger = [] { return said("10.0.0.1:5060", "o-cscf", "OPTIONS"); };
  const auto first = recorder.received("k", stranger);
  recorder.sent(said("o-cscf", "10.0.0.1:5060", "200 OPTIONS"), "k200");
  recorder.done();
  const auto second = recorder.received("k", stranger);
  CHECK(first != second);
  REQUIRE(recorder.records().size() == 3);
  CHECK(recorder.records()[1].cause == first);
  CHECK(recorder.records()[2].cause == RecordId{});
}

TEST_CASE("a record that a stranger brings has no cause, whatever was being handled") {
  Recorder recorder;
  recorder.caused_by(recorder.sent(said("a", "b", "x"), "x"));
  recorder.received("unknown", [] {
    auto record = said("s", "b", "y");
    record.cause = RecordId{77};
    return record;
  });
  CHECK(recorder.records()[1].cause == RecordId{});
}

TEST_CASE("an unknown key without a record to make starts without a cause") {
  Recorder recorder;
  recorder.caused_by(recorder.sent(said("a", "b", "x"), "x"));
  CHECK(recorder.received("unknown", {}) == RecordId{});
  CHECK(recorder.cause() == RecordId{});
  CHECK(recorder.records().size() == 1);
}

TEST_CASE("a repeated message is a record of its own, and the receiver finds the latest") {
  Recorder recorder;
  recorder.sent(said("a", "b", "INVITE"), "k");
  const auto again = recorder.sent(said("a", "b", "INVITE"), "k");
  CHECK(recorder.received("k", {}) == again);
  CHECK(recorder.received("k", {}) == again);
  CHECK(recorder.records().size() == 2);
}

TEST_CASE("a timer hands on the cause it was armed by") {
  Recorder recorder;
  const auto invite = recorder.sent(said("a", "b", "INVITE"), "k");
  recorder.caused_by(invite);
  recorder.sent(said("b", "a", "200 INVITE"), "k2");
  CHECK(recorder.records().back().cause == invite);
}

TEST_CASE("keys in flight are bounded: the oldest is forgotten, the youngest are not") {
  Recorder recorder({}, Recorder::Keep::none);
  for (std::size_t i = 0; i <= kMaxInFlight; ++i) recorder.sent({}, "k" + std::to_string(i));
  CHECK(recorder.received("k0", {}) == RecordId{});
  CHECK(recorder.received("k1", {}) == RecordId{2});
  CHECK(recorder.received("k" + std::to_string(kMaxInFlight), {}) == RecordId{kMaxInFlight + 1});
}

TEST_CASE("a recorder that keeps nothing still hands every record on") {
  std::size_t count = 0;
  Recorder recorder([&](const Record&) { ++count; }, Recorder::Keep::none);
  recorder.sent(said("a", "b", "x"), "k");
  recorder.received("s", [] { return said("s", "b", "y"); });
  CHECK(count == 2);
  CHECK(recorder.records().empty());
}

TEST_CASE("A watcher learns of each message that arrives, as often as it arrives") {
  Recorder recorder;
  std::vector<RecordId> arrived;
  recorder.watch([&](RecordId id) { arrived.push_back(id); });
  const auto sent = recorder.sent(said("a", "b", "x"), "k");
  CHECK(arrived.empty());
  recorder.received("k", {});
  recorder.received("k", {});
  recorder.received("nobody's", {});
  CHECK(arrived == std::vector<RecordId>{sent, sent});
}
