// The escapes of RFC 3862 section 2.3.1, which stand in header values only.
#include "body/cpim.hpp"
#include "core/text.hpp"

namespace rcs::body {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t octet) { out += static_cast<char>(octet); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// The four hexadecimal digits of a \uXXXX whose backslash `text` starts with.
std::optional<std::uint32_t> code_unit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(2, 4)) {
    const char lower = core::ascii_lower(c);
    if (!core::is_digit(c) && (lower < 'a' || lower > 'f')) return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(core::is_digit(c) ? c - '0' : lower - 'a' + 10);
  }
  return value;
}

}  // namespace

std::string cpim_escape(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (u < 32 || u == 127) {
          out += "\\u00";
          out += kHex[u >> 4];
          out += kHex[u & 15];
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string cpim_unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (text[0] != '\\') {
      const auto run = text.substr(0, text.find('\\'));
      out += run;
      text.remove_prefix(run.size());
      continue;
    }
    if (text.size() == 1) break;
    if (auto code = code_unit(text)) {
      text.remove_prefix(6);
      if (*code >= 0xD800 && *code <= 0xDBFF) {
        const auto low = code_unit(text);
        const bool pair = low && *low >= 0xDC00 && *low <= 0xDFFF;
        if (pair) text.remove_prefix(6);
        code = pair ? 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00) : kReplacement;
      } else if (*code >= 0xDC00 && *code <= 0xDFFF) {
        code = kReplacement;
      }
      append_utf8(out, *code);
      continue;
    }
    switch (text[1]) {
      case 'b':
        out += '\b';
        break;
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      default:
        out += text[1];
        break;
    }
    text.remove_prefix(2);
  }
  return out;
}

}  // namespace rcs::body
