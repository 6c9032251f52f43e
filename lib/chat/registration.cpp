#include "chat/registration.hpp"

#include <algorithm>

#include "chat/invite.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

namespace rcs::chat {
namespace {

/// The same user at the same address is the same instance over restarts (RFC 5626 section 4.1), two devices
/// of a user are not.
std::string instance_of(const sip::Uri& identity, const AgentConfig& config) {
  const auto half = [&](std::string_view salt) {
    return core::Hash().add(salt).add(identity.to_string()).add(config.host).add(config.port).value();
  };
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const std::uint64_t part : {half("instance high"), half("instance low")}) {
    for (int shift = 60; shift >= 0; shift -= 4) hex.push_back(kDigits[(part >> shift) & 15]);
  }
  hex[12] = '8';  // RFC 9562: version 8, made by the application
  hex[16] = '8';  // and its variant
  return "urn:uuid:" + hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

std::optional<std::uint32_t> granted_seconds(const sip::Message& response, const sip::Uri& contact) {
  for (const auto& binding : response.contacts) {
    if (!sip::equivalent(binding.uri, contact)) continue;
    if (const auto expires = sip::param_value(binding.params, "expires")) {
      if (const auto seconds = core::parse_u32(*expires)) return seconds;
    }
  }
  return response.expires();
}

}  // namespace

Registration::Registration(sip::Uri identity, const AgentConfig& config, core::Random& random)
    : identity_(std::move(identity)),
      contact_user_(key_of(identity_).user),
      instance_(instance_of(identity_, config)),
      call_id_(random.token(20)),
      tag_(random.token(12)),
      expires_(config.register_expires),
      services_(config.services) {}

sip::Message Registration::make_register(const AgentConfig& config, bool leave) {
  sip::Message request;
  request.method = "REGISTER";
  request.request_uri =
      sip::make_sip_uri("", identity_.host.empty() ? uri_host(config.core.host) : identity_.host);
  request.from.uri = identity_;
  request.to.uri = identity_;
  sip::set_param(request.from.params, "tag", tag_);
  request.call_id = call_id_;
  request.cseq = {++cseq_, "REGISTER"};
  request.max_forwards = 70;
  auto contact = contact_address(config, contact_user_);
  add_tags(contact.params, services_);
  told_ = services_;
  contact.params.push_back({"+sip.instance", "\"<" + instance_ + ">\""});
  request.contacts.push_back(std::move(contact));
  request.add_header("Expires", leave ? "0" : std::to_string(expires_));
  request.add_header("Supported", "path, gruu");
  request.add_header("User-Agent", config.user_agent);
  return request;
}

Registration::Outcome Registration::on_response(const sip::Message& response, const AgentConfig& config,
                                                core::Random& random) {
  if (response.status >= 200 && response.status < 300) return granted(response, config, random);
  if (response.status == 423) {
    const auto minimum = delta_seconds(response, "Min-Expires");
    if (minimum && *minimum > expires_ && *minimum <= kMaxMinExpires) {
      expires_ = *minimum;
      Outcome again;
      again.kind = Outcome::Kind::again;
      return again;
    }
  }
  const int forbidden = response.status == 403 ? forbidden_ + 1 : 0;
  auto outcome = on_failure(response.status, one_line(response.reason, kMaxReason), random);
  forbidden_ = forbidden;
  outcome.will_retry = may_retry();
  if (const auto seconds = retry_after(response)) {
    // Never sooner than told, not all at the same moment, and not at the speed of the network when told "0".
    const auto told = std::chrono::seconds(std::max<std::uint32_t>(*seconds, 1));
    outcome.next = told + Duration(random.below(static_cast<std::uint64_t>((Duration(told) / 10).count())));
    outcome.told_to_wait = true;
  }
  return outcome;
}

Registration::Outcome Registration::granted(const sip::Message& response, const AgentConfig& config,
                                            core::Random& random) {
  const auto seconds =
      granted_seconds(response, contact_address(config, contact_user_).uri).value_or(expires_);
  if (seconds == 0) return on_failure(response.status, "the registrar granted 0 seconds", random);
  encourage();
  service_routes_.clear();
  for (const auto value : response.header_values("Service-Route")) {
    auto list = sip::parse_name_addr_list(value);
    if (!list) continue;
    for (auto& route : *list) {
      if (service_routes_.size() < kMaxServiceRoutes) service_routes_.push_back(std::move(route));
    }
  }
  associated_.clear();
  for (const auto value : response.header_values("P-Associated-URI")) {
    auto list = sip::parse_name_addr_list(value);
    if (!list) continue;
    for (auto& address : *list) {
      if (associated_.size() < kMaxAssociated) associated_.push_back(std::move(address.uri));
    }
  }
  Outcome outcome;
  outcome.kind = Outcome::Kind::registered;
  outcome.expires = std::chrono::seconds(seconds);
  outcome.next = refresh_after(outcome.expires);
  return outcome;
}

Registration::Outcome Registration::on_failure(int status, std::string reason, core::Random& random) {
  forbidden_ = 0;
  Outcome outcome;
  outcome.status = status;
  outcome.reason = std::move(reason);
  outcome.next = back_off(random);
  return outcome;
}

void Registration::encourage() {
  failures_ = 0;
  forbidden_ = 0;
}

const sip::Uri& Registration::preferred_identity() const {
  if (associated_.empty()) return identity_;
  const auto own = key_of(identity_);
  const bool known = std::any_of(associated_.begin(), associated_.end(),
                                 [&](const sip::Uri& uri) { return key_of(uri) == own; });
  return known ? identity_ : associated_.front();
}

Duration Registration::back_off(core::Random& random) {
  Duration longest = kFirstBackOff;
  for (int i = 0; i < failures_ && longest < kLastBackOff; ++i) longest *= 2;
  longest = std::min(longest, kLastBackOff);
  ++failures_;
  // Half fixed, half random, so that clients of a core that comes back do not all call at once (RFC 5626
  // section 4.5).
  return longest / 2 + Duration(random.below(static_cast<std::uint64_t>((longest / 2).count())));
}

Duration refresh_after(Duration granted) { return std::max(granted / 2, granted - kRefreshMargin); }

}  // namespace rcs::chat
