#pragma once
// Who a request is for besides its Request-URI: the list of recipients in application/resource-lists+xml (RFC
// 4826) with the attributes of RFC 5364, as MESSAGE (RFC 5365) and INVITE (RFC 5366) to a list server carry
// it, and the history of it that each recipient is shown.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace rcs::body {

using core::Result;

inline constexpr std::string_view kRecipientListType = "application/resource-lists+xml";
inline constexpr std::size_t kMaxRecipientListOctets = 256 << 10;  ///< about 200 for each of the entries
inline constexpr std::size_t kMaxRecipients = 1'000;  ///< each is a request of its own to whoever fans out

/// Who sees that this recipient got a copy. Without the attribute: bcc.
enum class CopyControl : std::uint8_t { bcc, cc, to };

struct Recipient {
  std::string uri;  ///< as written
  CopyControl copy = CopyControl::bcc;
  bool anonymize = false;   ///< others see that there was somebody, not who
  std::uint32_t count = 1;  ///< in a history: recipients behind an anonymous entry
  friend bool operator==(const Recipient&, const Recipient&) = default;
};

/// The entries of all lists in it, in order; attributes and elements nobody defined are skipped. Errors:
/// malformed, also for an entry without URI and a reference to entries elsewhere, which is not followed;
/// too_large.
Result<std::vector<Recipient>> parse_recipient_list(std::string_view xml);
std::string format_recipient_list(const std::vector<Recipient>& recipients);

/// Each recipient once, where it stands first, with the strongest of to, cc and bcc; one that is bcc anywhere
/// or anonymous anywhere is not shown more than that allows. `key` is the same for all forms of one URI.
std::vector<Recipient> merge_recipients(const std::vector<Recipient>& recipients,
                                        const std::function<std::string(const std::string& uri)>& key);
/// What recipients are shown: without bcc, and one entry with a count for the anonymous of each kind.
std::vector<Recipient> recipient_history(const std::vector<Recipient>& recipients);

}  // namespace rcs::body
