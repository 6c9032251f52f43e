#pragma once
// What a message in a chat session is to who keeps and passes it on: something to be read, a notification
// about it, or that somebody is typing. The octets themselves are not touched. And the one notification that
// who passes on makes itself: that nobody will have the message.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace rcs::ims {

enum class ContentKind : std::uint8_t {
  text,       ///< for the user to see, of whatever media type
  notice,     ///< IMDN: worth keeping, not worth an invitation
  composing,  ///< true only now: never kept (ISC-7)
};

bool is_cpim(std::string_view content_type);
bool is_plain_text(std::string_view content_type);

/// Of an MSRP message, bare or in CPIM; CPIM that can not be read is a text, for its receiver to judge.
ContentKind content_kind(std::string_view content_type, std::string_view content);

/// That, and which message it is: of a text its own Message-ID, of a notification that of the first text it
/// speaks of. Empty: none is told.
struct ContentFacts {
  ContentKind kind = ContentKind::text;
  std::string id;
};
ContentFacts facts_of(std::string_view content_type, std::string_view content);

inline constexpr std::size_t kMaxIntermediaries = 8;  ///< that want to see a notification; more are left out

/// CPIM for the sender of this text, which was accepted for its receiver and will not reach it any more
/// (IMDN-8). Nothing where the text did not ask for it, or has no id by which to name it. `id` names the
/// notification, and has to be new; `recipient` is whom it was for, where the text itself may say
/// something else, as one for several does.
std::optional<std::string> failure_notice(std::string_view content_type, std::string_view content,
                                          std::string id, core::UnixMs now, std::string recipient = {});

}  // namespace rcs::ims
