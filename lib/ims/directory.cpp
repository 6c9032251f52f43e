#include "ims/directory.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace rcs::ims {
namespace {

const std::string kNobody;
constexpr std::uint16_t kDefaultSipPort = 5060;

std::uint16_t port_or_default(std::uint16_t port) { return port == 0 ? kDefaultSipPort : port; }

std::string_view without_brackets(std::string_view host) {
  const bool has = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return has ? host.substr(1, host.size() - 2) : host;
}

std::string in_uri(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

bool is_separator(char c) { return c == '-' || c == '.' || c == '(' || c == ')' || c == ' '; }

}  // namespace

std::string canonical_number(std::string_view text, const NumberPlan& plan) {
  // Parameters of a subscriber number that went into a user part (NUM-4) do not tell users apart once it is
  // global.
  if (const auto semicolon = text.find(';'); semicolon != std::string_view::npos)
    text = text.substr(0, semicolon);
  std::string digits;
  bool global = false;
  for (const char c : text) {
    if (c == '+' && digits.empty() && !global) {
      global = true;
    } else if (core::is_digit(c)) {
      digits += c;
      if (digits.size() > kMaxNumberDigits) return {};
    } else if (!is_separator(c)) {
      return {};
    }
  }
  if (digits.size() < kMinNumberDigits) return {};
  if (global) return "+" + digits;
  if (plan.country_code.empty()) return digits;
  std::vector<std::string> prefixes = plan.international_prefixes;
  std::sort(prefixes.begin(), prefixes.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  for (const auto& prefix : prefixes) {
    if (!prefix.empty() && digits.starts_with(prefix)) return "+" + digits.substr(prefix.size());
  }
  if (!plan.trunk_prefix.empty() && digits.starts_with(plan.trunk_prefix)) {
    return "+" + plan.country_code + digits.substr(plan.trunk_prefix.size());
  }
  return digits;
}

Directory::Directory(DirectoryConfig config) : config_(std::move(config)) {
  config_.domain = core::to_lower(config_.domain);
  for (const auto& entry : config_.users) {
    auto uri =
        sip::parse_uri(entry.find(':') == std::string::npos ? "sip:" + entry + "@" + config_.domain : entry);
    if (!uri) continue;
    bool is_number = false;
    provisioned_[key_of(*uri, is_number)] = true;
  }
}

std::string Directory::key_of(const sip::Uri& uri, bool& is_number) const {
  auto number = canonical_number(uri.user, config_.numbers);
  is_number = !number.empty();
  return is_number ? number : uri.user + "@" + config_.domain;
}

bool Directory::is_local_host(const sip::Uri& uri) const {
  return core::iequals(uri.host, config_.domain) || node_at(uri.host, uri.port) != kOutside;
}

UserId Directory::user(const sip::Uri& uri) {
  if (uri.scheme != "tel" && !(uri.is_sip() && is_local_host(uri))) return kForeignUser;
  if (uri.user.empty()) return kForeignUser;
  bool is_number = false;
  auto key = key_of(uri, is_number);
  if (uri.scheme == "tel" && !is_number) return kForeignUser;
  if (const auto found = ids_.find(key); found != ids_.end()) return found->second;
  if (users_.size() >= kMaxUsers) return UserId{};
  const bool known = config_.users.empty() || provisioned_.contains(key);
  users_.push_back(User{key, is_number, known});
  const UserId id{static_cast<std::uint32_t>(users_.size())};
  ids_.emplace(std::move(key), id);
  return id;
}

std::string Directory::key_of(const sip::Uri& uri) const {
  bool is_number = false;
  const bool is_ours = uri.scheme == "tel" || (uri.is_sip() && is_local_host(uri));
  auto key = is_ours ? key_of(uri, is_number) : std::string();
  if (is_ours && (uri.scheme != "tel" || is_number)) return key;
  return uri.user + "@" + uri.host;
}

bool Directory::is_known(UserId user) const {
  return user.value != 0 && user.value <= users_.size() && users_[user.value - 1].known;
}

const std::string& Directory::name(UserId user) const {
  if (user.value == 0 || user.value > users_.size()) return kNobody;
  return users_[user.value - 1].name;
}

void Directory::keep_tags(UserId user, sip::Params tags) {
  if (!is_known(user)) return;
  std::size_t octets = 0;
  auto& kept = users_[user.value - 1].tags;
  kept.clear();
  for (auto& tag : tags) {
    octets += tag.name.size() + (tag.value ? tag.value->size() : 0) + 4;  // ;="" around them
    if (octets > kMaxTagOctets) return;
    kept.push_back(std::move(tag));
  }
}

const sip::Params& Directory::tags(UserId user) const {
  static const sip::Params kNone;
  return is_known(user) ? users_[user.value - 1].tags : kNone;
}

sip::Uri Directory::identity(UserId user) const {
  const auto& text = name(user);
  return sip::make_sip_uri(text.substr(0, text.find('@')), config_.domain);
}

sip::Uri Directory::tel_identity(UserId user) const {
  sip::Uri uri;
  uri.scheme.clear();
  const auto& text = name(user);
  if (text.starts_with('+') && users_[user.value - 1].is_number) {
    uri.scheme = "tel";
    uri.user = text;
  }
  return uri;
}

NodeId Directory::add_node(std::string name, NodeAddress address) {
  nodes_.push_back(Node{std::move(name), {}, {}});
  const NodeId node{static_cast<std::uint32_t>(nodes_.size())};
  set_address(node, std::move(address));
  return node;
}

void Directory::set_address(NodeId node, NodeAddress address) {
  RCS_ASSERT(node.value != 0 && node.value <= nodes_.size());
  address.host = std::string(without_brackets(address.host));
  nodes_[node.value - 1].address = std::move(address);
}

void Directory::set_tls_address(NodeId node, NodeAddress address) {
  RCS_ASSERT(node.value != 0 && node.value <= nodes_.size());
  address.host = std::string(without_brackets(address.host));
  nodes_[node.value - 1].tls = std::move(address);
}

const NodeAddress& Directory::address(NodeId node) const {
  RCS_ASSERT(node.value != 0 && node.value <= nodes_.size());
  return nodes_[node.value - 1].address;
}

const NodeAddress& Directory::tls_address(NodeId node) const {
  RCS_ASSERT(node.value != 0 && node.value <= nodes_.size());
  return nodes_[node.value - 1].tls;
}

const std::string& Directory::name(NodeId node) const {
  return node.value == 0 || node.value > nodes_.size() ? kNobody : nodes_[node.value - 1].name;
}

NodeId Directory::node_named(std::string_view name) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].name == name) return NodeId{static_cast<std::uint32_t>(i + 1)};
  }
  return {};
}

NodeId Directory::node_at(std::string_view host, std::uint16_t port) const {
  const auto bare = without_brackets(host);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto& [name, address, tls] = nodes_[i];
    const bool plain =
        port_or_default(address.port) == port_or_default(port) && core::iequals(address.host, bare);
    const bool secure = tls.port != 0 && tls.port == port && core::iequals(tls.host, bare);
    if (plain || secure) return NodeId{static_cast<std::uint32_t>(i + 1)};
  }
  return kOutside;
}

std::string Directory::host_in_uri(NodeId node) const { return in_uri(address(node).host); }

sip::Uri Directory::uri_of(NodeId node) const {
  return sip::make_sip_uri("", host_in_uri(node), address(node).port);
}

sip::NameAddr Directory::route_to(NodeId node) const {
  sip::NameAddr route;
  route.uri = uri_of(node);
  sip::set_param(route.uri.params, "lr", std::nullopt);
  return route;
}

sip::NameAddr Directory::tls_route_to(NodeId node) const {
  const auto& [host, port] = tls_address(node);
  sip::NameAddr route;
  route.uri = sip::make_sip_uri("", in_uri(host), port);
  route.uri.params = {{"transport", "tls"}, {"lr", std::nullopt}};
  return route;
}

}  // namespace rcs::ims
