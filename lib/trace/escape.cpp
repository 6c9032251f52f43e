#include "trace/escape.hpp"

#include <cstdint>

#include "core/text.hpp"

namespace rcs::trace {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Calls take(character, ok) for every character; ok is false for an octet that is not UTF-8.
template <class Take>
void each_character(std::string_view text, Take&& take) {
  while (!text.empty()) {
    const auto length = character_length(text);
    take(text.substr(0, length == 0 ? 1 : length), length != 0);
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

bool is_control(std::string_view character) {
  const auto c = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return c < 32 || c == 127;
  // U+0080 to U+009F: some terminals take them for the start of a sequence. U+202A-E and U+2066-9 turn the
  // order of a line around.
  if (c == 0xC2) return static_cast<unsigned char>(character[1]) < 0xA0;
  return character >= "\xE2\x80\xAA" && character <= "\xE2\x81\xA9" &&
         (character <= "\xE2\x80\xAE" || character >= "\xE2\x81\xA6");
}

std::string_view json_escape(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

std::string_view xml_escape(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::size_t character_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return length <= text.size() && core::is_utf8(text.substr(0, length)) ? length : 0;
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  each_character(text, [&](std::string_view, bool) { ++count; });
  return count;
}

std::string json_string(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  out.reserve(text.size() + 2);
  each_character(text, [&](std::string_view character, bool ok) {
    const char c = character.front();
    if (!ok) {
      out += kReplacement;
    } else if (const auto escaped = json_escape(c); !escaped.empty()) {
      out += escaped;
    } else if (character.size() == 1 && is_control(character)) {
      out += "\\u00";
      out += kHex[static_cast<std::uint8_t>(c) >> 4];
      out += kHex[c & 15];
    } else if (character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9") {
      out += character.back() == '\xA8' ? "\\u2028" : "\\u2029";
    } else {
      out += character;
    }
  });
  return out + '"';
}

std::string xml_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  each_character(text, [&](std::string_view character, bool ok) {
    const char c = character.front();
    const bool blank = c == '\t' || c == '\n';
    const bool forbidden =
        (is_control(character) && !blank) || character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
    if (!ok || forbidden) {
      out += kReplacement;
    } else if (const auto escaped = xml_escape(c); !escaped.empty()) {
      out += escaped;
    } else {
      out += character;
    }
  });
  return out;
}

std::string line_text(std::string_view text, std::size_t max) {
  std::string out;
  std::size_t count = 0;
  std::size_t before_last = 0;  // where the last character that fits starts
  bool cut = false;
  each_character(text, [&](std::string_view character, bool ok) {
    if (++count > max) {
      cut = true;
      return;
    }
    before_last = out.size();
    out += ok && !is_control(character) ? character : kReplacement;
  });
  if (cut && max > 0) out.replace(before_last, std::string::npos, "~");
  return out;
}

}  // namespace rcs::trace
