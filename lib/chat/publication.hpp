#pragma once
// One user's publication of its services (RFC 3903, rules PRES-1 to 7) as a value: it says what PUBLISH is
// due and turns the answers into what to do next. It arms no timer and sends nothing itself.

#include <cstdint>
#include <optional>
#include <string>

#include "chat/capabilities.hpp"
#include "chat/registration.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "sip/message.hpp"

namespace rcs::chat {

inline constexpr std::uint32_t kPublishSeconds = 3600;  ///< asked for: what clients and RFC 3856 have
inline constexpr std::size_t kMaxEntityTag = 256;       ///< octets; servers give up to 40

class Publication {
 public:
  struct Request {
    std::string if_match;                ///< empty: an initial one
    std::optional<ServiceSet> document;  ///< none: a refresh or a removal
    std::uint32_t expires = 0;           ///< 0: a removal
  };
  /// What is to be sent now so that `wanted` is published (none: nothing); nullopt: nothing is, or one is on
  /// its way (PRES-6). The caller sends it.
  std::optional<Request> next(core::Instant now, const std::optional<ServiceSet>& wanted);

  struct Outcome {
    std::optional<core::Duration> look_after;  ///< when `next` may have something to send, if not now
    bool register_anew = false;                ///< a core that was restarted may not know us any more
  };
  Outcome on_response(const sip::Message& response, core::Instant now, core::Random& random);
  /// No answer, or none that was heard.
  Outcome on_failure(core::Instant now, core::Random& random);
  /// Registered: what was refused may be tried again.
  void encourage() { refused_ = false; }

  bool is_busy() const { return sent_.has_value(); }
  const std::string& entity_tag() const { return entity_tag_; }

 private:
  Outcome on_granted(const Request& sent, const sip::Message& response, core::Instant now);
  Outcome on_removed();
  /// Until the next registration.
  Outcome give_up();
  Outcome back_off(core::Instant now, core::Duration least, core::Random& random);

  std::string entity_tag_;  ///< of what is published; empty: nothing is
  ServiceSet told_;         ///< by the last one that was granted
  std::optional<Request> sent_;
  std::uint32_t expires_ = kPublishSeconds;
  core::Instant refresh_at_{};
  core::Instant expires_at_{};
  core::Instant not_before_{};  ///< after failures
  int failures_ = 0;
  bool refused_ = false;
  bool registered_anew_ = false;  ///< for a 403: once, until one is granted
};

}  // namespace rcs::chat
