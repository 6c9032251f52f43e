#include "core/digest_client.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace rcs::core {
namespace {

constexpr std::size_t kCnonceLength = 32;  // hexadecimal digits: 128 bits
constexpr int kMaxStale = 2;               // a nonce may expire on its way, but not for ever

DigestQop choose(const std::vector<DigestQop>& offered) {
  if (offered.empty()) return DigestQop::none;
  // What covers the body too has to be asked for: middleboxes of ours rewrite bodies.
  const bool has_auth = std::find(offered.begin(), offered.end(), DigestQop::auth) != offered.end();
  return has_auth ? DigestQop::auth : DigestQop::auth_int;
}

}  // namespace

Result<void> DigestClient::challenged(std::string_view text) {
  RCS_TRY(auto challenge, parse_digest_challenge(text));
  const bool again = answer_ && answer_->realm == challenge.realm;
  if (again && (!challenge.stale || ++stale_ > kMaxStale))
    return Error(Errc::refused, "Digest: " + quoted(challenge.realm) + " does not take the name " +
                                    quoted(credentials_.username) + " with this password");
  challenge_ = std::move(challenge);
  count_ = 0;
  return {};
}

std::optional<std::string> DigestClient::authorize(const DigestRequest& request) {
  if (!challenge_) return std::nullopt;
  DigestAnswer answer;
  answer.algorithm = challenge_->algorithm;
  answer.username = challenge_->userhash ? digest_userhash(answer.algorithm.value_or(DigestAlgorithm::md5),
                                                           credentials_.username, challenge_->realm)
                                         : credentials_.username;
  answer.userhash = challenge_->userhash;
  answer.realm = challenge_->realm;
  answer.nonce = challenge_->nonce;
  answer.opaque = challenge_->opaque;
  answer.uri = request.uri;
  answer.qop = choose(challenge_->qops);
  if (answer.qop != DigestQop::none) {
    answer.cnonce = random_->hex(kCnonceLength);
    answer.nc = ++count_;
  }
  answer.response = digest_response(answer, credentials_, request);
  auto text = format(answer);
  answer_ = std::move(answer);
  return text;
}

void DigestClient::accepted() {
  answer_.reset();
  stale_ = 0;
}

Result<void> DigestClient::confirmed(std::string_view text, const DigestRequest& reply) {
  RCS_TRY(auto info, parse_digest_info(text));
  if (!answer_) return {};
  const auto answer = std::move(*answer_);
  accepted();
  if (!info.rspauth.empty() &&
      !equal_in_constant_time(to_lower(info.rspauth), digest_rspauth(answer, credentials_, reply)))
    return Error(Errc::refused, "Digest: " + quoted(answer.realm) +
                                    " does not prove that it knows the password of " +
                                    quoted(credentials_.username));
  if (!info.nextnonce.empty()) {
    challenge_->nonce = std::move(info.nextnonce);
    count_ = 0;
  }
  return {};
}

}  // namespace rcs::core
