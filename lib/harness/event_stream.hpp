#pragma once
// Takes the events out of what an event channel delivers: SSE, NDJSON, iframe, WebSocket texts and poll
// bodies, fed in any pieces.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace rcs::harness {

enum class EventTransport { poll, iframe, sse, ndjson, ws };
core::Result<EventTransport> parse_event_transport(std::string_view name);
std::string_view name(EventTransport transport);

/// One event as delivered, its usual members read out.
struct ApiEvent {
  std::string json;  ///< the whole object
  std::string id;    ///< cursor; empty for priming and advice
  std::string type;  ///< chat, system ...
  std::string instance;
  std::string status;  ///< data.status
};

/// Reads an event object. Errors: malformed.
core::Result<ApiEvent> read_event(std::string_view json);
/// A member by its path, "data.message_id"; strings as they are, other values as JSON; nullopt where there is
/// none.
std::optional<std::string> json_member(std::string_view json, std::string_view path);

inline constexpr std::size_t kMaxEventBytes =
    1024 * 1024;  ///< an event is at most 64 KiB of text, escaped six times over, and its frame

class EventStream {
 public:
  explicit EventStream(EventTransport transport) : transport_(transport) {}

  /// The JSON texts of the events that are complete now. An incomplete tail waits for more octets. Errors:
  /// too_large, malformed.
  core::Result<std::vector<std::string>> feed(std::string_view octets);
  /// SSE: the last `id:` seen, also that of priming blocks without data.
  const std::string& last_id() const { return last_id_; }

 private:
  void take_sse_line(std::string_view line, std::vector<std::string>& out);

  EventTransport transport_;
  std::string buffer_;
  std::string data_;  ///< SSE: data lines of the block so far
  std::string pending_id_;
  std::string last_id_;
};

}  // namespace rcs::harness
