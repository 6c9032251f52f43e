#include "core/digest_access.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/text.hpp"

namespace rcs::core {
namespace {

constexpr std::size_t kMaxField = 4096;     // a real one has 300 octets, a nonce of AKA with server data 1000
constexpr std::size_t kMaxParameters = 32;  // RFC 7616 names twelve
constexpr std::size_t kCountDigits = 8;     // of nc

struct AlgorithmName {
  std::string_view name;
  DigestAlgorithm algorithm;
};
constexpr std::array<AlgorithmName, 3> kAlgorithms = {{{"MD5", DigestAlgorithm::md5},
                                                       {"SHA-256", DigestAlgorithm::sha256},
                                                       {"SHA-512-256", DigestAlgorithm::sha512_256}}};

std::string_view name_of(DigestAlgorithm algorithm) {
  for (const auto& known : kAlgorithms) {
    if (known.algorithm == algorithm) return known.name;
  }
  RCS_ASSERT(!"an algorithm of Digest access");
  return {};
}

std::string_view name_of(DigestQop qop) { return qop == DigestQop::auth_int ? "auth-int" : "auth"; }

/// `name=value` and `name="value"` with commas between them. Names are in lower case, values unquoted.
class Parameters {
 public:
  static Result<Parameters> parse(std::string_view field, std::string_view text);

  std::string take(std::string_view name) {
    const auto at = find(name);
    return at == items_.end() ? std::string() : std::move(at->second);
  }
  bool has(std::string_view name) { return find(name) != items_.end(); }

 private:
  using Items = std::vector<std::pair<std::string, std::string>>;
  Items::iterator find(std::string_view name) {
    return std::find_if(items_.begin(), items_.end(), [&](const auto& item) { return item.first == name; });
  }
  Items items_;
};

/// A quoted-string from the front of `text`, or what stands before the next comma.
std::optional<std::string> take_value(std::string_view& text) {
  if (text.empty() || text.front() != '"') {
    const auto value = text.substr(0, text.find(','));
    text.remove_prefix(value.size());
    return std::string(trim(value));
  }
  std::string value;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      text.remove_prefix(at + 1);
      return value;
    }
    if (text[at] == '\\' && ++at == text.size()) break;
    value += text[at];
  }
  return std::nullopt;
}

Result<Parameters> Parameters::parse(std::string_view field, std::string_view text) {
  const auto bad = [&](std::string_view wish) {
    return malformed(std::string(field).append(": expected ").append(wish).append(", got ") + quoted(text));
  };
  if (text.size() > kMaxField)
    return Error(Errc::too_large, std::string(field) + ": over " + std::to_string(kMaxField) + " octets");
  if (has_control(text)) return bad("no control characters");
  Parameters out;
  for (auto rest = trim(text); !rest.empty(); rest = trim(rest)) {
    if (rest.front() == ',') {
      rest.remove_prefix(1);
      continue;
    }
    const auto equals = rest.find('=');
    auto name = to_lower(trim(rest.substr(0, equals)));
    if (equals == std::string_view::npos || !is_token(name)) return bad("name=value");
    rest = trim(rest.substr(equals + 1));
    auto value = take_value(rest);
    rest = trim(rest);
    if (!value || (!rest.empty() && rest.front() != ',')) return bad("a value, or one in double quotes");
    // Which of two would count? Whoever else looks might take the other one.
    if (out.has(name)) return bad(name + " once");
    if (out.items_.size() == kMaxParameters)
      return bad("at most " + std::to_string(kMaxParameters) + " parameters");
    out.items_.emplace_back(std::move(name), std::move(*value));
  }
  return out;
}

Result<Parameters> parse_digest(std::string_view field, std::string_view text) {
  constexpr std::string_view kScheme = "Digest";
  text = trim(text);
  const auto scheme = text.substr(0, text.find_first_of(" \t"));
  if (!iequals(scheme, kScheme))
    return Error(Errc::unsupported,
                 std::string(field) + ": expected the scheme Digest, got " + quoted(scheme));
  return Parameters::parse(field, text.substr(kScheme.size()));
}

Result<std::optional<DigestAlgorithm>> take_algorithm(std::string_view field, Parameters& parameters) {
  if (!parameters.has("algorithm")) return std::optional<DigestAlgorithm>();
  const auto name = parameters.take("algorithm");
  for (const auto& known : kAlgorithms) {
    if (iequals(known.name, name)) return std::optional(known.algorithm);
  }
  return Error(
      Errc::unsupported,
      std::string(field) + ": expected the algorithm MD5, SHA-256 or SHA-512-256, got " + quoted(name));
}

std::optional<DigestQop> qop_of(std::string_view name) {
  if (iequals(name, "auth")) return DigestQop::auth;
  if (iequals(name, "auth-int")) return DigestQop::auth_int;
  return std::nullopt;
}

/// qop, cnonce and nc, which stand in an answer and in what confirms it.
template <class Value>
Result<void> take_count(std::string_view field, Parameters& parameters, Value& value) {
  const auto bad = [&](std::string_view wish, std::string_view got) {
    return malformed(std::string(field).append(": expected ").append(wish).append(", got ") + quoted(got));
  };
  if (!parameters.has("qop")) return {};
  const auto qop = parameters.take("qop");
  const auto known = qop_of(qop);
  if (!known) return bad("qop=auth or auth-int", qop);
  value.qop = *known;
  value.cnonce = parameters.take("cnonce");
  if (value.cnonce.empty()) return bad("a cnonce beside qop", "");
  const auto nc = parameters.take("nc");
  const auto [end, error] = std::from_chars(nc.data(), nc.data() + nc.size(), value.nc, 16);
  if (nc.size() != kCountDigits || error != std::errc() || end != nc.data() + nc.size())
    return bad("nc of eight hexadecimal digits", nc);
  return {};
}

void add(std::string& out, std::string_view name, std::string_view value) {
  out.append(out.empty() || out.back() == ' ' ? "" : ", ").append(name).append("=").append(value);
}

void add_quoted(std::string& out, std::string_view name, std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') text += '\\';
    text += octet < ' ' || octet == 127 ? ' ' : c;
  }
  add(out, name, text += '"');
}

std::string count_text(std::uint32_t nc) {
  std::string out;
  for (int shift = 28; shift >= 0; shift -= 4) out += "0123456789abcdef"[(nc >> shift) & 15];
  return out;
}

template <class Value>
void add_count(std::string& out, const Value& value) {
  if (value.qop == DigestQop::none) return;
  add(out, "qop", name_of(value.qop));
  add_quoted(out, "cnonce", value.cnonce);
  add(out, "nc", count_text(value.nc));
}

std::string joined(std::initializer_list<std::string_view> pieces) {
  std::string out;
  for (const auto& piece : pieces) out.append(&piece == pieces.begin() ? "" : ":").append(piece);
  return out;
}

std::string respond(const DigestAnswer& answer, const DigestCredentials& credentials, std::string_view method,
                    const DigestRequest& request) {
  const auto algorithm = answer.algorithm.value_or(DigestAlgorithm::md5);
  const auto hash = [&](std::string_view text) { return hex_digest(algorithm, text); };
  const auto who = hash(joined({credentials.username, answer.realm, credentials.password}));
  const auto what = hash(answer.qop == DigestQop::auth_int ? joined({method, request.uri, hash(request.body)})
                                                           : joined({method, request.uri}));
  if (answer.qop == DigestQop::none) return hash(joined({who, answer.nonce, what}));
  return hash(joined({who, answer.nonce, count_text(answer.nc), answer.cnonce, name_of(answer.qop), what}));
}

}  // namespace

Result<DigestChallenge> parse_digest_challenge(std::string_view text) {
  constexpr std::string_view kField = "WWW-Authenticate";
  RCS_TRY(auto parameters, parse_digest(kField, text));
  DigestChallenge out;
  if (!parameters.has("realm") || !parameters.has("nonce"))
    return malformed("WWW-Authenticate: expected realm and nonce, got " + quoted(text));
  out.realm = parameters.take("realm");
  out.nonce = parameters.take("nonce");
  out.opaque = parameters.take("opaque");
  RCS_TRY(out.algorithm, take_algorithm(kField, parameters));
  out.stale = iequals(parameters.take("stale"), "true");
  out.userhash = iequals(parameters.take("userhash"), "true");
  if (!parameters.has("qop")) return out;
  const auto offered = parameters.take("qop");
  for (const auto name : split(offered, ',')) {
    if (const auto qop = qop_of(trim(name))) out.qops.push_back(*qop);
  }
  if (out.qops.empty())
    return Error(Errc::unsupported,
                 "WWW-Authenticate: expected the qop auth or auth-int, got " + quoted(offered));
  return out;
}

Result<DigestAnswer> parse_digest_answer(std::string_view text) {
  constexpr std::string_view kField = "Authorization";
  RCS_TRY(auto parameters, parse_digest(kField, text));
  DigestAnswer out;
  for (const auto* name : {"username", "realm", "nonce", "response"}) {
    if (!parameters.has(name))
      return malformed("Authorization: expected " + std::string(name) + ", got " + quoted(text));
  }
  out.username = parameters.take("username");
  out.realm = parameters.take("realm");
  out.nonce = parameters.take("nonce");
  out.response = parameters.take("response");
  out.uri = parameters.take("uri");
  out.opaque = parameters.take("opaque");
  out.userhash = iequals(parameters.take("userhash"), "true");
  RCS_TRY(out.algorithm, take_algorithm(kField, parameters));
  RCS_CHECK_OK(take_count(kField, parameters, out));
  return out;
}

Result<DigestInfo> parse_digest_info(std::string_view text) {
  constexpr std::string_view kField = "Authentication-Info";
  // RFC 7615 has no scheme in it, RFC 4976 writes one.
  constexpr std::string_view kScheme = "Digest ";
  text = trim(text);
  if (istarts_with(text, kScheme)) text.remove_prefix(kScheme.size());
  RCS_TRY(auto parameters, Parameters::parse(kField, text));
  DigestInfo out;
  out.rspauth = parameters.take("rspauth");
  out.nextnonce = parameters.take("nextnonce");
  RCS_CHECK_OK(take_count(kField, parameters, out));
  return out;
}

std::string format(const DigestChallenge& challenge) {
  std::string out = "Digest ";
  add_quoted(out, "realm", challenge.realm);
  add_quoted(out, "nonce", challenge.nonce);
  if (!challenge.opaque.empty()) add_quoted(out, "opaque", challenge.opaque);
  if (challenge.algorithm) add(out, "algorithm", name_of(*challenge.algorithm));
  std::string qops;
  for (const auto qop : challenge.qops) qops.append(qops.empty() ? "" : ",").append(name_of(qop));
  if (!qops.empty()) add_quoted(out, "qop", qops);
  if (challenge.stale) add(out, "stale", "true");
  if (challenge.userhash) add(out, "userhash", "true");
  return out;
}

std::string format(const DigestAnswer& answer) {
  std::string out = "Digest ";
  add_quoted(out, "username", answer.username);
  add_quoted(out, "realm", answer.realm);
  add_quoted(out, "nonce", answer.nonce);
  if (!answer.uri.empty()) add_quoted(out, "uri", answer.uri);
  add_quoted(out, "response", answer.response);
  if (!answer.opaque.empty()) add_quoted(out, "opaque", answer.opaque);
  if (answer.algorithm) add(out, "algorithm", name_of(*answer.algorithm));
  add_count(out, answer);
  if (answer.userhash) add(out, "userhash", "true");
  return out;
}

std::string format(const DigestInfo& info) {
  std::string out;
  if (!info.rspauth.empty()) add_quoted(out, "rspauth", info.rspauth);
  add_count(out, info);
  if (!info.nextnonce.empty()) add_quoted(out, "nextnonce", info.nextnonce);
  return out;
}

std::string digest_response(const DigestAnswer& answer, const DigestCredentials& credentials,
                            const DigestRequest& request) {
  return respond(answer, credentials, request.method, request);
}

std::string digest_rspauth(const DigestAnswer& answer, const DigestCredentials& credentials,
                           const DigestRequest& request) {
  return respond(answer, credentials, {}, request);
}

std::string digest_userhash(DigestAlgorithm algorithm, std::string_view username, std::string_view realm) {
  return hex_digest(algorithm, joined({username, realm}));
}

}  // namespace rcs::core
