#pragma once
// The texts of events, built once each: {"type","instance","data":{...},"id","time"} in this order (API-60),
// and the same escaped for a script element.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/command.hpp"
#include "core/time.hpp"
#include "gateway/config.hpp"
#include "gateway/translate.hpp"

namespace rcs::gateway {

inline constexpr std::size_t kMaxEventMessage =
    64 * 1024;  ///< octets of data.message; the rest is cut (CMT-73)

/// The members of `data` in order; values are JSON texts.
using EventData = std::vector<std::pair<std::string_view, std::string>>;

/// "text" for plain text, as in Table 2; else the media type without parameters.
std::string short_type(std::string_view content_type);

/// As a JSON object.
void append_object(std::string& out, const EventData& data);
std::string event_text(std::string_view type, std::string_view instance, const EventData& data,
                       std::string_view id, core::UnixMs time);
/// What a request that changed something is answered with (API-47); an empty message_id is left out.
std::string answer_text(std::string_view instance, std::string_view status, std::string_view message_id,
                        std::string_view type = "chat");
/// An event of the channel itself, not of the log: without an instance, and without an id unless it moves the
/// cursor (system/gap).
std::string system_event_text(std::string_view status, const EventData& more, std::string_view id,
                              core::UnixMs time);

/// The members that show the content of a message: type, message, and where they apply encoding (base64, for
/// octets that are no text) and truncated. At most `max` octets of content (CMT-73).
void append_content(EventData& data, std::string_view content_type, std::string_view content,
                    std::size_t max = kMaxEventMessage);

/// For script context: < > & U+2028 U+2029 as \uXXXX (CMT-94). The JSON must be valid: these can only stand
/// in its strings.
std::string escape_for_script(std::string_view json);

}  // namespace rcs::gateway
