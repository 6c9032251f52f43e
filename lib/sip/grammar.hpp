#pragma once
// The lexical floor of the SIP text form (RFC 3261 section 25.1): which octet may stand where, and the
// writers that put a value into a line without letting it leave its place. Inside this room only; the grammar
// of whole messages is sofia-sip's.

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "sip/message.hpp"

namespace rcs::sip::grammar {

enum Class : std::uint16_t {
  kToken = 1,           ///< token
  kUser = 2,            ///< unreserved and user-unreserved
  kPassword = 4,        ///< unreserved and &=+$,
  kUriParam = 8,        ///< paramchar of a URI parameter
  kUriHeaders = 16,     ///< hnv-unreserved, unreserved, and the = and & between them
  kHost = 32,           ///< a host name or IPv4 address; '_' because names in the field have it
  kTel = 64,            ///< RFC 3966 digits and visual separators
  kOpaque = 128,        ///< anything a URI may hold (RFC 3986) but escapes
  kPlainAddress = 512,  ///< what addresses without quotes, escapes and lists are made of
  kGenValue = 256,      ///< an unquoted parameter value: token and host, and what sofia takes beyond them
};

constexpr std::array<std::uint16_t, 256> make_classes() {
  std::array<std::uint16_t, 256> table{};
  const auto add = [&table](std::string_view chars, int classes) {
    for (const char c : chars) {
      auto& cell = table[static_cast<unsigned char>(c)];
      cell = static_cast<std::uint16_t>(cell | classes);
    }
  };
  constexpr std::string_view kAlnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  add(kAlnum,
      kToken | kUser | kPassword | kUriParam | kUriHeaders | kHost | kOpaque | kGenValue | kPlainAddress);
  add("-_.!~*'()", kUser | kPassword | kUriParam | kUriHeaders);
  add("&=+$,;?/", kUser);
  add("&=+$,", kPassword);
  add("[]/:&+$", kUriParam);
  add("[]/?:+$=&", kUriHeaders);
  add("-.!%*_+`'~", kToken);
  add("-._", kHost);
  add("0123456789abcdefABCDEF*#+-.()", kTel);
  add("-._~!$&'()*+,;=:@/?#[]", kOpaque);
  add("-.!%*_+`'~[]:/$", kGenValue);
  add("-._+<>:;@=", kPlainAddress);
  return table;
}
inline constexpr auto kClasses = make_classes();

constexpr bool is(char c, Class cls) { return (kClasses[static_cast<unsigned char>(c)] & cls) != 0; }
constexpr bool all(std::string_view text, Class cls) {
  for (const char c : text) {
    if (!is(c, cls)) return false;
  }
  return true;
}
constexpr bool is_token(std::string_view text) { return !text.empty() && all(text, kToken); }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
/// As text.find_first_of(ends), which calls memchr for every octet of the text.
constexpr std::size_t find_any(std::string_view text, std::string_view ends) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char end : ends) {
      if (text[i] == end) return i;
    }
  }
  return std::string_view::npos;
}

/// What may follow the = of a header parameter: one quoted string, or octets that need no quotes; not empty.
bool is_param_value(std::string_view value);

inline void append_number(std::string& out, std::uint32_t number) {
  char digits[10];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

inline bool is_given(const NameAddr& address) {
  return !address.uri.host.empty() || !address.uri.user.empty();
}

/// The octets of a value within one line: CR, LF and NUL become spaces (XLAT-2).
void append_line(std::string& out, std::string_view value);
/// %XX for every octet outside `cls`; with `keep_percent` the text is escaped already and '%' stays.
void append_escaped(std::string& out, std::string_view text, Class cls, bool keep_percent);
/// In double quotes, with '"' and '\' escaped.
void append_quoted(std::string& out, std::string_view text);
/// `;name=value` of a header field; a value that is neither plain nor a quoted string gets quotes.
void append_params(std::string& out, const Params& params);

void append(std::string& out, const Uri& uri);
void append(std::string& out, const NameAddr& address);
void append(std::string& out, const Via& via);

}  // namespace rcs::sip::grammar
