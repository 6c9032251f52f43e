#include <algorithm>

#include "msrp/characters.hpp"
#include "msrp/content_types.hpp"
#include "msrp/endpoint_state.hpp"
#include "msrp/fingerprint.hpp"

namespace rcs::msrp {

using core::Errc;
using core::Error;
using core::Result;

namespace {

constexpr std::size_t kMessageIdLength = 16;

Reassembly reassembly_of(const LocalEnd& local, Passing& passing) {
  return local.pass_on ? Reassembly(local.limits, passing) : Reassembly(local.limits);
}

MessageFate failed(const Session& session, std::string message_id, std::string_view why) {
  MessageFate fate;
  fate.kind = MessageFate::Kind::failed;
  fate.session = session.id;
  fate.message_id = std::move(message_id);
  fate.why = why;
  return fate;
}

std::optional<std::uint64_t> size_of(const Outgoing& message) {
  if (const auto* text = std::get_if<std::string>(&message.content)) return text->size();
  if (const auto* source = std::get_if<std::unique_ptr<Source>>(&message.content)) return (*source)->size();
  return std::nullopt;
}

/// To its connection, with the paths of its session.
Result<std::string> hand_over(const Session& session, Connection& connection, Outgoing message) {
  message.session = session.id;
  message.to_path = session.peer_path;
  message.from_path = session.own_uri;
  return connection.outbound.send(std::move(message));
}

}  // namespace

Session::Session(SessionId id_in, LocalEnd local_in)
    : id(id_in),
      local(std::move(local_in)),
      own_uri(local.uri.to_string()),
      passing(id),
      reassembly(reassembly_of(local, passing)) {}

bool Session::may_send() const {
  return local.direction != Direction::receive_only && remote->direction != Direction::receive_only;
}

bool Session::may_receive() const {
  return local.direction != Direction::send_only && (!remote || remote->direction != Direction::send_only);
}

void Session::set_peer_path() {
  if (!remote || remote->path.empty()) return;
  Path whole = local.relays;
  whole.insert(whole.end(), remote->path.begin(), remote->path.end());
  peer_path = format_path(whole);
}

bool Session::checks_fingerprint() const {
  return !relay && local.uri.secure && !remote->fingerprints.empty() && local.relays.empty() &&
         remote->path.size() <= 1;
}

Session* Endpoint::State::find(SessionId id) {
  const auto at = sessions.find(id);
  return at == sessions.end() ? nullptr : at->second.get();
}

void Endpoint::State::start(Turn turn, Session& session, RemoteEnd remote) {
  const bool has_moved =
      session.remote && (session.remote->path != remote.path || session.remote->dial != remote.dial ||
                         session.remote->we_dial != remote.we_dial);
  if (auto* old = find(session.connection); old != nullptr && has_moved) {
    constexpr std::string_view kWhy = "its peer has moved";
    if (session.relay) {  // whose path is good for this connection only
      session.ready = session.heard = false;
      old->outbound.end_session(session.id, kWhy);
      tell_fates(turn, *old);
    } else {
      detach(turn, session, kWhy);
    }
    settle(turn, *old);
  }
  session.lost = false;
  session.remote = std::move(remote);
  session.set_peer_path();
  if (auto* connection = find(session.connection)) {
    if (connection->open && !session.ready && make_ready(turn, session, *connection))
      settle(turn, *connection);
    if (session.relay && !session.remote->we_dial && !session.heard) expect_peer(turn, session);
  } else if (session.dials()) {
    dial(turn, session);
  } else {
    expect_peer(turn, session);
  }
}

/// Who has no SDP of its peer waits for anybody, as long as its owner does.
void Endpoint::State::expect_peer(Turn turn, Session& session) {
  if (session.remote->path.empty()) return;
  session.expected = true;
  turn.out.arm(timer_of(session.id), config.bind_time);
}

Result<void> Endpoint::State::check(const Session& session, const Outgoing& message) const {
  const auto refuse = [&](Errc code, std::string_view words) {
    return Error(code, "MSRP message " + message.message_id + ": " + std::string(words));
  };
  if (!message.message_id.empty() && !is_ident(message.message_id))
    return refuse(Errc::malformed, "expected 4 to 32 characters of an id as its Message-ID");
  if (std::holds_alternative<std::monostate>(message.content)) return {};
  const auto& type = message.content_type;
  if (type.empty()) return refuse(Errc::malformed, "expected a type of its content, got none");
  const auto* text = std::get_if<std::string>(&message.content);
  const auto inside = text != nullptr ? type_inside(type, *text) : std::nullopt;
  if (!session.may_send() && !is_control_type(inside.value_or(type)))
    return refuse(Errc::refused, "the peer takes no content in this session");
  const auto& types = session.remote->types;
  if (!types.takes(type)) return refuse(Errc::unsupported, "the peer does not take " + core::quoted(type));
  if (inside && !types.takes_wrapped(*inside))
    return refuse(Errc::unsupported, "the peer does not take " + core::quoted(*inside) + " in " + type);
  const auto size = size_of(message);
  const auto most = session.remote->max_size;
  if (size && most && *size > *most)
    return refuse(Errc::too_large, "the peer takes at most " + std::to_string(*most) + " octets, got " +
                                       std::to_string(*size));
  return {};
}

Result<std::string> Endpoint::State::send(Turn turn, Session& session, Outgoing message) {
  RCS_CHECK_OK(check(session, message));
  if (message.message_id.empty()) message.message_id = random->token(kMessageIdLength);
  if (!session.ready) {
    auto id = message.message_id;
    RCS_CHECK_OK(wait(session, std::move(message)));
    return id;
  }
  auto& connection = *find(session.connection);
  auto id = hand_over(session, connection, std::move(message));
  settle(turn, connection);
  return id;
}

Result<void> Endpoint::State::wait(Session& session, Outgoing message) const {
  const auto& limits = config.outbound.sender;
  const bool is_there =
      std::any_of(session.waiting.begin(), session.waiting.end(),
                  [&](const Outgoing& other) { return other.message_id == message.message_id; });
  if (is_there)
    return Error(Errc::refused, "MSRP message " + message.message_id + ": it waits to be sent already");
  const auto* text = std::get_if<std::string>(&message.content);
  const std::uint64_t octets = text != nullptr ? text->size() : 0;
  if (session.waiting.size() >= limits.max_messages || octets > limits.max_content - session.waiting_octets)
    return Error(Errc::too_large,
                 "MSRP message " + message.message_id + ": too much waits for a connection of its session");
  session.waiting_octets += octets;
  session.waiting.push_back(std::move(message));
  return {};
}

void Endpoint::State::attach(Turn turn, Session& session, Connection& connection) {
  if (std::exchange(session.expected, false)) turn.out.cancel(timer_of(session.id));
  session.connection = connection.id;
  connection.sessions.emplace(session.id, &session);
  if (connection.open) connection.deadline.reset();
}

bool Endpoint::State::make_ready(Turn turn, Session& session, Connection& connection) {
  if (session.waits_for_path()) return true;
  if (session.checks_fingerprint()) {
    const auto ours = check_certificate(connection.certificate, session.remote->fingerprints);
    if (!ours) {
      hang_up(turn, connection, 0, ours.error().detail());
      return false;
    }
  }
  session.ready = true;
  turn.out.emit(SessionReady{session.id, connection.id});
  const bool is_opener = !connection.place.empty() && !(session.relay && !session.remote->we_dial);
  if (session.waiting.empty() && is_opener) {
    Outgoing opening;
    opening.message_id = session.opening = random->token(kMessageIdLength);
    session.waiting.push_back(std::move(opening));
  }
  session.waiting_octets = 0;
  for (auto& message : std::exchange(session.waiting, {})) {
    auto id = message.message_id;
    if (const auto taken = hand_over(session, connection, std::move(message)); !taken)
      turn.out.emit(failed(session, std::move(id), taken.error().detail()));
  }
  return true;
}

void Endpoint::State::detach(Turn turn, Session& session, std::string_view why) {
  auto* connection = find(std::exchange(session.connection, {}));
  session.ready = false;
  if (connection == nullptr) return;
  // Who sends such a message again begins at its first octet.
  session.passing.out = &turn.out;
  session.reassembly.drop_all();
  end_naming(turn, session, *connection, why);
  connection->sessions.erase(session.id);
  if (connection->reading == &session) {
    connection->reading = nullptr;
    connection->reports.refuse(connection->owed, 481);
  }
  connection->outbound.end_session(session.id, why);
  tell_fates(turn, *connection);
  look_at_auths(*connection);
  if (!connection->sessions.empty()) return;
  connection->deadline = turn.now + (connection->open ? config.linger : core::Duration());
}

void Endpoint::State::fail_waiting(Turn turn, Session& session, std::string_view why) {
  session.waiting_octets = 0;
  for (auto& message : std::exchange(session.waiting, {}))
    turn.out.emit(failed(session, std::move(message.message_id), why));
}

void Endpoint::State::lose(Turn turn, Session& session, int code, std::string_view why) {
  if (session.lost) return;
  session.lost = true;
  detach(turn, session, why);
  if (session.relay) session.local.relays.clear();  // they were good for that connection
  session.relay.reset();
  fail_waiting(turn, session, why);
  if (std::exchange(session.expected, false)) turn.out.cancel(timer_of(session.id));
  turn.out.emit(SessionLost{session.id, code, std::string(why)});
}

void Endpoint::State::abort(Turn turn, Session& session, const std::string& message_id) {
  if (auto* connection = find(session.connection); connection != nullptr && session.ready) {
    connection->outbound.abort(session.id, message_id);
    return settle(turn, *connection);
  }
  const auto at = std::find_if(session.waiting.begin(), session.waiting.end(),
                               [&](const Outgoing& message) { return message.message_id == message_id; });
  if (at == session.waiting.end()) return;
  if (const auto* text = std::get_if<std::string>(&at->content)) session.waiting_octets -= text->size();
  session.waiting.erase(at);
}

void Endpoint::State::close(Turn turn, Session& session) {
  constexpr std::string_view kWhy = "the session has ended";
  auto* connection = find(session.connection);
  for (auto& [ticket, held] : session.held) {
    if (connection != nullptr && held.connection == connection->id)
      held.reports.refuse(connection->owed, 481);
  }
  detach(turn, session, kWhy);
  fail_waiting(turn, session, kWhy);
  if (session.expected) turn.out.cancel(timer_of(session.id));
  const auto named = by_session_id.find(session.local.uri.session_id);
  if (named != by_session_id.end() && named->second == &session) by_session_id.erase(named);
  sessions.erase(session.id);
  if (connection != nullptr) settle(turn, *connection);
}

}  // namespace rcs::msrp
