// The configuration file: strict, so that a mistyped member is told and not passed over.

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "gateway/config.hpp"
#include "gateway/identity.hpp"
#include "gateway/json_in.hpp"

namespace rcs::gateway {
namespace {

using nlohmann::json;

constexpr double kMaxSeconds =
    366.0 * 86'400;  // a longer time is a mistake, and would overflow nanoseconds in the end
constexpr const char* kScopes[] = {"chat",        "file",    "capability", "presence",
                                   "addressbook", "profile", "event"};

core::Error expected(const std::string& where, std::string_view wish, const json& got) {
  // Strings are not repeated: a token may stand where something else should.
  const std::string kind = got.is_string() ? "a string" : got.is_primitive() ? got.dump() : got.type_name();
  return core::malformed(where + ": expected " + std::string(wish) + ", got " + kind);
}

/// Takes members out of one object; what is left at the end was not known.
class Members {
 public:
  Members(const json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object.is_object()) fail(expected(place_.empty() ? "configuration" : place_, "an object", object));
  }

  std::string where(const char* name) const { return place_.empty() ? name : place_ + "." + name; }

  const json* take(const char* name) {
    known_.emplace_back(name);
    return error_ ? nullptr : member(object_, name);
  }
  void text(const char* name, std::string& out) {
    const auto* value = take(name);
    if (value == nullptr) return;
    if (!value->is_string()) return fail(expected(where(name), "a string", *value));
    out = value->get<std::string>();
  }
  void flag(const char* name, bool& out) {
    const auto* value = take(name);
    if (value == nullptr) return;
    if (!value->is_boolean()) return fail(expected(where(name), "true or false", *value));
    out = value->get<bool>();
  }
  template <class Int>
  void number(const char* name, Int& out, std::uint64_t min, std::uint64_t max) {
    const auto* value = take(name);
    if (value == nullptr) return;
    const bool fits = value->is_number_unsigned() && value->get<std::uint64_t>() >= min &&
                      value->get<std::uint64_t>() <= max;
    if (!fits)
      return fail(expected(
          where(name), "a whole number from " + std::to_string(min) + " to " + std::to_string(max), *value));
    out = static_cast<Int>(value->get<std::uint64_t>());
  }
  void seconds(const char* name, Duration& out, Duration min) {
    const auto* value = take(name);
    if (value == nullptr) return;
    const double given = value->is_number() ? value->get<double>() : -1;
    const bool fits = given >= core::to_seconds(min) && given <= kMaxSeconds;
    if (!fits)
      return fail(expected(where(name),
                           min > Duration::zero() ? "seconds, at least 0.01" : "seconds, 0 or more", *value));
    out = Duration(std::llround(given * 1e9));
  }
  void texts(const char* name, std::vector<std::string>& out) {
    const auto* value = take(name);
    if (value == nullptr) return;
    const bool fits = value->is_array() &&
                      std::all_of(value->begin(), value->end(), [](const json& v) { return v.is_string(); });
    if (!fits) return fail(expected(where(name), "an array of strings", *value));
    out = value->get<std::vector<std::string>>();
  }
  template <class Enum>
  void choice(const char* name, Enum& out, std::initializer_list<std::pair<std::string_view, Enum>> choices) {
    const auto* value = take(name);
    if (value == nullptr) return;
    std::string wish;
    for (const auto& [word, meaning] : choices) {
      if (*value == word) {
        out = meaning;
        return;
      }
      wish += (wish.empty() ? "" : " or ") + std::string(word);
    }
    fail(expected(where(name), wish, *value));
  }

  void fail(core::Error error) {
    if (!error_) error_ = std::move(error);
  }
  void check(bool good, const char* name, std::string_view wish) {
    if (!good) fail(core::malformed(where(name) + ": expected " + std::string(wish)));
  }
  core::Result<void> end() {
    if (error_) return *error_;
    for (const auto& item : object_.items()) {
      if (std::find(known_.begin(), known_.end(), item.key()) != known_.end()) continue;
      const auto place = place_.empty() ? std::string() : place_ + ".";
      return core::malformed(place + item.key() + ": no such member");
    }
    return {};
  }

 private:
  const json& object_;
  std::string place_;
  std::vector<std::string> known_;
  std::optional<core::Error> error_;
};

bool is_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), core::is_digit); }

bool is_origin(std::string_view text) {
  if (text == "*") return true;
  const auto scheme = text.find("://");
  return scheme != std::string_view::npos && scheme > 0 && text.size() > scheme + 3 &&
         text.find_first_of("/ \"<>';,\\", scheme + 3) == std::string_view::npos && !core::has_control(text);
}

bool is_domain(std::string_view text) {
  return !text.empty() && text.size() <= 253 && core::is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return core::is_alnum(c) || c == '.' || c == '-'; });
}

core::Result<StaticToken> read_token(const json& value, const std::string& place, const Config& config) {
  StaticToken out;
  Members members(value, place);
  members.text("token", out.token);
  members.text("rcs_id", out.rcs_id);
  members.texts("scopes", out.scopes);
  members.text("client", out.client);
  const bool visible =
      !out.token.empty() && out.token.size() <= 4096 &&
      std::all_of(out.token.begin(), out.token.end(), [](char c) { return c > ' ' && c < 127; });
  members.check(visible, "token", "1 to 4096 printable ASCII characters without blanks");
  members.check(out.rcs_id == "*" || read_identity(out.rcs_id, config), "rcs_id", "an RCS ID or *");
  for (const auto& scope : out.scopes) {
    const bool known = std::find(std::begin(kScopes), std::end(kScopes), scope) != std::end(kScopes);
    members.check(known, "scopes", "chat, file, capability, presence, addressbook, profile or event");
  }
  members.check(out.client.empty() || is_device_name(out.client), "client", "1 to 64 of A-Z a-z 0-9 . _ -");
  RCS_CHECK_OK(members.end());
  return out;
}

core::Result<void> read_limits(const json& value, Limits& out) {
  constexpr std::uint64_t kMany = 1'000'000'000;
  Members members(value, "limits");
  members.number("json_body", out.json_body, 64, 16 * 1024 * 1024);
  members.number("subject", out.subject, 1, 64 * 1024);
  members.number("message_id", out.message_id, 1, 1024);
  members.number("recipients", out.recipients, 1, 10'000);
  members.number("messages_per_second", out.messages_per_second, 0, 1'000'000);
  members.number("event_connections", out.event_connections, 1, kMany);
  members.number("total_event_connections", out.total_event_connections, 1, kMany);
  members.number("chats_per_user", out.chats_per_user, 1, kMany);
  members.number("retained_events", out.retained_events, 1, kMany);
  members.seconds("retention_seconds", out.retention, 10ms);
  members.seconds("device_ttl_seconds", out.device_ttl, 10ms);
  return members.end();
}

core::Result<void> read_packages(const json& value, JsonRtcConfig::Packages& out) {
  Members members(value, "jsonrtc.packages");
  std::vector<std::string> seen;
  for (const auto& [name, word] :
       {std::pair("register", &out.register_), std::pair("capability", &out.capability),
        std::pair("messaging", &out.messaging)}) {
    members.text(name, *word);
    const bool taken = std::find(seen.begin(), seen.end(), *word) != seen.end();
    members.check(is_device_name(*word) && !taken, name, "1 to 64 of A-Z a-z 0-9 . _ -, another for each");
    seen.push_back(*word);
  }
  return members.end();
}

core::Result<void> read_jsonrtc(const json& value, JsonRtcConfig& out) {
  Members members(value, "jsonrtc");
  members.text("application", out.application);
  members.check(is_device_name(out.application), "application", "1 to 64 of A-Z a-z 0-9 . _ -");
  members.flag("compat_subprotocol", out.compat_subprotocol);
  members.seconds("ack_seconds", out.times.ack, 10ms);
  members.seconds("resume_seconds", out.times.resume, 0ms);
  const auto* packages = members.take("packages");
  RCS_CHECK_OK(members.end());
  return packages == nullptr ? core::Result<void>() : read_packages(*packages, out.packages);
}

void read_times(Members& members, Config& out) {
  members.seconds("post_wait_seconds", out.post_wait, 0ms);
  members.seconds("poll_default_seconds", out.poll_default, 0ms);
  members.seconds("poll_max_seconds", out.poll_max, 0ms);
  members.seconds("heartbeat_seconds", out.heartbeat, 10ms);
  members.seconds("stream_life_seconds", out.stream_life, 10ms);
  members.seconds("idempotency_seconds", out.idempotency, 10ms);
}

void read_names(Members& members, Config& out) {
  members.text("public_url", out.public_url);
  while (out.public_url.ends_with('/')) out.public_url.pop_back();
  const bool url = (out.public_url.starts_with("http://") || out.public_url.starts_with("https://")) &&
                   out.public_url.find_first_of(" \"<>?#\\") == std::string::npos &&
                   !core::has_control(out.public_url);
  members.check(url, "public_url", "http://HOST[:PORT] or https://...");
  members.text("domain", out.domain);
  members.check(is_domain(out.domain), "domain", "a domain name");
  members.flag("development", out.development);
  members.texts("allowed_origins", out.allowed_origins);
  members.check(std::all_of(out.allowed_origins.begin(), out.allowed_origins.end(), is_origin),
                "allowed_origins", "\"*\" or origins like https://app.example");
  members.text("country_code", out.country_code);
  members.check(
      is_digits(out.country_code) && out.country_code.size() <= 3 && !out.country_code.starts_with('0'),
      "country_code", "1 to 3 digits like 82, or nothing");
  members.text("trunk_prefix", out.trunk_prefix);
  members.check(is_digits(out.trunk_prefix) && out.trunk_prefix.size() <= 4, "trunk_prefix",
                "at most 4 digits");
  members.texts("international_prefixes", out.international_prefixes);
  const bool prefixes =
      std::all_of(out.international_prefixes.begin(), out.international_prefixes.end(),
                  [](const auto& p) { return !p.empty() && p.size() <= 6 && is_digits(p); });
  members.check(prefixes, "international_prefixes", "strings of 1 to 6 digits");
  members.flag("raw_ids", out.raw_ids);
  members.flag("allow_foreign_domains", out.allow_foreign_domains);
  members.choice<IdForm>("id_form", out.id_form, {{"local", IdForm::local}, {"e164", IdForm::e164}});
  members.choice<UriForm>("uri_form", out.uri_form, {{"sip", UriForm::sip}, {"tel", UriForm::tel}});
}

core::Result<void> read_tokens(const json& tokens, Config& out) {
  if (!tokens.is_array()) return expected("tokens", "an array", tokens);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    RCS_TRY(auto token, read_token(tokens[i], "tokens[" + std::to_string(i) + "]", out));
    for (std::size_t j = 0; j < i; ++j) {
      if (out.tokens[j].token != token.token) continue;
      return core::malformed("tokens[" + std::to_string(i) + "].token: stands in tokens[" +
                             std::to_string(j) + "] too");
    }
    out.tokens.push_back(std::move(token));
  }
  return {};
}

}  // namespace

core::Result<Config> config_from_json(std::string_view text) {
  auto parsed = parse_object(text);
  if (!parsed) return core::malformed("configuration: " + parsed.error().detail());
  Config out;
  Members members(*parsed, "");
  read_names(members, out);
  read_times(members, out);
  const auto* limits = members.take("limits");
  const auto* tokens = members.take("tokens");
  const auto* jsonrtc = members.take("jsonrtc");
  RCS_CHECK_OK(members.end());
  if (limits != nullptr) {
    RCS_CHECK_OK(read_limits(*limits, out.limits));
  }
  if (jsonrtc != nullptr) {
    RCS_CHECK_OK(read_jsonrtc(*jsonrtc, out.jsonrtc));
  }
  if (tokens != nullptr) {
    RCS_CHECK_OK(read_tokens(*tokens, out));
  }
  if (!parsed->contains("development")) out.development = out.tokens.empty();
  if (!out.development && out.tokens.empty()) {
    return core::malformed("development: expected true, or tokens: without either nobody gets in");
  }
  return out;
}

}  // namespace rcs::gateway
