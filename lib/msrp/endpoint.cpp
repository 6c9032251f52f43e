#include "msrp/endpoint.hpp"

#include "msrp/endpoint_state.hpp"

namespace rcs::msrp {

using core::Errc;
using core::Error;
using core::Result;

namespace {

/// What a call has ended may be looked at until it returns.
class Burial {
 public:
  explicit Burial(std::vector<std::unique_ptr<Connection>>& ended) : ended_(&ended) {}
  ~Burial() { ended_->clear(); }
  Burial(const Burial&) = delete;
  Burial& operator=(const Burial&) = delete;

 private:
  std::vector<std::unique_ptr<Connection>>* ended_;
};

}  // namespace

Endpoint::Endpoint(EndpointConfig config, core::Random& random)
    : state_(std::make_unique<State>(std::move(config), random)) {}

Endpoint::~Endpoint() = default;

Result<SessionId> Endpoint::open(LocalEnd local) {
  auto& state = *state_;
  const auto& session_id = local.uri.session_id;
  if (session_id.empty())
    return core::malformed("MSRP session: expected a session id in " + local.uri.to_string());
  if (state.by_session_id.contains(session_id))
    return core::malformed("MSRP session: expected an id of its own, got that of a live one in " +
                           local.uri.to_string());
  if (state.sessions.size() >= state.config.max_sessions)
    return Error(Errc::too_large,
                 "MSRP: more than " + std::to_string(state.config.max_sessions) + " sessions");
  const SessionId id{++state.last_session};
  auto session = std::make_unique<Session>(id, std::move(local));
  state.by_session_id.emplace(session->local.uri.session_id, session.get());
  state.sessions.emplace(id, std::move(session));
  return id;
}

void Endpoint::authorize(core::Instant now, SessionId id, RelayLogin login, EndpointOutbox& out) {
  const Burial burial(state_->ended);
  if (auto* session = state_->find(id)) state_->authorize({now, out}, *session, std::move(login));
}

void Endpoint::start(core::Instant now, SessionId id, RemoteEnd remote, EndpointOutbox& out) {
  const Burial burial(state_->ended);
  if (auto* session = state_->find(id)) state_->start({now, out}, *session, std::move(remote));
}

Result<std::string> Endpoint::send(core::Instant now, SessionId id, Outgoing message, EndpointOutbox& out) {
  const Burial burial(state_->ended);
  auto* session = state_->find(id);
  if (session == nullptr || !session->remote || session->lost)
    return Error(Errc::unknown, "MSRP message " + message.message_id + ": its session does not live");
  return state_->send({now, out}, *session, std::move(message));
}

void Endpoint::resume(core::Instant now, SessionId id, EndpointOutbox& out) {
  const Burial burial(state_->ended);
  const auto* session = state_->find(id);
  auto* connection = session != nullptr ? state_->find(session->connection) : nullptr;
  if (connection != nullptr) state_->settle({now, out}, *connection);
}

void Endpoint::abort(core::Instant now, SessionId id, const std::string& message_id, EndpointOutbox& out) {
  const Burial burial(state_->ended);
  if (auto* session = state_->find(id)) state_->abort({now, out}, *session, message_id);
}

void Endpoint::answer(core::Instant now, SessionId id, std::uint64_t ticket, int status, EndpointOutbox& out,
                      std::string_view why) {
  const Burial burial(state_->ended);
  if (auto* session = state_->find(id)) state_->answer({now, out}, *session, ticket, status, why);
}

Result<void> Endpoint::use_nickname(core::Instant now, SessionId id, const std::string& nickname,
                                    EndpointOutbox& out) {
  const Burial burial(state_->ended);
  auto* session = state_->find(id);
  if (session == nullptr || !session->ready)
    return Error(Errc::unknown, "nickname " + core::quoted(nickname) + ": its session is not ready");
  return state_->use_nickname({now, out}, *session, nickname);
}

void Endpoint::drop_quiet(SessionId id, unsigned rounds, EndpointOutbox& out) {
  auto* session = state_->find(id);
  if (session == nullptr) return;
  session->passing.out = &out;
  session->reassembly.drop_quiet(rounds);
}

void Endpoint::close(core::Instant now, SessionId id, EndpointOutbox& out) {
  const Burial burial(state_->ended);
  if (auto* session = state_->find(id)) state_->close({now, out}, *session);
}

void Endpoint::on_stream(core::Instant now, node::ConnectionId id, const node::StreamNews& news,
                         EndpointOutbox& out) {
  const Burial burial(state_->ended);
  Turn turn{now, out};
  if (const auto* accepted = std::get_if<node::Accepted>(&news)) return state_->accept(turn, id, *accepted);
  auto* connection = state_->find(id);
  if (connection == nullptr) return;
  if (const auto* octets = std::get_if<node::Octets>(&news)) {
    turn.spares = octets->spares;
    state_->read(turn, *connection, octets->octets);
  } else if (const auto* drained = std::get_if<node::Drained>(&news)) {
    turn.spares = drained->spares;
    connection->in_flight = 0;
    state_->settle(turn, *connection);
  } else if (const auto* opened = std::get_if<node::Opened>(&news)) {
    state_->on_opened(turn, *connection, opened->certificate);
  } else {
    const auto& why = std::get<node::Closed>(news).why;
    state_->end(turn, *connection, 0, why.empty() ? "the peer has closed the connection" : why);
  }
}

void Endpoint::on_timer(core::Instant now, node::TimerKey key, EndpointOutbox& out) {
  const Burial burial(state_->ended);
  state_->on_timer({now, out}, key);
}

std::size_t Endpoint::sessions() const { return state_->sessions.size(); }
std::size_t Endpoint::connections() const { return state_->connections.size(); }

}  // namespace rcs::msrp
