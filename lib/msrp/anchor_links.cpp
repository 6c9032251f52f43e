// Connections of an anchor: they come, write in turns, wait for each other and go.

#include <algorithm>

#include "msrp/anchor_state.hpp"
#include "msrp/dial_target.hpp"

namespace rcs::msrp {

namespace {

std::string seconds(core::Duration time) { return std::to_string(core::to_ms(time) / 1000) + " s"; }

std::string in_words(const AnchorLeg& leg, const std::string& why) {
  return std::string("the ") + (leg.side == AnchorSide::in ? "in" : "out") + " leg: " + why;
}

}  // namespace

AnchorLink* Anchor::State::find(node::ConnectionId id) {
  const auto at = links.find(id);
  return at == links.end() || at->second->over ? nullptr : at->second.get();
}

AnchorLink& Anchor::State::add(AnchorTurn turn, node::ConnectionId id, node::StreamKind kind) {
  auto& link = links[id];
  link = std::make_unique<AnchorLink>();
  link->id = id;
  link->kind = kind;
  link->since = turn.now;
  touch(*link);
  return *link;
}

AnchorLink* Anchor::State::dial(AnchorTurn turn, const node::StreamTarget& to) {
  if (links.size() >= config.max_connections) return nullptr;
  auto& link = add(turn, node::dialled_connection(++dialled), to.kind);
  link.place = place_of(to);
  by_place.insert_or_assign(link.place, link.id);
  turn.out.send(link.id, node::Dial{to});
  return &link;
}

void Anchor::State::accept(AnchorTurn turn, node::ConnectionId id, const node::Accepted& accepted) {
  AnchorLeg* leg = nullptr;
  bool is_wanted = links.size() < config.max_connections;
  if (node::has_messages(accepted.kind)) {
    const auto at = by_resource.find(accepted.resource);
    is_wanted = is_wanted && at != by_resource.end() && at->second->at.kind == accepted.kind;
    if (is_wanted) leg = at->second;
  }
  if (!is_wanted) return turn.out.send(id, node::HangUp{});
  auto& link = add(turn, id, accepted.kind);
  link.open = true;
  link.certificate = accepted.certificate;
  if (leg != nullptr) bind(turn, *leg, link);
}

void Anchor::State::on_opened(AnchorTurn turn, AnchorLink& link, const std::string& certificate) {
  link.open = true;
  link.certificate = certificate;
  touch(link);
  for (auto* leg : std::vector<AnchorLeg*>(link.legs)) {
    const bool is_here = std::find(link.legs.begin(), link.legs.end(), leg) != link.legs.end();
    if (is_here) greet(turn, *leg, link);  // else its session has failed with the other leg of it
  }
}

void Anchor::State::on_stream(AnchorTurn turn, node::ConnectionId id, const node::StreamNews& news) {
  if (const auto* accepted = std::get_if<node::Accepted>(&news)) return accept(turn, id, *accepted);
  auto* link = find(id);
  if (link == nullptr) return;
  if (const auto* octets = std::get_if<node::Octets>(&news)) {
    read(turn, *link, octets->octets);
  } else if (std::holds_alternative<node::Drained>(news)) {
    link->backlog = 0;
    touch(*link);
  } else if (const auto* opened = std::get_if<node::Opened>(&news)) {
    on_opened(turn, *link, opened->certificate);
  } else {
    drop(turn, *link, std::get<node::Closed>(news).why);
  }
}

void Anchor::State::drop(AnchorTurn turn, AnchorLink& link, const std::string& why) {
  link.over = true;
  const bool is_cut = why.empty() && !link.decoder.between_messages();
  if (link.armed) turn.out.cancel(timer_of(link.id));
  while (!link.legs.empty()) {
    auto& leg = *link.legs.front();
    auto& session = *leg.session;
    tell_loss(leg);
    if (!link.open) {
      fail(turn, session, in_words(leg, "no connection: " + why));
    } else if (!why.empty() || is_cut) {
      fail(turn, session, in_words(leg, is_cut ? "the peer left in the middle of a message" : why));
    } else if (!session.up) {
      fail(turn, session, in_words(leg, "the peer left before both were there"));
    } else {
      const AnchorEnded ended{session.id, leg.side};
      finish(turn, session);
      turn.out.emit(ended);
    }
  }
  if (const auto at = by_place.find(link.place); at != by_place.end() && at->second == link.id)
    by_place.erase(at);
  links.erase(link.id);
}

void Anchor::State::touch(AnchorLink& link) {
  if (std::exchange(link.touched, true)) return;
  touched.push_back(link.id);
}

void Anchor::State::touch(AnchorLeg& leg) {
  if (auto* link = find(leg.link)) touch(*link);
  if (std::exchange(leg.touched, true)) return;
  touched_legs.push_back(&leg);
}

void Anchor::State::hang_up(AnchorLink& link, std::string why) {
  if (std::exchange(link.over, true)) return;
  link.why = std::move(why);
  over.push_back(link.id);
}

void Anchor::State::owe(AnchorLink& link, std::string whole) {
  link.owed_octets += whole.size();
  link.owed.push_back(std::move(whole));
  touch(link);
}

/// Takes the leg off its connection, which still gets what waits for its peer.
void Anchor::State::unbind(AnchorTurn turn, AnchorLeg& leg) {
  const auto at = links.find(std::exchange(leg.link, {}));
  if (at == links.end()) return;
  auto& link = *at->second;
  std::erase(link.legs, &leg);
  std::erase_if(link.transactions, [&](const auto& entry) { return entry.second.leg == &leg; });
  link.next_leg = 0;
  if (leg.opposite().holds) {
    leg.opposite().holds = false;
    if (--link.held_back == 0 && !link.over && !link.legs.empty()) turn.out.send(link.id, node::Pause{false});
  }
  if (link.over) return;
  if (link.open && (link.writing == nullptr || link.writing == &leg)) {
    put(turn, link, leg.lane.take());
  } else if (link.open) {
    for (auto& write : leg.lane.take()) owe(link, std::move(write.octets));
  }
  if (link.writing == &leg) link.writing = nullptr;
  touch(link);
  if (link.legs.empty()) hang_up(link, {});
}

void Anchor::State::put(AnchorTurn turn, AnchorLink& link, std::vector<node::Write> writes) {
  const bool was_full = link.backlog > config.write_ahead;
  for (auto& write : writes) {
    link.backlog += write.octets.size();
    turn.out.send(link.id, std::move(write));
  }
  if (!was_full && link.backlog > config.write_ahead) link.full_since = turn.now;
}

void Anchor::State::write_owed(AnchorTurn turn, AnchorLink& link) {
  std::vector<node::Write> writes;
  for (auto& whole : std::exchange(link.owed, {})) {
    const bool is_text = core::is_utf8(whole);
    writes.push_back({std::move(whole), is_text});
  }
  link.owed_octets = 0;
  put(turn, link, std::move(writes));
}

/// In turns: a leg has the connection until its message is at its end.
void Anchor::State::write(AnchorTurn turn, AnchorLink& link) {
  while (link.open && link.backlog <= config.write_ahead) {
    if (link.writing == nullptr) {
      write_owed(turn, link);
      const auto count = link.legs.size();
      std::size_t tried = 0;
      while (tried < count && link.legs[(link.next_leg + tried) % count]->lane.empty()) ++tried;
      if (tried == count) return;
      const auto turns = link.next_leg + tried;
      link.writing = link.legs[turns % count];
      link.next_leg = (turns + 1) % count;
      link.turn_since = turn.now;
    } else if (link.writing->lane.empty() && link.writing->lane.is_in_midst()) {
      return;
    }
    auto& leg = *link.writing;
    put(turn, link, leg.lane.take());
    if (leg.holds) touch(leg);
    if (!leg.lane.is_in_midst()) link.writing = nullptr;
  }
}

/// A lane that can not be written keeps its source from being read.
void Anchor::State::look_at_hold(AnchorTurn turn, AnchorLeg& leg) {
  const bool is_full = leg.lane.size() > config.max_waiting;
  if (is_full == leg.holds) return;
  auto* source = find(leg.opposite().link);
  if (source == nullptr) return;
  leg.holds = is_full;
  const bool was_read = source->held_back == 0;
  source->held_back += is_full ? 1 : -1;
  if (was_read != (source->held_back == 0)) turn.out.send(source->id, node::Pause{is_full});
}

void Anchor::State::settle(AnchorTurn turn) {
  // The end of one may be the end of another, or something to write.
  while (!touched.empty() || !touched_legs.empty() || !over.empty()) {
    for (const auto id : std::exchange(over, {})) {
      const auto at = links.find(id);
      if (at == links.end()) continue;
      auto& link = *at->second;
      if (link.writing == nullptr && link.open) write_owed(turn, link);
      turn.out.send(id, node::HangUp{});
      drop(turn, link, link.why);
    }
    for (const auto id : std::exchange(touched, {})) {
      auto* link = find(id);
      if (link == nullptr) continue;
      link->touched = false;
      write(turn, *link);
      arm(turn, *link);
    }
    for (auto* leg : std::exchange(touched_legs, {})) {
      if (leg == nullptr) continue;
      leg->touched = false;
      look_at_hold(turn, *leg);
    }
  }
}

bool Anchor::State::others_wait(const AnchorLink& link) const {
  if (link.writing == nullptr) return false;
  return !link.owed.empty() || std::any_of(link.legs.begin(), link.legs.end(), [&](const AnchorLeg* leg) {
    return leg != link.writing && !leg->lane.empty();
  });
}

void Anchor::State::on_link_time(AnchorTurn turn, AnchorLink& link) {
  const auto now = turn.now;
  touch(link);
  if (link.legs.empty() && now >= link.since + config.first_time) {
    hang_up(link, "no request for a session within " + seconds(config.first_time));
  } else if (link.backlog > config.write_ahead) {
    if (now >= link.full_since + config.stall_time)
      hang_up(link, "the peer has left " + std::to_string(link.backlog) + " octets unread for " +
                        seconds(config.stall_time));
  } else if (others_wait(link) && now >= link.turn_since + config.turn_time) {
    auto& leg = *link.writing;
    if (!leg.lane.is_send())
      return fail(turn, *leg.session, in_words(leg.opposite(), "a request stopped in its middle"));
    leg.lane.interrupt();
  }
}

void Anchor::State::arm(AnchorTurn turn, AnchorLink& link) {
  std::optional<core::Instant> next;
  if (link.legs.empty()) {
    next = link.since + config.first_time;
  } else if (link.backlog > config.write_ahead) {
    next = link.full_since + config.stall_time;
  } else if (others_wait(link)) {
    next = link.turn_since + config.turn_time;
  }
  // One that is armed too early finds nothing to do and is armed anew: cheaper than to move it at each chunk.
  if (!next || (link.armed && *link.armed <= *next)) return;
  link.armed = *next;
  turn.out.arm(timer_of(link.id), *next - turn.now);
}

}  // namespace rcs::msrp
