#include "msrp/encoder.hpp"

#include <array>
#include <charconv>

#include "core/text.hpp"
#include "msrp/characters.hpp"

namespace rcs::msrp {
namespace {

constexpr std::size_t kTransactionIdLength = 16;  // 5.17 bits a character: 82 bits, where 64 are asked for
constexpr std::size_t kUsualHead = 512;           // octets

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> text;
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

/// Text of others: a line end in it would end the line.
void append_text(std::string& out, std::string_view text) {
  const auto begin = out.size();
  out.append(text);
  if (!has_control(text)) return;
  for (auto at = begin; at < out.size(); ++at) {
    const auto octet = static_cast<unsigned char>(out[at]);
    if ((octet < ' ' && octet != '\t') || octet == 127) out[at] = ' ';
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  append_text(out, value);
  out.append("\r\n");
}

void append_status(std::string& out, int status, std::string_view comment) {
  append_number(out, static_cast<std::uint64_t>(status));
  if (comment.empty()) return;
  out += ' ';
  append_text(out, comment);
}

void append_range_end(std::string& out, const std::optional<std::uint64_t>& number) {
  if (number) {
    append_number(out, *number);
  } else {
    out += '*';
  }
}

void append_byte_range(std::string& out, const ByteRange& range) {
  out.append("Byte-Range: ");
  append_number(out, range.start);
  out += '-';
  append_range_end(out, range.end);
  out += '/';
  append_range_end(out, range.total);
  out.append("\r\n");
}

std::string_view name_of(FailureReport report) {
  switch (report) {
    case FailureReport::yes:
      return "yes";
    case FailureReport::partial:
      return "partial";
    case FailureReport::no:
      return "no";
  }
  return "yes";
}

}  // namespace

void append_head(std::string& out, const Head& head) {
  out.append("MSRP ");
  append_text(out, head.transaction_id);
  out += ' ';
  if (head.is_request()) {
    append_text(out, head.method);
  } else {
    append_status(out, head.status, head.comment);
  }
  out.append("\r\n");
  append_field(out, "To-Path", head.to_path);
  append_field(out, "From-Path", head.from_path);
  if (!head.message_id.empty()) append_field(out, "Message-ID", head.message_id);
  if (head.success_report) append_field(out, "Success-Report", *head.success_report ? "yes" : "no");
  if (head.failure_report) append_field(out, "Failure-Report", name_of(*head.failure_report));
  if (head.byte_range) append_byte_range(out, *head.byte_range);
  if (head.report_status) {
    out.append("Status: 000 ");
    append_status(out, head.report_status->code, head.report_status->comment);
    out.append("\r\n");
  }
  if (!head.use_nickname.empty()) append_field(out, "Use-Nickname", head.use_nickname);
  for (const auto& header : head.others) {
    if (core::is_token(header.name)) append_field(out, header.name, header.value);
  }
  if (!head.content_type.empty()) append_field(out, "Content-Type", head.content_type);
  if (head.has_body) out.append("\r\n");
}

void append_end(std::string& out, const Head& head, Flag flag) {
  append_end(out, head.transaction_id, head.has_body, flag);
}

void append_end(std::string& out, std::string_view transaction_id, bool has_body, Flag flag) {
  if (has_body) out.append("\r\n");
  out.append(kHyphens);
  append_text(out, transaction_id);
  out += static_cast<char>(flag);
  out.append("\r\n");
}

std::string encode(const Head& head, std::string_view body, Flag flag) {
  std::string out;
  out.reserve(kUsualHead + body.size());
  append_head(out, head);
  if (head.has_body) out.append(body);
  append_end(out, head, flag);
  return out;
}

void append_response(std::string& out, const Head& request, int status, std::string_view comment) {
  out.append("MSRP ");
  append_text(out, request.transaction_id);
  out += ' ';
  append_status(out, status, comment);
  out.append("\r\n");
  const std::string_view back = request.from_path;
  append_field(out, "To-Path", request.method == "SEND" ? first_uri(back) : back);
  append_field(out, "From-Path", first_uri(request.to_path));
  append_end(out, request.transaction_id, false, Flag::last);
}

std::string new_transaction_id(core::Random& random) { return random.token(kTransactionIdLength); }

std::string new_transaction_id(core::Random& random, std::string_view body) {
  for (;;) {
    auto id = new_transaction_id(random);
    if (find_end_line(body, id) == std::string_view::npos) return id;
  }
}

std::size_t find_end_line(std::string_view body, std::string_view transaction_id) {
  return body.find(std::string(kHyphens).append(transaction_id));
}

void EndLineGuard::restart(std::string_view transaction_id) {
  pattern_.assign(kHyphens).append(transaction_id);
  tail_.clear();
}

std::size_t EndLineGuard::admit(std::string_view octets) {
  // First across the seam to what was admitted before, then inside. Stopping one octet short of the pattern
  // is enough, and it makes way even where a piece begins in the middle of one.
  seam_.assign(tail_).append(octets.substr(0, pattern_.size() - 1));
  std::size_t admitted = octets.size();
  if (const auto at = seam_.find(pattern_); at != std::string::npos) {
    admitted = at + pattern_.size() - 1 - tail_.size();
  } else if (const auto inside = octets.find(pattern_); inside != std::string_view::npos) {
    admitted = inside + pattern_.size() - 1;
  }
  const auto kept = octets.substr(0, admitted);
  tail_.append(kept.substr(kept.size() - std::min(kept.size(), pattern_.size() - 1)));
  if (tail_.size() >= pattern_.size()) tail_.erase(0, tail_.size() - (pattern_.size() - 1));
  return admitted;
}

}  // namespace rcs::msrp
