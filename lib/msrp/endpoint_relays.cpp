#include <algorithm>
#include <vector>

#include "msrp/dial_target.hpp"
#include "msrp/endpoint_state.hpp"

namespace rcs::msrp {

void Endpoint::State::authorize(Turn turn, Session& session, RelayLogin login) {
  if (auto* old = find(session.connection)) {
    detach(turn, session, "a relay is asked for a path");
    settle(turn, *old);
  }
  session.lost = session.heard = false;
  session.local.relays.clear();
  auto target = dial_target(login.relay);
  if (!target) return lose(turn, session, 0, target.error().detail());
  target->check_authority = login.check_authority;
  session.relay.emplace(std::move(login), session.local.uri, *random);
  auto* connection = connect(turn, session, std::move(*target));
  if (connection == nullptr) return;
  if (connection->open) begin_auth(turn, session, *connection);
  settle(turn, *connection);
}

void Endpoint::State::begin_auth(Turn turn, Session& session, Connection& connection) {
  session.relay->start(turn.now, connection.owed);
  look_at_auths(connection);
}

bool Endpoint::State::on_auth_response(Turn turn, Connection& connection, const Head& response) {
  for (const auto& [id, session] : connection.sessions) {
    if (!session->relay || !session->relay->on_response(turn.now, response, connection.owed)) continue;
    look_at_auths(connection);
    take_relay_events(turn, *session);
    return true;
  }
  return false;
}

void Endpoint::State::on_auth_time(Turn turn, Connection& connection) {
  if (!connection.auth_deadline || *connection.auth_deadline > turn.now) return;
  std::vector<Session*> asking;  // some may be lost
  for (const auto& [id, session] : connection.sessions) {
    if (session->relay) asking.push_back(session);
  }
  for (auto* session : asking) {
    session->relay->on_time(turn.now, connection.owed);
    take_relay_events(turn, *session);
  }
  look_at_auths(connection);
}

void Endpoint::State::look_at_auths(Connection& connection) const {
  connection.asking = 0;
  connection.auth_deadline.reset();
  for (const auto& [id, session] : connection.sessions) {
    if (!session->relay) continue;
    connection.asking += session->relay->waits() ? 1 : 0;
    const auto deadline = session->relay->next_deadline();
    if (deadline && (!connection.auth_deadline || *deadline < *connection.auth_deadline))
      connection.auth_deadline = deadline;
  }
}

void Endpoint::State::take_relay_events(Turn turn, Session& session) {
  for (auto& event : session.relay->take_events()) {
    if (const auto* failure = std::get_if<NoUsePath>(&event))
      return lose(turn, session, failure->code, failure->why);
    session.local.relays = std::move(std::get<UsePath>(event).relays);
    session.set_peer_path();
    turn.out.emit(RelayReady{session.id, session.local.relays});
    auto* connection = find(session.connection);
    if (session.remote && !session.ready && !make_ready(turn, session, *connection)) return;
  }
}

bool Endpoint::State::hear(Turn turn, Session& session, Connection& connection, const Head& head) {
  if (!session.relay || session.heard) return true;
  session.heard = true;
  if (std::exchange(session.expected, false)) turn.out.cancel(timer_of(session.id));
  if (!session.remote || session.remote->path.empty()) session.peer_path = head.from_path;
  return !session.remote || session.ready || make_ready(turn, session, connection);
}

}  // namespace rcs::msrp
