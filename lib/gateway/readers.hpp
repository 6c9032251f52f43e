#pragma once
// All event connections: who is connected, who gets which event when, and when each is ended. Readers follow
// their user's log by cursor, so a slow one holds up nobody (CMT-71). One timer serves them all (CMT-75).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "gateway/reader.hpp"
#include "store/event_log.hpp"

namespace rcs::gateway {

/// What a reader that starts behind the retention is told (API-65).
struct Gap {
  std::string from;      ///< the cursor it came with
  std::uint64_t to = 0;  ///< where it goes on
};

class Readers {
 public:
  /// SAFETY: all outlive this.
  Readers(const Config& config, core::Random& random, store::EventLog& log, const Cursors& cursors);

  /// Takes the connection over: answers it, or holds it and answers later. An earlier connection of the same
  /// device is ended. A problem (503) where there are too many: then nothing was sent on it.
  std::optional<Problem> open(Step& step, Reader reader, std::optional<Gap> gap);
  /// A new event of `user`, already in the log.
  void deliver(Step& step, const std::string& user, const store::StoredEvent& event);
  /// The cursor a WebSocket client acknowledges, checked by the caller; ends the connection at a fault.
  struct Acked {
    std::string user;
    std::string device;
    std::string cursor;
  };
  std::optional<Acked> on_text(Step& step, WebId id, std::string_view text);
  void refuse_ack(Step& step, WebId id);
  void gone(Step& step, WebId id);
  void end_device(Step& step, const std::string& user, std::string_view device);
  void on_timer(Step& step);
  /// Every poll is answered, every other connection told to come again and ended (CMT-59).
  void end_all(Step& step);

  bool connected(const std::string& user, std::string_view device) const;
  std::size_t size() const { return readers_.size(); }

 private:
  using ById = std::unordered_map<WebId, Reader>;

  void open_poll(Step& step, Reader& reader);
  void open_socket(Step& step, Reader& reader);
  /// Writes what the log holds past reader.at, a turn's worth.
  void pump(Step& step, Reader& reader);
  void write(Step& step, Reader& reader, const store::StoredEvent& event);
  void write_system(Step& step, Reader& reader, std::string_view status,
                    const std::vector<std::pair<std::string_view, std::string>>& more, std::string_view id);
  void write_bytes(Step& step, Reader& reader, std::string bytes);
  void on_event_for_poll(Step& step, Reader& reader, const store::StoredEvent& event);
  void finish_poll(Step& step, Reader& reader);
  void on_due(Step& step, Reader& reader);
  void end(Step& step, Reader& reader, EndReason reason);
  void end_those_of(Step& step, const std::string& user, std::string_view device, EndReason reason);
  void erase(WebId id);
  void wait_until(Reader& reader, core::Instant when);
  void rearm(Step& step);
  core::Duration jittered(core::Duration around);

  const Config& config_;
  core::Random& random_;
  store::EventLog& log_;
  const Cursors& cursors_;
  ById readers_;                                                 // looked up only
  std::unordered_map<std::string, std::vector<WebId>> by_user_;  // looked up only
  DueTimes due_;
  std::optional<core::Instant> armed_;
};

}  // namespace rcs::gateway
