// The MSRP session of a conversation: what SDP says of it, what is sent in it, and what becomes of that.

#include <algorithm>
#include <array>
#include <utility>

#include "chat/messaging_state.hpp"
#include "msrp/offer.hpp"

namespace rcs::chat {
namespace {

using core::Errc;

/// Octets of a text that leaves in one uninterrupted chunk, its CPIM headers included (msrp::kSmallChunk). A
/// longer one goes alone: MSRP gives its messages turns, and a short one would overtake it.
constexpr std::size_t kShortText = 1024;
/// Short texts that wait for their answers together: enough to fill a slow line, few to send again.
constexpr std::size_t kMaxInSession = 8;
/// Octets of a text that goes in an INVITE; a longer one has MSRP made for it.
constexpr std::size_t kMaxInviteText = 4096;
/// Messages of a session whose failure may yet be reported, by a relay further on.
constexpr std::size_t kMaxLatelySent = 64;
constexpr int kUnsupportedType = 415;
/// A connection that has too much to write is given this long.
constexpr core::Duration kAgainAfter = std::chrono::seconds(1);

/// What a chat client takes. Inside of CPIM that is any content; what most peers look for is named.
msrp::Types own_types() {
  return {{std::string(kCpimType), std::string(body::kComposingType), "text/plain"},
          {"text/plain", std::string(body::kImdnType), std::string(body::kComposingType), "*"}};
}

/// The message is as good as before, the session is not.
bool is_of_session(int code) { return code == 0 || code == 408 || code == 481 || code == 506; }

int status_of(Errc code) {
  switch (code) {
    case Errc::unsupported:
      return kUnsupportedType;
    case Errc::too_large:
      return 413;
    case Errc::refused:
      return 403;
    default:
      return 400;
  }
}

bool is_usable(const Conversation& conversation) {
  return conversation.session && conversation.session->started && !conversation.session->broken;
}

}  // namespace

std::optional<body::ChatText> Messaging::text_for_invite(ChatId chat) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr || conversation->waiting.empty()) return std::nullopt;
  auto& first = conversation->waiting.front();
  if (first.text.text.size() > kMaxInviteText) return std::nullopt;
  first.place = WaitingText::Place::in_invite;
  return first.text;
}

void Messaging::take_back_text(ChatId chat) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr) return;
  for (auto& waiting : conversation->waiting) {
    if (waiting.place == WaitingText::Place::in_invite) waiting.place = WaitingText::Place::here;
  }
}

Session& Messaging::State::local_end(Conversation& conversation) {
  if (!conversation.session) {
    conversation.session = std::make_unique<Session>();
    conversation.session->local = msrp::make_local_end(*config.msrp, own_types(), random);
  }
  return *conversation.session;
}

core::Result<void> Messaging::State::open(Conversation& conversation, Session& session) {
  if (session.id) return {};
  RCS_TRY(session.id, endpoint.open(session.local));
  sessions.emplace(session.id, conversation.id);
  return {};
}

core::Result<body::MsrpMedia> Messaging::offer(ChatId chat) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr) return core::Error(Errc::unknown, "the chat is over");
  auto& session = state_->local_end(*conversation);
  RCS_CHECK_OK(state_->open(*conversation, session));
  return msrp::offer_media(session.local, *state_->config.msrp);
}

core::Result<void> Messaging::check(ChatId chat, const body::MsrpMedia& offer) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr) return core::Error(Errc::unknown, "the chat is over");
  const auto& local = state_->local_end(*conversation).local;
  RCS_CHECK_OK(msrp::answer_offer(offer, local, *state_->config.msrp));
  return {};
}

core::Result<body::MsrpMedia> Messaging::answer(Instant now, ChatId chat, const body::MsrpMedia& offer,
                                                MessagingOutbox& out) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr) return core::Error(Errc::unknown, "the chat is over");
  auto& session = state_->local_end(*conversation);
  RCS_TRY(auto answered, msrp::answer_offer(offer, session.local, *state_->config.msrp));
  RCS_CHECK_OK(state_->open(*conversation, session));
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    state_->start(turn, *conversation, std::move(answered.remote), offer.path);
  });
  return std::move(answered.media);
}

core::Result<void> Messaging::take_answer(Instant now, ChatId chat, const body::MsrpMedia& answer,
                                          MessagingOutbox& out) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr || !conversation->session)
    return core::Error(Errc::unknown, "the chat is over");
  RCS_TRY(auto remote, msrp::read_answer(answer, conversation->session->local, *state_->config.msrp));
  run_turn(*state_, now, out,
           [&](State::Turn& turn) { state_->start(turn, *conversation, std::move(remote), answer.path); });
  return {};
}

bool Messaging::started(ChatId chat) const {
  const auto* conversation = state_->find(chat);
  return conversation != nullptr && conversation->session && conversation->session->started;
}

/// SDP that repeats what it said before, as a refresh does, changes nothing.
void Messaging::State::start(Turn& turn, Conversation& conversation, msrp::RemoteEnd remote,
                             const std::string& path) {
  auto& session = *conversation.session;
  if (session.started && session.peer_path == path) return;
  session.started = true;
  session.broken = false;
  session.peer_path = path;
  session.peer_types = remote.types;
  session.peer_max_size = remote.max_size;
  endpoint.start(turn.now, session.id, std::move(remote), turn.msrp);
  send_waiting(turn, conversation);
  send_notices(turn, conversation);
}

void Messaging::accepted(Instant now, ChatId chat, MessagingOutbox& out) {
  auto* conversation = state_->find(chat);
  if (conversation == nullptr) return;
  run_turn(*state_, now, out, [&](State::Turn& turn) {
    State& s = *state_;
    conversation->established = true;
    auto& waiting = conversation->waiting;
    if (!waiting.empty() && waiting.front().place == WaitingText::Place::in_invite) {
      s.tell(turn, conversation->pair, waiting.front().text.message_id, MessageState::sent);
      waiting.erase(waiting.begin());
    }
    if (!conversation->first_text.empty()) {
      const auto id = std::exchange(conversation->first_text, {});
      s.correspondence(*conversation).received.owe(id, MessageState::delivered);
    }
    s.send_waiting(turn, *conversation);
    s.send_notices(turn, *conversation);
  });
}

/// What was under way in it waits again, in its old order.
void Messaging::State::close_session(Turn& turn, Conversation& conversation) {
  const auto session = std::exchange(conversation.session, nullptr);
  if (!session) return;
  for (auto& waiting : conversation.waiting) {
    waiting.place = WaitingText::Place::here;
    waiting.msrp_id.clear();
  }
  auto& received = correspondence(conversation).received;
  for (const auto& [id, notification] : session->notices) received.give_back(notification);
  turn.out.cancel(timer_of(conversation.id, MessagingTimer::again));
  if (!session->id) return;
  sessions.erase(session->id);
  endpoint.close(turn.now, session->id, turn.msrp);
}

void Messaging::State::send_waiting(Turn& turn, Conversation& conversation) {
  if (conversation.thread) return send_by_session(turn, conversation);
  auto& waiting = conversation.waiting;
  std::size_t in_session = 0;
  for (std::size_t i = 0; i < waiting.size() && is_usable(conversation);) {
    auto& text = waiting[i];
    const bool alone = text.text.text.size() > kShortText;
    if (text.place == WaitingText::Place::here) {
      if (in_session == kMaxInSession || (alone && in_session > 0)) return;
      if (!hand_over(turn, conversation, text)) {
        waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      if (text.place == WaitingText::Place::here) return;  // not now
    }
    if (text.place == WaitingText::Place::in_session) {
      if (alone) return;
      ++in_session;
    }
    ++i;
  }
}

/// The session of a thread is there for one text, and over with it.
void Messaging::State::send_by_session(Turn& turn, Conversation& thread) {
  auto& waiting = thread.waiting;
  if (!waiting.empty() && waiting.front().text.message_id == thread.thread->large) {
    if (waiting.front().place != WaitingText::Place::here || !is_usable(thread)) return;
    if (hand_over(turn, thread, waiting.front())) return;
    waiting.erase(waiting.begin());
  }
  turn.out.emit(SessionDone{thread.id});
}

/// Of a thread: its text was sent, or goes in another session, or was tried often enough.
void Messaging::State::end_session(Turn& turn, Conversation& thread, Ending ending, int code,
                                   const std::string& reason) {
  const auto large = std::exchange(thread.thread->large, {});
  const auto& waiting = thread.waiting;
  if (!waiting.empty() && waiting.front().text.message_id == large) {
    const bool again = ending == Ending::interrupted && waiting.front().attempts < kMaxAttempts;
    if (!again) fail_first(turn, thread, code, reason);
  }
  push(turn, thread);
}

bool Messaging::State::hand_over(Turn& turn, Conversation& conversation, WaitingText& waiting) {
  auto& session = *conversation.session;
  // Who takes it may be a server, and not its reader (IMDN-8).
  waiting.text.want_failure = true;
  const auto& text = waiting.text;
  // A peer that knows no CPIM gets the content alone, and can not tell what becomes of it.
  const bool takes_bare = session.peer_types.takes(text.content_type);
  waiting.bare = takes_bare && !session.peer_types.takes(kCpimType);
  bool fits = true;
  const auto try_send = [&]() -> core::Result<std::string> {
    auto content = waiting.bare ? text.text : body::format_cpim(body::make_chat_cpim(text));
    fits = content.size() <= session.peer_max_size.value_or(content.size());
    if (!fits)
      return core::Error(Errc::too_large,
                         "the peer takes " + std::to_string(*session.peer_max_size) + " octets");
    return send(turn, session, waiting.bare ? std::string_view(text.content_type) : kCpimType,
                std::move(content), msrp::FailureReport::yes);
  };
  auto sent = try_send();
  if (!sent && sent.error().code() == Errc::unsupported && takes_bare && !waiting.bare) {
    waiting.bare = true;  // it has listed CPIM and then answered 415 to it (MSRP-39)
    sent = try_send();
  }
  if (sent) {
    waiting.place = WaitingText::Place::in_session;
    waiting.msrp_id = std::move(*sent);
    ++waiting.attempts;
    return true;
  }
  if (sent.error().code() == Errc::unknown) {
    break_session(turn, conversation, 0, sent.error().detail());
    return true;
  }
  if (fits && sent.error().code() == Errc::too_large) {
    turn.out.arm(timer_of(conversation.id, MessagingTimer::again), kAgainAfter);
    return true;
  }
  tell(turn, conversation.pair, text.message_id, MessageState::failed, status_of(sent.error().code()),
       sent.error().detail());
  return false;
}

core::Result<std::string> Messaging::State::send(Turn& turn, const Session& session,
                                                 std::string_view content_type, std::string content,
                                                 msrp::FailureReport report) {
  msrp::Outgoing message;
  message.content_type = content_type;
  message.content = std::move(content);
  message.failure_report = report;
  return endpoint.send(turn.now, session.id, std::move(message), turn.msrp);
}

void Messaging::State::send_notices(Turn& turn, Conversation& conversation) {
  if (!is_usable(conversation)) return;
  auto& session = *conversation.session;
  auto& received = correspondence(conversation).received;
  for (const auto& owed : received.take_owed(conversation.id)) {
    const auto* receipt = received.receipt(owed.message_id);
    if (receipt == nullptr) continue;
    auto sent = send(turn, session, kCpimType, make_notice(conversation, *receipt, owed.state, turn.now),
                     msrp::FailureReport::yes);
    if (sent) {
      session.notices.emplace(std::move(*sent), owed);
    } else if (sent.error().code() == Errc::unknown) {
      received.give_back(owed);
      break_session(turn, conversation, 0, sent.error().detail());
    } else if (sent.error().code() == Errc::too_large) {
      received.give_back(owed);
      turn.out.arm(timer_of(conversation.id, MessagingTimer::again), kAgainAfter);
    }  // else the peer wants none
  }
}

/// Bare where the peer lists it, else inside of CPIM, else not at all (ISC-4, MSRP-87). What becomes of it
/// does not matter.
void Messaging::State::send_composing(Turn& turn, Conversation& conversation,
                                      std::optional<ComposingState> news) {
  if (!news || (!conversation.thread && !is_usable(conversation))) return;
  body::Composing composing;
  composing.active = *news == ComposingState::active;
  composing.content_type = conversation.typed;
  if (composing.active) composing.refresh = conversation.typing.refresh();
  auto xml = body::format_composing(composing);
  if (conversation.thread) {
    const PagerItem item{PagerItem::Kind::composing, conversation.id, {}};
    return turn.out.emit(MessageOwed{item,
                                     conversation.between,
                                     std::string(body::kComposingType),
                                     std::move(xml),
                                     conversation.thread->conversation_id,
                                     {}});
  }
  const auto& session = *conversation.session;
  if (session.peer_types.takes(body::kComposingType)) {
    if (!send(turn, session, body::kComposingType, std::move(xml), msrp::FailureReport::no)) return;
  } else if (session.peer_types.takes(kCpimType) && session.peer_types.takes_wrapped(body::kComposingType)) {
    body::ChatText wrapped;  // without an id it asks for no notification (ISC-7)
    wrapped.from = conversation.between.us;
    wrapped.to = conversation.between.peer;
    wrapped.date_time = config.wall.at(turn.now);
    wrapped.content_type = body::kComposingType;
    wrapped.text = std::move(xml);
    auto cpim = body::format_cpim(body::make_chat_cpim(wrapped));
    if (!send(turn, session, kCpimType, std::move(cpim), msrp::FailureReport::no)) return;
  }
}

void Messaging::State::break_session(Turn& turn, Conversation& conversation, int code,
                                     const std::string& why) {
  if (!conversation.session || std::exchange(conversation.session->broken, true)) return;
  turn.out.emit(SessionBroken{conversation.id, code, why});
}

void Messaging::on_stream(Instant now, node::ConnectionId connection, const node::StreamNews& news,
                          MessagingOutbox& out) {
  run_turn(*state_, now, out,
           [&](State::Turn& turn) { state_->endpoint.on_stream(now, connection, news, turn.msrp); });
}

void Messaging::State::on_event(Turn& turn, msrp::EndpointEvent&& event) {
  if (const auto* fate = std::get_if<msrp::MessageFate>(&event)) return on_fate(turn, *fate);
  const auto conversation_of = [this](msrp::SessionId session) -> Conversation* {
    const auto found = sessions.find(session);
    return found == sessions.end() ? nullptr : find(found->second);
  };
  if (const auto* lost = std::get_if<msrp::SessionLost>(&event)) {
    if (auto* conversation = conversation_of(lost->session))
      break_session(turn, *conversation, lost->code, lost->why);
  } else if (auto* arrived = std::get_if<msrp::MessageArrived>(&event)) {
    auto* conversation = conversation_of(arrived->session);
    auto& message = arrived->message;
    auto content = read_content(message.content_type, std::move(message.content));
    if (conversation == nullptr || !content) return;  // nobody can say what it is (CPIM-11)
    if (!conversation->delivery) return take_in(turn, *conversation, std::move(*content));
    take(turn, conversation->delivery->envelope, std::move(*content), conversation->delivery->fresh);
  }
}

void Messaging::State::on_fate(Turn& turn, const msrp::MessageFate& fate) {
  const auto found = sessions.find(fate.session);
  auto* conversation = found == sessions.end() ? nullptr : find(found->second);
  if (conversation == nullptr || !conversation->session) return;
  const bool failed = fate.kind == msrp::MessageFate::Kind::failed;
  auto& session = *conversation->session;
  if (auto notice = session.notices.extract(fate.message_id)) {
    if (failed && is_of_session(fate.code))
      correspondence(*conversation).received.give_back(std::move(notice.mapped()));
  } else {
    auto& waiting = conversation->waiting;
    const auto text = std::find_if(waiting.begin(), waiting.end(), [&](const WaitingText& candidate) {
      return candidate.msrp_id == fate.message_id;
    });
    if (text != waiting.end()) return on_text_fate(turn, *conversation, *text, fate);
    const auto late = std::find_if(session.lately_sent.begin(), session.lately_sent.end(),
                                   [&](const auto& sent) { return sent.first == fate.message_id; });
    if (failed && late != session.lately_sent.end())
      tell(turn, conversation->pair, late->second, MessageState::failed, fate.code, fate.why);
  }
  if (failed && fate.code == 408) break_session(turn, *conversation, fate.code, fate.why);
}

void Messaging::State::on_text_fate(Turn& turn, Conversation& conversation, WaitingText& waiting,
                                    const msrp::MessageFate& fate) {
  auto& session = *conversation.session;
  const auto message_id = waiting.text.message_id;
  const bool failed = fate.kind == msrp::MessageFate::Kind::failed;
  if (failed && is_of_session(fate.code)) {
    // It goes again, in the session to come. This one does not always know yet that it is of no use.
    waiting.place = WaitingText::Place::here;
    waiting.msrp_id.clear();
    return break_session(turn, conversation, fate.code, fate.why);
  }
  if (failed && fate.code == kUnsupportedType && !waiting.bare &&
      session.peer_types.takes(waiting.text.content_type)) {
    // No more CPIM goes in this session, but the peer has listed the content too.
    waiting.place = WaitingText::Place::here;
    waiting.msrp_id.clear();
    return send_waiting(turn, conversation);
  }
  session.lately_sent.emplace_back(fate.message_id, message_id);
  if (session.lately_sent.size() > kMaxLatelySent) session.lately_sent.pop_front();
  std::erase_if(conversation.waiting,
                [&](const WaitingText& text) { return text.text.message_id == message_id; });
  if (failed) {
    tell(turn, conversation.pair, message_id, MessageState::failed, fate.code, fate.why);
  } else {
    tell(turn, conversation.pair, message_id, MessageState::sent, conversation.thread ? 200 : 0);
  }
  send_waiting(turn, conversation);
}

}  // namespace rcs::chat
