#pragma once
// What became of a message, told to its sender: message/imdn+xml (RFC 5438 section 11, rules IMDN-2 and
// IMDN-3) to values and back, and the CPIM around one. Which notification is owed to whom is known to the
// clients.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "body/cpim.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace rcs::body {

inline constexpr std::string_view kImdnType = "message/imdn+xml";
inline constexpr std::size_t kMaxImdnOctets = 64 << 10;  ///< real ones have about 400
inline constexpr std::size_t kMaxImdnParts = 100;        ///< of an aggregate: a reader catching up on a day

/// Which of the three notifications it is, and what it says.
enum class ImdnKind : std::uint8_t { delivery, display, processing };
enum class ImdnStatus : std::uint8_t { delivered, displayed, processed, stored, failed, forbidden, error };

struct Imdn {
  std::string message_id;  ///< of the message it is about
  /// Of that message, as its sender wrote it; empty: not told.
  std::string date_time;
  std::string recipient_uri;           ///< empty: not told
  std::string original_recipient_uri;  ///< likewise; written only together with recipient_uri
  std::string subject;                 ///< likewise
  ImdnKind kind = ImdnKind::delivery;
  ImdnStatus status = ImdnStatus::delivered;
  friend bool operator==(const Imdn&, const Imdn&) = default;
};

/// Elements in any order, under any prefix, the namespace asked for of the root alone; unknown ones are
/// skipped. A status that nobody defined is `error`. Errors: malformed, too_large.
Result<Imdn> parse_imdn(std::string_view xml);
std::string format_imdn(const Imdn& imdn);

/// A notification as it travels: CPIM with its own message id (IMDN-2), Content-Disposition notification, and
/// no request for notifications about it (IMDN-5). Empty addresses become anonymous (CPIM-14).
struct ImdnMessage {
  std::string message_id;
  std::string from;
  std::string to;
  std::optional<core::UnixMs> date_time;
  Imdn imdn;
};
Cpim make_imdn_cpim(const ImdnMessage& message);
/// All notifications in a CPIM message, also aggregated as multipart/mixed (IMDN-10); empty where its content
/// is something else. Errors: as parse_imdn and parse_multipart.
Result<std::vector<Imdn>> read_imdn_cpim(const Cpim& cpim);

}  // namespace rcs::body
