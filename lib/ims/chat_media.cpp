#include "ims/chat_media.hpp"

#include <algorithm>
#include <array>
#include <variant>

#include "body/iscomposing.hpp"
#include "core/text.hpp"
#include "msrp/offer.hpp"

namespace rcs::ims {
namespace {

/// One connection may carry the sessions of a whole gateway.
constexpr std::size_t kMaxMessagesOfConnection = 20'000;

constexpr std::string_view kCpim = "message/cpim";

/// What is inside of CPIM is between the users.
const msrp::Types& own_types() {
  static const msrp::Types types{{std::string(kCpim), std::string(body::kComposingType)}, {"*"}};
  return types;
}

msrp::EndpointConfig endpoint_config(std::uint32_t timer_kind) {
  msrp::EndpointConfig config;
  config.timer_kind = timer_kind;
  config.outbound.sender.max_messages = kMaxMessagesOfConnection;
  return config;
}

int status_of(const core::Error& error) {
  switch (error.code()) {
    case core::Errc::unsupported:
      return 415;
    case core::Errc::too_large:
      return 413;
    case core::Errc::malformed:
      return 400;
    default:
      return 481;
  }
}

bool is_long(const std::string& content) { return content.size() > msrp::kSmallChunk; }

}  // namespace

bool ChatMedia::is_about_message(int code) {
  constexpr std::array<int, 7> kCodes = {400, 403, 404, 413, 415, 428, 501};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

msrp::Outgoing ChatMedia::make_outgoing(msrp::SessionId session, std::string id, std::string type,
                                        std::string content) {
  msrp::Outgoing outgoing;
  outgoing.session = session;
  outgoing.message_id = std::move(id);
  outgoing.content_type = std::move(type);
  outgoing.content = std::move(content);
  return outgoing;
}

bool ChatMedia::Passed::contains(const std::string& id) const {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

void ChatMedia::Passed::add(std::string id) {
  ids.push_back(std::move(id));
  if (ids.size() > kMaxPassedIds) ids.pop_front();
}

ChatMedia::ChatMedia(ChatMediaConfig config, PassedTexts& texts, core::Random& random)
    : config_(std::move(config)),
      texts_(texts),
      random_(random),
      endpoint_(endpoint_config(config_.timer_kind), random),
      probe_(msrp::make_local_end(config_.at, own_types(), random)) {}

ChatMedia::Session* ChatMedia::find(CallKey call) {
  const auto found = sessions_.find(call);
  return found == sessions_.end() ? nullptr : &found->second;
}

ChatMedia::Session* ChatMedia::other(const Chat& chat, Side side) {
  return find(side == Side::sender ? chat.receiver : chat.sender);
}

// --- sessions
// -----------------------------------------------------------------------------------------------------------------

core::Result<void> ChatMedia::check(const body::MsrpMedia& offer) const {
  const auto answered = msrp::answer_offer(offer, probe_, config_.at);
  if (!answered) return answered.error();
  return {};
}

core::Result<ChatMedia::Session*> ChatMedia::open(CallKey call, MessageHandle chat, Side side) {
  if (auto* session = find(call)) return session;
  Session session;
  session.chat = chat;
  session.side = side;
  session.local = msrp::make_local_end(config_.at, own_types(), random_);
  session.local.hold_answers = true;
  RCS_TRY(session.id, endpoint_.open(session.local));
  calls_[session.id] = call;
  leg_of(chats_[chat], side) = call;
  return &(sessions_[call] = std::move(session));
}

core::Result<body::MsrpMedia> ChatMedia::offer(CallKey call, MessageHandle chat, Side side) {
  RCS_TRY(const Session* session, open(call, chat, side));
  return msrp::offer_media(session->local, config_.at);
}

core::Result<body::MsrpMedia> ChatMedia::answer(Instant now, CallKey call, MessageHandle chat, Side side,
                                                const body::MsrpMedia& offer, MediaOutbox& out) {
  RCS_TRY(Session * session, open(call, chat, side));
  RCS_TRY(auto answered, msrp::answer_offer(offer, session->local, config_.at));
  // The same offer again only refreshes the dialog.
  if (session->peer != answered.remote.path) start(now, call, *session, std::move(answered.remote), out);
  return std::move(answered.media);
}

void ChatMedia::on_answer(Instant now, CallKey call, const std::optional<body::MsrpMedia>& answer,
                          MediaOutbox& out) {
  Session* session = find(call);
  if (session == nullptr || session->state != Session::State::opened) return;
  if (answer) {
    if (auto remote = msrp::read_answer(*answer, session->local, config_.at))
      return start(now, call, *session, std::move(*remote), out);
  }
  const Chat& chat = chats_[session->chat];
  if (session->side == Side::receiver && chat.waiting.empty())
    out.emit(MediaEvent{call, MediaNews::all_taken});
  msrp::EndpointOutbox inner;
  lose(now, call, *session, inner, out);
  drain(now, inner, out);
}

void ChatMedia::start(Instant now, CallKey call, Session& session, msrp::RemoteEnd remote, MediaOutbox& out) {
  session.peer = remote.path;
  session.takes_types = remote.types;
  session.max_size = remote.max_size;
  session.state = Session::State::started;
  msrp::EndpointOutbox inner;
  endpoint_.start(now, session.id, std::move(remote), inner);
  out.emit(MediaEvent{call, MediaNews::began});
  if (session.side == Side::receiver) {
    const MessageHandle handle = session.chat;
    Chat& chat = chats_[handle];
    // The last of it may have gone with the invitation.
    if (chat.waiting.empty()) out.emit(MediaEvent{call, MediaNews::all_taken});
    pump(now, handle, chat, inner, out);
  }
  drain(now, inner, out);
}

void ChatMedia::close(Instant now, CallKey call, MediaOutbox& out) {
  const auto found = sessions_.find(call);
  if (found == sessions_.end()) return;
  const msrp::SessionId id = found->second.id;
  Chat& chat = chats_[found->second.chat];
  if (leg_of(chat, found->second.side) == call) {
    leg_of(chat, found->second.side) = {};
    if (found->second.side == Side::receiver) {
      for (auto& message : chat.waiting) message.under_way = false;
      chat.under_way = 0;
    } else {
      untell_sender(chat);
    }
  }
  // Gone from the tables first: what the endpoint tells of its messages concerns nobody any more.
  calls_.erase(id);
  sessions_.erase(found);
  msrp::EndpointOutbox inner;
  fail_passing(now, id, inner, out);
  endpoint_.close(now, id, inner);
  drain(now, inner, out);
}

void ChatMedia::forget(Instant now, MessageHandle handle, MediaOutbox& out) {
  const auto found = chats_.find(handle);
  if (found == chats_.end()) return;
  close(now, found->second.sender, out);
  close(now, found->second.receiver, out);
  release_pages(handle, out);
  waiting_octets_ -= found->second.octets;
  stuck_.erase(handle);
  chats_.erase(found);
}

void ChatMedia::lose(Instant now, CallKey call, Session& session, msrp::EndpointOutbox& inner,
                     MediaOutbox& out) {
  if (session.state == Session::State::lost) return;
  session.state = Session::State::lost;
  if (session.side == Side::receiver) {
    Chat& chat = chats_[session.chat];
    for (auto& message : chat.waiting) message.under_way = false;
    chat.under_way = 0;
  } else {
    untell_sender(chats_[session.chat]);
  }
  fail_passing(now, session.id, inner, out);
  out.emit(MediaEvent{call, MediaNews::lost});
}

void ChatMedia::on_stream(Instant now, node::ConnectionId connection, const node::StreamNews& news,
                          MediaOutbox& out) {
  msrp::EndpointOutbox inner;
  endpoint_.on_stream(now, connection, news, inner);
  drain(now, inner, out);
}

void ChatMedia::on_timer(Instant now, node::TimerKey key, MediaOutbox& out) {
  msrp::EndpointOutbox inner;
  endpoint_.on_timer(now, key, inner);
  drain(now, inner, out);
}

void ChatMedia::drain(Instant now, msrp::EndpointOutbox& inner, MediaOutbox& out) {
  node::drain(inner, out, [&](msrp::EndpointEvent&& event) {
    std::visit([&](auto&& e) { on(now, std::move(e), inner, out); }, std::move(event));
  });
}

void ChatMedia::on(Instant now, msrp::SessionReady&& event, msrp::EndpointOutbox& inner, MediaOutbox& out) {
  const auto call = calls_.find(event.session);
  if (call == calls_.end()) return;
  Session& session = sessions_.at(call->second);
  session.state = Session::State::ready;
  if (session.side == Side::receiver) pump(now, session.chat, chats_[session.chat], inner, out);
}

void ChatMedia::on(Instant now, msrp::SessionLost&& event, msrp::EndpointOutbox& inner, MediaOutbox& out) {
  const auto call = calls_.find(event.session);
  if (call != calls_.end()) lose(now, call->second, sessions_.at(call->second), inner, out);
}

// --- what arrives
// -------------------------------------------------------------------------------------------------------------

void ChatMedia::on(Instant now, msrp::MessageArrived&& event, msrp::EndpointOutbox& inner, MediaOutbox& out) {
  const auto found = calls_.find(event.session);
  if (found == calls_.end()) return;
  const CallKey call = found->second;
  Session& session = sessions_.at(call);
  const MessageHandle handle = session.chat;
  Chat& chat = chats_[handle];
  out.emit(MediaEvent{call, MediaNews::traffic});
  const auto facts = facts_of(event.message.content_type, event.message.content);
  const auto kind = facts.kind;
  const Side other_side = session.side == Side::sender ? Side::receiver : Side::sender;
  if (chat.without_session == other_side) {
    (void)know_way(chat, session.side, facts, {}, out);
    const int status = take_for_other(chat, session.side, kind, std::move(event.message), out);
    return endpoint_.answer(now, event.session, event.ticket, status, inner);
  }
  if (kind == ContentKind::composing) {
    endpoint_.answer(now, event.session, event.ticket, 200, inner);
    return pass_composing(now, chat, session, std::move(event.message), inner);
  }
  if (know_way(chat, session.side, facts, event.message, out))
    return endpoint_.answer(now, event.session, event.ticket, 200, inner);
  if (session.side == Side::receiver || !config_.stores)
    return pass_on(now, chat, call, session, kind, std::move(event), inner, out);
  const int status = keep(chat, std::move(event.message), kind, out);
  endpoint_.answer(now, event.session, event.ticket, status, inner);
  pump(now, handle, chat, inner, out);
}

int ChatMedia::keep(Chat& chat, msrp::WholeMessage&& message, ContentKind kind, MediaOutbox& out) {
  const auto same = [&](const Waiting& waiting) { return waiting.message_id == message.message_id; };
  if (chat.from_sender.contains(message.message_id) ||
      std::any_of(chat.waiting.begin(), chat.waiting.end(), same))
    return 200;
  const std::size_t octets = message.content.size();
  if (chat.waiting.size() >= kMaxWaitingMessages || chat.octets + octets > kMaxWaitingOctets ||
      waiting_octets_ + octets > kMaxAllWaitingOctets)
    return 413;
  chat.waiting.push_back(
      {std::move(message.message_id), std::move(message.content_type), std::move(message.content), kind});
  chat.octets += octets;
  waiting_octets_ += octets;
  out.emit(
      MediaEvent{chat.sender, kind == ContentKind::text ? MediaNews::text_waits : MediaNews::notice_waits});
  return 200;
}

void ChatMedia::pass_composing(Instant now, const Chat& chat, const Session& from,
                               msrp::WholeMessage&& message, msrp::EndpointOutbox& inner) {
  const Session* to = other(chat, from.side);
  if (to == nullptr || to->state != Session::State::ready) return;
  if (message.content.size() > body::kMaxComposingOctets) return;
  // Behind texts that wait it would come when nobody is typing any more.
  if (from.side == Side::sender && chat.under_way != chat.waiting.size()) return;
  auto outgoing = make_outgoing(to->id, std::move(message.message_id), std::move(message.content_type),
                                std::move(message.content));
  outgoing.failure_report = msrp::FailureReport::no;
  (void)endpoint_.send(now, to->id, std::move(outgoing),
                       inner);  // a client that does not take it misses nothing
}

void ChatMedia::pass_on(Instant now, Chat& chat, CallKey from, Session& session, ContentKind kind,
                        msrp::MessageArrived&& event, msrp::EndpointOutbox& inner, MediaOutbox& out) {
  const auto answer = [&](int status) { endpoint_.answer(now, event.session, event.ticket, status, inner); };
  const Passed& passed = session.side == Side::sender ? chat.from_sender : chat.from_receiver;
  const std::string id = event.message.message_id;
  if (passed.contains(id)) return answer(200);
  const Session* to = other(chat, session.side);
  if (to == nullptr || !to->takes()) {
    if (kind == ContentKind::notice && take_notice(chat, session.side, event.message, out))
      return answer(200);
    return answer(481);  // so the client opens a session of its own
  }
  const PassingKey key{to->id, id};
  const Origin origin{from, event.ticket};
  if (const auto under_way = passing_.find(key); under_way != passing_.end()) {
    under_way->second = origin;  // its leg broke, and it came again over another
    return;
  }
  if (session.passing >= kMaxPassing) return answer(413);
  auto sent = endpoint_.send(
      now, to->id,
      make_outgoing(to->id, id, std::move(event.message.content_type), std::move(event.message.content)),
      inner);
  if (!sent) return answer(status_of(sent.error()));
  passing_[key] = origin;
  ++session.passing;
}

// --- what becomes of what was sent
// ------------------------------------------------------------------------------------------------

void ChatMedia::on(Instant now, msrp::MessageFate&& fate, msrp::EndpointOutbox& inner, MediaOutbox& out) {
  const auto found = calls_.find(fate.session);
  if (found == calls_.end()) return;
  const CallKey call = found->second;
  const auto passing = passing_.find({fate.session, fate.message_id});
  if (passing == passing_.end()) {
    settle(now, call, fate, inner, out);
  } else {
    const Origin origin = passing->second;
    passing_.erase(passing);
    const bool failed = fate.kind == msrp::MessageFate::Kind::failed;
    if (!failed) {
      const Session& to = sessions_.at(call);
      Chat& chat = chats_[to.chat];
      (to.side == Side::sender ? chat.from_receiver : chat.from_sender).add(fate.message_id);
    }
    answer_origin(now, origin, !failed ? 200 : is_about_message(fate.code) ? fate.code : 481, inner, out);
  }
  // A connection has room again.
  for (const MessageHandle handle : std::exchange(stuck_, {})) pump(now, handle, chats_[handle], inner, out);
}

void ChatMedia::settle(Instant now, CallKey call, const msrp::MessageFate& fate, msrp::EndpointOutbox& inner,
                       MediaOutbox& out) {
  Session& session = sessions_.at(call);
  if (session.side == Side::sender) return settle_told(chats_[session.chat], fate, out);
  if (!session.takes()) return;
  const MessageHandle handle = session.chat;
  Chat& chat = chats_[handle];
  const auto place = std::find_if(chat.waiting.begin(), chat.waiting.end(), [&](const Waiting& waiting) {
    return waiting.under_way && waiting.message_id == fate.message_id;
  });
  if (place == chat.waiting.end()) return;
  const bool failed = fate.kind == msrp::MessageFate::Kind::failed;
  if (failed && !is_about_message(fate.code)) return lose(now, call, session, inner, out);
  out.emit(MediaEvent{call, MediaNews::traffic});
  if (place->page) {
    tell_page(place->page, failed ? MediaNews::page_left : MediaNews::page_taken, out);
  } else if (failed) {
    tell_failure(now, chat, *place, inner, out);
  }
  take_out(chat, place, out);
  pump(now, handle, chat, inner, out);
}

void ChatMedia::take_out(Chat& chat, std::deque<Waiting>::iterator place, MediaOutbox& out) {
  if (place->under_way) --chat.under_way;
  chat.octets -= place->content.size();
  waiting_octets_ -= place->content.size();
  if (place->page) waiting_pages_.erase(place->page);
  chat.from_sender.add(std::move(place->message_id));
  chat.waiting.erase(place);
  if (chat.waiting.empty()) out.emit(MediaEvent{chat.receiver, MediaNews::all_taken});
}

void ChatMedia::pump(Instant now, MessageHandle handle, Chat& chat, msrp::EndpointOutbox& inner,
                     MediaOutbox& out) {
  const Session* to = find(chat.receiver);
  if (to == nullptr || !to->takes()) return;
  for (std::size_t i = 0; i < chat.waiting.size() && chat.under_way < kMaxUnderWay;) {
    Waiting& message = chat.waiting[i];
    // A long one goes alone: MSRP lets messages take turns, and a short one would overtake it (CHAT-41).
    if (is_long(message.content) && chat.under_way != (message.under_way ? 1 : 0)) return;
    if (message.under_way) {
      if (is_long(message.content)) return;
      ++i;
      continue;
    }
    const auto sent = endpoint_.send(now, to->id, outgoing_for(*to, message), inner);
    if (sent) {
      message.under_way = true;
      ++chat.under_way;
      if (is_long(message.content)) return;
      ++i;
      continue;
    }
    const bool never_fits = to->max_size && message.content.size() > *to->max_size;
    if (sent.error().code() == core::Errc::too_large && !never_fits) {
      stuck_.insert(handle);
      return;
    }
    if (status_of(sent.error()) == 481) return;  // the session is failing, and will say so
    if (message.page) {
      tell_page(message.page, MediaNews::page_left, out);
    } else {
      tell_failure(now, chat, message, inner, out);
    }
    take_out(chat, chat.waiting.begin() + static_cast<std::ptrdiff_t>(i), out);
  }
}

void ChatMedia::answer_origin(Instant now, const Origin& origin, int status, msrp::EndpointOutbox& inner,
                              MediaOutbox& out) {
  if (origin.page)
    return tell_page(origin.page, status == 200 ? MediaNews::page_taken : MediaNews::page_left, out);
  Session* from = find(origin.call);
  if (from == nullptr) return;
  if (from->passing != 0) --from->passing;
  endpoint_.answer(now, from->id, origin.ticket, status, inner);
}

void ChatMedia::fail_passing(Instant now, msrp::SessionId session, msrp::EndpointOutbox& inner,
                             MediaOutbox& out) {
  auto at = passing_.lower_bound({session, std::string()});
  while (at != passing_.end() && at->first.first == session) {
    const Origin origin = at->second;
    at = passing_.erase(at);
    answer_origin(now, origin, 481, inner, out);
  }
}

std::optional<std::string> ChatMedia::take_first_text(MessageHandle handle) {
  const auto found = chats_.find(handle);
  if (found == chats_.end() || found->second.waiting.empty()) return std::nullopt;
  Chat& chat = found->second;
  Waiting& first = chat.waiting.front();
  if (first.page || first.kind != ContentKind::text || first.under_way ||
      first.content.size() > kMaxTextInInvite || !is_cpim(first.content_type))
    return std::nullopt;
  std::string content = std::move(first.content);
  chat.octets -= content.size();
  waiting_octets_ -= content.size();
  chat.from_sender.add(std::move(first.message_id));
  chat.waiting.pop_front();
  return content;
}

}  // namespace rcs::ims
