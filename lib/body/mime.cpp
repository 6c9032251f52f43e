#include "body/mime.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace rcs::body {
namespace {

using core::Errc;
using core::Error;
using core::malformed;
using core::quoted;

constexpr std::size_t kMaxMimeFields =
    64;  // real parts have two or three; more is an attack on the receiver's memory
constexpr std::size_t kMaxMediaTypeParams = 32;  // real types have one or two

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Controls other than a tab have no place in a header field: they are what header injection is made of.
bool has_raw_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u < 32 && c != '\t') || u == 127;
  });
}

// RFC 2045 section 5.1: anything printable that is not a tspecial.
bool is_mime_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 32 && c < 127 && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
  });
}

// The value of a quoted-string that `text` starts with; what follows its closing quote is left in `text`.
std::optional<std::string> take_quoted_string(std::string_view& text) {
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
    out += text[i];
  }
  return std::nullopt;
}

// One `name=value` at the front of `text`, which is left at the next semicolon or at its end.
bool take_param(std::string_view& text, std::pair<std::string, std::string>& param) {
  const auto equals = text.find_first_of("=;");
  if (equals == std::string_view::npos || text[equals] != '=') return false;
  const auto name = core::trim(text.substr(0, equals));
  if (!is_mime_token(name)) return false;
  param.first = core::to_lower(name);
  text = core::trim(text.substr(equals + 1));
  if (!text.empty() && text.front() == '"') {
    auto value = take_quoted_string(text);
    if (!value) return false;
    param.second = std::move(*value);
    text = core::trim(text);
    return text.empty() || text.front() == ';';
  }
  // Old peers leave out quotes that a slash or an equals sign would ask for: all up to the semicolon is
  // taken.
  const auto value = core::trim(text.substr(0, text.find(';')));
  if (value.empty() || value.find('"') != std::string_view::npos) return false;
  param.second = value;
  text.remove_prefix(std::min(text.size(), text.find(';')));
  return true;
}

// The next line without its line end; `text` is left behind it.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

std::optional<std::string> MediaType::param(std::string_view name) const {
  for (const auto& [key, value] : params) {
    if (core::iequals(key, name)) return value;
  }
  return std::nullopt;
}

std::string MediaType::to_string() const {
  std::string out = type;
  for (const auto& [name, value] : params) {
    out += ';' + name + '=';
    if (is_mime_token(value)) {
      out += value;
      continue;
    }
    out += '"';
    for (const char c : value) {
      if (has_raw_control(std::string_view(&c, 1))) continue;
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out;
}

Result<MediaType> parse_media_type(std::string_view text) {
  const auto bad = [whole = text](std::string_view wish) {
    return malformed("media type " + quoted(whole) + ": expected " + std::string(wish));
  };
  if (has_raw_control(text)) return bad("no control characters");
  auto rest = core::trim(text);
  const auto name = core::trim(rest.substr(0, rest.find(';')));
  const auto slash = core::split_once(name, '/');
  if (slash ? !is_mime_token(slash->first) || !is_mime_token(slash->second) : !is_mime_token(name)) {
    return bad("type/subtype, or one word for a disposition");
  }
  MediaType out;
  out.type = core::to_lower(name);
  rest.remove_prefix(std::min(rest.size(), rest.find(';')));
  while (!rest.empty()) {
    rest = core::trim(rest.substr(1));
    if (rest.empty() || rest.front() == ';') continue;
    if (out.params.size() == kMaxMediaTypeParams) {
      return Error(Errc::too_large, "media type " + quoted(text) + ": more than " +
                                        std::to_string(kMaxMediaTypeParams) + " parameters");
    }
    if (!take_param(rest, out.params.emplace_back())) return bad(";name=value after the type");
  }
  return out;
}

const std::string* find_mime(const MimeHeaders& headers, std::string_view name) {
  for (const auto& header : headers) {
    if (core::iequals(header.name, name)) return &header.value;
  }
  return nullptr;
}

Result<MimeHeaders> take_mime_headers(std::string_view& text) {
  MimeHeaders out;
  while (!text.empty()) {
    const auto line = take_line(text);
    if (line.empty()) break;
    if (has_raw_control(line))
      return malformed("MIME header: expected no control characters, got " + quoted(line));
    if (is_blank(line.front())) {
      if (out.empty())
        return malformed("MIME header: expected a name, got a continuation line " + quoted(line));
      const auto more = core::trim(line);
      auto& value = out.back().value;
      if (!more.empty()) value.append(value.empty() ? "" : " ").append(more);
      continue;
    }
    const auto field = core::split_once(line, ':');
    if (!field || !is_mime_token(core::trim(field->first))) {
      return malformed("MIME header: expected \"Name: value\", got " + quoted(line));
    }
    if (out.size() == kMaxMimeFields) {
      return Error(Errc::too_large,
                   "MIME headers: more than " + std::to_string(kMaxMimeFields) + " fields in one part");
    }
    out.push_back({std::string(core::trim(field->first)), std::string(core::trim(field->second))});
  }
  return out;
}

std::string format_mime_headers(const MimeHeaders& headers) {
  std::string out;
  for (const auto& [name, value] : headers) {
    if (!is_mime_token(name)) continue;
    out += name + ": ";
    for (const char c : value) out += has_raw_control(std::string_view(&c, 1)) ? ' ' : c;
    out += "\r\n";
  }
  return out += "\r\n";
}

Result<MediaType> Part::media_type() const {
  if (const auto* value = find_mime(headers, "Content-Type")) return parse_media_type(*value);
  return MediaType{"text/plain", {{"charset", "us-ascii"}}};
}

}  // namespace rcs::body
