// The package `register`: how a session of JSON signalling begins, goes on after a cut, and is shut down.

#include <algorithm>

#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/state_jsonrtc.hpp"

namespace rcs::gateway {
namespace {

constexpr std::string_view kVersion = "1.0";
constexpr std::size_t kSessionIdLength = 28;  // about 144 random bits: who knows it may try to resume

/// No word of a version is good, and so is any of ours (WSC-13).
bool speaks(std::string_view version) {
  return version.empty() || version.substr(0, version.find('.')) == kVersion.substr(0, kVersion.find('.'));
}

}  // namespace

/// There is no session yet whose numbers the answer could count in: it has none.
void Gateway::State::JsonRtc::answer_outside(Step& step, WebId id, const Frame& request, int code,
                                             std::string_view reason) {
  const bool asks = request.type == FrameType::request || request.type == FrameType::message;
  if (asks) step.out.send(id, core::WebText{write_frame(error_to(request, code, reason))});
}

void Gateway::State::JsonRtc::connect(Step& step, WebId id, const ReadFrame& read) {
  const auto& frame = read.frame;
  if (read.fault) return answer_outside(step, id, frame, read.fault->code, read.fault->reason);
  const bool connects = frame.type == FrameType::request && frame.action == "connect" &&
                        package_of(frame.package) == Package::register_;
  if (!connects) return answer_outside(step, id, frame, 400, "expected the request connect first");
  if (!speaks(frame.version)) {
    answer_outside(step, id, frame, 505, "version: expected " + std::string(kVersion));
    return close_socket(step, id, kCloseVersion, "version");
  }
  auto caller = caller_of(step, id, frame);
  if (!caller) return;
  const auto identity = identity_of(step, id, frame, *caller);
  if (!identity) return;
  if (frame.session.empty()) return start_session(step, id, frame, *identity, std::move(*caller));
  const auto known = by_id.find(frame.session);
  // Nobody learns of the sessions of others (WSC-30).
  if (known == by_id.end() || sessions.at(known->second).user != identity->key)
    return answer_outside(step, id, frame, 404, "session-gone");
  // What waits there was for the eyes of the first one.
  const auto& before = sessions.at(known->second).caller;
  for (const std::string_view scope : {"chat", "capability"}) {
    if (has_scope(before, scope) && !has_scope(*caller, scope))
      return answer_outside(step, id, frame, 403, "the token lacks the scope " + std::string(scope));
  }
  resume_session(step, id, known->second, frame, std::move(*caller));
}

/// By the handshake, or by this frame (WSC-05); nullopt: it has been refused.
std::optional<Caller> Gateway::State::JsonRtc::caller_of(Step& step, WebId id, const Frame& frame) {
  const auto token = text_of(frame.header, "oauth_token");
  const auto& of_handshake = sockets.at(id).caller;
  if (of_handshake && token) {
    answer_outside(step, id, frame, 400, "expected one token: of the handshake or oauth_token, not both");
    return std::nullopt;
  }
  if (of_handshake) return of_handshake;
  if (token) {
    auto caller = state.tokens.identify(*token);
    if (auto* good = std::get_if<Caller>(&caller)) return std::move(*good);
  }
  answer_outside(step, id, frame, 401,
                 token ? "the token is unknown or no longer good" : "oauth_token: expected a token");
  close_socket(step, id, kCloseAuth, "unauthorized");
  return std::nullopt;
}

/// Whose session it is to be: the initiator's, if the token is good for it.
std::optional<Identity> Gateway::State::JsonRtc::identity_of(Step& step, WebId id, const Frame& frame,
                                                             const Caller& caller) {
  const bool named = !frame.initiator.empty();
  if (!named && caller.user == "*") {
    answer_outside(step, id, frame, 400, "initiator: expected the address of the user");
    return std::nullopt;
  }
  auto identity = read_identity(named ? frame.initiator : caller.user, state.config);
  if (!identity) {
    answer_outside(step, id, frame, 400, "initiator: " + identity.error().detail());
    return std::nullopt;
  }
  if (caller.user != "*" && caller.user != identity->key) {
    answer_outside(step, id, frame, 403, "the token is not good for the initiator");
    return std::nullopt;
  }
  return std::move(*identity);
}

Frame Gateway::State::JsonRtc::welcome(const Frame& request) const {
  auto out = response_to(request);
  out.version = kVersion;
  const auto seconds = core::to_seconds(state.config.jsonrtc.times.resume);
  add_number(out.header, "expires", static_cast<std::uint64_t>(seconds));
  return out;
}

/// For one more session of the user: one that is cut makes room.
bool Gateway::State::JsonRtc::make_room(Step& step, const std::string& user) {
  const auto found = by_user.find(user);
  if (found != by_user.end() && found->second.size() >= kJsonRtcPerUser) {
    const auto mine = found->second;
    const auto idle = std::find_if(mine.begin(), mine.end(),
                                   [&](SessionNo number) { return sessions.at(number).wire.is_cut(); });
    if (idle == mine.end()) return false;
    end_session(step, *idle);
  }
  return sessions.size() < kMaxJsonRtcSockets;
}

void Gateway::State::JsonRtc::start_session(Step& step, WebId id, const Frame& frame,
                                            const Identity& identity, Caller caller) {
  auto* user = state.user_of(step, identity);
  if (user == nullptr || !make_room(step, identity.key))
    return answer_outside(step, id, frame, 503, "there are as many sessions as there can be");
  const SessionNo number = ++last_session;
  auto& socket = sockets.at(id);
  socket.session = number;
  step.out.cancel({kJsonRtcSocketTimer, id.value});
  const auto device = socket.device.value_or(caller.device);
  JsonRtcSession wire("s-" + state.random.token(kSessionIdLength), state.config.jsonrtc.times);
  by_id.emplace(wire.id(), number);
  by_user[identity.key].insert(number);
  wire.open(step.now, frame, welcome(frame));
  sessions.emplace(number, Session{identity.key, std::move(caller), device, id, std::move(wire), {}, {}, {}});
  state.see_device(step, *user, device);
  state.keep_registered(step, *user);
  hold_queries(step, identity.key);
  flush(step, number);
}

void Gateway::State::JsonRtc::resume_session(Step& step, WebId id, SessionNo number, const Frame& frame,
                                             Caller caller) {
  auto& session = sessions.at(number);
  if (!session.wire.is_cut()) {
    sockets.erase(session.socket);
    step.out.send(session.socket, core::WebClose{kCloseReplaced, "replaced"});
    session.wire.cut(step.now);
  }
  session.socket = id;
  session.caller = std::move(caller);
  sockets.at(id).session = number;
  step.out.cancel({kJsonRtcSocketTimer, id.value});
  auto waited = session.wire.resume(step.now, frame, welcome(frame));
  state.keep_registered(step, state.users.at(session.user));
  hold_queries(step, session.user);
  deal_with(step, number, std::move(waited));
}

void Gateway::State::JsonRtc::on_register(Step& step, SessionNo number, const Frame& frame) {
  auto& session = *find(number);
  if (frame.action != "connect" && frame.action != "shutdown")
    return refuse(step, number, frame, 405, "the package has no such action");
  if (frame.type != FrameType::request) return refuse(step, number, frame, 400, "type: expected request");
  if (frame.action == "connect") {
    const bool same = frame.session.empty() || frame.session == session.wire.id();
    if (!same) return refuse(step, number, frame, 400, "this connection has a session already");
    return send(step, number, welcome(frame));
  }
  send(step, number, response_to(frame));
  flush(step, number);
  if (find(number) == nullptr) return;
  const auto socket = session.socket;
  end_session(step, number);
  sockets.erase(socket);
  step.out.send(socket, core::WebClose{1000, "shutdown"});
}

void Gateway::State::JsonRtc::tell_registration(Step& step, const User& user,
                                                std::string_view registration_state, int code,
                                                std::string_view reason) {
  for (const auto number : sessions_of(user.identity.key, "", false)) {
    Frame notice;
    notice.type = FrameType::message;
    notice.package = name_of(Package::register_);
    notice.action = "notify";
    notice.initiator = user.identity.sip;
    add_text(notice.header, "state", registration_state);
    add_number(notice.header, "response_code", static_cast<std::uint64_t>(code));
    if (!reason.empty()) add_text(notice.header, "reason", to_utf8(reason));
    send(step, number, std::move(notice));
    flush(step, number);
  }
}

}  // namespace rcs::gateway
