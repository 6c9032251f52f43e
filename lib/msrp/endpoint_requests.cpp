#include "msrp/content_types.hpp"
#include "msrp/dial_target.hpp"
#include "msrp/endpoint_state.hpp"

namespace rcs::msrp {

namespace {

/// Answers that are written while more requests are read: a call that brings very many tiny ones would else
/// owe more than a peer may leave unread.
constexpr std::size_t kMaxOwed = 64 << 10;

}  // namespace

/// One URI, and its session id names the session: what stands before that, a middlebox may have changed. It
/// is nobody's guess (MSRP-23).
Endpoint::State::Addressed Endpoint::State::addressee(const Connection& connection,
                                                      const std::string& to_path) {
  if (connection.sessions.size() == 1 && connection.sessions.begin()->second->own_uri == to_path)
    return {connection.sessions.begin()->second, 0};
  const auto path = parse_path(to_path);
  if (!path) return {nullptr, 400};
  const auto at = by_session_id.find(path->front().session_id);
  if (path->size() != 1 || at == by_session_id.end()) return {nullptr, 481};
  auto& session = *at->second;
  if (session.lost || !same_transport(session.local.uri, path->front())) return {nullptr, 481};
  if (session.local.uri.secure && !node::is_secure(connection.kind)) return {nullptr, 481};  // MSRP-22, 124
  if (session.local.is_door) {
    auto* inside = entered(connection, session);
    return {inside != nullptr ? inside : &session, 0};
  }
  const auto* bound = find(session.connection);
  if (bound != nullptr && bound != &connection && (bound->open || session.relay)) return {nullptr, 506};
  return {&session, 0};
}

void Endpoint::State::read(Turn turn, Connection& connection, std::string_view octets) {
  std::size_t ends = 0;
  connection.decoder.feed(octets);
  while (!connection.ended) {
    const auto item = connection.decoder.next();
    if (!item) break;
    if (const auto* arrived = std::get_if<HeadArrived>(&*item)) {
      on_head(turn, connection, *arrived);
    } else if (const auto* part = std::get_if<BodyPart>(&*item)) {
      on_body(turn, connection, part->octets);
    } else if (const auto* end = std::get_if<End>(&*item)) {
      on_end(turn, connection, end->flag);
      ++ends;
      if (connection.owed.size() >= kMaxOwed) settle(turn, connection);
    } else {
      settle(turn, connection);  // what was read before is answered
      hang_up(turn, connection, 0, std::get<core::Error>(*item).detail());
    }
  }
  if (!connection.ended && node::has_messages(connection.kind) &&
      (ends != 1 || !connection.decoder.between_messages())) {
    settle(turn, connection);
    hang_up(turn, connection, 0, "expected one whole MSRP request or response in a WebSocket message");
  }
  settle(turn, connection);
}

void Endpoint::State::on_head(Turn turn, Connection& connection, const HeadArrived& arrived) {
  const auto& head = *arrived.head;
  connection.reading = nullptr;
  if (!head.is_request()) {
    if (connection.asking > 0 && on_auth_response(turn, connection, head)) return;
    if (connection.naming_deadline && on_nickname_response(turn, connection, head)) return;
    connection.outbound.on_response(head);
    return tell_fates(turn, connection);
  }
  connection.reports.begin(head);
  if (head.method == "REPORT") {
    if (arrived.defect.empty()) on_report(turn, connection, head);
  } else if (head.method == "NICKNAME") {
    on_nickname(turn, connection, arrived);
  } else if (head.method != "SEND") {
    connection.reports.refuse(connection.owed, 501, "expected SEND or REPORT");
  } else if (!arrived.defect.empty()) {
    connection.reports.refuse(connection.owed, 400, arrived.defect);
  } else {
    on_send(turn, connection, head);
  }
}

void Endpoint::State::on_report(Turn turn, Connection& connection, const Head& report) {
  const auto* session = addressee(connection, report.to_path).session;
  if (session == nullptr || session->connection != connection.id) return;
  connection.outbound.on_report(session->id, report);
  tell_fates(turn, connection);
}

void Endpoint::State::on_send(Turn turn, Connection& connection, const Head& head) {
  const auto refuse = [&](int status, std::string_view words) {
    connection.reports.refuse(connection.owed, status, words);
  };
  auto [session, status] = addressee(connection, head.to_path);
  if (session == nullptr) return refuse(status, "");
  if (session->local.is_door) session = enter(turn, *session);
  if (session == nullptr) return refuse(481, "there are too many sessions");
  const bool is_bound = session->connection == connection.id;
  if (!(is_bound ? hear(turn, *session, connection, head) : bind(turn, *session, connection, head))) return;
  if (head.has_body) {
    const auto& type = head.content_type;
    const bool shows_later = is_container(type) && !session->local.pass_on;
    if (!session->may_receive() && !is_control_type(type) && !shows_later)
      return refuse(403, "no content is taken in this session");
    if (!session->local.types.takes(type) && !is_container(type))
      return refuse(415, core::quoted(type) + " is not taken");
  }
  session->passing.out = &turn.out;
  session->passing.content_type = head.content_type;
  if (const auto begun = session->reassembly.begin(head); !begun)
    return connection.reports.end(connection.owed, begun.error());
  connection.reading = session;
}

/// The first request that came for it, here or at all (MSRP-51). False: the peer is not who it has to be.
bool Endpoint::State::bind(Turn turn, Session& session, Connection& connection, const Head& head) {
  if (auto* dialled = find(session.connection)) {  // which is not open yet: the peer was faster
    detach(turn, session, "its peer has connected");
    settle(turn, *dialled);
  }
  if (!session.remote || session.remote->path.empty()) session.peer_path = head.from_path;
  attach(turn, session, connection);
  return !session.remote || make_ready(turn, session, connection);
}

void Endpoint::State::on_body(Turn turn, Connection& connection, std::string_view octets) {
  if (connection.reading == nullptr) return;
  auto& session = *connection.reading;
  connection.reports.add(octets);
  session.passing.out = &turn.out;
  if (const auto taken = session.reassembly.add(octets); !taken) {
    connection.reports.end(connection.owed, taken.error());
    connection.reading = nullptr;
  }
}

void Endpoint::State::on_end(Turn turn, Connection& connection, Flag flag) {
  if (connection.reading == nullptr) return;
  auto& session = *std::exchange(connection.reading, nullptr);
  session.passing.out = &turn.out;
  auto end = session.reassembly.end(flag);
  if (end && end->message) return on_whole(turn, connection, session, std::move(*end));
  if (end && end->result == ChunkResult::repeated && is_held(session, connection, flag)) return;
  connection.reports.end(connection.owed, end);
}

/// A message that its sender repeats, not knowing that its answer is still held: it is the answer to the last
/// chunk that came which will be let go.
bool Endpoint::State::is_held(Session& session, Connection& connection, Flag flag) {
  const auto& message_id = session.reassembly.current();
  for (auto& [ticket, held] : session.held) {
    if (held.message_id != message_id) continue;
    if (flag == Flag::last) {
      held.connection = connection.id;
      held.reports = connection.reports;
    } else {
      connection.reports.end(connection.owed, ChunkEnd{});  // of a part of it, which proves nothing
    }
    return true;
  }
  return false;
}

void Endpoint::State::on_whole(Turn turn, Connection& connection, Session& session, ChunkEnd end) {
  MessageArrived arrived{session.id, std::move(*end.message), 0};
  const auto& message = arrived.message;
  end.message->length = message.length;
  const auto refuse = [&](int status, std::string_view words) {
    connection.reports.refuse(connection.owed, status, words);
    session.reassembly.disown(message.message_id);
  };
  if (!session.may_receive()) {
    const auto inside = type_inside(message.content_type, message.content);
    if (!is_control_type(inside.value_or(message.content_type)))
      return refuse(403, "no content is taken in this session");
  }
  if (!session.local.hold_answers) {
    connection.reports.end(connection.owed, end);
  } else {
    if (session.held.size() >= kMaxHeld) return refuse(413, "too many messages wait to be answered");
    arrived.ticket = ++last_ticket;
    session.held.emplace(arrived.ticket,
                         HeldAnswer{message.message_id, connection.id, connection.reports, end});
  }
  turn.out.emit(std::move(arrived));
}

void Endpoint::State::answer(Turn turn, Session& session, std::uint64_t ticket, int status,
                             std::string_view why) {
  auto node = session.held.extract(ticket);
  if (node.empty()) return;
  auto& held = node.mapped();
  if (status != 200) session.reassembly.disown(held.message_id);
  auto* connection = find(held.connection);
  if (connection == nullptr || session.connection != held.connection) return;
  if (status == 200) {
    held.reports.end(connection->owed, held.end);
  } else {
    held.reports.refuse(connection->owed, status, why);
  }
  settle(turn, *connection);
}

}  // namespace rcs::msrp
