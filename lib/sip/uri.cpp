#include "sip/uri.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "sip/grammar.hpp"

namespace rcs::sip {

using core::ascii_lower;
using core::iequals;
using core::malformed;

namespace {

constexpr std::size_t kMaxUriBytes =
    4096;  // the longest in RFC 4475 has under 1 KiB; a contact list is not a URI
constexpr std::size_t kMaxUriParams = 64;  // comparing two URIs takes the square of it
constexpr std::size_t kMaxIpv6Bytes = 45;  // eight groups with an embedded IPv4 address

core::Error bad(std::string_view text, std::string_view what) {
  return malformed("URI " + core::quoted(text) + ": " + std::string(what));
}

int nibble(char c) {
  if (core::is_digit(c)) return c - '0';
  const char l = ascii_lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool escape_at(std::string_view text, std::size_t at) {
  return at + 2 < text.size() && nibble(text[at + 1]) >= 0 && nibble(text[at + 2]) >= 0;
}

// Every octet is of the class or part of a good escape.
bool well_escaped(std::string_view text, grammar::Class cls) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (!escape_at(text, i)) return false;
      i += 2;
    } else if (!grammar::is(text[i], cls)) {
      return false;
    }
  }
  return true;
}

// The text must be well_escaped.
std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      out += static_cast<char>(nibble(text[i + 1]) * 16 + nibble(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_ipv6_reference(std::string_view host) {
  if (host.size() < 4 || host.size() > kMaxIpv6Bytes + 2 || host.front() != '[' || host.back() != ']') {
    return false;
  }
  const auto inner = host.substr(1, host.size() - 2);
  const auto allowed = [](char c) { return nibble(c) >= 0 || c == ':' || c == '.'; };
  return std::all_of(inner.begin(), inner.end(), allowed) && std::count(inner.begin(), inner.end(), ':') >= 2;
}

bool is_host_name(std::string_view host) {
  return !host.empty() && grammar::all(host, grammar::kHost) && host.front() != '.' && host.front() != '-' &&
         host.find("..") == std::string_view::npos;
}

// Why the text after the host is refused; empty when it is taken.
std::string_view take_params(std::string_view& rest, Params& params) {
  while (!rest.empty() && rest.front() == ';') {
    rest.remove_prefix(1);
    const auto piece = rest.substr(0, grammar::find_any(rest, ";?"));
    rest.remove_prefix(piece.size());
    const auto equals = piece.find('=');
    const auto name = piece.substr(0, equals);
    if (params.size() == kMaxUriParams) return "more than 64 parameters";
    if (name.empty() || !well_escaped(name, grammar::kUriParam)) return "expected ;name or ;name=value";
    Param param{std::string(name), std::nullopt};
    if (equals != std::string_view::npos) {
      const auto value = piece.substr(equals + 1);
      if (!well_escaped(value, grammar::kUriParam)) {
        return "a parameter value has an octet that must be escaped";
      }
      param.value = std::string(value);
    }
    params.push_back(std::move(param));
  }
  return {};
}

std::string_view take_host_port(std::string_view& rest, Uri& uri) {
  const bool bracket = !rest.empty() && rest.front() == '[';
  const auto close = bracket ? rest.find(']') : std::string_view::npos;
  if (bracket && close == std::string_view::npos) return "an IPv6 reference without its ]";
  const auto host = bracket ? rest.substr(0, close + 1) : rest.substr(0, grammar::find_any(rest, ":;?"));
  if (host.empty()) return "the host is missing";
  if (bracket ? !is_ipv6_reference(host) : !is_host_name(host)) {
    return "the host is neither a name nor an address";
  }
  uri.host = core::to_lower(host);
  rest.remove_prefix(host.size());
  if (rest.empty() || rest.front() != ':') return {};
  rest.remove_prefix(1);
  const auto digits = rest.substr(0, grammar::find_any(rest, ";?"));
  const auto port = core::parse_u32(digits, 65535);
  if (!port || *port == 0) return "the port is not a number from 1 to 65535";
  uri.port = static_cast<std::uint16_t>(*port);
  rest.remove_prefix(digits.size());
  return {};
}

std::string_view take_user_info(std::string_view info, Uri& uri) {
  const auto colon = info.find(':');
  const auto user = info.substr(0, colon);
  if (user.empty()) return "the user part before @ is empty";
  if (!well_escaped(user, grammar::kUser)) {
    return "the user part has an octet that must be escaped, or a bad escape";
  }
  uri.user = unescape(user);
  if (colon == std::string_view::npos) return {};
  const auto password = info.substr(colon + 1);
  if (!well_escaped(password, grammar::kPassword)) return "the password has an octet that must be escaped";
  uri.password = unescape(password);
  return {};
}

std::string_view parse_sip(std::string_view rest, Uri& uri) {
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    if (const auto why = take_user_info(rest.substr(0, at), uri); !why.empty()) return why;
    rest.remove_prefix(at + 1);
  }
  if (const auto why = take_host_port(rest, uri); !why.empty()) return why;
  if (const auto why = take_params(rest, uri.params); !why.empty()) return why;
  if (rest.empty()) return {};
  if (rest.front() != '?') return "unexpected text after the host";
  rest.remove_prefix(1);
  if (rest.empty() || !well_escaped(rest, grammar::kUriHeaders)) {
    return "the part after ? is empty or not escaped";
  }
  uri.headers = std::string(rest);
  return {};
}

std::string_view parse_tel(std::string_view rest, Uri& uri) {
  const auto number = rest.substr(0, rest.find(';'));
  if (number.empty() || !grammar::all(number, grammar::kTel)) return "expected a telephone number";
  if (number.find('+', 1) != std::string_view::npos) return "a + inside the telephone number";
  if (grammar::find_any(number, "0123456789abcdefABCDEF*#") == std::string_view::npos) {
    return "a telephone number without a digit";
  }
  uri.user = std::string(number);
  rest.remove_prefix(number.size());
  if (const auto why = take_params(rest, uri.params); !why.empty()) return why;
  return rest.empty() ? std::string_view() : "a tel URI has no part after ?";
}

bool values_match(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  if (!a || !b) return !a && !b;
  const auto decoded_a = core::percent_decode(*a);
  const auto decoded_b = core::percent_decode(*b);
  return decoded_a && decoded_b ? iequals(*decoded_a, *decoded_b) : iequals(*a, *b);
}

// RFC 3261 19.1.4: a parameter in both must match; these few must not be in one only. Of one that is there
// twice, against the grammar, the first counts.
bool params_match(const Params& a, const Params& b) {
  for (const auto& param : a) {
    if (find_param(a, param.name) != &param) continue;
    if (const auto* other = find_param(b, param.name)) {
      if (!values_match(param.value, other->value)) return false;
    } else {
      for (const auto* name : {"user", "ttl", "method", "maddr", "transport"}) {
        if (iequals(param.name, name)) return false;
      }
    }
  }
  return true;
}

// The parts between & without an order, names without case.
std::vector<std::string> sorted_headers(std::string_view headers) {
  std::vector<std::string> out;
  if (headers.empty()) return out;
  for (const auto piece : core::split(headers, '&')) {
    const auto equals = piece.find('=');
    std::string one = core::to_lower(piece.substr(0, equals));
    if (equals != std::string_view::npos) {
      const auto value = core::percent_decode(piece.substr(equals));
      one += value ? *value : std::string(piece.substr(equals));
    }
    out.push_back(std::move(one));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

const Param* find_param(const Params& params, std::string_view name) {
  for (const auto& param : params) {
    if (iequals(param.name, name)) return &param;
  }
  return nullptr;
}

std::optional<std::string> param_value(const Params& params, std::string_view name) {
  const auto* param = find_param(params, name);
  if (param == nullptr || !param->value) return std::nullopt;
  const std::string& value = *param->value;
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return value;
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '\\' && i + 2 < value.size()) ++i;
    out += value[i];
  }
  return out;
}

void set_param(Params& params, std::string_view name, std::optional<std::string> value) {
  for (auto& param : params) {
    if (!iequals(param.name, name)) continue;
    param.value = std::move(value);
    return;
  }
  params.push_back(Param{std::string(name), std::move(value)});
}

void remove_param(Params& params, std::string_view name) {
  std::erase_if(params, [name](const Param& param) { return iequals(param.name, name); });
}

Result<Uri> parse_uri(std::string_view text) {
  if (text.size() > kMaxUriBytes) {
    return core::Error(core::Errc::too_large, "URI of " + std::to_string(text.size()) + " octets: at most " +
                                                  std::to_string(kMaxUriBytes) + " are taken");
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return bad(text, "expected scheme:...");
  const auto scheme = text.substr(0, colon);
  const auto in_scheme = [](char c) { return core::is_alnum(c) || c == '+' || c == '-' || c == '.'; };
  if (!core::is_alpha(scheme.front()) || !std::all_of(scheme.begin(), scheme.end(), in_scheme)) {
    return bad(text, "expected a scheme of letters and digits before the colon");
  }
  Uri uri;
  uri.scheme = core::to_lower(scheme);
  const auto rest = text.substr(colon + 1);
  std::string_view why;
  if (uri.is_sip()) {
    why = parse_sip(rest, uri);
  } else if (uri.scheme == "tel") {
    why = parse_tel(rest, uri);
  } else if (rest.empty() || !well_escaped(rest, grammar::kOpaque)) {
    why = "the part after the scheme is empty, or has an octet that must be escaped";
  } else {
    uri.user = std::string(rest);
  }
  if (!why.empty()) return bad(text, why);
  return uri;
}

bool equivalent(const Uri& a, const Uri& b) {
  if (!iequals(a.scheme, b.scheme)) return false;
  if (!a.is_sip()) {
    return iequals(a.user, b.user) && params_match(a.params, b.params) && params_match(b.params, a.params);
  }
  return a.user == b.user && a.password == b.password && iequals(a.host, b.host) && a.port == b.port &&
         params_match(a.params, b.params) && params_match(b.params, a.params) &&
         sorted_headers(a.headers) == sorted_headers(b.headers);
}

Uri make_sip_uri(std::string_view user, std::string_view host, std::uint16_t port) {
  Uri uri;
  uri.user = std::string(user);
  uri.host = core::to_lower(host);
  uri.port = port;
  return uri;
}

std::string Uri::to_string() const {
  std::string out;
  out.reserve(64);
  grammar::append(out, *this);
  return out;
}

namespace grammar {

void append_escaped(std::string& out, std::string_view text, Class cls, bool keep_percent) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  if (all(text, cls)) {
    out += text;
    return;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%' ? keep_percent && escape_at(text, i) : is(c, cls)) {
      out += c;
    } else {
      const auto u = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[u >> 4];
      out += kHex[u & 15];
    }
  }
}

void append(std::string& out, const Uri& uri) {
  append_escaped(out, uri.scheme, kToken, false);
  out += ':';
  if (!uri.is_sip()) {
    append_escaped(out, uri.user, uri.scheme == "tel" ? kTel : kOpaque, true);
  } else {
    if (!uri.user.empty()) {
      append_escaped(out, uri.user, kUser, false);
      if (!uri.password.empty()) {
        out += ':';
        append_escaped(out, uri.password, kPassword, false);
      }
      out += '@';
    }
    if (!uri.host.empty() && uri.host.front() == '[' && is_ipv6_reference(uri.host)) {
      out += uri.host;
    } else {
      append_escaped(out, uri.host, kHost, false);
    }
    if (uri.port != 0) {
      out += ':';
      append_number(out, uri.port);
    }
  }
  for (const auto& param : uri.params) {
    out += ';';
    append_escaped(out, param.name, kUriParam, true);
    if (param.value) {
      out += '=';
      append_escaped(out, *param.value, kUriParam, true);
    }
  }
  if (!uri.headers.empty()) {
    out += '?';
    append_escaped(out, uri.headers, kUriHeaders, true);
  }
}

}  // namespace grammar

}  // namespace rcs::sip
