#include "scenario/fields.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "core/text.hpp"

namespace rcs::scenario {
namespace {

/// Digits with at most one point among them; no sign, no exponent.
std::optional<double> decimal(std::string_view text) {
  const bool shaped =
      !text.empty() && text.size() <= 30 && core::is_digit(text.front()) && core::is_digit(text.back()) &&
      std::all_of(text.begin(), text.end(), [](char c) { return core::is_digit(c) || c == '.'; }) &&
      std::count(text.begin(), text.end(), '.') <= 1;
  if (!shaped) return std::nullopt;
  double value = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

std::optional<core::Duration> parse_duration(std::string_view text, bool bare_ms) {
  using namespace std::chrono_literals;
  static constexpr std::pair<std::string_view, core::Duration> kUnits[] = {
      {"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}};
  const auto split = text.find_first_not_of("0123456789.");
  const auto amount = decimal(text.substr(0, split));
  const auto unit = split == std::string_view::npos ? (bare_ms ? std::string_view("ms") : std::string_view())
                                                    : text.substr(split);
  for (const auto& [name, length] : kUnits) {
    if (name != unit || !amount) continue;
    const double ns = *amount * static_cast<double>(length.count());
    if (ns > static_cast<double>(kMaxSpan.count())) return std::nullopt;
    return core::Duration(static_cast<core::Duration::rep>(ns + 0.5));
  }
  return std::nullopt;
}

/// "5" of a number that needs no fraction, else as it is.
std::string plain(double number) {
  auto text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

Fields::Fields(Complaints& complaints, const YamlNode& node, std::string name,
               std::span<const std::string_view> known)
    : complaints_(complaints), node_(node), name_(std::move(name)) {
  const std::string_view shown = name_.empty() ? std::string_view("file") : std::string_view(name_);
  if (!node.is_map()) {
    complaints.expected(node, shown, "a map with the keys " + listed(known));
    return;
  }
  std::set<std::string_view> seen;
  for (const auto& entry : node.entries) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      complaints.unknown_word(entry.line, shown, entry.key, known, "one of the keys " + listed(known));
    } else if (!seen.insert(entry.key).second) {
      complaints.add(entry.line, path(entry.key) + ": expected once, got a second time");
    }
  }
}

const YamlNode* Fields::find(std::string_view key) const {
  for (const auto& entry : node_.entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

const YamlNode* Fields::require(std::string_view key, std::string_view wish) const {
  const auto* found = find(key);
  if (found == nullptr && node_.is_map()) {
    complaints_.add(node_.line, path(key) + ": expected " + std::string(wish) + ", got nothing");
  }
  return found;
}

bool Fields::text(std::string_view key, std::string& out) const {
  const auto* node = find(key);
  return node != nullptr && read_text(complaints_, *node, path(key), out);
}

bool Fields::duration(std::string_view key, core::Duration& out) const {
  const auto* node = find(key);
  return node != nullptr && read_duration(complaints_, *node, path(key), out);
}

bool Fields::integer(std::string_view key, std::uint64_t min, std::uint64_t max, std::uint64_t& out) const {
  const auto* node = find(key);
  return node != nullptr && read_integer(complaints_, *node, path(key), min, max, out);
}

bool read_text(Complaints& complaints, const YamlNode& node, std::string_view key, std::string& out) {
  if (!node.is_scalar()) {
    complaints.expected(node, key, "text");
    return false;
  }
  if (node.text.size() > kMaxText) {
    complaints.add(node.line, std::string(key) + ": expected at most " + std::to_string(kMaxText) +
                                  " octets, got " + std::to_string(node.text.size()));
    return false;
  }
  out = node.text;
  return true;
}

bool read_word(Complaints& complaints, const YamlNode& node, std::string_view key,
               std::span<const std::string_view> known, std::string& out) {
  if (!node.is_scalar()) {
    complaints.expected(node, key, listed(known));
    return false;
  }
  if (std::find(known.begin(), known.end(), node.text) == known.end()) {
    complaints.unknown_word(node.line, key, node.text, known);
    return false;
  }
  out = node.text;
  return true;
}

bool read_words(Complaints& complaints, const YamlNode& node, std::string_view key,
                std::span<const std::string_view> known, std::vector<std::string>& out) {
  if (!node.is_list()) {
    std::string word;
    if (!read_word(complaints, node, key, known, word)) return false;
    out = {word};
    return true;
  }
  std::vector<std::string> words;
  bool ok = true;
  for (const auto& item : node.items) {
    std::string word;
    if (!read_word(complaints, item, key, known, word)) {
      ok = false;
    } else if (std::find(words.begin(), words.end(), word) != words.end()) {
      complaints.add(item.line,
                     std::string(key) + ": expected each word once, got " + core::quoted(word) + " twice");
      ok = false;
    } else {
      words.push_back(std::move(word));
    }
  }
  if (ok) out = std::move(words);
  return ok;
}

bool read_integer(Complaints& complaints, const YamlNode& node, std::string_view key, std::uint64_t min,
                  std::uint64_t max, std::uint64_t& out) {
  const auto value = node.is_scalar() ? core::parse_u64(node.text) : std::nullopt;
  if (!value || *value < min || *value > max) {
    complaints.expected(node, key,
                        "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return false;
  }
  out = *value;
  return true;
}

bool read_number(Complaints& complaints, const YamlNode& node, std::string_view key, double min, double max,
                 double& out) {
  const auto value = node.is_scalar() ? decimal(node.text) : std::nullopt;
  if (!value || *value < min || *value > max) {
    complaints.expected(node, key, "a number from " + plain(min) + " to " + plain(max));
    return false;
  }
  out = *value;
  return true;
}

bool read_duration(Complaints& complaints, const YamlNode& node, std::string_view key, core::Duration& out,
                   bool bare_ms) {
  const auto value = node.is_scalar() ? parse_duration(node.text, bare_ms) : std::nullopt;
  if (!value) {
    const std::string_view wish =
        bare_ms ? "milliseconds, or a time such as 500ms or 1.5s" : "a time such as 500ms, 30s, 2m or 1h";
    complaints.expected(node, key, std::string(wish) + " (at most 366 days)");
    return false;
  }
  out = *value;
  return true;
}

bool read_flag(Complaints& complaints, const YamlNode& node, std::string_view key, bool& out) {
  if (!node.is_scalar() || (node.text != "true" && node.text != "false")) {
    complaints.expected(node, key, "true or false");
    return false;
  }
  out = node.text == "true";
  return true;
}

}  // namespace rcs::scenario
