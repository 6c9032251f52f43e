#include "msrp/reports.hpp"

#include "msrp/encoder.hpp"

namespace rcs::msrp {

using core::Errc;
using core::Result;

namespace {

int status_of(const core::Error& error) { return error.code() == Errc::too_large ? 413 : 400; }

}  // namespace

void append_report(std::string& out, core::Random& random, const Head& request, const ByteRange& range,
                   int status, std::string_view comment) {
  Head report;
  report.transaction_id = new_transaction_id(random);
  report.method = "REPORT";
  report.to_path = request.from_path;
  report.from_path = first_uri(request.to_path);
  report.message_id = request.message_id;
  report.byte_range = range;
  report.report_status = ReportStatus{status, std::string(comment)};
  append_head(out, report);
  append_end(out, report, Flag::last);
}

void Reports::begin(const Head& request) {
  request_ = request;
  octets_ = 0;
  answered_ = request.method == "REPORT";  // never, whatever it says (MSRP-72)
}

/// Of this chunk, as it arrived.
ByteRange Reports::range() const {
  const auto start = request_.byte_range ? request_.byte_range->start : 1;
  auto range = ByteRange{start, start - 1 + octets_, {}};
  if (request_.byte_range) range.total = request_.byte_range->total;
  return range;
}

bool Reports::may_fail() const {
  return request_.failure_report.value_or(FailureReport::yes) != FailureReport::no;
}

void Reports::respond(std::string& out, int status, std::string_view comment) {
  if (request_.from_path.empty() || request_.to_path.empty()) return;  // its defect: no way back
  const bool is_wanted =
      status == 200 ? request_.failure_report.value_or(FailureReport::yes) == FailureReport::yes : may_fail();
  if (is_wanted) append_response(out, request_, status, comment);
}

void Reports::refuse(std::string& out, int status, std::string_view comment) {
  if (answered_) return;
  answered_ = true;
  respond(out, status, comment);
}

void Reports::end(std::string& out, const Result<ChunkEnd>& result) {
  if (answered_) return;
  if (!result) return refuse(out, status_of(result.error()), result.error().detail());
  // The rest of a refused message: its chunks were under way, and each waits for an answer.
  if (result->result == ChunkResult::refused) return refuse(out, 413);
  answered_ = true;
  respond(out, 200, "OK");
  if (!request_.success_report.value_or(false) || over_) return;
  if (result->result == ChunkResult::whole) {
    const auto length = result->message->length;
    append_report(out, *random_, request_, ByteRange{1, length, length}, 200, "OK");
  } else if (result->result == ChunkResult::repeated) {
    // Its chunks come again one by one, and are reported so (MSRP-58, MSRP-73).
    append_report(out, *random_, request_, range(), 200, "OK");
  }
}

void Reports::report_failure(std::string& out, int status, std::string_view comment) {
  if (request_.method != "SEND" || over_ || !may_fail()) return;
  append_report(out, *random_, request_, range(), status, comment);
}

}  // namespace rcs::msrp
