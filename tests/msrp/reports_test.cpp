#include "msrp/reports.hpp"

#include "msrp/events.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Errc;
using rcs::core::Error;
using rcs::core::Random;
using rcs::core::Result;

namespace {

Head request(std::optional<FailureReport> failure = {}, std::optional<bool> success = {}) {
  Head head;
  head.transaction_id = "d93kswow";
  head.method = "SEND";
  head.to_path = "msrp://b.example:1/bob;tcp";
  head.from_path = "msrp://r.example:3/x;tcp msrp://a.example:2/alice;tcp";
  head.message_id = "12339sdqwer";
  head.failure_report = failure;
  head.success_report = success;
  head.byte_range = ByteRange{1, 99, 99};
  head.content_type = "text/plain";
  head.has_body = true;
  return head;
}

Result<ChunkEnd> ended(ChunkResult result, std::uint64_t length = 0) {
  ChunkEnd end{result, {}};
  if (result == ChunkResult::whole) end.message = WholeMessage{"12339sdqwer", "text/plain", "", length};
  return end;
}

/// What is owed for one request with five octets, in short: "200", "413", "REPORT 200".
struct Receiver {
  std::string take(const Head& head, const Result<ChunkEnd>& result) {
    reports.begin(head);
    reports.add("He");
    reports.add("llo");
    std::string out;
    reports.end(out, result);
    return in_short(out);
  }
  std::string in_short(const std::string& out) {
    const auto all = decode_all(out);
    CHECK(all.error == "");
    seen = all.messages;
    std::string words;
    for (const auto& message : seen) {
      CHECK(message.defect == "");
      CHECK(message.end == Flag::last);
      words += words.empty() ? "" : ", ";
      words += message.head.is_request()
                   ? message.head.method + " " + std::to_string(message.head.report_status->code)
                   : std::to_string(message.head.status);
    }
    return words;
  }

  Random random{1};
  Reports reports{random};
  std::vector<Seen> seen;
};

const Result<ChunkEnd> kTooLarge = Error(Errc::too_large, "too large");
const Result<ChunkEnd> kMalformed = Error(Errc::malformed, "two ends");

}  // namespace

TEST_CASE("MSRP-70, MSRP-71: what a Failure-Report asks for") {
  struct Row {
    std::optional<FailureReport> failure;
    std::string good, bad;
  };
  for (const auto& row : {Row{{}, "200", "413"}, Row{FailureReport::yes, "200", "413"},
                          Row{FailureReport::partial, "", "413"}, Row{FailureReport::no, "", ""}}) {
    Receiver receiver;
    for (const auto result : {ChunkResult::pending, ChunkResult::whole, ChunkResult::repeated,
                              ChunkResult::abandoned, ChunkResult::no_content})
      CHECK(receiver.take(request(row.failure), ended(result)) == row.good);
    CHECK(receiver.take(request(row.failure), kTooLarge) == row.bad);
    CHECK(receiver.take(request(row.failure), ended(ChunkResult::refused)) == row.bad);
  }
  Receiver receiver;
  CHECK(receiver.take(request(), kMalformed) == "400");
  CHECK(receiver.seen.at(0).head.comment == "two ends");
}

TEST_CASE("MSRP-70: the response goes to the first URI, with the same transaction and no body") {
  Receiver receiver;
  receiver.take(request(), ended(ChunkResult::pending));
  const auto& head = receiver.seen.at(0).head;
  CHECK(head.transaction_id == "d93kswow");
  CHECK(head.to_path == "msrp://r.example:3/x;tcp");
  CHECK(head.from_path == "msrp://b.example:1/bob;tcp");
  CHECK_FALSE(head.has_body);
}

TEST_CASE("MSRP-53, MSRP-71, MSRP-73: one success REPORT for a whole message, with its real length") {
  Receiver receiver;
  CHECK(receiver.take(request({}, true), ended(ChunkResult::pending)) == "200");
  CHECK(receiver.take(request({}, true), ended(ChunkResult::whole, 37)) == "200, REPORT 200");
  const auto& head = receiver.seen.at(1).head;
  CHECK(head.to_path == "msrp://r.example:3/x;tcp msrp://a.example:2/alice;tcp");
  CHECK(head.from_path == "msrp://b.example:1/bob;tcp");
  CHECK(head.message_id == "12339sdqwer");
  CHECK(head.transaction_id != "d93kswow");
  CHECK(head.byte_range == ByteRange{1, 37, 37});
  CHECK_FALSE(head.success_report);
  CHECK_FALSE(head.failure_report);
  CHECK_FALSE(head.has_body);
  CHECK(receiver.take(request(FailureReport::no, true), ended(ChunkResult::whole, 37)) == "REPORT 200");
  CHECK(receiver.take(request({}, false), ended(ChunkResult::whole, 37)) == "200");
}

TEST_CASE("MSRP-56, MSRP-73: no success REPORT for what is abandoned, refused, or without content") {
  Receiver receiver;
  CHECK(receiver.take(request({}, true), ended(ChunkResult::abandoned)) == "200");
  CHECK(receiver.take(request({}, true), ended(ChunkResult::refused)) == "413");
  CHECK(receiver.take(request({}, true), ended(ChunkResult::no_content)) == "200");
  CHECK(receiver.take(request({}, true), kTooLarge) == "413");
}

TEST_CASE("MSRP-53, MSRP-58: a repeated message is reported chunk by chunk, by what arrived") {
  Receiver receiver;
  auto head = request({}, true);
  head.byte_range = ByteRange{11, 99, 20};
  CHECK(receiver.take(head, ended(ChunkResult::repeated)) == "200, REPORT 200");
  CHECK(receiver.seen.at(1).head.byte_range == ByteRange{11, 15, 20});
}

TEST_CASE("MSRP-72: nothing is ever owed for a REPORT") {
  Receiver receiver;
  auto head = request({}, true);
  head.method = "REPORT";
  CHECK(receiver.take(head, ended(ChunkResult::whole, 5)) == "");
  CHECK(receiver.take(head, kMalformed) == "");
  std::string out;
  receiver.reports.begin(head);
  receiver.reports.refuse(out, 400);
  receiver.reports.report_failure(out, 400);
  CHECK(out == "");
}

TEST_CASE("MSRP-12, MSRP-70: what is refused before its end is answered once") {
  Receiver receiver;
  auto head = request({}, true);
  head.method = "X";
  receiver.reports.begin(head);
  std::string out;
  receiver.reports.refuse(out, 501, "not known");
  receiver.reports.refuse(out, 400);
  receiver.reports.end(out, ended(ChunkResult::whole, 5));
  CHECK(receiver.in_short(out) == "501");
  CHECK(receiver.seen.at(0).head.to_path == head.from_path);
  head.from_path.clear();  // nobody to answer
  out.clear();
  receiver.reports.begin(head);
  receiver.reports.refuse(out, 400);
  CHECK(out == "");
}

TEST_CASE("MSRP-74: a failure REPORT says which octets, unless none is wanted") {
  Receiver receiver;
  receiver.take(request(), ended(ChunkResult::pending));
  std::string out;
  receiver.reports.report_failure(out, 415, "no such type");
  CHECK(receiver.in_short(out) == "REPORT 415");
  CHECK(receiver.seen.at(0).head.byte_range == ByteRange{1, 5, 99});
  CHECK(receiver.seen.at(0).head.report_status->comment == "no such type");
  receiver.take(request(FailureReport::no), ended(ChunkResult::pending));
  out.clear();
  receiver.reports.report_failure(out, 415);
  CHECK(out == "");
}

TEST_CASE("MSRP-76: no REPORT on a session that is over, but answers") {
  Receiver receiver;
  receiver.reports.end_session();
  CHECK(receiver.take(request({}, true), ended(ChunkResult::whole, 5)) == "200");
  std::string out;
  receiver.reports.report_failure(out, 400);
  CHECK(out == "");
}
