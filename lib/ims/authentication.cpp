#include "ims/authentication.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "ims/signal_text.hpp"

namespace rcs::ims {
namespace {

constexpr std::size_t kSecretLength = 32;   // of nonces: over 128 random bits
constexpr std::size_t kMaxCredentials = 8;  // header fields that are looked through for ours

/// The credentials for our realm, with the place of their header field.
struct Found {
  core::DigestAnswer answer;
  std::string value;
};

std::optional<Found> find_credentials(const sip::Message& request, std::string_view header,
                                      const std::string& realm) {
  std::size_t looked_at = 0;
  for (const auto value : request.header_values(header)) {
    if (++looked_at > kMaxCredentials) break;
    auto answer = core::parse_digest_answer(value);
    if (answer && answer->realm == realm) return Found{std::move(*answer), std::string(value)};
  }
  return std::nullopt;
}

/// Does the digest name what is asked? RFC 7616 section 3.4.6.
bool is_for(const core::DigestAnswer& answer, const sip::Message& request) {
  const auto uri = sip::parse_uri(answer.uri);
  return uri && sip::equivalent(*uri, request.request_uri);
}

}  // namespace

Authentication::Authentication(AuthenticationConfig config, Directory& directory, core::Random& random)
    : config_(std::move(config)), directory_(directory), random_(random) {
  for (const auto algorithm : config_.algorithms) {
    core::DigestServerOptions options;
    options.realm = config_.realm;
    options.secret = random_.token(kSecretLength);
    options.algorithm = algorithm;
    options.qops = config_.qops;
    options.nonce_lifetime = config_.nonce_lifetime;
    servers_.emplace_back(std::move(options));
  }
}

Authentication::Refusal Authentication::challenge(core::Instant now, bool is_register, bool stale) {
  Refusal refusal{is_register ? 401 : 407, {}};
  for (const auto& server : servers_) {
    refusal.headers.push_back({is_register ? "WWW-Authenticate" : "Proxy-Authenticate",
                               core::format(server.challenge(now, random_, stale))});
  }
  return refusal;
}

core::DigestServer* Authentication::server_of(const core::DigestAnswer& answer) {
  const auto algorithm = answer.algorithm.value_or(core::DigestAlgorithm::md5);
  const auto found = std::find(config_.algorithms.begin(), config_.algorithms.end(), algorithm);
  if (found == config_.algorithms.end()) return nullptr;
  return &servers_[static_cast<std::size_t>(found - config_.algorithms.begin())];
}

/// A name is that of a public identity, with its domain or without.
bool Authentication::speaks_for(const std::string& username, const sip::Message& request) const {
  const auto at = username.rfind('@');
  const auto owner = directory_.user(sip::make_sip_uri(
      username.substr(0, at), at == std::string::npos ? directory_.domain() : username.substr(at + 1)));
  const auto claimed = request.method == "REGISTER"
                           ? directory_.user(request.to.uri)
                           : directory_.user(identity_of_device(request, directory_).uri);
  return owner && owner != kForeignUser && owner == claimed;
}

std::optional<Authentication::Refusal> Authentication::check(core::Instant now, sip::Message& request) {
  const bool is_register = request.method == "REGISTER";
  if (request.method == "ACK" || request.method == "CANCEL") return std::nullopt;
  if (!is_register && !config_.every_request) return std::nullopt;
  const std::string_view header = is_register ? "Authorization" : "Proxy-Authorization";
  const auto found = find_credentials(request, header, config_.realm);
  // What clients send before they are asked names them and answers nothing (section 2, step 1).
  if (!found || found->answer.nonce.empty()) return challenge(now, is_register, false);
  auto* server = server_of(found->answer);
  if (server == nullptr) return challenge(now, is_register, false);
  if (!is_for(found->answer, request)) return Refusal{400, {}};

  const auto password = config_.password_of ? config_.password_of(found->answer.username) : std::nullopt;
  const core::DigestRequest asked{request.method, found->answer.uri, request.body};
  switch (server->check(now, found->answer, asked, password)) {
    case core::DigestVerdict::stale:
      return challenge(now, is_register, true);
    case core::DigestVerdict::wrong:
      return challenge(now, is_register, false);
    case core::DigestVerdict::good:
      break;
  }
  if (!speaks_for(found->answer.username, request)) return Refusal{403, {}};
  std::erase_if(request.headers, [&](const sip::Header& h) {
    return core::iequals(h.name, header) && h.value == found->value;
  });
  return std::nullopt;
}

}  // namespace rcs::ims
