#pragma once
// Who is who in SIP headers: the key under which tel and sip forms of one user meet (RFC 3261 section 10.3),
// asserted identities (RFC 3325), and the small values that headers carry for a person or a timer: Reason,
// Retry-After, Subject.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message.hpp"

namespace rcs::chat {

inline constexpr std::size_t kMaxSubject = 1024;  ///< octets; a Subject is a title, the text travels in CPIM
inline constexpr std::size_t kMaxReason = 128;    ///< octets of a reason phrase that a user chose

/// The user part without number separators and parameters, and the domain (for tel its phone-context, mostly
/// empty).
struct UserKey {
  std::string user;
  std::string domain;
  friend auto operator<=>(const UserKey&, const UserKey&) = default;
};
UserKey key_of(const sip::Uri& uri);
/// sip, sips or tel.
bool can_be_called(const sip::Uri& uri);
/// Who a command names, with what a URI can smuggle into a request left out (RFC 3261 section 19.1.5,
/// PGR-19); of an im URI its sip form.
std::optional<sip::Uri> party(const std::string& text);
/// An im URI as the sip URI of the same user (PGR-14; RFC 3861 would ask the DNS for another domain); any
/// other as it is.
sip::Uri resolve_im(sip::Uri uri);

/// The user part by which a store-and-forward server names itself (CHAT-40).
inline constexpr std::string_view kStoreUser = "rcse-standfw";
bool is_store(const sip::Uri& uri);
/// The identities a trusted network vouches for; what does not parse is left out.
std::vector<sip::NameAddr> asserted_identities(const sip::Message& message);
bool asserts_store(const sip::Message& message);
/// An identity is asserted and it is not the store's.
bool asserts_person(const sip::Message& message);

/// The sender a person should see (CHAT-40): From, or for a deferred message Referred-By, else `cpim_from`;
/// never the store.
struct Sender {
  std::string uri;
  std::string display;
  bool deferred = false;
};
Sender sender_of(const sip::Message& invite, std::string_view cpim_from);

/// Text for one header line: each run of control characters becomes a space, ill-formed UTF-8 becomes U+FFFD,
/// blanks at the ends go, and the rest is cut to `max` octets at a character border (XLAT-2).
std::string one_line(std::string_view text, std::size_t max);

/// The SIP value of the Reason header fields (RFC 3326).
struct Cause {
  int code = 0;
  std::string text;
};
std::optional<Cause> cause_of(const sip::Message& message);
/// Seconds of Retry-After, its comment and parameters left out; at most a day, for a longer wait is as good
/// as never.
std::optional<std::uint32_t> retry_after(const sip::Message& message);
/// Seconds of Min-SE or Min-Expires; nullopt when absent or not a number.
std::optional<std::uint32_t> delta_seconds(const sip::Message& message, std::string_view name);

}  // namespace rcs::chat
