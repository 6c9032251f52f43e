#pragma once
// Who may do what (B.6): static and development tokens, tickets for clients that can not set headers, and how
// often a token may post. A token itself is never kept beside what it did, and stands in no text made here
// (API-99).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/random.hpp"
#include "core/web.hpp"
#include "gateway/config.hpp"
#include "gateway/identity.hpp"
#include "gateway/problem.hpp"

namespace rcs::gateway {

inline constexpr Duration kTicketLife = 30s;                   // API-91
inline constexpr std::size_t kTicketsPerUser = 100;            // unused at one time; each lives for 30 s
inline constexpr std::size_t kMaxTickets = 10'000;             // of all users
inline constexpr std::string_view kDefaultDevice = "default";  // where neither request nor token names one

/// What a good token says of its bearer.
struct Caller {
  std::string bearer;               ///< names the token without showing it
  std::string user;                 ///< Identity::key, or "*"
  std::vector<std::string> scopes;  ///< empty: all
  std::string device;               ///< of requests that name none
};

/// May the caller do what needs that scope ("": needs none)?
bool has_scope(const Caller& caller, std::string_view scope);

/// Lets in once whoever it was given to, as far as its token would.
struct Ticket {
  Caller caller;
  core::Instant expires;
};

/// The one token a request carries, header or body (API-90); nullopt: none. `body_token` is null where the
/// body has none.
std::variant<std::optional<std::string>, Problem> token_of(const core::WebHeaders& headers,
                                                           const std::string* body_token);

class Tokens {
 public:
  /// SAFETY: both outlive this.
  Tokens(const Config& config, core::Random& random);

  /// 401 for a token that is missing or not good, 403 for one that is not good for this user or this scope
  /// ("" needs none).
  std::variant<Caller, Problem> check(const std::optional<std::string>& token, const Identity& user,
                                      std::string_view scope) const;

  /// Whose token it is; 401 for one that is not good. What its bearer names and wants is the caller's to
  /// check.
  std::variant<Caller, Problem> identify(const std::string& token) const;

  /// Takes one message from the token's allowance; else the whole seconds to wait.
  std::optional<std::uint32_t> over_rate(core::Instant now, const std::string& bearer);
  /// A message to more than one: takes one for each `more`. What is not left is owed, and waited for later.
  void charge(core::Instant now, const std::string& bearer, std::size_t more);

  /// nullopt: too many are out.
  std::optional<std::string> issue_ticket(core::Instant now, Caller caller);
  /// Gives it once; nullopt for one that is unknown, used or too old.
  std::optional<Ticket> redeem(core::Instant now, std::string_view ticket);

  void sweep(core::Instant now);
  bool idle() const { return tickets_.empty() && allowances_.empty(); }

 private:
  struct Allowance {
    double left = 0;
    core::Instant at;
  };
  std::optional<Caller> find(std::string_view token) const;
  double allowance_at(const Allowance& allowance, core::Instant now) const;
  Allowance& allowance_of(const std::string& bearer, core::Instant now);

  const Config& config_;
  core::Random& random_;
  std::vector<std::string> users_;  ///< of config.tokens, as keys; empty: names nobody
  std::map<std::string, Allowance> allowances_;
  std::map<std::string, Ticket, std::less<>> tickets_;
};

}  // namespace rcs::gateway
