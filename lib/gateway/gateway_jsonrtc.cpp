// The WebSockets of JSON signalling and the sessions on them: how they open, what is said on them in turn,
// and how they end.

#include <algorithm>

#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/state_jsonrtc.hpp"

namespace rcs::gateway {
namespace {

constexpr std::string_view kSubprotocol = "jsonrtc.rcsgw.v1";
constexpr std::string_view kCompatSubprotocol = "webrtc.oracle.com";
constexpr int kComeAgain = 1012;

/// The first offered one that we speak (WSC-03).
std::optional<std::string> choose(const core::WebHeaders& headers, bool compat) {
  for (const auto& [name, value] : headers) {
    if (!core::iequals(name, "Sec-WebSocket-Protocol")) continue;
    for (const auto piece : core::split(value, ',')) {
      const auto offer = core::trim(piece);
      if (offer == kSubprotocol || (compat && offer == kCompatSubprotocol)) return std::string(offer);
    }
  }
  return std::nullopt;
}

node::TimerKey socket_timer(WebId id) { return {kJsonRtcSocketTimer, id.value}; }

}  // namespace

// --- WebSockets
// -----------------------------------------------------------------------------------------------------------------

void Gateway::State::JsonRtc::open_socket(Step& step, const Request& request) {
  const auto& raw = request.raw;
  const auto& config = state.config.jsonrtc;
  if (request.target.path.at(1) != config.application)
    return state.refuse(step, request, not_found("there is no such application"));
  if (!raw.upgrade) {
    auto out = problem(426, "upgrade-required", "expected a WebSocket upgrade");
    out.headers.emplace_back("Upgrade", "websocket");
    return state.refuse(step, request, out);
  }
  if (!origin_allowed(raw.headers, state.config))
    return state.refuse(step, request,
                        problem(403, "origin-refused", "Origin: expected one of the configured origins"));
  const auto subprotocol = choose(raw.headers, config.compat_subprotocol);
  if (!subprotocol)
    return state.refuse(step, request,
                        bad_request("Sec-WebSocket-Protocol: expected " + std::string(kSubprotocol)));
  const auto token = token_of(raw.headers, nullptr);
  if (const auto* fault = std::get_if<Problem>(&token)) return state.refuse(step, request, *fault);
  const auto& given = std::get<std::optional<std::string>>(token);
  const auto* ticket = request.target.parameter("ticket");
  if (given && ticket != nullptr)
    return state.refuse(step, request,
                        problem(400, "invalid-request", "expected a token or a ticket, not both"));
  if (sockets.size() >= kMaxJsonRtcSockets) {
    auto out = problem(503, "too-many-connections", "too many signalling connections");
    out.headers.emplace_back("Retry-After", "5");
    return state.refuse(step, request, out);
  }
  Socket socket;
  socket.frames_at = step.now;
  if (const auto* device = request.target.parameter("device")) {
    if (!is_device_name(*device)) return state.refuse(step, request, bad_device());
    socket.device = *device;
  }
  if (given) {
    auto caller = state.tokens.identify(*given);
    if (const auto* fault = std::get_if<Problem>(&caller)) return state.refuse(step, request, *fault);
    socket.caller = std::move(std::get<Caller>(caller));
  } else if (ticket != nullptr) {
    auto redeemed = state.tokens.redeem(step.now, *ticket);
    if (!redeemed)
      return state.refuse(step, request,
                          unauthorized("invalid_token", "the ticket is unknown, used or too old"));
    socket.caller = std::move(redeemed->caller);
  }
  const auto id = request.exchange.id;
  sockets.insert_or_assign(id, std::move(socket));
  step.out.arm(socket_timer(id), kConnectWait);
  step.out.send(id, core::WebAccept{*subprotocol});
}

void Gateway::State::JsonRtc::close_socket(Step& step, WebId id, int code, const std::string& reason) {
  step.out.send(id, core::WebClose{code, reason});
  on_gone(step, id);
}

void Gateway::State::JsonRtc::on_gone(Step& step, WebId id) {
  const auto found = sockets.find(id);
  if (found == sockets.end()) return;
  const auto number = found->second.session;
  sockets.erase(found);
  if (number == 0) step.out.cancel(socket_timer(id));
  auto* session = find(number);
  if (session == nullptr || session->socket != id) return;
  session->wire.cut(step.now);
  hold_queries(step, session->user);
  flush(step, number);
}

void Gateway::State::JsonRtc::on_socket_timer(Step& step, WebId id) {
  const auto found = sockets.find(id);
  if (found == sockets.end() || found->second.session != 0) return;
  close_socket(step, id, kCloseAuth, "expected connect");
}

bool Gateway::State::JsonRtc::is_hasty(Step& step, Socket& socket) {
  const double regained = core::to_seconds(step.now - socket.frames_at) * kFramesPerSecond;
  socket.frames_left = std::min(kFrameBurst, socket.frames_left + regained) - 1;
  socket.frames_at = step.now;
  return socket.frames_left < 0;
}

bool Gateway::State::JsonRtc::on_text(Step& step, WebId id, std::string_view text) {
  const auto found = sockets.find(id);
  if (found == sockets.end()) return false;
  if (text.size() > kMaxFrame) {
    close_socket(step, id, 1009, "frame too large");
    return true;
  }
  if (is_hasty(step, found->second)) {
    close_socket(step, id, kCloseRate, "too many frames");
    return true;
  }
  auto read = read_frame(text);
  const auto number = found->second.session;
  if (number == 0) {
    connect(step, id, read);
    return true;
  }
  auto& session = *find(number);
  read_copied_number(session, read.frame);
  deal_with(step, number, session.wire.receive(step.now, std::move(read)));
  return true;
}

void Gateway::State::JsonRtc::shut_down(Step& step) {
  for (const auto& [id, socket] : std::exchange(sockets, {})) {
    if (socket.session == 0) step.out.cancel(socket_timer(id));
    step.out.send(id, core::WebClose{kComeAgain, "reconnect"});
  }
  while (!sessions.empty()) end_session(step, sessions.begin()->first);
}

// --- sessions
// -------------------------------------------------------------------------------------------------------------------

Gateway::State::JsonRtc::Session* Gateway::State::JsonRtc::find(SessionNo number) {
  const auto found = sessions.find(number);
  return found == sessions.end() ? nullptr : &found->second;
}

void Gateway::State::JsonRtc::deal_with(Step& step, SessionNo number, std::vector<ReadFrame> frames) {
  for (const auto& read : frames) dispatch(step, number, read);
  flush(step, number);
}

void Gateway::State::JsonRtc::dispatch(Step& step, SessionNo number, const ReadFrame& read) {
  auto* session = find(number);
  if (session == nullptr) return;
  const auto& frame = read.frame;
  const bool asks = frame.type == FrameType::request || frame.type == FrameType::message;
  if (read.fault) {
    // Of an answer, too: whoever sent it can not know otherwise. Never of an error, or two could go on so.
    if (frame.type != FrameType::error) refuse(step, number, frame, read.fault->code, read.fault->reason);
    return;
  }
  if (!asks) {
    if (frame.type != FrameType::acknowledgement) on_enquiry_answer(step, *session, frame);
    return;
  }
  if (!frame.session.empty() && frame.session != session->wire.id() && frame.action != "connect")
    return refuse(step, number, frame, 400, "session_id: expected that of this connection");
  const auto package = package_of(frame.package);
  if (!package) return refuse(step, number, frame, 404, "there is no such package");
  switch (*package) {
    case Package::register_:
      return on_register(step, number, frame);
    case Package::capability:
      if (frame.action == "enquiry") return on_enquiry(step, number, frame);
      break;
    case Package::messaging:
      return on_messaging(step, number, frame);
  }
  refuse(step, number, frame, 405, "the package has no such action");
}

void Gateway::State::JsonRtc::send(Step& step, SessionNo number, Frame frame) {
  auto* session = find(number);
  if (session == nullptr) return;
  session->wire.send(step.now, std::move(frame));
}

void Gateway::State::JsonRtc::refuse(Step& step, SessionNo number, const Frame& request, int code,
                                     std::string_view reason) {
  send(step, number, error_to(request, code, to_utf8(reason)));
}

void Gateway::State::JsonRtc::flush(Step& step, SessionNo number) {
  auto* session = find(number);
  if (session == nullptr) return;
  const auto wish = session->wire.take();
  const auto socket = session->socket;
  const bool connected = !session->wire.is_cut();
  if (connected) {
    for (const auto& text : wish.texts) step.out.send(socket, core::WebText{text});
  }
  if (wish.over) {
    if (connected) {
      sockets.erase(socket);
      step.out.send(socket, wish.close.value_or(core::WebClose{}));
    }
    return end_session(step, number);
  }
  if (connected && wish.close) return close_socket(step, socket, wish.close->code, wish.close->reason);
  const node::TimerKey timer{kJsonRtcSessionTimer, number};
  if (const auto due = session->wire.due()) {
    step.out.arm(timer, std::max(core::Duration::zero(), *due - step.now));
  } else {
    step.out.cancel(timer);
  }
}

void Gateway::State::JsonRtc::on_session_timer(Step& step, SessionNo number) {
  auto* session = find(number);
  if (session == nullptr) return;
  session->wire.on_due(step.now);
  flush(step, number);
}

void Gateway::State::JsonRtc::end_session(Step& step, SessionNo number) {
  const auto node = sessions.extract(number);
  if (node.empty()) return;
  const auto& session = node.mapped();
  by_id.erase(session.wire.id());
  auto& mine = by_user.at(session.user);
  mine.erase(number);
  if (mine.empty()) by_user.erase(session.user);
  std::erase_if(enquiries, [&](const auto& entry) { return entry.second.session == number; });
  std::erase_if(sent_texts, [&](const auto& entry) { return entry.second.session == number; });
  step.out.cancel({kJsonRtcSessionTimer, number});
  hold_queries(step, session.user);
}

std::vector<Gateway::State::JsonRtc::SessionNo> Gateway::State::JsonRtc::sessions_of(const std::string& user,
                                                                                     std::string_view scope,
                                                                                     bool connected) const {
  std::vector<SessionNo> out;
  const auto found = by_user.find(user);
  if (found == by_user.end()) return out;
  for (const auto number : found->second) {
    const auto& session = sessions.at(number);
    if (has_scope(session.caller, scope) && !(connected && session.wire.is_cut())) out.push_back(number);
  }
  return out;
}

void Gateway::State::JsonRtc::hold_queries(Step& step, const std::string& user) {
  const bool wanted = !sessions_of(user, "capability", true).empty();
  if (wanted == holding.contains(user)) return;
  if (wanted) {
    holding.insert(user);
  } else {
    holding.erase(user);
  }
  step.out.emit(chat::HoldQueries{state.users.at(user).identity.sip, wanted});
}

void Gateway::State::JsonRtc::hold_again(Step& step, const User& user) {
  if (holding.contains(user.identity.key)) step.out.emit(chat::HoldQueries{user.identity.sip, true});
}

// --- what packages share
// --------------------------------------------------------------------------------------------------------

std::optional<Gateway::State::JsonRtc::Package> Gateway::State::JsonRtc::package_of(
    const std::string& name) const {
  for (const auto package : {Package::register_, Package::capability, Package::messaging}) {
    if (name == name_of(package)) return package;
  }
  return std::nullopt;
}

const std::string& Gateway::State::JsonRtc::name_of(Package package) const {
  const auto& names = state.config.jsonrtc.packages;
  switch (package) {
    case Package::register_:
      return names.register_;
    case Package::capability:
      return names.capability;
    case Package::messaging:
      break;
  }
  return names.messaging;
}

void Gateway::State::JsonRtc::remember(Session& session, const Frame& frame, std::string peer) {
  if (frame.subsession.empty()) return;
  std::erase_if(session.subsessions, [&](const auto& known) { return known.id == frame.subsession; });
  if (session.subsessions.size() >= kSubsessions) session.subsessions.pop_front();
  session.subsessions.push_back({frame.subsession, frame.package, std::move(peer)});
}

const Gateway::State::JsonRtc::Subsession* Gateway::State::JsonRtc::find_subsession(const Session& session,
                                                                                    const std::string& id) {
  const auto found = std::find_if(session.subsessions.begin(), session.subsessions.end(),
                                  [&](const auto& known) { return known.id == id; });
  return found == session.subsessions.end() ? nullptr : &*found;
}

std::string Gateway::State::JsonRtc::new_subsession_id() {
  auto hex = state.random.hex(32);
  hex[12] = '4';  // RFC 9562: a random one
  hex[16] = "89ab"[state.random.below(4)];
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
         hex.substr(20);
}

bool Gateway::State::JsonRtc::admit(Step& step, SessionNo number, const Frame& request,
                                    std::string_view scope) {
  auto& session = *find(number);
  if (!has_scope(session.caller, scope)) {
    refuse(step, number, request, 403, "the token lacks the scope " + std::string(scope));
    return false;
  }
  if (session.waiting >= kWaitingPerSession) {
    auto error = error_to(request, 429, "too many requests wait for the network");
    add_number(error.header, "retry_after", 1);
    send(step, number, std::move(error));
    return false;
  }
  return true;
}

Gateway::State::JsonRtc::Session* Gateway::State::JsonRtc::settle(const Waiting& waiting) {
  auto* session = find(waiting.session);
  if (session != nullptr) --session->waiting;
  return session;
}

}  // namespace rcs::gateway
