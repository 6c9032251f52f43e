#include "msrp/head_reader.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "msrp/characters.hpp"
#include "msrp/uri.hpp"

namespace rcs::msrp {
namespace {

using core::malformed;
using core::quoted;

enum class Field : std::uint8_t {
  to_path,
  from_path,
  message_id,
  success_report,
  failure_report,
  byte_range,
  status,
  use_nickname,
  content_type,
  other,
};

struct KnownField {
  std::string_view name;
  Field field;
};
constexpr std::array<KnownField, 9> kKnownFields = {{{"To-Path", Field::to_path},
                                                     {"From-Path", Field::from_path},
                                                     {"Message-ID", Field::message_id},
                                                     {"Success-Report", Field::success_report},
                                                     {"Failure-Report", Field::failure_report},
                                                     {"Byte-Range", Field::byte_range},
                                                     {"Status", Field::status},
                                                     {"Content-Type", Field::content_type},
                                                     {"Use-Nickname", Field::use_nickname}}};

// As the sender writes it is the way nearly every name comes, and comparing that takes no loop of ours. The
// grammar's names have no case, since ABNF strings have none.
Field field_of(std::string_view name) {
  for (const auto& known : kKnownFields) {
    if (known.name == name) return known.field;
  }
  for (const auto& known : kKnownFields) {
    if (core::iequals(known.name, name)) return known.field;
  }
  return Field::other;
}

std::optional<ByteRange> read_byte_range(std::string_view text) {
  const auto range_and_total = core::split_once(text, '/');
  if (!range_and_total) return std::nullopt;
  const auto start_and_end = core::split_once(range_and_total->first, '-');
  if (!start_and_end) return std::nullopt;
  const auto start = core::parse_u64(start_and_end->first);
  if (!start || *start == 0) return std::nullopt;
  ByteRange range;
  range.start = *start;
  range.end = core::parse_u64(start_and_end->second);
  if (!range.end && start_and_end->second != "*") return std::nullopt;
  range.total = core::parse_u64(range_and_total->second);
  if (!range.total && range_and_total->second != "*") return std::nullopt;
  return range;
}

/// `code [comment]`, where the code is three digits, 100 or more.
std::optional<ReportStatus> read_status(std::string_view text) {
  const auto code = core::parse_u32(text.substr(0, 3));
  if (text.size() < 3 || !code || *code < 100 || (text.size() > 3 && text[3] != ' ')) return std::nullopt;
  return ReportStatus{static_cast<int>(*code),
                      std::string(text.substr(std::min<std::size_t>(4, text.size())))};
}

void clear(Head& head) {
  head.transaction_id.clear();
  head.method.clear();
  head.status = 0;
  head.comment.clear();
  head.to_path.clear();
  head.from_path.clear();
  head.message_id.clear();
  head.success_report.reset();
  head.failure_report.reset();
  head.byte_range.reset();
  head.report_status.reset();
  head.use_nickname.clear();
  head.others.clear();
  head.content_type.clear();
  head.has_body = false;
}

std::string expected(std::string_view name, std::string_view wish, std::string_view value) {
  return std::string(name).append(": expected ").append(wish).append(", got ") + quoted(value);
}

/// URIs with one blank between them. Each is looked at by who uses it, but a session needs to know that there
/// are not too many.
std::string read_path(std::string_view name, std::string_view value, std::string& path) {
  if (value.empty()) return expected(name, "at least one URI", value);
  std::size_t uris = 1;
  for (auto at = value.find(' '); at != std::string_view::npos; at = value.find(' ', at + 1)) ++uris;
  if (uris > kMaxPathUris)
    return std::string(name) + ": expected at most " + std::to_string(kMaxPathUris) + " URIs";
  path = value;
  return {};
}

std::string read_report_field(Field field, std::string_view value, Head& head) {
  const bool yes = core::iequals(value, "yes");
  const bool no = core::iequals(value, "no");
  if (field == Field::success_report) {
    if (!yes && !no) return expected("Success-Report", "yes or no", value);
    head.success_report = yes;
    return {};
  }
  const bool partial = core::iequals(value, "partial");
  if (!yes && !no && !partial) return expected("Failure-Report", "yes, no or partial", value);
  head.failure_report = yes ? FailureReport::yes : no ? FailureReport::no : FailureReport::partial;
  return {};
}

bool has(const Head& head, Field field) {
  switch (field) {
    case Field::to_path:
      return !head.to_path.empty();
    case Field::from_path:
      return !head.from_path.empty();
    case Field::message_id:
      return !head.message_id.empty();
    case Field::success_report:
      return head.success_report.has_value();
    case Field::failure_report:
      return head.failure_report.has_value();
    case Field::byte_range:
      return head.byte_range.has_value();
    case Field::status:
      return head.report_status.has_value();
    case Field::use_nickname:
      return !head.use_nickname.empty();
    case Field::content_type:
      return !head.content_type.empty();
    case Field::other:
      break;
  }
  return false;
}

std::string read_known(Field field, std::string_view value, Head& head) {
  switch (field) {
    case Field::to_path:
      return read_path("To-Path", value, head.to_path);
    case Field::from_path:
      return read_path("From-Path", value, head.from_path);
    case Field::message_id:
      if (!is_ident(value)) return expected("Message-ID", "4 to 32 characters of an id", value);
      head.message_id = value;
      return {};
    case Field::success_report:
    case Field::failure_report:
      return read_report_field(field, value, head);
    case Field::byte_range:
      head.byte_range = read_byte_range(value);
      return head.byte_range ? std::string() : expected("Byte-Range", "start-end/total from 1 on", value);
    case Field::status:
      // Another name space than 000 is for whoever defines it: ignored like an unknown header (MSRP-12).
      if (value.substr(0, 4) != "000 ") return {};
      head.report_status = read_status(value.substr(4));
      return head.report_status ? std::string() : expected("Status", "000 and three digits", value);
    case Field::use_nickname:
      head.use_nickname = value;  // what is wrong with it has an answer of its own: parse_nickname()
      return {};
    case Field::content_type:
      if (value.empty()) return expected("Content-Type", "type/subtype", value);
      head.content_type = value;
      return {};
    case Field::other:
      break;
  }
  return {};
}

}  // namespace

core::Result<void> read_start_line(std::string_view line, Head& head) {
  clear(head);
  const auto bad = [&] {
    return malformed("expected MSRP, a transaction id and a method or status, got " + quoted(line));
  };
  constexpr std::string_view kStart = "MSRP ";
  if (line.substr(0, kStart.size()) != kStart || has_control(line)) return bad();
  const auto id_and_rest = core::split_once(line.substr(kStart.size()), ' ');
  if (!id_and_rest || !is_ident(id_and_rest->first)) return bad();
  const auto rest = id_and_rest->second;
  if (!rest.empty() && core::is_digit(rest.front())) {
    auto status = read_status(rest);
    if (!status) return bad();
    head.status = status->code;
    head.comment = std::move(status->comment);
  } else {
    if (rest.empty() || !std::all_of(rest.begin(), rest.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
      return bad();
    head.method = rest;
  }
  head.transaction_id = id_and_rest->first;
  return {};
}

std::string read_header(std::string_view line, std::size_t index, Head& head) {
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  const auto field = field_of(name);
  if (colon == std::string_view::npos || (field == Field::other && !core::is_token(name)))
    return expected("header", "\"Name: value\"", line);
  if (has_control(line)) return expected("header", "no control characters", line);
  auto value = line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if ((index == 0) != (field == Field::to_path))
    return expected("first header", "To-Path, and only there", line);
  if ((index == 1) != (field == Field::from_path))
    return expected("second header", "From-Path, and only there", line);
  if (!head.content_type.empty()) return expected("header", "Content-Type as the last one", line);
  // Which of two would count? Whoever forwards them might take the other one.
  if (has(head, field)) return expected("header", "it once", line);
  if (field != Field::other) return read_known(field, core::trim(value), head);
  head.others.push_back({std::string(name), std::string(value)});
  return {};
}

std::string review(const Head& head) {
  if (head.to_path.empty()) return "To-Path: expected this header, it is missing";
  if (head.from_path.empty()) return "From-Path: expected this header, it is missing";
  const bool has_id = head.method == "SEND" || head.method == "REPORT";
  if (has_id && head.message_id.empty()) return "Message-ID: expected this header, it is missing";
  if (head.method == "REPORT" && !head.report_status) return "Status: expected this header, it is missing";
  if (head.has_body && head.content_type.empty())
    return "Content-Type: expected it before a body, it is missing";
  return {};
}

}  // namespace rcs::msrp
