#include "msrp/relay.hpp"

#include <algorithm>

#include "msrp/dial_target.hpp"
#include "msrp/relay_state.hpp"

namespace rcs::msrp {

using core::Instant;

namespace {

std::string seconds(core::Duration time) { return std::to_string(core::to_ms(time) / 1000) + " s"; }

}  // namespace

Relay::Relay(RelayConfig config, core::Random& random)
    : state_(std::make_unique<State>(std::move(config), random)) {}
Relay::~Relay() = default;

void Relay::on_stream(Instant now, node::ConnectionId connection, const node::StreamNews& news,
                      RelayOutbox& out) {
  RelayTurn turn{now, out};
  if (const auto* octets = std::get_if<node::Octets>(&news)) turn.spares = octets->spares;
  state_->on_stream(turn, connection, news);
  state_->settle(turn);
}

void Relay::on_timer(Instant now, node::TimerKey key, RelayOutbox& out) {
  const RelayTurn turn{now, out};
  auto* link = state_->find(node::ConnectionId{key.id});
  if (link == nullptr) return;
  link->armed.reset();
  state_->on_timer(turn, *link);
  state_->touch(*link);
  state_->settle(turn);
}

std::size_t Relay::connections() const { return state_->links.size(); }
std::size_t Relay::uris() const { return state_->routes.size(); }
std::size_t Relay::held() const {
  std::size_t octets = 0;
  for (const auto& [id, link] : state_->links)
    octets += link->backlog + link->outlet.size() + link->transfer.held.size();
  return octets;
}

RelayLink* Relay::State::find(node::ConnectionId id) {
  const auto at = links.find(id);
  return at == links.end() || at->second->over ? nullptr : at->second.get();
}

RelayLink& Relay::State::add(RelayTurn turn, node::ConnectionId id, node::StreamKind kind) {
  RelayOutlet::Options options;
  options.by_message = node::has_messages(kind);
  options.message_chunk = config.message_chunk;
  options.answer_time = config.answer_time;
  auto& link = links[id];
  link = std::make_unique<RelayLink>(id, kind, *random, options);
  link->since = link->used = turn.now;
  touch(*link);
  return *link;
}

RelayLink* Relay::State::dial(RelayTurn turn, const node::StreamTarget& to) {
  auto place = place_of(to);
  if (const auto at = by_place.find(place); at != by_place.end()) return find(at->second);
  if (links.size() >= config.max_connections) return nullptr;
  auto& link = add(turn, node::dialled_connection(++dialled), to.kind);
  by_place.emplace(place, link.id);
  link.place = std::move(place);
  link.valid = true;  // it is we who want it
  turn.out.send(link.id, node::Dial{to});
  return &link;
}

void Relay::State::on_stream(RelayTurn turn, node::ConnectionId id, const node::StreamNews& news) {
  if (const auto* accepted = std::get_if<node::Accepted>(&news)) {
    if (links.size() >= config.max_connections) {
      turn.out.send(id, node::HangUp{});
      turn.out.emit(RelayHungUp{id, "there are " + std::to_string(config.max_connections) + " connections"});
      return;
    }
    add(turn, id, accepted->kind).open = true;
    return;
  }
  auto* link = find(id);
  if (link == nullptr) return;
  touch(*link);
  if (const auto* octets = std::get_if<node::Octets>(&news)) {
    link->used = turn.now;
    read(turn, *link, octets->octets);
  } else if (std::holds_alternative<node::Drained>(news)) {
    link->backlog = 0;
    relieve(turn, *link);
  } else if (std::holds_alternative<node::Opened>(news)) {
    link->open = true;
  } else {
    end(turn, *link);
  }
}

void Relay::State::read(RelayTurn turn, RelayLink& link, std::string_view octets) {
  auto& decoder = link.decoder;
  decoder.feed(octets);
  std::size_t messages = 0;
  while (auto item = decoder.next()) {
    if (const auto* arrived = std::get_if<HeadArrived>(&*item)) {
      on_head(turn, link, *arrived);
    } else if (const auto* part = std::get_if<BodyPart>(&*item)) {
      on_body(turn, link, part->octets);
    } else if (const auto* ended = std::get_if<End>(&*item)) {
      on_end(turn, link, ended->flag);
      ++messages;
    } else {
      hang_up(link, std::get<core::Error>(*item).detail());
    }
    if (link.over) return;
  }
  if (node::has_messages(link.kind) && (messages != 1 || !decoder.between_messages()))
    hang_up(link, "a WebSocket message is not exactly one MSRP chunk");
}

void Relay::State::touch(RelayLink& link) {
  if (std::exchange(link.touched, true)) return;
  touched.push_back(link.id);
}

void Relay::State::hang_up(RelayLink& link, std::string why) {
  if (std::exchange(link.over, true)) return;
  link.why = std::move(why);
  over.push_back(link.id);
}

bool Relay::State::is_full(const RelayLink& link) const {
  return link.backlog + link.outlet.size() > config.write_ahead ||
         link.outlet.unanswered() >= config.max_unanswered;
}

void Relay::State::hold_back(RelayTurn turn, RelayLink& from, RelayLink& to) {
  if (to.over || !is_full(to)) return;
  if (to.backlog + to.outlet.size() > config.max_backlog) return hang_up(to, "the peer does not read");
  if (to.waiting.empty()) to.full_since = turn.now;
  if (std::find(to.waiting.begin(), to.waiting.end(), from.id) == to.waiting.end())
    to.waiting.push_back(from.id);
  touch(to);
  if (std::exchange(from.paused, true)) return;
  turn.out.send(from.id, node::Pause{true});
}

/// Whoever waited for it goes on, if it is not full.
void Relay::State::relieve(RelayTurn turn, RelayLink& link) {
  if (link.waiting.empty() || (!link.over && is_full(link))) return;
  for (const auto id : std::exchange(link.waiting, {})) {
    auto* from = find(id);
    if (from == nullptr || !std::exchange(from->paused, false)) continue;
    turn.out.send(id, node::Pause{false});
  }
}

void Relay::State::write(RelayTurn turn, RelayLink& link) {
  if (!link.open) return;
  for (auto& write : link.outlet.take()) {
    link.used = turn.now;
    link.backlog += write.octets.size();
    turn.out.send(link.id, std::move(write));
  }
}

void Relay::State::settle(RelayTurn turn) {
  // The end of one may be the end of another, or something to write.
  while (!touched.empty() || !over.empty()) {
    for (const auto id : std::exchange(over, {})) {
      const auto at = links.find(id);
      if (at == links.end()) continue;
      auto& link = *at->second;
      write(turn, link);
      turn.out.send(id, node::HangUp{});
      turn.out.emit(RelayHungUp{id, link.why});
      end(turn, link);
    }
    for (const auto id : std::exchange(touched, {})) {
      auto* link = find(id);
      if (link == nullptr) continue;
      link->touched = false;
      write(turn, *link);
      relieve(turn, *link);
      arm(turn, *link);
    }
  }
}

void Relay::State::end(RelayTurn turn, RelayLink& link) {
  const auto id = link.id;
  link.over = true;
  if (link.armed) turn.out.cancel({config.timer_kind, id.value});
  const auto lost = links.extract(id);  // nobody finds it any more
  if (!link.place.empty()) by_place.erase(link.place);
  for (const auto& session_id : link.uris) routes.remove(session_id);
  for (const auto& key : link.learned) routes.forget(key);
  routes.change();
  abandon(turn, link);
  if (auto* writer = find(link.outlet.writer())) abandon(turn, *writer);
  const auto words = link.open ? "the next hop is lost" : "the next hop can not be reached";
  for (const auto& transaction : link.outlet.take_all())
    tell_failure(turn, transaction, link.open ? 408 : 481, words);
  relieve(turn, link);
}

void Relay::State::on_timer(RelayTurn turn, RelayLink& link) {
  const auto now = turn.now;
  for (const auto& transaction : link.outlet.take_expired(now))
    tell_failure(turn, transaction, 408, "no answer of the next hop within " + seconds(config.answer_time));
  drop_expired(turn, link);
  const auto idle = link.uris.empty() ? config.foreign_idle : config.client_idle;
  if (!link.open) {
    if (now >= link.since + config.dial_time)
      hang_up(link, "no connection within " + seconds(config.dial_time));
  } else if (!link.valid && now >= link.since + config.first_time) {
    hang_up(link, "no valid request within " + seconds(config.first_time));
  } else if (now >= link.used + idle) {
    hang_up(link, "nothing came for " + seconds(idle));
  } else if (!link.waiting.empty() && link.backlog > 0 && now >= link.full_since + config.stall_time) {
    hang_up(link, "the peer has left " + std::to_string(link.backlog) + " octets unread for " +
                      seconds(config.stall_time));
  }
}

void Relay::State::drop_expired(RelayTurn turn, RelayLink& link) {
  if (!link.next_expiry || *link.next_expiry > turn.now) return;
  link.next_expiry.reset();
  std::erase_if(link.uris, [&](const std::string& session_id) {
    const auto expires = routes.find(session_id)->expires;
    if (expires <= turn.now) {
      routes.remove(session_id);
      return true;
    }
    link.next_expiry = std::min(expires, link.next_expiry.value_or(expires));
    return false;
  });
}

Instant Relay::State::next_deadline(const RelayLink& link) const {
  if (!link.open) return link.since + config.dial_time;
  auto next = link.used + (link.uris.empty() ? config.foreign_idle : config.client_idle);
  if (!link.valid) next = std::min(next, link.since + config.first_time);
  if (!link.waiting.empty()) next = std::min(next, link.full_since + config.stall_time);
  if (const auto answer = link.outlet.next_deadline()) next = std::min(next, *answer);
  if (link.next_expiry) next = std::min(next, *link.next_expiry);
  return next;
}

void Relay::State::arm(RelayTurn turn, RelayLink& link) {
  // One that is armed too early finds nothing to do and is armed anew: cheaper than to move it at each chunk.
  const auto next = next_deadline(link);
  if (link.armed && *link.armed <= next) return;
  link.armed = next;
  turn.out.arm({config.timer_kind, link.id.value}, next - turn.now);
}

}  // namespace rcs::msrp
