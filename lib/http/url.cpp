#include "http/url.hpp"

#include "core/text.hpp"

namespace rcs::http {
namespace {

core::Error refuse(std::string_view text, std::string_view wish) {
  return core::malformed(core::quoted(text) + ": " + std::string(wish));
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (const char c : host) {
    if (!core::is_alnum(c) && c != '.' && c != '-' && c != '_') return false;
  }
  return true;
}

bool is_ipv6(std::string_view host) {
  if (host.size() < 2 || host.size() > 45) return false;
  for (const char c : host) {
    const char lower = core::ascii_lower(c);
    if (!core::is_digit(c) && !(lower >= 'a' && lower <= 'f') && c != ':' && c != '.') return false;
  }
  return host.find(':') != std::string_view::npos;
}

bool is_target(std::string_view target) {
  for (const char c : target) {
    if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 127) return false;
  }
  return true;
}

}  // namespace

std::string Url::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + (port == 80 ? "" : ":" + std::to_string(port));
}

core::Result<Url> parse_url(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return refuse(text, "expected http://HOST[:PORT][/PATH]");
  const std::string_view scheme = text.substr(0, colon);
  if (!core::iequals(scheme, "http") && !core::iequals(scheme, "ws")) {
    return core::Error(
        core::Errc::unsupported,
        core::quoted(text) + ": only http and ws are spoken here, not " + core::quoted(scheme));
  }
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto path = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, path);
  Url url;
  if (path != std::string_view::npos) {
    url.target = rest.substr(path);
    if (url.target.front() == '?') url.target.insert(0, 1, '/');
  }
  if (!is_target(url.target))
    return refuse(text, "the path has a blank, a control or a non-ASCII character; write it as %XX");
  if (authority.find('@') != std::string_view::npos)
    return refuse(text, "a user name is not taken in the URL");

  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return refuse(text, "no ] after the IPv6 address");
    url.host = authority.substr(1, end - 1);
    if (!is_ipv6(url.host)) return refuse(text, "not an IPv6 address between the brackets");
    authority.remove_prefix(end + 1);
  } else {
    const auto end = authority.find(':');
    url.host = authority.substr(0, end);
    if (!is_host(url.host)) return refuse(text, "expected a host name or an address after ://");
    authority = end == std::string_view::npos ? std::string_view() : authority.substr(end);
  }
  if (authority.empty()) return url;
  const auto port = authority.front() == ':' ? core::parse_u32(authority.substr(1), 65535) : std::nullopt;
  if (!port || *port == 0) return refuse(text, "expected a port from 1 to 65535 after the host");
  url.port = static_cast<std::uint16_t>(*port);
  return url;
}

}  // namespace rcs::http
