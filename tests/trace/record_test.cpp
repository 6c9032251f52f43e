#include "trace/record.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using rcs::core::Instant;
using rcs::trace::causal_order;
using rcs::trace::Protocol;
using rcs::trace::Record;
using rcs::trace::RecordId;
using rcs::trace::to_json;

namespace {

Record make(std::uint64_t id, std::uint64_t cause, std::chrono::nanoseconds time,
            std::string label = "INVITE") {
  Record record;
  record.id = RecordId{id};
  record.cause = RecordId{cause};
  record.time = Instant(time);
  record.from = "jack";
  record.to = "o-cscf";
  record.label = std::move(label);
  return record;
}

std::string ids(const std::vector<Record>& records) {
  std::string out;
  for (const auto* record : causal_order(records)) out += std::to_string(record->id.value) + ' ';
  return out;
}

}  // namespace

TEST_CASE("a record as JSON has its members in a fixed order and leaves out what it has not") {
  auto record = make(2, 1, 12345678ns);
  CHECK(
      to_json(record) ==
      R"({"id":2,"cause":1,"time_ms":12.345678,"from":"jack","to":"o-cscf","protocol":"SIP","summary":"","label":"INVITE","size":0})");
  record.summary = "INVITE \"x\"\r\n";
  record.size = 450;
  record.transport = "udp";
  record.message_id = "m1";
  record.content = "INVITE\r\n\t\x01";
  CHECK(
      to_json(record) ==
      R"({"id":2,"cause":1,"time_ms":12.345678,"from":"jack","to":"o-cscf","protocol":"SIP","summary":"INVITE \"x\"\r\n",)"
      R"("label":"INVITE","size":450,"transport":"udp","message_id":"m1","content":"INVITE\r\n\t\u0001"})");
}

TEST_CASE("content that is not UTF-8 goes as base64, other foreign octets are replaced") {
  auto record = make(1, 0, 0ns);
  record.content = "\xff\xfe";
  record.from =
      "a\xff"
      "b";
  const auto json = to_json(record);
  CHECK(json.find(R"("content_base64":"//4=")") != std::string::npos);
  CHECK(json.find("\"content\":") == std::string::npos);
  CHECK(json.find("\"from\":\"a\xEF\xBF\xBD"
                  "b\"") != std::string::npos);
}

TEST_CASE("JSON times keep every nanosecond, also before the start") {
  CHECK(to_json(make(1, 0, 1h + 1ns)).find("\"time_ms\":3600000.000001,") != std::string::npos);
  CHECK(to_json(make(1, 0, -1500000ns)).find("\"time_ms\":-1.500000,") != std::string::npos);
}

TEST_CASE("causal order follows each cause down before the next one") {
  //  1 -> 2 -> 4, 1 -> 5; 3 -> 6; written in the order things happened to be sent
  const std::vector<Record> records = {make(1, 0, 1ms), make(2, 1, 2ms), make(3, 0, 2ms),
                                       make(4, 2, 9ms), make(5, 1, 3ms), make(6, 3, 4ms)};
  CHECK(ids(records) == "1 2 4 5 3 6 ");
}

TEST_CASE("causal order does not depend on how two chains were interleaved") {
  const auto labels = [](const std::vector<Record>& records) {
    std::string out;
    for (const auto* record : causal_order(records)) out += record->label + ' ';
    return out;
  };
  const std::vector<Record> one = {make(1, 0, 1ms, "a"), make(2, 0, 2ms, "b"), make(3, 1, 3ms, "aa"),
                                   make(4, 2, 4ms, "bb"), make(5, 3, 5ms, "aaa")};
  const std::vector<Record> other = {make(1, 0, 1ms, "a"), make(2, 1, 2ms, "aa"), make(3, 2, 3ms, "aaa"),
                                     make(4, 0, 4ms, "b"), make(5, 4, 9ms, "bb")};
  CHECK(labels(one) == "a aa aaa b bb ");
  CHECK(labels(one) == labels(other));
}

TEST_CASE("causal order: roots by time; a cause that is missing, later or the record itself makes a root") {
  CHECK(ids({make(1, 0, 5ms), make(2, 99, 3ms), make(3, 3, 4ms), make(4, 5, 1ms), make(5, 4, 9ms)}) ==
        "4 5 2 3 1 ");
  CHECK(causal_order({}).empty());
}

TEST_CASE("a chain of causes may be as long as a run") {
  std::vector<Record> records;
  for (std::uint64_t i = 1; i <= 200'000; ++i) records.push_back(make(i, i - 1, 1ms));
  const auto ordered = causal_order(records);
  REQUIRE(ordered.size() == records.size());
  CHECK(ordered.back()->id.value == 200'000);
}

TEST_CASE("the run hash sees every member of every record, and their order") {
  const std::vector<Record> base = {make(1, 0, 1ms), make(2, 1, 2ms)};
  const auto changed = [&](auto&& change) {
    auto records = base;
    change(records[1]);
    return rcs::trace::hash(records) != rcs::trace::hash(base);
  };
  CHECK(rcs::trace::hash(base) == rcs::trace::hash({make(1, 0, 1ms), make(2, 1, 2ms)}));
  CHECK(changed([](Record& r) { r.id = RecordId{3}; }));
  CHECK(changed([](Record& r) { r.cause = {}; }));
  CHECK(changed([](Record& r) { r.time += 1ns; }));
  CHECK(changed([](Record& r) { r.from = "rose"; }));
  CHECK(changed([](Record& r) { r.to = "rose"; }));
  CHECK(changed([](Record& r) { r.protocol = Protocol::msrp; }));
  CHECK(changed([](Record& r) { r.summary = "x"; }));
  CHECK(changed([](Record& r) { r.label = "x"; }));
  CHECK(changed([](Record& r) { r.size = 1; }));
  CHECK(changed([](Record& r) { r.transport = "x"; }));
  CHECK(changed([](Record& r) { r.message_id = "x"; }));
  CHECK(changed([](Record& r) { r.content = "x"; }));
  CHECK(rcs::trace::hash({base[1], base[0]}) != rcs::trace::hash(base));
}
