#include "sip/feature_tags.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "sip/grammar.hpp"

namespace rcs::sip {
namespace {

/// Those that stand without + (RFC 3840 section 9, RFC 4569 and the registry of IANA behind it).
constexpr std::array<std::string_view, 20> kBaseTags = {
    "audio",    "automata", "class",       "duplex",  "data",  "control",    "mobility",
    "events",   "priority", "methods",     "schemes", "video", "extensions", "application",
    "language", "type",     "description", "isfocus", "actor", "text"};

std::string_view without_quotes(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

int hex_digit(char c) {
  if (core::is_digit(c)) return c - '0';
  const char lower = core::ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The octet at the front of `text`, unescaped and in lower case, taken off it. A % that escapes nothing is
/// itself.
char take_octet(std::string_view& text) {
  char c = text.front();
  std::size_t length = 1;
  if (c == '%' && text.size() >= 3 && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0) {
    c = static_cast<char>(hex_digit(text[1]) * 16 + hex_digit(text[2]));
    length = 3;
  }
  text.remove_prefix(length);
  return core::ascii_lower(c);
}

std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) out.push_back(take_octet(text));
  return out;
}

bool is_same_entry(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (take_octet(a) != take_octet(b)) return false;
  }
  return a.empty() && b.empty();
}

/// Calls `act` with each entry of a tag's value, blanks and quotes removed; with an empty one where the tag
/// stands by itself; not at all where it is FALSE. `act` returns whether to go on.
template <class Act>
void for_each_entry(const Param& tag, Act&& act) {
  auto rest = tag.value ? core::trim(without_quotes(*tag.value)) : std::string_view();
  if (rest.empty() || core::iequals(rest, "TRUE")) {
    act(std::string_view());
    return;
  }
  if (core::iequals(rest, "FALSE")) return;
  for (std::size_t n = 0; n < kMaxTagEntries; ++n) {
    const auto comma = rest.find(',');
    const auto entry = core::trim(rest.substr(0, comma));
    if (!entry.empty() && !act(entry)) return;
    if (comma == std::string_view::npos) return;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

bool is_feature_tag(std::string_view name) {
  if (name.starts_with('+')) return !core::iequals(name, "+sip.instance");
  return std::any_of(kBaseTags.begin(), kBaseTags.end(),
                     [&](std::string_view base) { return core::iequals(base, name); });
}

std::vector<FeatureTag> read_feature_tags(const Params& params) {
  std::vector<FeatureTag> tags;
  for (const auto& param : params) {
    if (!is_feature_tag(param.name)) continue;
    for_each_entry(param, [&](std::string_view entry) {
      auto text = entry.empty() ? param.name : param.name + "=\"" + std::string(entry) + "\"";
      tags.push_back({core::to_lower(param.name), unescaped(entry), std::move(text)});
      return true;
    });
  }
  return tags;
}

bool has_feature(const Params& params, std::string_view name, std::string_view value) {
  bool found = false;
  for (const auto& param : params) {
    if (!core::iequals(param.name, name)) continue;
    for_each_entry(param, [&](std::string_view entry) {
      found = value.empty() || is_same_entry(entry, value);
      return !found;
    });
    if (found) return true;
  }
  return false;
}

Param make_list_tag(std::string_view name, const std::vector<std::string>& values) {
  std::string list = "\"";
  for (const auto& value : values) {
    if (list.size() > 1) list += ',';
    list += core::percent_encode(value);
  }
  return {std::string(name), list + '"'};
}

std::string format_params(const Params& params) {
  std::string out;
  grammar::append_params(out, params);
  return out;
}

std::vector<Params> parse_preferences(std::string_view value) {
  // A preference has a * where an address would stand; the rest of its grammar is that of an address.
  std::string as_addresses;
  bool in_quotes = false;
  bool at_start = true;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (at_start && grammar::is_blank(c)) continue;
    if (at_start) {
      if (c != '*') return {};
      as_addresses += "<sip:any>";
      at_start = false;
      continue;
    }
    as_addresses += c;
    if (c == '"') in_quotes = !in_quotes;
    if (c == '\\' && in_quotes && i + 1 < value.size()) as_addresses += value[++i];
    if (c == ',' && !in_quotes) at_start = true;
  }
  const auto addresses = parse_name_addr_list(as_addresses);
  if (!addresses) return {};
  std::vector<Params> preferences;
  for (const auto& address : *addresses) preferences.push_back(address.params);
  return preferences;
}

}  // namespace rcs::sip
