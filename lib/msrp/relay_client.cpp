#include "msrp/relay_client.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "msrp/encoder.hpp"

namespace rcs::msrp {

using core::Duration;
using core::Instant;

namespace {

constexpr Duration kAnswerTime = std::chrono::seconds(30);
constexpr Duration kEarly = std::chrono::seconds(60);         // before the URI expires it is renewed
constexpr std::uint32_t kMaxExpires = 7 * 24 * 3600;          // a longer time than a connection lives
constexpr Duration kUsualExpires = std::chrono::minutes(10);  // where the relay tells none

std::string_view header_of(const Head& head, std::string_view name) {
  for (const auto& header : head.others) {
    if (core::iequals(header.name, name)) return core::trim(header.value);
  }
  return {};
}

std::optional<Duration> seconds_of(const Head& head, std::string_view name) {
  const auto seconds = core::parse_u32(header_of(head, name), kMaxExpires);
  if (!seconds || *seconds == 0) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

}  // namespace

RelayClient::RelayClient(RelayLogin login, const Uri& own, core::Random& random)
    : relay_(login.relay.to_string()),
      own_(own.to_string()),
      expires_(login.expires),
      digest_(std::move(login.credentials), random),
      random_(&random) {}

void RelayClient::start(Instant now, std::string& out) { ask(now, out); }

void RelayClient::ask(Instant now, std::string& out) {
  Head head;
  head.transaction_id = transaction_id_ = new_transaction_id(*random_);
  head.method = "AUTH";
  head.to_path = relay_;
  head.from_path = own_;
  if (expires_) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*expires_).count();
    head.others.push_back({"Expires", std::to_string(seconds)});
  }
  if (auto text = digest_.authorize({head.method, relay_, {}}))
    head.others.push_back({"Authorization", std::move(*text)});
  append_head(out, head);
  append_end(out, head, Flag::last);
  deadline_ = now + kAnswerTime;
}

void RelayClient::on_time(Instant now, std::string& out) {
  if (!deadline_ || *deadline_ > now) return;
  if (transaction_id_.empty()) return ask(now, out);
  fail(408,
       "the relay does not answer AUTH within " + std::to_string(core::to_ms(kAnswerTime) / 1000) + " s");
}

bool RelayClient::on_response(Instant now, const Head& response, std::string& out) {
  if (transaction_id_.empty() || response.transaction_id != transaction_id_) return false;
  transaction_id_.clear();
  deadline_.reset();
  if (response.status >= 200 && response.status < 300) {
    on_success(now, response);
  } else if (response.status == 401) {
    const auto challenged = digest_.challenged(header_of(response, "WWW-Authenticate"));
    if (challenged) {
      ask(now, out);
    } else {
      fail(401, challenged.error().detail());
    }
  } else if (response.status == 423) {
    on_bounds(now, response, out);
  } else {
    fail(response.status,
         "the relay refuses AUTH: " + std::to_string(response.status) + " " + response.comment);
  }
  return true;
}

void RelayClient::on_bounds(Instant now, const Head& response, std::string& out) {
  const auto bound =
      seconds_of(response, header_of(response, "Min-Expires").empty() ? "Max-Expires" : "Min-Expires");
  if (!bound || std::exchange(adjusted_, true))
    return fail(423, "the relay does not take its own bounds of Expires");
  digest_.accepted();  // it was not the password
  expires_ = bound;
  ask(now, out);
}

void RelayClient::on_success(Instant now, const Head& response) {
  const auto info = header_of(response, "Authentication-Info");
  if (info.empty()) {
    digest_.accepted();
  } else if (const auto confirmed = digest_.confirmed(info, {{}, relay_, {}}); !confirmed) {
    return fail(0, confirmed.error().detail());
  }
  adjusted_ = false;
  auto relays = parse_sdp_path(header_of(response, "Use-Path"));
  if (!relays) return fail(0, "Use-Path of the relay: " + relays.error().detail());
  const auto expires = seconds_of(response, "Expires").value_or(expires_.value_or(kUsualExpires));
  deadline_ = now + std::max(expires / 2, expires - kEarly);
  if (relays_ == *relays) return;
  relays_ = *relays;
  events_.push_back(UsePath{std::move(*relays)});
}

void RelayClient::fail(int code, std::string why) {
  transaction_id_.clear();
  deadline_.reset();
  relays_.reset();
  events_.push_back(NoUsePath{code, std::move(why)});
}

}  // namespace rcs::msrp
