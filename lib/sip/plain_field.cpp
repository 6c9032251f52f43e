#include "sip/plain_field.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "sip/grammar.hpp"

namespace rcs::sip {
namespace {

constexpr std::string_view kVersion = "SIP/2.0/";

bool is_plain_name_char(char c) { return core::is_alnum(c) || c == ' ' || c == '-' || c == '.' || c == '_'; }

bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), core::is_digit); }

bool is_ipv4(std::string_view host) {
  int numbers = 0;
  while (numbers < 4) {
    const auto piece = host.substr(0, host.find('.'));
    if (piece.empty() || piece.size() > 3 || !all_digits(piece)) return false;
    if (piece.size() > 1 && piece.front() == '0') return false;
    if (piece.size() == 3 && piece > "255") return false;
    ++numbers;
    if (piece.size() == host.size()) return numbers == 4;
    host.remove_prefix(piece.size() + 1);
  }
  return false;
}

// Labels of letters, digits and inner hyphens; the last begins with a letter.
bool is_domain(std::string_view host) {
  for (;;) {
    const auto label = host.substr(0, host.find('.'));
    if (label.empty() || !core::is_alnum(label.front()) || !core::is_alnum(label.back())) return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return core::is_alnum(c) || c == '-'; })) {
      return false;
    }
    if (label.size() == host.size()) return core::is_alpha(label.front());
    host.remove_prefix(label.size() + 1);
  }
}

// The text up to the next of `ends`, taken off the front.
std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const auto piece = rest.substr(0, grammar::find_any(rest, ends));
  rest.remove_prefix(piece.size());
  return piece;
}

bool take_port(std::string_view& rest, std::uint16_t& port) {
  if (rest.empty() || rest.front() != ':') return true;
  rest.remove_prefix(1);
  const auto digits = take_until(rest, ";");
  const auto number = core::parse_u32(digits, UINT16_MAX);
  if (!number || digits.front() == '0') return false;
  port = static_cast<std::uint16_t>(*number);
  return true;
}

bool take_params(std::string_view rest, Params& params) {
  params.reserve(static_cast<std::size_t>(std::count(rest.begin(), rest.end(), ';')) + 1);
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the ;
    const auto name = take_until(rest, "=;");
    if (name.empty() || !grammar::all(name, grammar::kToken)) return false;
    Param& param = params.emplace_back(Param{std::string(name), std::nullopt});
    if (rest.empty() || rest.front() == ';') continue;
    rest.remove_prefix(1);
    const auto value = take_until(rest, ";");
    if (value.empty() || !grammar::all(value, grammar::kToken)) return false;
    param.value.emplace(value);
  }
  return true;
}

std::optional<Via> read_via(std::string_view text) {
  if (!text.starts_with(kVersion)) return std::nullopt;
  text.remove_prefix(kVersion.size());
  Via via;
  via.transport = take_until(text, " ");
  for (char& c : via.transport) {
    if (!core::is_alnum(c)) return std::nullopt;
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  if (via.transport.empty() || text.empty()) return std::nullopt;
  text.remove_prefix(1);
  const auto host = take_until(text, ":;");
  if (!is_ipv4(host) && !is_domain(host)) return std::nullopt;
  via.host = core::to_lower(host);
  if (!take_port(text, via.port) || !take_params(text, via.params)) return std::nullopt;
  return via;
}

}  // namespace

bool is_plain_address(std::string_view text) {
  if (!text.empty() && text.front() == '"') {
    const auto end = text.find('"', 1);
    if (end == std::string_view::npos) return false;
    const auto name = text.substr(1, end - 1);
    if (!std::all_of(name.begin(), name.end(), is_plain_name_char)) return false;
    text.remove_prefix(end + 1);
    if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    if (text.empty() || text.front() != '<') return false;
  }
  return !text.empty() && (text.front() == '<' || core::istarts_with(text, "sip:")) &&
         grammar::all(text, grammar::kPlainAddress);
}

bool read_plain_vias(std::string_view text, std::vector<Via>& out) {
  for (;;) {
    const auto piece = take_until(text, ",");
    auto via = read_via(piece);
    if (!via) return false;
    out.push_back(std::move(*via));
    if (text.empty()) return true;
    text.remove_prefix(1);  // the comma
    if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
}

bool is_plain_call_id(std::string_view text) {
  const auto at = text.find('@');
  const auto left = text.substr(0, at);
  if (left.empty() || !grammar::all(left, grammar::kToken)) return false;
  if (at == std::string_view::npos) return true;
  const auto right = text.substr(at + 1);
  return !right.empty() && grammar::all(right, grammar::kToken);
}

std::optional<std::uint32_t> read_plain_max_forwards(std::string_view text) {
  if (text.size() > 3) return std::nullopt;
  return core::parse_u32(text, 255);
}

}  // namespace rcs::sip
