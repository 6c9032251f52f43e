#include "chat/identity.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace rcs::chat {
namespace {

constexpr std::string_view kAnonymous = "sip:anonymous@anonymous.invalid";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::uint32_t kMaxRetryAfter = 86'400;
constexpr int kMaxCauseDigits = 3;

bool is_separator(char c) { return c == '-' || c == '.' || c == '(' || c == ')' || c == ' '; }

bool is_number(std::string_view text) {
  const bool allowed = std::all_of(text.begin(), text.end(),
                                   [](char c) { return core::is_digit(c) || c == '+' || is_separator(c); });
  return allowed && std::any_of(text.begin(), text.end(), core::is_digit);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }

/// Octets of the well-formed UTF-8 character at the start of `text`; 0 when it is not one.
std::size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length > text.size() || !core::is_utf8(text.substr(0, length))) return 0;
  return length;
}

/// The pieces of a header value between `separator`s that stand outside quotes.
std::vector<std::string_view> split_unquoted(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      pieces.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  pieces.push_back(text.substr(start));
  return pieces;
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out.push_back(text[i]);
  }
  return out;
}

std::optional<Cause> read_cause(std::string_view value) {
  const auto pieces = split_unquoted(value, ';');
  if (!core::iequals(core::trim(pieces.front()), "SIP")) return std::nullopt;
  Cause cause;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const auto pair = core::split_once(pieces[i], '=');
    if (!pair) continue;
    const auto name = core::trim(pair->first);
    const auto text = core::trim(pair->second);
    if (core::iequals(name, "cause") && text.size() <= kMaxCauseDigits) {
      cause.code = static_cast<int>(core::parse_u32(text).value_or(0));
    } else if (core::iequals(name, "text")) {
      cause.text = one_line(unquoted(text), kMaxReason);
    }
  }
  if (cause.code < 100 || cause.code > 699) return std::nullopt;
  return cause;
}

/// The digits a header value starts with.
std::optional<std::uint32_t> leading_seconds(std::string_view text) {
  text = core::trim(text);
  const auto end = std::find_if_not(text.begin(), text.end(), core::is_digit);
  return core::parse_u32(text.substr(0, static_cast<std::size_t>(end - text.begin())));
}

std::optional<Sender> person_at(const sip::NameAddr& address) {
  if (is_store(address.uri)) return std::nullopt;
  return Sender{address.uri.to_string(), one_line(address.display, kMaxSubject), true};
}

}  // namespace

UserKey key_of(const sip::Uri& uri) {
  std::string_view user = uri.user;
  user = user.substr(0, user.find(';'));
  // A local number means something within its context only (RFC 3966 section 5.1.5).
  UserKey key{std::string(user),
              uri.scheme == "tel" ? sip::param_value(uri.params, "phone-context").value_or("") : uri.host};
  if (is_number(key.user)) std::erase_if(key.user, is_separator);
  return key;
}

bool can_be_called(const sip::Uri& uri) { return uri.is_sip() || uri.scheme == "tel"; }

sip::Uri resolve_im(sip::Uri uri) {
  if (uri.scheme != "im") return uri;
  auto resolved = sip::parse_uri("sip:" + uri.user);
  return resolved ? std::move(*resolved) : std::move(uri);
}

std::optional<sip::Uri> party(const std::string& text) {
  auto parsed = sip::parse_uri(text);
  if (!parsed) return std::nullopt;
  auto uri = resolve_im(std::move(*parsed));
  if (!can_be_called(uri)) return std::nullopt;
  uri.headers.clear();
  uri.password.clear();
  return uri;
}

bool is_store(const sip::Uri& uri) { return core::iequals(uri.user, kStoreUser); }

std::vector<sip::NameAddr> asserted_identities(const sip::Message& message) {
  std::vector<sip::NameAddr> identities;
  for (const auto value : message.header_values("P-Asserted-Identity")) {
    auto list = sip::parse_name_addr_list(value);
    if (!list) continue;
    for (auto& address : *list) identities.push_back(std::move(address));
  }
  return identities;
}

bool asserts_store(const sip::Message& message) {
  const auto identities = asserted_identities(message);
  return std::any_of(identities.begin(), identities.end(), [](const auto& id) { return is_store(id.uri); });
}

bool asserts_person(const sip::Message& message) {
  const auto identities = asserted_identities(message);
  return !identities.empty() &&
         std::none_of(identities.begin(), identities.end(), [](const auto& id) { return is_store(id.uri); });
}

Sender sender_of(const sip::Message& invite, std::string_view cpim_from) {
  if (!asserts_store(invite) && !is_store(invite.from.uri)) {
    return {invite.from.uri.to_string(), one_line(invite.from.display, kMaxSubject), false};
  }
  if (const auto* referred = invite.header("Referred-By")) {
    if (const auto address = sip::parse_name_addr(*referred)) {
      if (auto sender = person_at(*address)) return std::move(*sender);
    }
  }
  if (const auto uri = sip::parse_uri(cpim_from); uri && !core::iequals(uri->host, "anonymous.invalid")) {
    if (auto sender = person_at({{}, *uri, {}})) return std::move(*sender);
  }
  if (auto sender = person_at(invite.from)) return std::move(*sender);
  return {std::string(kAnonymous), {}, true};
}

std::string one_line(std::string_view text, std::size_t max) {
  std::string out;
  bool gap = false;
  while (!text.empty()) {
    if (is_control(text.front())) {
      gap = true;
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = utf8_length(text);
    const std::string_view character = length == 0 ? kReplacement : text.substr(0, length);
    const std::size_t blank = gap ? 1 : 0;
    if (out.size() + blank + character.size() > max) break;
    if (gap) out.push_back(' ');
    gap = false;
    out.append(character);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return std::string(core::trim(out));
}

std::optional<Cause> cause_of(const sip::Message& message) {
  for (const auto value : message.header_values("Reason")) {
    for (const auto piece : split_unquoted(value, ',')) {
      if (auto cause = read_cause(piece)) return cause;
    }
  }
  return std::nullopt;
}

std::optional<std::uint32_t> retry_after(const sip::Message& message) {
  const auto* value = message.header("Retry-After");
  if (value == nullptr) return std::nullopt;
  const auto seconds = leading_seconds(*value);
  if (!seconds) return std::nullopt;
  return std::min(*seconds, kMaxRetryAfter);
}

std::optional<std::uint32_t> delta_seconds(const sip::Message& message, std::string_view name) {
  const auto* value = message.header(name);
  return value == nullptr ? std::nullopt : leading_seconds(*value);
}

}  // namespace rcs::chat
