#include "chat/credentials.hpp"

#include <algorithm>
#include <utility>

#include "core/digest_access.hpp"

namespace rcs::chat {
namespace {

constexpr std::size_t kMaxChallenges = 8;  // of one response: an algorithm each, for a realm or two

constexpr std::string_view header_of(bool is_proxy) {
  return is_proxy ? "Proxy-Authorization" : "Authorization";
}

}  // namespace

Credentials::Realm* Credentials::realm_of(const std::string& name, bool is_proxy, bool is_registrar) {
  const auto found = std::find_if(realms_.begin(), realms_.end(), [&](const Realm& realm) {
    return realm.name == name && realm.is_proxy == is_proxy && realm.is_registrar == is_registrar;
  });
  if (found != realms_.end()) return &*found;
  if (realms_.size() >= kMaxRealms) return nullptr;
  realms_.push_back({name, is_proxy, is_registrar, core::DigestClient(login_, *random_)});
  return &realms_.back();
}

core::Result<void> Credentials::challenged(const sip::Message& response, bool again) {
  const bool is_proxy = response.status == 407;
  const bool is_registrar = response.cseq.method == "REGISTER";
  std::vector<std::string> answered;
  core::Error fault(core::Errc::malformed, "a challenge without a challenge in it");
  std::size_t looked_at = 0;
  for (const auto value : response.header_values(is_proxy ? "Proxy-Authenticate" : "WWW-Authenticate")) {
    if (++looked_at > kMaxChallenges) break;
    const auto challenge = core::parse_digest_challenge(value);
    if (!challenge) {
      fault = challenge.error();
      continue;
    }
    if (std::find(answered.begin(), answered.end(), challenge->realm) != answered.end()) continue;
    auto* realm = realm_of(challenge->realm, is_proxy, is_registrar);
    if (realm == nullptr) continue;
    // An old answer may be no good for many reasons; a fresh one only for the name or the password.
    if (!again) realm->client.accepted();
    RCS_CHECK_OK(realm->client.challenged(value));
    answered.push_back(challenge->realm);
  }
  if (answered.empty()) return fault;
  return {};
}

void Credentials::authorize(sip::Message& request) {
  for (const bool is_proxy : {false, true}) request.remove_header(header_of(is_proxy));
  const auto uri = request.request_uri.to_string();
  for (auto& realm : realms_) {
    if (realm.is_registrar != (request.method == "REGISTER")) continue;
    const auto answer = realm.client.authorize({request.method, uri, request.body});
    if (answer) request.add_header(header_of(realm.is_proxy), *answer);
  }
}

}  // namespace rcs::chat
