#pragma once
// The location service of a domain (RFC 3261 section 10.3, RFC 5626): several bindings a user, each with its
// time of expiry; changes are atomic. A value: who arms timers and answers is its owner.

#include <cstddef>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/time.hpp"
#include "ims/role.hpp"
#include "ims/signal.hpp"

namespace rcs::ims {

inline constexpr std::uint32_t kMinRegistration = 60;        ///< seconds; shorter ones (but 0) get 423
inline constexpr std::uint32_t kMaxRegistration = 600'000;   ///< what clients ask for (REG-11); more is cut
inline constexpr std::uint32_t kDefaultRegistration = 3600;  ///< when the client names none
inline constexpr std::size_t kMaxBindings = 10;              ///< devices of one user

struct Binding {
  ContactSpec spec;
  Instant expires_at{};
  CallKey call;  ///< of the REGISTER that made it
  std::uint32_t cseq = 0;
  std::uint64_t order = 0;  ///< larger: newer
};

class Registrar {
 public:
  struct Outcome {
    int status = 200;  ///< 200, 400, 403, 423 or 500
    bool was_registered = false;
    bool is_registered = false;
    bool removed_some = false;
  };
  /// Applies a REGISTER of `user` (REG-7, 8, 9, 12). On any status but 200 nothing has changed.
  Outcome update(Instant now, UserId user, const Signal& request, std::span<const ContactSpec> contacts);
  /// Takes out what has run out; true when something did.
  bool expire(Instant now, UserId user);

  bool is_registered(Instant now, UserId user) const;
  /// Those in force, oldest first.
  std::vector<Binding> bindings(Instant now, UserId user) const;
  /// Seconds until the last one runs out; 0: none.
  std::uint32_t longest(Instant now, UserId user) const;
  /// When the next one runs out.
  std::optional<Instant> next_expiry(UserId user) const;
  /// The binding for a request: those that did not register the service asked for are dropped under
  /// `strict_preference`, except those that registered no feature at all (RFC 3841 section 7.2: immune); then
  /// by q, by match, newest first (REG-41).
  std::optional<Binding> best(Instant now, UserId user, const Signal& request) const;
  /// Where there is none for this INVITE or MESSAGE: the devices that are there do the other of the two only.
  bool is_for_other_service(Instant now, UserId user, const Signal& request) const;

 private:
  std::unordered_map<UserId, std::vector<Binding>> users_;
  std::uint64_t order_ = 0;
};

}  // namespace rcs::ims
