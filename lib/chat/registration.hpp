#pragma once
// One user's registration (RFC 3261 section 10.2, RFC 3608, RFC 7315 section 4.1) as a value: it makes the
// REGISTER requests and turns their answers into what to do next and when (REG-10 to 13, 32, 34). It arms no
// timer and sends nothing itself.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chat/agent.hpp"
#include "chat/identity.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "sip/message.hpp"

namespace rcs::chat {

using core::Duration;

inline constexpr Duration kFirstBackOff = std::chrono::seconds(30);   ///< REG-13
inline constexpr Duration kLastBackOff = std::chrono::seconds(1800);  ///< REG-13
inline constexpr int kMaxForbidden = 5;  ///< 403 so often in a row: stop (REG-13)
inline constexpr Duration kRefreshMargin = std::chrono::seconds(600);  ///< REG-11
inline constexpr std::uint32_t kMaxMinExpires =
    10'000'000;                                       ///< seconds; a registrar that asks for more is refused
inline constexpr std::size_t kMaxServiceRoutes = 16;  ///< an IMS core gives one to three
inline constexpr std::size_t kMaxAssociated = 32;     ///< an implicit set has a handful

class Registration {
 public:
  /// `identity` is the public identity to register: sip, sips or tel.
  Registration(sip::Uri identity, const AgentConfig& config, core::Random& random);

  /// The next REGISTER: same Call-ID, rising CSeq; `leave` asks for Expires 0. No Via.
  sip::Message make_register(const AgentConfig& config, bool leave);

  struct Outcome {
    enum class Kind : std::uint8_t { registered, again, failed };
    Kind kind = Kind::failed;
    Duration expires{};  ///< registered: granted
    Duration next{};     ///< registered: refresh after; failed and will_retry: try after
    int status = 0;      ///< failed
    std::string reason;  ///< failed
    bool will_retry = true;
    bool told_to_wait = false;  ///< failed with Retry-After: nothing may be tried before
  };
  /// A final response to a REGISTER that was not a leave. `again`: at once, with a longer Expires (423).
  Outcome on_response(const sip::Message& response, const AgentConfig& config, core::Random& random);
  /// No response: 408 or 503.
  Outcome on_failure(int status, std::string reason, core::Random& random);
  /// The last REGISTER was sent once more with the next CSeq.
  void skip_cseq() { ++cseq_; }
  /// Forgets earlier failures: somebody asks for it anew.
  void encourage();
  /// false after kMaxForbidden 403s in a row, until encouraged.
  bool may_retry() const { return forbidden_ < kMaxForbidden; }

  const sip::Uri& identity() const { return identity_; }
  const std::string& contact_user() const { return contact_user_; }
  /// Stored Service-Route, in order (REG-32).
  const std::vector<sip::NameAddr>& service_routes() const { return service_routes_; }
  /// The implicit set, default identity first (REG-34).
  const std::vector<sip::Uri>& associated() const { return associated_; }
  /// What the device can be sent from the next REGISTER on (CAP-35); at first AgentConfig::services.
  void offer(const ServiceSet& services) { services_ = services; }
  const ServiceSet& services() const { return services_; }
  /// The last REGISTER said so.
  bool is_told() const { return told_ == services_; }
  /// What P-Preferred-Identity says: our identity if the network knows it as ours, else the default one.
  const sip::Uri& preferred_identity() const;

 private:
  Outcome granted(const sip::Message& response, const AgentConfig& config, core::Random& random);
  Duration back_off(core::Random& random);

  sip::Uri identity_;
  std::string contact_user_;
  std::string instance_;
  std::string call_id_;
  std::string tag_;
  std::uint32_t cseq_ = 0;
  std::uint32_t expires_;
  ServiceSet services_;
  ServiceSet told_;
  int failures_ = 0;
  int forbidden_ = 0;
  std::vector<sip::NameAddr> service_routes_;
  std::vector<sip::Uri> associated_;
};

/// After how long a registration of that length is refreshed: at half, or 600 s before the end if that is
/// later (REG-11).
Duration refresh_after(Duration granted);

}  // namespace rcs::chat
