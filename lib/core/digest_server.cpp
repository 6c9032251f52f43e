#include "core/digest_server.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"

namespace rcs::core {
namespace {

// A nonce in hexadecimal digits: nanoseconds, random bits, and the hash of both.
constexpr std::size_t kTimeDigits = 16;
constexpr std::size_t kRandomDigits = 16;
constexpr std::size_t kHeadDigits = kTimeDigits + kRandomDigits;
constexpr std::size_t kHashDigits = 32;  // 128 bits, half of what the hash has
constexpr std::uint32_t kWindow = 64;    // counts that may come out of order, as on parallel connections

std::string time_text(Instant time) {
  std::string out;
  const auto ns = static_cast<std::uint64_t>(time.time_since_epoch().count());
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(ns >> shift) & 15];
  return out;
}

}  // namespace

DigestServer::DigestServer(DigestServerOptions options) : options_(std::move(options)) {
  RCS_ASSERT(!options_.secret.empty());
}

std::string DigestServer::sign(std::string_view head) const {
  // The realm too: another one may share the secret.
  return hex_encode(hmac(DigestAlgorithm::sha256, options_.secret, std::string(head) + options_.realm))
      .substr(0, kHashDigits);
}

DigestChallenge DigestServer::challenge(Instant now, Random& random, bool stale) const {
  DigestChallenge out;
  out.realm = options_.realm;
  out.nonce = time_text(now) + random.hex(kRandomDigits);
  out.nonce += sign(out.nonce);
  out.algorithm = options_.algorithm;
  out.qops = options_.qops;
  out.stale = stale;
  return out;
}

std::optional<DigestServer::NonceKey> DigestServer::recognise(Instant now, std::string_view nonce) const {
  if (nonce.size() != kHeadDigits + kHashDigits) return std::nullopt;
  const auto head = nonce.substr(0, kHeadDigits);
  if (!equal_in_constant_time(nonce.substr(kHeadDigits), sign(head))) return std::nullopt;
  std::uint64_t ns = 0;
  std::from_chars(head.data(), head.data() + kTimeDigits, ns, 16);
  const Instant made{Duration(static_cast<std::int64_t>(ns))};
  if (made > now || now - made > options_.nonce_lifetime || (floor_ && made <= *floor_)) return std::nullopt;
  return NonceKey(made, head.substr(kTimeDigits));
}

DigestVerdict DigestServer::check(Instant now, const DigestAnswer& answer, const DigestRequest& request,
                                  const std::optional<std::string>& password) {
  const auto expected = digest_response(answer, {answer.username, password.value_or(std::string())}, request);
  const bool is_same = equal_in_constant_time(to_lower(answer.response), expected);
  const bool is_asked = options_.qops.empty() ? answer.qop == DigestQop::none
                                              : std::find(options_.qops.begin(), options_.qops.end(),
                                                          answer.qop) != options_.qops.end();
  const bool is_ours =
      answer.realm == options_.realm && !answer.userhash &&
      answer.algorithm.value_or(DigestAlgorithm::md5) == options_.algorithm.value_or(DigestAlgorithm::md5);
  if (!password || !is_same || !is_asked || !is_ours) return DigestVerdict::wrong;
  auto key = recognise(now, answer.nonce);
  const auto count = answer.qop == DigestQop::none ? 1 : answer.nc;
  return key && use(now, std::move(*key), count) ? DigestVerdict::good : DigestVerdict::stale;
}

bool DigestServer::Window::take(std::uint32_t count) {
  if (count == 0) return false;
  if (count > highest) {
    const auto step = count - highest;
    seen = step < kWindow ? seen << step | 1 : 1;
    highest = count;
    return true;
  }
  const auto back = highest - count;
  if (back >= kWindow || (seen >> back & 1) != 0) return false;
  seen |= std::uint64_t{1} << back;
  return true;
}

bool DigestServer::use(Instant now, NonceKey key, std::uint32_t count) {
  while (!used_.empty() && now - used_.begin()->first.first > options_.nonce_lifetime)
    used_.erase(used_.begin());
  const auto at = used_.try_emplace(std::move(key)).first;
  const bool is_new = at->second.take(count);
  while (used_.size() > options_.max_used) {
    floor_ = used_.begin()->first.first;
    used_.erase(used_.begin());
  }
  return is_new;
}

DigestInfo DigestServer::confirm(const DigestAnswer& answer, const DigestRequest& reply,
                                 std::string_view password) const {
  DigestInfo out;
  out.rspauth = digest_rspauth(answer, {answer.username, std::string(password)}, reply);
  out.qop = answer.qop;
  out.cnonce = answer.cnonce;
  out.nc = answer.nc;
  return out;
}

}  // namespace rcs::core
