#include "gateway/readers.hpp"

#include <algorithm>

#include "gateway/event_text.hpp"
#include "gateway/json_in.hpp"

namespace rcs::gateway {
namespace {

constexpr std::size_t kTurnEvents =
    256;  // written to one reader in one turn, below the transport's queue (CMT-70)
constexpr std::size_t kTurnBytes = 256 * 1024;  // one event more can be 400 KB: 64 KiB escaped six times over
constexpr std::size_t kReadAhead = 16;          // events taken from the log at a time
constexpr std::size_t kBatchBytes = 1'000'000;  // of a poll's answer; one event always fits
constexpr core::Duration kNextTurn = 20ms;      // before a reader that is behind gets more
constexpr core::Duration kBatchWait = 5ms;      // CMT-90
constexpr std::size_t kStreamBytes = 50'000'000;  // then a stream is recycled
// of streams that are recycled, whose ends are spread already
constexpr std::uint64_t kReconnectJitterMs = 1000;
constexpr std::uint32_t kRetrySeconds = 5;  // of a 503
constexpr int kComeAgainCode = 1012;        // WebSocket: reconnect, as advised
constexpr int kReplacedCode = 4409;         // WebSocket: do not (CMT-53)

Problem too_many(std::string detail) {
  auto out = problem(503, "too-many-connections", std::move(detail));
  out.headers.emplace_back("Retry-After", std::to_string(kRetrySeconds));
  return out;
}

}  // namespace

Readers::Readers(const Config& config, core::Random& random, store::EventLog& log, const Cursors& cursors)
    : config_(config), random_(random), log_(log), cursors_(cursors) {}

core::Duration Readers::jittered(core::Duration around) {
  return core::Duration(
      static_cast<std::int64_t>(static_cast<double>(around.count()) * (0.8 + 0.4 * random_.unit())));
}

bool Readers::connected(const std::string& user, std::string_view device) const {
  const auto found = by_user_.find(user);
  return found != by_user_.end() && std::any_of(found->second.begin(), found->second.end(),
                                                [&](WebId id) { return readers_.at(id).device == device; });
}

void Readers::end_those_of(Step& step, const std::string& user, std::string_view device, EndReason reason) {
  if (!connected(user, device)) return;
  for (const auto id : std::vector<WebId>(by_user_.at(user))) {  // ending one takes it out of the list
    if (readers_.at(id).device == device) end(step, readers_.at(id), reason);
  }
}

void Readers::end_device(Step& step, const std::string& user, std::string_view device) {
  end_those_of(step, user, device, EndReason::forgotten);
  rearm(step);
}

std::optional<Problem> Readers::open(Step& step, Reader reader, std::optional<Gap> gap) {
  end_those_of(step, reader.user, reader.device, EndReason::replaced);
  auto& mine = by_user_[reader.user];
  if (mine.size() >= config_.limits.event_connections ||
      readers_.size() >= config_.limits.total_event_connections) {
    const bool own = mine.size() >= config_.limits.event_connections;
    if (mine.empty()) by_user_.erase(reader.user);
    rearm(step);
    return too_many(own ? "too many event connections of this user" : "too many event connections");
  }
  const auto id = reader.exchange.id;
  mine.push_back(id);
  auto& kept = readers_.insert_or_assign(id, std::move(reader)).first->second;
  if (kept.delivery == Delivery::poll) {
    open_poll(step, kept);
    rearm(step);
    return std::nullopt;
  }
  kept.recycle_at = step.now + jittered(config_.stream_life);
  kept.last_write = step.now;
  if (kept.delivery == Delivery::ws) {
    open_socket(step, kept);
  } else {
    open_stream(step, kept, config_, cursors_.text(kept.at));
  }
  if (gap) {
    for (const auto& event : log_.pinned(kept.user)) {
      if (event.seq > kept.at && event.seq <= gap->to && kept.wants(event)) write(step, kept, event);
    }
    const auto to = cursors_.text(gap->to);
    write_system(step, kept, "gap", {{"from", json_string(gap->from)}, {"to", json_string(to)}}, to);
    kept.at = std::max(kept.at, gap->to);
  }
  pump(step, kept);
  rearm(step);
  return std::nullopt;
}

void Readers::open_socket(Step& step, Reader& reader) {
  reader.texts_left = kSocketTextBurst;
  reader.texts_at = step.now;
  step.out.send(reader.exchange.id, core::WebAccept{reader.subprotocol});
}

void Readers::open_poll(Step& step, Reader& reader) {
  std::vector<store::StoredEvent> found;
  const std::size_t wish = std::max<std::size_t>(reader.max, 1);
  std::size_t size = 0;
  while (found.size() < wish && size < kBatchBytes) {
    auto batch = log_.read(reader.user, reader.at, std::min(wish, kReadAhead));
    if (batch.empty()) break;
    for (auto& event : batch) {
      if (found.size() == wish || size >= kBatchBytes) break;
      reader.at = event.seq;
      if (!reader.wants(event)) continue;
      size += event.json.size();
      found.push_back(std::move(event));
    }
  }
  if (!found.empty() || reader.hold <= core::Duration::zero()) {
    answer_poll(step, reader, found, cursors_);
    return erase(reader.exchange.id);
  }
  reader.hold_until = step.now + reader.hold;
  wait_until(reader, reader.hold_until);
}

void Readers::deliver(Step& step, const std::string& user, const store::StoredEvent& event) {
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return;
  const auto ids = found->second;  // answering a poll takes it out of the list
  for (const auto id : ids) {
    auto& reader = readers_.at(id);
    if (reader.delivery == Delivery::poll) {
      on_event_for_poll(step, reader, event);
    } else if (!reader.behind) {
      if (reader.wants(event)) write(step, reader, event);
      reader.at = event.seq;
    }
  }
  rearm(step);
}

void Readers::on_event_for_poll(Step& step, Reader& reader, const store::StoredEvent& event) {
  if (reader.batching) return;  // it reads the log when its wait is over
  if (!reader.wants(event)) {
    reader.at = event.seq;
    return;
  }
  if (reader.max <= 1) {
    answer_poll(step, reader, {&event, 1}, cursors_);
    return erase(reader.exchange.id);
  }
  reader.batching = true;
  wait_until(reader, std::min(step.now + kBatchWait, reader.hold_until));
}

void Readers::finish_poll(Step& step, Reader& reader) {
  reader.hold = core::Duration::zero();
  open_poll(step, reader);
}

void Readers::write_bytes(Step& step, Reader& reader, std::string bytes) {
  reader.written += bytes.size();
  reader.last_write = step.now;
  step.out.send(reader.exchange.id, core::WebChunk{std::move(bytes)});
}

void Readers::write(Step& step, Reader& reader, const store::StoredEvent& event) {
  if (reader.delivery == Delivery::ws) {
    reader.written += event.json.size();
    step.out.send(reader.exchange.id, core::WebText{event.json});
    return;
  }
  write_bytes(step, reader, stream_frame(reader, event.type, cursors_.text(event.seq), event.json));
}

void Readers::write_system(Step& step, Reader& reader, std::string_view status,
                           const std::vector<std::pair<std::string_view, std::string>>& more,
                           std::string_view id) {
  const auto json = system_event_text(status, more, id, step.wall);
  if (reader.delivery == Delivery::ws) {
    step.out.send(reader.exchange.id, core::WebText{json});
    return;
  }
  write_bytes(step, reader, stream_frame(reader, "system", id, json));
}

void Readers::pump(Step& step, Reader& reader) {
  std::size_t events = 0;
  const auto written = reader.written;
  reader.behind = true;
  while (events < kTurnEvents && reader.written - written < kTurnBytes) {
    const auto batch = log_.read(reader.user, reader.at, kReadAhead);
    for (const auto& event : batch) {
      if (reader.written - written >= kTurnBytes) break;
      if (reader.wants(event)) write(step, reader, event);
      reader.at = event.seq;
    }
    events += batch.size();
    if (batch.empty()) {
      reader.behind = false;
      break;
    }
  }
  on_due(step, reader);
}

void Readers::on_due(Step& step, Reader& reader) {
  if (step.now >= reader.recycle_at || reader.written >= kStreamBytes)
    return end(step, reader, EndReason::recycled);
  if (reader.behind) return wait_until(reader, step.now + kNextTurn);
  const bool silent = reader.delivery == Delivery::ws || config_.heartbeat <= core::Duration::zero();
  if (silent) return wait_until(reader, reader.recycle_at);  // pings of a WebSocket are the transport's
  // Writing does not move the wait: most often that is found out here, once in a heartbeat.
  if (step.now - reader.last_write >= config_.heartbeat) write_bytes(step, reader, stream_heartbeat(reader));
  wait_until(reader, std::min(reader.last_write + config_.heartbeat, reader.recycle_at));
}

void Readers::end(Step& step, Reader& reader, EndReason reason) {
  const auto id = reader.exchange.id;
  if (reader.delivery == Delivery::poll) {
    if (reason == EndReason::shut_down) return finish_poll(step, reader);
    answer_replaced_poll(step, reader, cursors_);
    return erase(id);
  }
  const bool again = reason == EndReason::recycled || reason == EndReason::shut_down;
  if (again) {
    const auto jitter = reason == EndReason::recycled ? kReconnectJitterMs : kRestartJitterMs;
    write_system(step, reader, "reconnect", {{"in", std::to_string(random_.below(jitter))}}, "");
  } else {
    write_system(step, reader, reason == EndReason::replaced ? "replaced" : "device-forgotten", {}, "");
  }
  if (reader.delivery == Delivery::ws) {
    step.out.send(id,
                  core::WebClose{again ? kComeAgainCode : kReplacedCode, again ? "reconnect" : "replaced"});
  } else {
    step.out.send(id, core::WebEnd{});
  }
  erase(id);
}

void Readers::end_all(Step& step) {
  std::vector<WebId> all;
  for (const auto& [id, reader] : readers_) all.push_back(id);
  std::sort(all.begin(), all.end());
  for (const auto id : all) end(step, readers_.at(id), EndReason::shut_down);
  rearm(step);
}

void Readers::erase(WebId id) {
  const auto found = readers_.find(id);
  if (found == readers_.end()) return;
  if (found->second.due) due_.erase(*found->second.due);
  const auto user = by_user_.find(found->second.user);
  std::erase(user->second, id);
  if (user->second.empty()) by_user_.erase(user);
  readers_.erase(found);
}

std::optional<Readers::Acked> Readers::on_text(Step& step, WebId id, std::string_view text) {
  const auto found = readers_.find(id);
  if (found == readers_.end() || found->second.delivery != Delivery::ws) return std::nullopt;
  auto& reader = found->second;
  auto said = read_socket_text(step.now, reader, text);
  if (said.fault) {
    step.out.send(id, core::WebClose{said.fault->code, said.fault->reason});
    erase(id);
    rearm(step);
    return std::nullopt;
  }
  if (!said.ack) return std::nullopt;
  return Acked{reader.user, reader.device, std::move(*said.ack)};
}

void Readers::refuse_ack(Step& step, WebId id) {
  step.out.send(id, core::WebClose{1008, "ack: not a cursor of this server"});
  erase(id);
  rearm(step);
}

void Readers::gone(Step& step, WebId id) {
  erase(id);
  rearm(step);
}

void Readers::wait_until(Reader& reader, core::Instant when) {
  if (reader.due) due_.erase(*reader.due);
  // Most wait equally long, so the place is near the end.
  reader.due = due_.emplace_hint(due_.end(), when, reader.exchange.id);
}

void Readers::rearm(Step& step) {
  if (due_.empty()) {
    if (armed_) step.out.cancel({kReaderTimer, 0});
    armed_.reset();
    return;
  }
  const auto next = due_.begin()->first;
  if (armed_ && *armed_ <= next) return;  // an early wake-up only looks and waits again
  armed_ = next;
  step.out.arm({kReaderTimer, 0}, std::max(core::Duration::zero(), next - step.now));
}

void Readers::on_timer(Step& step) {
  armed_.reset();
  while (!due_.empty() && due_.begin()->first <= step.now) {
    const auto id = due_.begin()->second;
    due_.erase(due_.begin());
    auto& reader = readers_.at(id);
    reader.due.reset();
    if (reader.delivery == Delivery::poll) {
      finish_poll(step, reader);
    } else if (reader.behind) {
      pump(step, reader);
    } else {
      on_due(step, reader);
    }
  }
  rearm(step);
}

}  // namespace rcs::gateway
