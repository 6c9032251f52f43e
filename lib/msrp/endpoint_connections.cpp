#include <algorithm>

#include "msrp/dial_target.hpp"
#include "msrp/endpoint_state.hpp"
#include "msrp/fingerprint.hpp"

namespace rcs::msrp {

namespace {

std::string in_seconds(core::Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

OutboundOptions options_for(const EndpointConfig& config, node::StreamKind kind) {
  auto options = config.outbound;
  if (!node::has_messages(kind)) return options;
  auto& sender = options.sender;
  sender.one_by_one = true;
  sender.chunk_size = std::min(config.message_chunk, sender.chunk_size > 0 ? sender.chunk_size : UINT64_MAX);
  return options;
}

}  // namespace

Connection* Endpoint::State::find(node::ConnectionId id) {
  const auto at = connections.find(id);
  return at == connections.end() ? nullptr : at->second.get();
}

Connection& Endpoint::State::add(node::ConnectionId id, node::StreamKind kind) {
  auto made = std::make_unique<Connection>(id, kind, *random, options_for(config, kind));
  const auto [at, is_new] = connections.emplace(id, std::move(made));
  RCS_ASSERT(is_new);
  return *at->second;
}

/// An open connection to the same place, or one that is being dialled (MSRP-80); null: none will do.
Connection* Endpoint::State::reusable(const Session& session, const std::string& place) {
  const auto at = by_place.find(place);
  if (at == by_place.end()) return nullptr;
  auto& connection = *at->second;
  const bool is_of_peer = !connection.open || !session.checks_fingerprint() ||
                          check_certificate(connection.certificate, session.remote->fingerprints);
  return is_of_peer ? &connection : nullptr;
}

void Endpoint::State::dial(Turn turn, Session& session) {
  const auto& remote = *session.remote;
  if (!remote.dial && remote.path.empty() && session.local.relays.empty())
    return lose(turn, session, 0, "expected a path of the peer to connect to, got none");
  const auto& first = session.local.relays.empty() ? remote.path : session.local.relays;
  auto target = remote.dial ? core::Result<node::StreamTarget>(*remote.dial) : dial_target(first.front());
  if (!target) return lose(turn, session, 0, target.error().detail());
  if (session.checks_fingerprint()) target->check_authority = false;
  auto* connection = connect(turn, session, std::move(*target));
  if (connection == nullptr) return;
  if (connection->open && !make_ready(turn, session, *connection)) return;
  settle(turn, *connection);
}

Connection* Endpoint::State::connect(Turn turn, Session& session, node::StreamTarget target) {
  auto place = place_of(target);
  auto* connection = reusable(session, place);
  if (connection == nullptr) {
    if (connections.size() >= config.max_connections) {
      lose(turn, session, 0, "there are too many connections");
      return nullptr;
    }
    connection = &add(node::dialled_connection(++last_dial), target.kind);
    connection->deadline = turn.now + config.dial_time;
    connection->place = place;
    by_place.insert_or_assign(std::move(place), connection);
    turn.out.send(connection->id, node::Dial{std::move(target)});
  }
  attach(turn, session, *connection);
  return connection;
}

void Endpoint::State::accept(Turn turn, node::ConnectionId id, const node::Accepted& accepted) {
  if (connections.size() >= config.max_connections) return turn.out.send(id, node::HangUp());
  auto& connection = add(id, accepted.kind);
  connection.open = true;
  connection.certificate = accepted.certificate;
  connection.deadline = turn.now + config.bind_time;
  arm(turn, connection);
}

void Endpoint::State::on_opened(Turn turn, Connection& connection, std::string certificate) {
  connection.open = true;
  connection.certificate = std::move(certificate);
  connection.deadline.reset();
  for (const auto& [id, session] : connection.sessions) {
    if (session->relay) {
      begin_auth(turn, *session, connection);
    } else if (!make_ready(turn, *session, connection)) {
      return;
    }
  }
  settle(turn, connection);
}

void Endpoint::State::tell_fates(Turn turn, Connection& connection) {
  for (auto& fate : connection.outbound.take_events()) {
    const auto* session = find(fate.session);
    const bool is_ours = session != nullptr && session->opening == fate.message_id;
    if (!is_ours) turn.out.emit(std::move(fate));
  }
  for (const auto& failure : connection.outbound.take_failures()) {
    // The peer has the session elsewhere, and may have others there.
    if (failure.code == 506) by_place.erase(connection.place);
    if (auto* session = find(failure.session)) lose(turn, *session, failure.code, failure.why);
  }
}

void Endpoint::State::write(Turn turn, Connection& connection) {
  const bool as_messages = node::has_messages(connection.kind);
  while (connection.in_flight < config.write_ahead) {
    node::Write what;
    if (turn.spares != nullptr) what.octets = turn.spares->take();
    connection.outbound.append(turn.now, what.octets, config.write_ahead - connection.in_flight);
    if (what.octets.empty()) {
      if (turn.spares != nullptr) turn.spares->give(std::move(what.octets));
      break;
    }
    connection.in_flight += what.octets.size();
    what.text = as_messages && core::is_utf8(what.octets);
    turn.out.send(connection.id, std::move(what));
  }
  tell_fates(turn, connection);
}

void Endpoint::State::settle(Turn turn, Connection& connection) {
  if (connection.ended) return;
  const auto taken = connection.outbound.add_control(connection.owed);
  connection.owed.clear();
  if (!taken) return hang_up(turn, connection, 0, taken.error().detail());
  if (connection.open) write(turn, connection);
  if (connection.deadline && *connection.deadline <= turn.now) return on_deadline(turn, connection);
  arm(turn, connection);
}

/// At the earliest moment at which something has to be done. One that fires too early looks again.
void Endpoint::State::arm(Turn turn, Connection& connection) {
  auto next = connection.deadline;
  const auto answers = connection.outbound.next_deadline();
  for (const auto& other : {answers, connection.auth_deadline, connection.naming_deadline}) {
    if (other && (!next || *other < *next)) next = other;
  }
  if (!next) {
    if (std::exchange(connection.armed, std::nullopt)) turn.out.cancel(timer_of(connection.id));
    return;
  }
  if (connection.armed && *connection.armed <= *next) return;
  connection.armed = next;
  turn.out.arm(timer_of(connection.id), std::max(*next - turn.now, core::Duration()));
}

void Endpoint::State::on_timer(Turn turn, node::TimerKey key) {
  if (key.kind != config.timer_kind) return;
  if (key.id % 2 != 0) {
    auto* session = find(SessionId{key.id / 2});
    if (session == nullptr || !std::exchange(session->expected, false)) return;
    return lose(turn, *session, 408, "the peer has not connected within " + in_seconds(config.bind_time));
  }
  auto* connection = find(node::ConnectionId{key.id / 2});
  if (connection == nullptr) return;
  connection->armed.reset();
  connection->outbound.on_time(turn.now);
  on_auth_time(turn, *connection);
  on_nickname_time(turn, *connection);
  tell_fates(turn, *connection);
  settle(turn, *connection);
}

void Endpoint::State::on_deadline(Turn turn, Connection& connection) {
  if (!connection.open)
    return hang_up(turn, connection, 408, "no connection within " + in_seconds(config.dial_time));
  hang_up(turn, connection, 0, "no session uses the connection");
}

void Endpoint::State::hang_up(Turn turn, Connection& connection, int code, std::string_view why) {
  if (connection.ended) return;
  turn.out.send(connection.id, node::HangUp());
  end(turn, connection, code, why);
}

void Endpoint::State::end(Turn turn, Connection& connection, int code, std::string_view why) {
  connection.ended = true;
  if (connection.armed) turn.out.cancel(timer_of(connection.id));
  const auto place = by_place.find(connection.place);
  if (place != by_place.end() && place->second == &connection) by_place.erase(place);
  while (!connection.sessions.empty()) lose(turn, *connection.sessions.begin()->second, code, why);
  auto node = connections.extract(connection.id);
  ended.push_back(std::move(node.mapped()));
}

}  // namespace rcs::msrp
