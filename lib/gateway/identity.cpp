#include "gateway/identity.hpp"

#include <algorithm>
#include <optional>

#include "core/text.hpp"

namespace rcs::gateway {
namespace {

constexpr std::size_t kMaxId = 64;            // API-124
constexpr std::size_t kMaxGlobalDigits = 15;  // E.164
constexpr std::size_t kMinNational = 5;       // shorter ones are services (114), not subscribers
constexpr std::size_t kMaxWritten = 256;      // an id with its scheme, separators and parameters

core::Error bad_id(std::string_view text, std::string_view wish) {
  return core::malformed("RCS ID " + core::quoted(text, 40) + ": expected " + std::string(wish));
}

bool is_separator(char c) { return c == '-' || c == '.' || c == '(' || c == ')' || c == ' '; }

/// Digits and separators with perhaps a leading +, and at least one digit: a number as people write it
/// (NUM-1).
bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return std::any_of(text.begin(), text.end(), core::is_digit) &&
         std::all_of(text.begin(), text.end(), [](char c) { return core::is_digit(c) || is_separator(c); });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxId && std::any_of(text.begin(), text.end(), core::is_alnum) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return core::is_alnum(c) || std::string_view("._~+-").find(c) != std::string_view::npos;
         });
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && core::is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return core::is_alnum(c) || c == '.' || c == '-'; });
}

std::string without_separators(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) { return !is_separator(c); });
  return out;
}

/// What was written, taken apart: `user` without parameters, those kept aside.
struct Written {
  std::string user;
  std::string host;           ///< empty: none was written
  std::string phone_context;  ///< empty: none
  bool tel = false;
};

std::string parameter(std::string_view parameters, std::string_view name) {
  for (const auto piece : core::split(parameters, ';')) {
    const auto pair = core::split_once(piece, '=');
    if (pair && core::iequals(pair->first, name)) return std::string(pair->second);
  }
  return {};
}

std::optional<Written> take_apart(std::string_view text) {
  Written out;
  if (core::istarts_with(text, "tel:")) {
    text.remove_prefix(4);
    const auto semicolon = text.find(';');
    out.user = text.substr(0, semicolon);
    if (semicolon != std::string_view::npos)
      out.phone_context = parameter(text.substr(semicolon + 1), "phone-context");
    out.tel = true;
    return out;
  }
  const bool sip = core::istarts_with(text, "sip:");
  if (!sip && !core::istarts_with(text, "sips:")) {
    out.user = text;
    return out;
  }
  text.remove_prefix(sip ? 4 : 5);
  const auto at = core::split_once(text, '@');
  if (!at || at->second.find('@') != std::string_view::npos) return std::nullopt;
  const auto user = core::percent_decode(at->first);
  if (!user) return std::nullopt;
  const auto semicolon = user->find(';');
  out.user = user->substr(0, semicolon);
  if (semicolon != std::string::npos)
    out.phone_context = parameter(user->substr(semicolon + 1), "phone-context");
  out.host = core::to_lower(at->second.substr(0, at->second.find_first_of(";?")));
  if (const auto port = core::split_once(out.host, ':')) {
    if (!core::parse_u32(port->second, 65535)) return std::nullopt;
    out.host = std::string(port->first);
  }
  return is_host(out.host) ? std::optional(out) : std::nullopt;
}

/// Digits of the home country: its trunk prefix goes, its code comes (API-121).
std::string national(std::string_view digits, const Config& config, std::string_view code) {
  if (!config.trunk_prefix.empty() && digits.starts_with(config.trunk_prefix)) {
    digits.remove_prefix(config.trunk_prefix.size());
  }
  return "+" + std::string(code) + std::string(digits);
}

/// "+" and E.164 digits, or the plain digits where no country is configured; nullopt for no number of a
/// subscriber.
std::optional<std::string> canonical_number(const Written& written, const Config& config) {
  std::string digits = without_separators(written.user);
  const auto global = [](std::string number) -> std::optional<std::string> {
    const auto length = number.size() - 1;
    if (length == 0 || length > kMaxGlobalDigits || number[1] == '0') return std::nullopt;
    return number;
  };
  if (digits.starts_with('+')) return global(std::move(digits));
  if (written.phone_context.starts_with('+')) {
    const auto context = without_separators(std::string_view(written.phone_context).substr(1));
    if (context.empty() || !std::all_of(context.begin(), context.end(), core::is_digit)) return std::nullopt;
    const bool home = config.country_code.empty() || context == config.country_code;
    return global(home ? national(digits, config, context) : "+" + context + digits);
  }
  if (!written.phone_context.empty() && !core::iequals(written.phone_context, config.domain))
    return std::nullopt;
  if (config.country_code.empty()) return digits.size() <= kMaxId ? std::optional(digits) : std::nullopt;
  std::size_t prefix = 0;  // the longest that fits: "001" before "00"
  for (const auto& candidate : config.international_prefixes) {
    if (digits.starts_with(candidate)) prefix = std::max(prefix, candidate.size());
  }
  if (prefix > 0) return global("+" + digits.substr(prefix));
  if (!digits.starts_with(config.trunk_prefix) || digits.size() < config.trunk_prefix.size() + kMinNational) {
    return std::nullopt;
  }
  return global(national(digits, config, config.country_code));
}

std::string shown_number(const std::string& key, const Config& config) {
  const auto home = "+" + config.country_code;
  const bool local = config.id_form == IdForm::local && !config.country_code.empty() && key.starts_with(home);
  return local ? config.trunk_prefix + key.substr(home.size()) : key;
}

Identity number_identity(std::string key, const Config& config) {
  Identity out;
  const bool global = key.starts_with('+');
  out.shown = shown_number(key, config);
  out.sip = "sip:" + key + "@" + config.domain + (global ? ";user=phone" : "");
  out.uri = out.sip;
  if (config.uri_form == UriForm::tel)
    out.uri = "tel:" + key + (global ? "" : ";phone-context=" + config.domain);
  out.key = std::move(key);
  return out;
}

Identity named_identity(std::string user, const std::string& host, const Config& config) {
  Identity out;
  const bool foreign = !host.empty() && !core::iequals(host, config.domain);
  out.key = foreign ? user + "@" + host : user;
  out.shown = out.key;
  out.sip = "sip:" + user + "@" + (foreign ? host : config.domain);
  out.uri = out.sip;
  return out;
}

core::Result<Identity> read(std::string_view text, const Config& config, bool allow_foreign) {
  if (text.size() > kMaxWritten) return bad_id(text, "at most 64 characters");
  auto written = take_apart(text);
  if (!written) return bad_id(text, "sip:USER@DOMAIN");
  const bool foreign = !written->host.empty() && !core::iequals(written->host, config.domain);
  if (foreign && !allow_foreign) return bad_id(text, "a user of " + config.domain);
  const bool number = is_number(written->user);
  if (written->tel && !number) return bad_id(text, "a number after tel:");
  if (config.raw_ids || !number) {
    if (!is_name(written->user)) return bad_id(text, "a number, or 1 to 64 of A-Z a-z 0-9 . _ ~ + -");
    return named_identity(std::move(written->user), written->host, config);
  }
  auto key = canonical_number(*written, config);
  if (!key) return bad_id(text, "a subscriber's number, like 01087654321 or +821087654321");
  if (foreign && !key->starts_with('+')) return named_identity(std::move(*key), written->host, config);
  return number_identity(std::move(*key), config);
}

}  // namespace

core::Result<Identity> read_identity(std::string_view text, const Config& config) {
  return read(text, config, config.allow_foreign_domains);
}

std::string shown_sender(std::string_view uri, const Config& config) {
  if (const auto identity = read(uri, config, true)) return identity->shown;
  const auto written = take_apart(uri);
  if (!written) return std::string(uri);
  const bool foreign = !written->host.empty() && !core::iequals(written->host, config.domain);
  return foreign ? written->user + "@" + written->host : written->user;
}

bool is_device_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return core::is_alnum(c) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace rcs::gateway
