#include "body/multipart.hpp"

#include <algorithm>
#include <optional>

#include "core/text.hpp"

namespace rcs::body {
namespace {

using core::Errc;
using core::Error;
using core::malformed;

constexpr std::size_t kMaxBoundary = 70;  // RFC 2046 section 5.1.1
constexpr std::size_t kBoundaryLength =
    32;  // 165 random bits: never guessed, and drawn twice only when a text quotes it

// Printable is enough: some peers use more characters than RFC 2046 lists, and none of them makes a delimiter
// ambiguous.
bool is_boundary(std::string_view boundary) {
  return !boundary.empty() && boundary.size() <= kMaxBoundary && boundary.back() != ' ' &&
         std::all_of(boundary.begin(), boundary.end(), [](char c) { return c >= 32 && c < 127; });
}

struct Delimiter {
  std::size_t begin;  // of the line break in front of it, which belongs to it
  std::size_t end;    // behind its own line break
  bool close;         // --boundary--
};

// The next line at or after `from` (the start of a line) that begins with the delimiter; the match is by
// prefix (MIME-4).
std::optional<Delimiter> find_delimiter(std::string_view body, std::string_view delimiter, std::size_t from) {
  for (std::size_t at = from; at < body.size();) {
    const auto newline = body.find('\n', at);
    const auto next = newline == std::string_view::npos ? body.size() : newline + 1;
    if (body.substr(at, delimiter.size()) == delimiter) {
      std::size_t begin = at;
      if (begin > 0) --begin;
      if (begin > 0 && body[begin - 1] == '\r') --begin;
      return Delimiter{begin, next, body.substr(at + delimiter.size(), 2) == "--"};
    }
    at = next;
  }
  return std::nullopt;
}

bool stands_in(const std::vector<Part>& parts, std::string_view boundary) {
  const auto has = [&](const std::string& text) { return text.find(boundary) != std::string::npos; };
  return std::any_of(parts.begin(), parts.end(), [&](const Part& part) {
    return has(part.content) ||
           std::any_of(part.headers.begin(), part.headers.end(),
                       [&](const MimeHeader& header) { return has(header.name) || has(header.value); });
  });
}

}  // namespace

Result<std::vector<Part>> parse_multipart(std::string_view body, std::string_view boundary) {
  if (!is_boundary(boundary)) {
    return malformed("multipart boundary " + core::quoted(boundary) +
                     ": expected 1 to 70 printable characters, no blank at the end");
  }
  const std::string delimiter = "--" + std::string(boundary);
  auto open = find_delimiter(body, delimiter, 0);
  if (!open) return malformed("multipart: expected a line " + core::quoted(delimiter) + ", found none");
  std::vector<Part> parts;
  while (!open->close && open->end < body.size()) {
    if (parts.size() == kMaxParts) {
      return Error(Errc::too_large, "multipart: more than " + std::to_string(kMaxParts) + " parts");
    }
    const auto next = find_delimiter(body, delimiter, open->end);
    const auto end = next ? std::max(next->begin, open->end) : body.size();
    auto rest = body.substr(open->end, end - open->end);
    Part part;
    RCS_TRY(part.headers, take_mime_headers(rest));
    part.content = rest;
    parts.push_back(std::move(part));
    if (!next) break;
    open = next;
  }
  return parts;
}

std::string make_boundary(const std::vector<Part>& parts, core::Random& random) {
  for (;;) {
    auto boundary = random.token(kBoundaryLength);
    if (!stands_in(parts, boundary)) return boundary;
  }
}

bool is_optional(const Part& part) {
  const auto* value = find_mime(part.headers, "Content-Disposition");
  if (value == nullptr) return false;
  const auto disposition = parse_media_type(*value);
  return disposition && core::iequals(disposition->param("handling").value_or(""), "optional");
}

std::string format_multipart(const std::vector<Part>& parts, std::string_view boundary) {
  const std::string delimiter = "--" + std::string(boundary);
  std::string out;
  for (const auto& part : parts) {
    out += delimiter + "\r\n" + format_mime_headers(part.headers) + part.content + "\r\n";
  }
  return out + delimiter + "--\r\n";
}

}  // namespace rcs::body
