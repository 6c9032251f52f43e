#include "msrp/nickname.hpp"

#include "core/text.hpp"

namespace rcs::msrp {
namespace {

using core::malformed;

core::Result<void> check(std::string_view nickname) {
  if (nickname.size() > kMaxNickname)
    return malformed("nickname: expected at most " + std::to_string(kMaxNickname) + " octets, got " +
                     std::to_string(nickname.size()));
  if (!core::is_utf8(nickname) || core::has_control(nickname))
    return malformed("nickname: expected UTF-8 without control characters, got " + core::quoted(nickname));
  return {};
}

}  // namespace

core::Result<std::string> parse_nickname(std::string_view value) {
  const auto bad = [&] {
    return malformed("Use-Nickname: expected a name in double quotes, got " + core::quoted(value));
  };
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return bad();
  const auto inside = value.substr(1, value.size() - 2);
  std::string out;
  for (std::size_t at = 0; at < inside.size(); ++at) {
    if (inside[at] == '"') return bad();
    if (inside[at] == '\\') {
      if (++at == inside.size() || (inside[at] != '"' && inside[at] != '\\')) return bad();
    }
    out += inside[at];
  }
  RCS_CHECK_OK(check(out));
  return out;
}

core::Result<std::string> format_nickname(std::string_view nickname) {
  RCS_CHECK_OK(check(nickname));
  std::string out = "\"";
  for (const char c : nickname) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string nickname_key(std::string_view nickname) {
  std::string out;
  for (const char c : core::trim(nickname)) {
    if (c != ' ' || out.back() != ' ') out += core::ascii_lower(c);
  }
  return out;
}

}  // namespace rcs::msrp
