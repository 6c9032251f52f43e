#include <vector>

#include "msrp/encoder.hpp"
#include "msrp/endpoint_state.hpp"
#include "msrp/nickname.hpp"

namespace rcs::msrp {

using core::Errc;
using core::Error;
using core::Result;

Session* Endpoint::State::entered(const Connection& connection, const Session& door) {
  for (const auto& [id, session] : connection.sessions) {
    if (session->own_uri == door.own_uri) return session;
  }
  return nullptr;
}

Session* Endpoint::State::enter(Turn turn, const Session& door) {
  if (sessions.size() >= config.max_sessions) return nullptr;
  const SessionId id{++last_session};
  auto local = door.local;
  local.is_door = false;
  auto made = std::make_unique<Session>(id, std::move(local));
  made->remote = door.remote;
  auto& session = *sessions.emplace(id, std::move(made)).first->second;
  turn.out.emit(SessionEntered{door.id, id});
  return &session;
}

void Endpoint::State::on_nickname(Turn turn, Connection& connection, const HeadArrived& arrived) {
  const auto& head = *arrived.head;
  const auto refuse = [&](int status, std::string_view words) {
    connection.reports.refuse(connection.owed, status, words);
  };
  const auto [session, status] = addressee(connection, head.to_path);
  if (session == nullptr) return refuse(status, "");
  if (!session->local.takes_nicknames) return refuse(501, "expected SEND or REPORT");
  if (session->connection != connection.id) return refuse(481, "expected a SEND before it");
  if (!arrived.defect.empty()) return refuse(400, arrived.defect);
  auto nickname = parse_nickname(head.use_nickname);
  if (!nickname) return refuse(424, nickname.error().detail());
  if (session->held.size() >= kMaxHeld) return refuse(413, "too many requests wait to be answered");
  ChunkEnd end;
  end.result = ChunkResult::no_content;
  const auto ticket = ++last_ticket;
  session->held.emplace(ticket, HeldAnswer{{}, connection.id, connection.reports, std::move(end)});
  turn.out.emit(NicknameAsked{session->id, std::move(*nickname), ticket});
}

Result<void> Endpoint::State::use_nickname(Turn turn, Session& session, const std::string& nickname) {
  if (session.naming)
    return Error(Errc::refused, "nickname " + core::quoted(nickname) + ": " +
                                    core::quoted(session.naming->nickname) + " is not answered yet");
  Head head;
  RCS_TRY(head.use_nickname, format_nickname(nickname));
  auto& connection = *find(session.connection);
  head.transaction_id = new_transaction_id(*random);
  head.method = "NICKNAME";
  head.to_path = session.peer_path;
  head.from_path = session.own_uri;
  append_head(connection.owed, head);
  append_end(connection.owed, head, Flag::last);
  session.naming = Naming{std::move(head.transaction_id), nickname, turn.now + config.outbound.answer_time};
  look_at_namings(connection);
  settle(turn, connection);
  return {};
}

bool Endpoint::State::on_nickname_response(Turn turn, Connection& connection, const Head& response) {
  for (const auto& [id, session] : connection.sessions) {
    if (!session->naming || session->naming->transaction_id != response.transaction_id) continue;
    turn.out.emit(
        NicknameAnswered{id, std::move(session->naming->nickname), response.status, response.comment});
    session->naming.reset();
    look_at_namings(connection);
    return true;
  }
  return false;
}

void Endpoint::State::on_nickname_time(Turn turn, Connection& connection) {
  if (!connection.naming_deadline || *connection.naming_deadline > turn.now) return;
  for (const auto& [id, session] : connection.sessions) {
    if (!session->naming || session->naming->deadline > turn.now) continue;
    turn.out.emit(NicknameAnswered{id, std::move(session->naming->nickname), 408, "no answer in time"});
    session->naming.reset();
  }
  look_at_namings(connection);
}

void Endpoint::State::end_naming(Turn turn, Session& session, Connection& connection, std::string_view why) {
  if (!session.naming) return;
  turn.out.emit(NicknameAnswered{session.id, std::move(session.naming->nickname), 0, std::string(why)});
  session.naming.reset();
  look_at_namings(connection);
}

void Endpoint::State::look_at_namings(Connection& connection) {
  connection.naming_deadline.reset();
  for (const auto& [id, session] : connection.sessions) {
    if (!session->naming) continue;
    const auto deadline = session->naming->deadline;
    if (!connection.naming_deadline || deadline < *connection.naming_deadline)
      connection.naming_deadline = deadline;
  }
}

}  // namespace rcs::msrp
