#pragma once
// One event connection: a cursor into its user's log and the way events look on it. The log keeps the events;
// a reader that goes away takes nothing with it.

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "gateway/step.hpp"
#include "store/event_log.hpp"

namespace rcs::gateway {

enum class Delivery : std::uint8_t { poll, iframe, sse, ndjson, ws };

/// The text of a cursor: "{epoch}.{seq}", opaque to clients (CMT-30).
class Cursors {
 public:
  explicit Cursors(std::string_view epoch);
  struct Place {
    std::uint64_t seq = 0;
    bool same_epoch = true;  ///< false: of a store that is gone
  };
  std::string text(std::uint64_t seq) const { return epoch_ + '.' + std::to_string(seq); }
  /// nullopt: not the form of a cursor.
  std::optional<Place> read(std::string_view text) const;

 private:
  std::string epoch_;
};

/// When each reader is to be looked at next.
using DueTimes = std::set<std::pair<core::Instant, WebId>>;

struct Reader {
  Exchange exchange;
  Delivery delivery = Delivery::poll;
  std::string user;
  std::string device;
  std::uint64_t at = 0;  ///< the last event dealt with
  std::uint64_t only_pinned_to =
      0;  ///< up to this one only open invitations are given: a device seen for the first time (API-61)
  std::vector<std::string> types;  ///< what `types=` lets through; empty: all
  std::string next_url;            ///< of the Link header: the cursor goes behind it

  // poll
  std::size_t max = 0;  ///< 0: one bare event (API-15)
  core::Duration hold{};
  core::Instant hold_until;
  bool batching = false;  ///< the first event has come, a few more may (CMT-90)

  // streams and WebSocket
  std::string nonce;        ///< iframe: of its scripts
  std::string script_open;  ///< iframe: what stands around each event
  std::string script_close;
  std::string subprotocol;  ///< WebSocket: as agreed
  bool ping = false;        ///< heartbeats the page can see
  bool behind = false;      ///< the log holds more than was written in one turn
  std::size_t written = 0;
  core::Instant last_write;
  core::Instant recycle_at;
  double texts_left = 0;  ///< what the client may still say on a WebSocket (CMT-76)
  core::Instant texts_at;

  std::optional<DueTimes::iterator> due;  ///< its place among what is waited for

  bool wants(const store::StoredEvent& event) const;
};

/// When a server goes down, all its clients come back to the next one: over so many milliseconds (CMT-59).
inline constexpr std::uint64_t kRestartJitterMs = 10'000;

/// Told to a connection that is ended by us.
enum class EndReason : std::uint8_t { replaced, recycled, forgotten, shut_down };

// --- long polling
// ---------------------------------------------------------------------------------------------------------------
/// The one answer of a poll: events[0] bare, or all of them where `max` was given; none: 204 (CMT-20). `at`
/// is the cursor that follows.
void answer_poll(Step& step, const Reader& reader, std::span<const store::StoredEvent> events,
                 const Cursors& cursors);
/// 204 for a poll whose place is taken by a newer one of the same device (CMT-91).
void answer_replaced_poll(Step& step, const Reader& reader, const Cursors& cursors);
/// The headers of every answer on the event resource (API-62, API-69).
void add_event_headers(core::WebHeaders& headers, const Reader& reader, const std::string& cursor);

// --- streams: iframe, SSE, NDJSON
// ---------------------------------------------------------------------------------------------------
/// Makes the nonce and the script pieces. `callback` was checked (CMT-93); `post_to`: an allowed origin for
/// postMessage (CMT-95), or empty.
void prepare_iframe(Reader& reader, const std::string& callback, const std::string& post_to,
                    const std::string& nonce);
void open_stream(Step& step, Reader& reader, const Config& config, const std::string& cursor);
/// One event as its style frames it; `id` is its cursor, empty for events of the channel itself.
std::string stream_frame(const Reader& reader, std::string_view type, std::string_view id,
                         const std::string& json);
std::string stream_heartbeat(const Reader& reader);
bool is_callback_name(std::string_view text);

// --- WebSocket
// ----------------------------------------------------------------------------------------------------------------------
inline constexpr std::string_view kEventSubprotocol = "rcs.event.v1";
inline constexpr double kSocketTextBurst = 200;  // what a client may say at once (CMT-76)
/// The subprotocol to name in the handshake; nullopt when the client offers only others. Empty: it offers
/// none.
std::optional<std::string> choose_subprotocol(const core::WebHeaders& request);
struct SocketFault {
  int code = 1008;
  std::string reason;
};
struct SocketText {
  std::optional<std::string> ack;  ///< a cursor
  std::optional<SocketFault> fault;
};
/// {"ack":"cursor"}; other members and objects without it are let pass (API-50). Counts it against the
/// connection's allowance.
SocketText read_socket_text(core::Instant now, Reader& reader, std::string_view text);

}  // namespace rcs::gateway
