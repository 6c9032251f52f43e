#include "msrp/chat_room.hpp"

#include <algorithm>
#include <utility>

#include "body/cpim.hpp"
#include "core/text.hpp"
#include "msrp/content_types.hpp"
#include "msrp/nickname.hpp"

namespace rcs::msrp {
namespace {

constexpr unsigned kRounds = 9;       // looks at half messages in half_time
constexpr std::uint64_t kHalves = 0;  // TimerKey::id
constexpr std::uint64_t kStalls = 1;
constexpr std::string_view kAnonymous = "sip:anonymous@anonymous.invalid";

/// A URI as it is compared: scheme and host without case, and no parameters. Who is meant does not depend on
/// those that clients and networks add, such as user=phone.
std::string address_of(std::string_view uri) {
  const auto colon = uri.find(':');
  const auto at = uri.find('@');
  const auto host = at != std::string_view::npos ? at : colon;
  if (host == std::string_view::npos) return core::to_lower(uri);
  const auto end = std::min(uri.find_first_of(";?", host), uri.size());
  return core::to_lower(uri.substr(0, colon)) + std::string(uri.substr(colon, host - colon)) +
         core::to_lower(uri.substr(host, end - host));
}

std::vector<std::string> values_of(const body::Cpim& cpim, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& header : cpim.headers) {
    if (header.ns.empty() && header.name == name) out.push_back(header.value);
  }
  return out;
}

SessionId session_of(const EndpointEvent& event) {
  return std::visit([](const auto& what) { return what.session; }, event);
}

}  // namespace

struct ChatRoom::Turn {
  core::Instant now;
  Endpoint& endpoint;
  EndpointOutbox& out;
};

void make_room_end(LocalEnd& local, const ChatRoomConfig& room) {
  local.types.accepted = {"message/cpim"};
  local.types.wrapped = {"*"};
  local.pass_on = false;
  local.hold_answers = true;
  local.takes_nicknames = room.nicknames;
  local.chat_room = body::SdpChatRoom{room.nicknames, room.private_messages};
}

core::Result<void> ChatRoom::join(SessionId session, Participant participant, EndpointOutbox& out) {
  if (members_.size() >= config_.max_participants)
    return core::Error(core::Errc::too_large, config_.uri + ": expected at most " +
                                                  std::to_string(config_.max_participants) + " participants");
  Member member;
  member.address = address_of(participant.uri);
  member.uri = std::move(participant.uri);
  member.takes_private = participant.takes_private;
  members_.emplace(session, std::move(member));
  if (!std::exchange(halves_armed_, true))
    out.arm({config_.timer_kind, kHalves}, config_.half_time / kRounds);
  return {};
}

void ChatRoom::leave(core::Instant now, SessionId session, Endpoint& endpoint, EndpointOutbox& out) {
  if (members_.erase(session) == 0) return;
  endpoint.close(now, session, out);
  Turn turn{now, endpoint, out};
  pay(turn);
}

bool ChatRoom::on_event(core::Instant now, const EndpointEvent& event, Endpoint& endpoint,
                        EndpointOutbox& out) {
  if (!members_.contains(session_of(event))) return false;
  Turn turn{now, endpoint, out};
  std::visit([&](const auto& what) { on(turn, what); }, event);
  return true;
}

void ChatRoom::on_timer(core::Instant now, node::TimerKey key, Endpoint& endpoint, EndpointOutbox& out) {
  if (key.kind != config_.timer_kind) return;
  Turn turn{now, endpoint, out};
  key.id == kHalves ? look_at_halves(turn) : drop_stalled(turn);
}

/// A half message is dropped when all rounds of half_time, and the one that it fell silent in, have seen
/// nothing of it.
void ChatRoom::look_at_halves(Turn& turn) {
  for (const auto& [session, member] : members_) turn.endpoint.drop_quiet(session, kRounds + 1, turn.out);
  halves_armed_ = !members_.empty();
  if (halves_armed_) turn.out.arm({config_.timer_kind, kHalves}, config_.half_time / kRounds);
}

void ChatRoom::drop_stalled(Turn& turn) {
  stalls_armed_ = false;
  std::vector<SessionId> stalled;
  for (auto& [session, member] : members_) {
    if (!std::exchange(member.has_moved, false) && is_behind(member)) stalled.push_back(session);
  }
  for (const auto session : stalled) drop(turn, session, "it takes nothing of what waits for it");
  pay(turn);
}

const std::string& ChatRoom::nickname(SessionId session) const {
  static const std::string kNone;
  const auto at = members_.find(session);
  return at == members_.end() ? kNone : at->second.nickname;
}

void ChatRoom::on(Turn& turn, const MessageArrived& event) {
  const auto& message = event.message;
  std::vector<SessionId> to;
  bool is_private = false;
  const auto refusal = review(*members_.find(event.session), message, to, is_private);
  if (refusal) {
    answer(turn, event.session, event.ticket, refusal);
    events_.push_back(RoomRefused{event.session, message.message_id, refusal->status, refusal->why});
    return;
  }
  RoomPassed passed{event.session, message.message_id, is_private, 0};
  for (const auto session : to) passed.sessions += pass(turn, session, message) ? 1 : 0;
  events_.push_back(std::move(passed));
  owe(event);
  pay(turn);
}

void ChatRoom::owe(const MessageArrived& event) {
  const auto octets = event.message.content.size();
  owed_.push_back({event.session, event.ticket, octets});
  auto& from = members_.find(event.session)->second;
  from.owed_octets += octets;
  ++from.owed_messages;
}

/// Where nobody is behind.
void ChatRoom::pay(Turn& turn) {
  if (anybody_is_behind()) {
    if (!std::exchange(stalls_armed_, true)) turn.out.arm({config_.timer_kind, kStalls}, config_.stall_time);
    return;
  }
  for (const auto& owed : std::exchange(owed_, {})) {
    const auto member = members_.find(owed.session);
    if (member == members_.end()) continue;
    member->second.owed_octets -= owed.octets;
    --member->second.owed_messages;
    answer(turn, owed.session, owed.ticket, std::nullopt);
  }
}

bool ChatRoom::is_behind(const Member& member) const {
  return member.waiting_octets > config_.calm || member.waiting.size() > config_.calm_messages;
}

bool ChatRoom::anybody_is_behind() const {
  return std::any_of(members_.begin(), members_.end(),
                     [this](const auto& member) { return is_behind(member.second); });
}

void ChatRoom::answer(Turn& turn, SessionId session, std::uint64_t ticket,
                      const std::optional<Refusal>& refusal) {
  const auto none = Refusal{200, {}};
  const auto& [status, why] = refusal ? *refusal : none;
  turn.endpoint.answer(turn.now, session, ticket, status, turn.out, why);
}

std::optional<ChatRoom::Refusal> ChatRoom::review(Members::value_type& from, const WholeMessage& message,
                                                  std::vector<SessionId>& to, bool& is_private) {
  if (from.second.owed_octets > config_.max_waiting / 2 ||
      from.second.owed_messages >= config_.max_waiting_messages / 2)
    return Refusal{413, "the others have not taken yet what was said before"};
  if (!is_cpim(message.content_type))
    return Refusal{415, "expected message/cpim, got " + core::quoted(message.content_type)};
  const auto cpim = body::parse_cpim(std::string_view(message.content).substr(0, kMaxCpimHeaders));
  if (!cpim) return Refusal{400, cpim.error().detail()};
  if (auto refusal = check_from(from, *cpim)) return refusal;
  const auto named = values_of(*cpim, "To");
  if (named.size() > 1) return Refusal{403, "expected one To, got " + std::to_string(named.size())};
  const auto address = cpim->to();
  if (!address) return Refusal{400, "expected To with a URI"};
  const auto wanted = address_of(address->uri);
  is_private = wanted != address_of(config_.uri) && wanted != kAnonymous;  // CPIM-14
  if (is_private) return find_private(from.first, wanted, to);
  for (const auto& [session, member] : members_) {
    if (session != from.first) to.push_back(session);
  }
  return std::nullopt;
}

std::optional<ChatRoom::Refusal> ChatRoom::check_from(Members::value_type& from, const body::Cpim& cpim) {
  const auto address = cpim.from();
  if (!address || values_of(cpim, "From").size() != 1) return Refusal{400, "expected one From with a URI"};
  auto& [session, member] = from;
  const auto claimed = address_of(address->uri);
  if (!member.uri.empty()) {
    if (claimed == member.address) return std::nullopt;
    return Refusal{403,
                   "expected " + core::quoted(member.uri) + " as From, got " + core::quoted(address->uri)};
  }
  // Nobody vouches for it, so that who came first has the name.
  const bool taken =
      claimed == address_of(config_.uri) ||
      (claimed != kAnonymous && std::any_of(members_.begin(), members_.end(), [&](const auto& other) {
         return other.second.address == claimed;
       }));
  if (taken) return Refusal{403, "From is somebody else's: " + core::quoted(address->uri)};
  member.uri = address->uri;
  member.address = claimed;
  events_.push_back(RoomNamed{session, member.uri});
  return std::nullopt;
}

std::optional<ChatRoom::Refusal> ChatRoom::find_private(SessionId from, const std::string& address,
                                                        std::vector<SessionId>& to) const {
  bool is_here = false;
  for (const auto& [session, member] : members_) {
    if (session == from || member.address != address) continue;
    is_here = true;
    if (member.takes_private && config_.private_messages) to.push_back(session);
  }
  if (!is_here) return Refusal{404, "nobody here is " + core::quoted(address)};
  if (to.empty()) return Refusal{428, core::quoted(address) + " takes no private messages"};
  return std::nullopt;
}

/// False: it does not go there.
bool ChatRoom::pass(Turn& turn, SessionId to, const WholeMessage& message) {
  auto& member = members_.find(to)->second;
  if (is_slow(member)) {
    drop(turn, to, "too much waits for it");
    return false;
  }
  Outgoing copy;
  copy.content_type = message.content_type;
  copy.content = message.content;
  // Under an id of our own: two participants may choose the same, and reports about it are not for them
  // (MSRP-164).
  const auto sent = turn.endpoint.send(turn.now, to, std::move(copy), turn.out);
  if (!sent) {
    events_.push_back(RoomMissed{to, sent.error().detail()});
    return false;
  }
  member.waiting.emplace(*sent, message.content.size());
  member.waiting_octets += message.content.size();
  return true;
}

bool ChatRoom::is_slow(const Member& member) const {
  return member.waiting_octets > config_.max_waiting || member.waiting.size() >= config_.max_waiting_messages;
}

void ChatRoom::on(Turn& turn, const MessageFate& event) {
  auto& member = members_.find(event.session)->second;
  const auto at = member.waiting.find(event.message_id);
  if (at == member.waiting.end()) return;
  member.waiting_octets -= at->second;
  member.waiting.erase(at);
  member.has_moved = true;
  if (event.kind == MessageFate::Kind::failed) events_.push_back(RoomMissed{event.session, event.why});
  pay(turn);
}

void ChatRoom::on(Turn& turn, const SessionLost& event) {
  drop(turn, event.session, event.why);
  pay(turn);
}

void ChatRoom::drop(Turn& turn, SessionId session, const std::string& why) {
  const auto node = members_.extract(session);
  events_.push_back(RoomLeft{session, node.mapped().uri, why});
  turn.endpoint.close(turn.now, session, turn.out);
}

void ChatRoom::on(Turn& turn, const NicknameAsked& event) {
  auto& from = *members_.find(event.session);
  auto key = nickname_key(event.nickname);
  const auto refusal = check_nickname(from, event.nickname, key);
  answer(turn, event.session, event.ticket, refusal);
  if (refusal) {
    events_.push_back(
        RoomRefused{event.session, core::quoted(event.nickname), refusal->status, refusal->why});
    return;
  }
  from.second.nickname = event.nickname;
  from.second.nickname_key = std::move(key);
  events_.push_back(RoomNicknamed{event.session, event.nickname});
}

std::optional<ChatRoom::Refusal> ChatRoom::check_nickname(const Members::value_type& from,
                                                          const std::string& nickname,
                                                          const std::string& key) const {
  if (nickname.empty()) return std::nullopt;
  if (key.empty()) return Refusal{424, "expected more than blanks"};
  const auto& [session, asking] = from;
  for (const auto& [other_session, other] : members_) {
    // Who is here on two devices may be called the same on both.
    const bool is_same =
        session == other_session ||
        (!asking.uri.empty() && other.address == asking.address && asking.address != kAnonymous);
    if (!is_same && other.nickname_key == key) return Refusal{425, "somebody else is called so"};
  }
  if (config_.permits && !config_.permits(asking.uri, nickname)) return Refusal{403, "not permitted"};
  return std::nullopt;
}

}  // namespace rcs::msrp
