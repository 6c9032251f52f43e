#include "http/wire.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "core/text.hpp"

namespace rcs::http {
namespace {

constexpr std::size_t kUsualHead = 384;  // octets

bool belongs_to_transport(std::string_view name) {
  for (const std::string_view own :
       {"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Date"}) {
    if (core::iequals(name, own)) return true;
  }
  return false;
}

/// A field whose name and value are ours.
void append_own(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!core::is_token(name)) return;
  const auto begin = out.size() + name.size();
  append_own(out, name, value);
  for (auto at = begin; at < out.size() - 2; ++at) {
    const char c = out[at];
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f') out[at] = ' ';
  }
}

}  // namespace

std::string http_date(core::UnixMs time) {
  namespace chrono = std::chrono;
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const chrono::sys_time<chrono::milliseconds> moment{chrono::milliseconds(time.value)};
  const auto day = chrono::floor<chrono::days>(moment);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(moment - day));
  std::array<char, 48> text;
  const int size =
      std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                    kDays[chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                    kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

const std::string& DateText::at(core::UnixMs time) {
  const auto second = time.value / 1000;
  if (text_.empty() || second != second_) text_ = http_date(time);
  second_ = second;
  return text_;
}

std::string response_head(const ResponseHead& head, const core::WebHeaders& headers) {
  std::string out;
  out.reserve(kUsualHead + head.length);  // the body goes behind it
  out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ");
  out.append(core::web_reason(head.status)).append("\r\n");
  append_own(out, "Date", head.date);
  for (const auto& [name, value] : headers) {
    if (!belongs_to_transport(name)) append_field(out, name, value);
  }
  if (head.framing == Framing::length) append_own(out, "Content-Length", std::to_string(head.length));
  if (head.framing == Framing::chunked) append_own(out, "Transfer-Encoding", "chunked");
  if (head.close) {
    append_own(out, "Connection", "close");
  } else if (head.keep_alive) {
    append_own(out, "Connection", "keep-alive");
  }
  out.append("\r\n");
  return out;
}

std::string request_head(const core::WebRequest& request, std::string_view authority) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (core::find_header(request.headers, "Host") == nullptr) append_field(out, "Host", authority);
  for (const auto& [name, value] : request.headers) {
    if (!belongs_to_transport(name)) append_field(out, name, value);
  }
  const bool has_body_by_nature =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!request.body.empty() || has_body_by_nature)
    append_field(out, "Content-Length", std::to_string(request.body.size()));
  out.append("\r\n");
  return out;
}

std::string chunk(std::string_view bytes) {
  std::array<char, 20> size;
  const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  std::string out(size.data(), end);
  out.append("\r\n");
  out.append(bytes).append("\r\n");
  return out;
}

core::WebReply problem(int status, std::string_view detail) {
  core::WebReply reply;
  reply.status = status;
  reply.headers.emplace_back("Content-Type", "application/problem+json");
  reply.headers.emplace_back("Cache-Control", "no-store");
  reply.body = R"({"type":"about:blank","title":")" + std::string(core::web_reason(status)) +
               R"(","status":)" + std::to_string(status) + R"(,"detail":")" + std::string(detail) + "\"}";
  return reply;
}

bool lists_token(std::string_view field, std::string_view token) {
  for (const auto piece : core::split(field, ',')) {
    if (core::iequals(core::trim(piece), token)) return true;
  }
  return false;
}

}  // namespace rcs::http
