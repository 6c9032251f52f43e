#pragma once
// Who gets a URI from a relay (RFC 4976 sections 5.1 and 5.2, rules MSRP-101 to MSRP-105): AUTH on a
// connection that its owner has opened to the relay, the answer to its challenge, and the same again before
// the URI expires. One for each of our URIs. Its requests are appended to a buffer; what answers come, it is
// told.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/digest_client.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "msrp/message.hpp"
#include "msrp/uri.hpp"

namespace rcs::msrp {

struct RelayLogin {
  Uri relay;  ///< as its owner names it: without a session id
  core::DigestCredentials credentials;
  std::optional<core::Duration> expires;  ///< asked for; absent: the relay decides
  bool check_authority = true;            ///< of its certificate: node::StreamTarget
};

/// We can be reached by these relays, on this connection; told anew when they change.
struct UsePath {
  Path relays;  ///< nearest to us first: LocalEnd::relays
  friend bool operator==(const UsePath&, const UsePath&) = default;
};
/// We can not, or not any longer, and no more is tried.
struct NoUsePath {
  int code = 0;  ///< 401: name or password, 403, 408: no answer; 0: what it said makes no sense
  std::string why;
  friend bool operator==(const NoUsePath&, const NoUsePath&) = default;
};
using RelayClientEvent = std::variant<UsePath, NoUsePath>;

class RelayClient {
 public:
  /// `own` is the URI that the relay is to pass requests on to. SAFETY: `random` outlives this.
  RelayClient(RelayLogin login, const Uri& own, core::Random& random);

  /// The connection is there. Appends the first AUTH.
  void start(core::Instant now, std::string& out);
  /// Any response on the connection. False: it is not for this.
  bool on_response(core::Instant now, const Head& response, std::string& out);
  void on_time(core::Instant now, std::string& out);
  /// For an answer.
  bool waits() const { return !transaction_id_.empty(); }
  std::optional<core::Instant> next_deadline() const { return deadline_; }

  std::vector<RelayClientEvent> take_events() { return std::exchange(events_, {}); }

 private:
  void ask(core::Instant now, std::string& out);
  void on_success(core::Instant now, const Head& response);
  void on_bounds(core::Instant now, const Head& response, std::string& out);
  void fail(int code, std::string why);

  std::string relay_;  // as text
  std::string own_;
  std::optional<core::Duration> expires_;
  core::DigestClient digest_;
  core::Random* random_;
  std::string transaction_id_;  // of the AUTH that waits for its answer
  bool adjusted_ = false;       // to the bounds that the relay told
  std::optional<Path> relays_;
  std::optional<core::Instant> deadline_;  // of the answer, or to ask again
  std::vector<RelayClientEvent> events_;
};

}  // namespace rcs::msrp
