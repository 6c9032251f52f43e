#include "msrp/uri.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/text.hpp"

namespace rcs::msrp {
namespace {

using core::Errc;
using core::Error;
using core::malformed;
using core::quoted;

constexpr std::size_t kSessionIdLength = 20;  // 5.17 bits a character: 103 bits, where 80 are asked for

bool all_of(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return core::is_alnum(c) || also.find(c) != std::string_view::npos; });
}

/// An IPv4 or IPv6 address by value; nullopt for a name. A mapped IPv4 address is not the IPv4 address.
std::optional<std::string> address_of(std::string_view host) {
  const bool v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (v6) host = host.substr(1, host.size() - 2);
  std::array<char, sizeof(in6_addr)> value{};
  const std::string text(host);  // inet_pton wants an end, and stops at a NUL that a host can not have
  if (inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), value.data()) != 1) return std::nullopt;
  return std::string(value.data(), v6 ? sizeof(in6_addr) : sizeof(in_addr));
}

/// Lower case, with the percent-encoded unreserved characters decoded (MSRP-20).
std::string normal_host(std::string_view host) {
  std::string out;
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (host[i] == '%') {
      const auto octet = core::percent_decode(host.substr(i, 3));
      if (octet && all_of(*octet, "-._~")) {
        out += core::ascii_lower(octet->front());
        i += 2;
        continue;
      }
    }
    out += core::ascii_lower(host[i]);
  }
  return out;
}

bool same_host(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto left = address_of(a);
  const auto right = address_of(b);
  if (left || right) return left == right;
  return normal_host(a) == normal_host(b);
}

/// reg-name or userinfo: unreserved, sub-delims, %XX, and what `also` names.
bool is_authority_text(std::string_view text, std::string_view also) {
  constexpr std::string_view kUsual = "-._~!$&'()*+,=%";  // no ";", which ends the authority of an MSRP URI
  const bool usual = std::all_of(text.begin(), text.end(), [&](char c) {
    return core::is_alnum(c) || kUsual.find(c) != std::string_view::npos ||
           also.find(c) != std::string_view::npos;
  });
  return usual && core::percent_decode(text);
}

bool is_host(std::string_view host) {
  if (host.empty()) return false;
  if (host.front() == '[') return address_of(host).has_value();
  return is_authority_text(host, {});
}

/// `[userinfo@]host[:port]`; false where it is none.
bool take_authority(std::string_view text, Uri& uri) {
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    uri.userinfo = text.substr(0, at);
    if (uri.userinfo.empty() || !is_authority_text(uri.userinfo, ":")) return false;
    text.remove_prefix(at + 1);
  }
  // The colons of an IPv6 address stand inside its brackets.
  const auto bracket = text.find(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const auto port = core::parse_u32(text.substr(colon + 1), UINT16_MAX);
    if (!port) return false;
    uri.port = static_cast<std::uint16_t>(*port);
    text = text.substr(0, colon);
  }
  uri.host = text;
  return is_host(text);
}

/// `;name[=value]` any number of times.
bool are_parameters(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(1);
    const auto piece = text.substr(0, text.find(';'));
    const auto pair = core::split_once(piece, '=');
    if (!core::is_token(pair ? pair->first : piece) || (pair && !core::is_token(pair->second))) return false;
    text.remove_prefix(piece.size());
  }
  return true;
}

}  // namespace

std::string Uri::to_string() const {
  std::string out = secure ? "msrps://" : "msrp://";
  if (!userinfo.empty()) out.append(userinfo).append("@");
  out += host;
  if (port) out.append(":").append(std::to_string(*port));
  if (!session_id.empty()) out.append("/").append(session_id);
  return out.append(";").append(transport).append(parameters);
}

bool equivalent(const Uri& a, const Uri& b) {
  return a.secure == b.secure && a.port == b.port && a.session_id == b.session_id &&
         core::iequals(a.transport, b.transport) && same_host(a.host, b.host);
}

Result<Uri> parse_uri(std::string_view text) {
  const auto bad = [&](std::string_view wish) {
    return malformed("MSRP URI: expected " + std::string(wish) + ", got " + quoted(text));
  };
  if (text.size() > kMaxUriOctets)
    return Error(Errc::too_large, "MSRP URI: over " + std::to_string(kMaxUriOctets) + " octets");
  Uri uri;
  uri.secure = core::istarts_with(text, "msrps://");
  if (!uri.secure && !core::istarts_with(text, "msrp://")) return bad("msrp:// or msrps://");
  auto rest = text.substr(uri.secure ? 8 : 7);
  const auto authority = rest.substr(0, rest.find_first_of("/;"));
  if (!take_authority(authority, uri)) return bad("[user@]host[:port] after the scheme");
  if (!uri.port && address_of(uri.host)) return bad("a port after the address");
  rest.remove_prefix(authority.size());
  if (!rest.empty() && rest.front() == '/') {
    uri.session_id = rest.substr(1, rest.find(';') - 1);
    if (uri.session_id.empty() || !all_of(uri.session_id, "-._~+=/"))
      return bad("a session id of letters, digits and -._~+=/ after the slash");
    rest.remove_prefix(1 + uri.session_id.size());
  }
  if (rest.empty()) return bad("a transport such as ;tcp");
  rest.remove_prefix(1);
  uri.transport = rest.substr(0, rest.find(';'));
  if (uri.transport.empty() || !all_of(uri.transport, {})) return bad("a transport such as ;tcp");
  uri.parameters = rest.substr(uri.transport.size());
  if (!are_parameters(uri.parameters)) return bad(";name=value after the transport");
  return uri;
}

Result<Path> parse_path(std::string_view text) {
  Path path;
  for (text = core::trim(text); !text.empty(); text = core::trim(text)) {
    const auto piece = text.substr(0, text.find_first_of(" \t"));
    if (path.size() == kMaxPathUris)
      return Error(Errc::too_large, "MSRP path: more than " + std::to_string(kMaxPathUris) + " URIs");
    RCS_TRY(auto uri, parse_uri(piece));
    path.push_back(std::move(uri));
    text.remove_prefix(piece.size());
  }
  if (path.empty()) return malformed("MSRP path: expected at least one URI, got none");
  return path;
}

Result<Path> parse_sdp_path(std::string_view text) {
  RCS_TRY(auto path, parse_path(text));
  for (const auto& uri : path) {
    if (!uri.port) return malformed("MSRP path in SDP: expected a port in " + quoted(uri.to_string(), 200));
  }
  return path;
}

std::string format_path(const Path& path) {
  std::string out;
  for (const auto& uri : path) out.append(out.empty() ? "" : " ").append(uri.to_string());
  return out;
}

std::string new_session_id(core::Random& random) { return random.token(kSessionIdLength); }

}  // namespace rcs::msrp
