#pragma once
// Who is who: interns the users of the domain (tel and sip forms of one subscriber are one user: SIM-14,
// REG-6, NUM-6) and the nodes of the core with their addresses. One Directory serves all nodes of one core.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ims/signal.hpp"
#include "sip/hop.hpp"
#include "sip/uri.hpp"

namespace rcs::ims {

/// How plain numbers are read (section NUM). Without a country code they stay as written, separators taken
/// out.
struct NumberPlan {
  std::string country_code;  ///< "82"; empty: no national form
  std::string trunk_prefix = "0";
  std::vector<std::string> international_prefixes = {"00"};  ///< tried longest first
};

inline constexpr std::size_t kMinNumberDigits = 5;  ///< shorter ones are service codes, not subscribers
inline constexpr std::size_t kMaxNumberDigits =
    20;  ///< E.164 has 15; prefixes dialled before it take the rest

/// Canonical digits ("+821087654321", or "01087654321" without a country code); empty when the text is not a
/// subscriber number.
std::string canonical_number(std::string_view text, const NumberPlan& plan);

struct DirectoryConfig {
  std::string domain = "domain.com";
  NumberPlan numbers;
  std::vector<std::string>
      users;  ///< the provisioned ones, URIs or user parts; empty: everybody of the domain is known
};

/// More users than this get UserId{}: the node answers 503. The live core is for tests; ten million users
/// need no text.
inline constexpr std::size_t kMaxUsers = 1'000'000;

/// Feature tags kept of a device; those beyond are left out. One with every service of RCS has about 1,000.
inline constexpr std::size_t kMaxTagOctets = 4096;

struct NodeAddress {
  std::string host;  ///< an IPv6 literal without brackets
  std::uint16_t port = 0;
  friend bool operator==(const NodeAddress&, const NodeAddress&) = default;
};

class Directory {
 public:
  explicit Directory(DirectoryConfig config);

  const std::string& domain() const { return config_.domain; }

  /// The user a URI names: kForeignUser outside the domain, UserId{} when there is no room for one more.
  UserId user(const sip::Uri& uri);
  /// The domain, or the address of one of our nodes.
  bool is_local_host(const sip::Uri& uri) const;
  /// The same for all forms of one user, who need not be known; of others what they say.
  std::string key_of(const sip::Uri& uri) const;
  /// Of the domain, and provisioned where users are.
  bool is_known(UserId user) const;
  /// "+821087654321" or "alice@domain.com"; empty for nobody.
  const std::string& name(UserId user) const;
  /// The canonical public identity: sip:+821087654321@domain.com
  sip::Uri identity(UserId user) const;
  /// tel:+821087654321 for an E.164 number; empty scheme otherwise.
  sip::Uri tel_identity(UserId user) const;

  /// The feature tags that a device of this user registered last: those of one device. They outlive its
  /// registration, for who answers in its place.
  void keep_tags(UserId user, sip::Params tags);
  const sip::Params& tags(UserId user) const;

  NodeId add_node(std::string name, NodeAddress address);
  void set_address(NodeId node, NodeAddress address);
  /// Where the node takes TLS, too: by the name that its certificate bears.
  void set_tls_address(NodeId node, NodeAddress address);
  const NodeAddress& address(NodeId node) const;
  const NodeAddress& tls_address(NodeId node) const;  ///< port 0: it takes none
  const std::string& name(NodeId node) const;
  /// NodeId{} for none of that name.
  NodeId node_named(std::string_view name) const;
  /// kOutside for an address that is none of ours, with TLS or without.
  NodeId node_at(std::string_view host, std::uint16_t port) const;
  /// The host as it stands in URIs and Via: an IPv6 literal in brackets.
  std::string host_in_uri(NodeId node) const;
  /// sip:host:port
  sip::Uri uri_of(NodeId node) const;
  /// <sip:host:port;lr>
  sip::NameAddr route_to(NodeId node) const;
  /// <sip:host:port;transport=tls;lr>
  sip::NameAddr tls_route_to(NodeId node) const;

 private:
  struct User {
    std::string name;
    bool is_number = false;
    bool known = true;
    sip::Params tags;
  };
  std::string key_of(const sip::Uri& uri, bool& is_number) const;

  DirectoryConfig config_;
  std::unordered_map<std::string, UserId> ids_;
  std::vector<User> users_;  ///< index: id - 1
  std::unordered_map<std::string, bool> provisioned_;
  struct Node {
    std::string name;
    NodeAddress address;
    NodeAddress tls;
  };
  std::vector<Node> nodes_;  ///< index: id - 1
};

}  // namespace rcs::ims
