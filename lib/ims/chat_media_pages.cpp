// Messages that came without a session in the sessions of a chat: behind what was said there, and back to
// who answers for them where no session takes them. And the way back of notifications about them.

#include <algorithm>
#include <utility>

#include "body/iscomposing.hpp"
#include "ims/chat_media.hpp"
#include "ims/role_imas.hpp"

namespace rcs::ims {
namespace {

constexpr std::string_view kCpim = "message/cpim";
constexpr std::size_t kMaxForMessage = 1000;  ///< of a chat: they are taken at once

}  // namespace

Side side_of(CallKey leg) { return (leg.value & kOwnCallBit) != 0 ? Side::receiver : Side::sender; }

void ChatMedia::introduce(MessageHandle handle, UserId sender, UserId receiver, CallKey name) {
  Chat& chat = chats_[handle];
  chat.sender_user = sender;
  chat.receiver_user = receiver;
  chat.name = name;
}

void ChatMedia::tell_page(MessageHandle page, MediaNews news, MediaOutbox& out) {
  out.emit(MediaEvent{{}, news, page});
}

void ChatMedia::carry(Instant now, MessageHandle handle, Side side, CarriedPage page, MediaOutbox& out) {
  const auto found = chats_.find(handle);
  if (found == chats_.end()) return tell_page(page.page, MediaNews::page_left, out);
  Chat& chat = found->second;
  Session* to = find(leg_of(chat, side));
  if (page.kind == ContentKind::composing) return carry_typing(now, chat, to, std::move(page), out);
  if (side == Side::sender) return carry_to_sender(now, to, std::move(page), out);
  const std::size_t octets = page.content.size();
  const bool has_room = chat.waiting.size() < kMaxWaitingMessages &&
                        chat.octets + octets <= kMaxWaitingOctets &&
                        waiting_octets_ + octets <= kMaxAllWaitingOctets;
  if (!has_room || (to != nullptr && !to->takes() && to->state == Session::State::lost))
    return tell_page(page.page, MediaNews::page_left, out);
  waiting_pages_[page.page] = handle;
  chat.waiting.push_back({random_.token(), std::move(page.content_type), std::move(page.content), page.kind,
                          false, page.page, std::move(page.bare_type), std::move(page.bare)});
  chat.octets += octets;
  waiting_octets_ += octets;
  if (to == nullptr) return;
  out.emit(MediaEvent{chat.receiver, MediaNews::notice_waits});
  msrp::EndpointOutbox inner;
  pump(now, handle, chat, inner, out);
  drain(now, inner, out);
}

void ChatMedia::carry_typing(Instant now, const Chat& chat, const Session* to, CarriedPage&& page,
                             MediaOutbox& out) {
  // Behind texts that wait it would come when nobody is typing any more.
  const bool is_behind = to != nullptr && to->side == Side::receiver && chat.under_way != chat.waiting.size();
  if (to == nullptr || to->state != Session::State::ready || page.content.size() > body::kMaxComposingOctets)
    return tell_page(page.page, MediaNews::page_left, out);
  if (!is_behind) {
    auto outgoing =
        make_outgoing(to->id, random_.token(), std::move(page.content_type), std::move(page.content));
    outgoing.failure_report = msrp::FailureReport::no;
    msrp::EndpointOutbox inner;
    const bool sent = endpoint_.send(now, to->id, std::move(outgoing), inner).has_value();
    drain(now, inner, out);
    if (!sent) return tell_page(page.page, MediaNews::page_left, out);
  }
  tell_page(page.page, MediaNews::page_taken, out);  // nobody answers to typing
}

void ChatMedia::carry_to_sender(Instant now, Session* to, CarriedPage&& page, MediaOutbox& out) {
  if (to == nullptr || !to->takes()) return tell_page(page.page, MediaNews::page_left, out);
  Waiting message{random_.token(), std::move(page.content_type), std::move(page.content), page.kind, true,
                  page.page,       std::move(page.bare_type),    std::move(page.bare)};
  const PassingKey key{to->id, message.message_id};
  msrp::EndpointOutbox inner;
  if (endpoint_.send(now, to->id, outgoing_for(*to, message), inner)) {
    passing_[key] = Origin{{}, 0, message.page};
  } else {
    tell_page(message.page, MediaNews::page_left, out);
  }
  drain(now, inner, out);
}

msrp::Outgoing ChatMedia::outgoing_for(const Session& to, const Waiting& message) {
  const bool bare =
      !message.bare_type.empty() && !to.takes_types.takes(kCpim) && to.takes_types.takes(message.bare_type);
  return bare ? make_outgoing(to.id, message.message_id, message.bare_type, message.bare)
              : make_outgoing(to.id, message.message_id, message.content_type, message.content);
}

void ChatMedia::let_go(Chat& chat, MediaOutbox& out, const auto& which) {
  std::erase_if(chat.waiting, [&](const Waiting& waiting) {
    if (!waiting.page || !which(waiting)) return false;
    if (waiting.under_way) --chat.under_way;
    chat.octets -= waiting.content.size();
    waiting_octets_ -= waiting.content.size();
    waiting_pages_.erase(waiting.page);
    tell_page(waiting.page, MediaNews::page_released, out);
    return true;
  });
}

void ChatMedia::withdraw(MessageHandle page, MediaOutbox& out) {
  const auto found = waiting_pages_.find(page);
  if (found == waiting_pages_.end()) return;
  Chat& chat = chats_.at(found->second);
  let_go(chat, out, [page](const Waiting& waiting) { return waiting.page == page && !waiting.under_way; });
  if (chat.waiting.empty() && chat.receiver) out.emit(MediaEvent{chat.receiver, MediaNews::all_taken});
}

void ChatMedia::release_pages(MessageHandle handle, MediaOutbox& out) {
  const auto found = chats_.find(handle);
  if (found != chats_.end()) let_go(found->second, out, [](const Waiting&) { return true; });
}

bool ChatMedia::know_way(Chat& chat, Side from, const ContentFacts& facts, const msrp::WholeMessage& message,
                         MediaOutbox& out) {
  if (!chat.name || facts.id.empty()) return false;
  const bool by_sender = from == Side::sender;
  const UserId writer = by_sender ? chat.sender_user : chat.receiver_user;
  const UserId reader = by_sender ? chat.receiver_user : chat.sender_user;
  if (facts.kind == ContentKind::text) texts_.add(writer, reader, facts.id, chat.name);
  const bool is_short = !message.content.empty() && message.content.size() <= kMaxNoticeByMessage;
  if (facts.kind != ContentKind::notice || !is_short) return false;
  const auto way = texts_.way_of(reader, writer, facts.id);
  if (!way || *way) return false;  // not known, or said in a chat
  return take_for_other(chat, from, facts.kind, msrp::WholeMessage(message), out) == 200;
}

int ChatMedia::take_for_other(Chat& chat, Side from, ContentKind kind, msrp::WholeMessage&& message,
                              MediaOutbox& out) {
  const bool by_sender = from == Side::sender;
  Passed& passed = by_sender ? chat.from_sender : chat.from_receiver;
  if (passed.contains(message.message_id)) return 200;
  // PGR-9; of what waits for longer than a connection the sender knows at once that it will not arrive.
  const std::size_t room = kind == ContentKind::text ? chat.message_room : kMaxNoticeByMessage;
  if (message.content.size() > room || chat.for_message.size() >= kMaxForMessage) return 413;
  passed.add(std::move(message.message_id));
  chat.for_message.push_back({by_sender ? Side::receiver : Side::sender, kind,
                              std::move(message.content_type), std::move(message.content)});
  const CallKey leg = by_sender ? chat.sender : chat.receiver;
  out.emit(MediaEvent{leg, MediaNews::for_message, sessions_.at(leg).chat});
  return 200;
}

void ChatMedia::go_by_message(Instant now, MessageHandle handle, Side side, std::size_t room,
                              MediaOutbox& out) {
  const auto found = chats_.find(handle);
  if (found == chats_.end()) return;
  Chat& chat = found->second;
  chat.without_session = side;
  chat.message_room = room;
  if (side == Side::sender) return;  // nothing waits for it: it is answered for
  msrp::EndpointOutbox inner;
  for (auto& waiting : chat.waiting) {
    waiting_octets_ -= waiting.content.size();
    if (waiting.page) {
      waiting_pages_.erase(waiting.page);
      chat.for_message.push_back({side, waiting.kind, {}, {}, waiting.page});
    } else if (waiting.kind == ContentKind::text && waiting.content.size() > room) {
      tell_failure(now, chat, waiting, inner, out);
    } else {
      chat.for_message.push_back(
          {side, waiting.kind, std::move(waiting.content_type), std::move(waiting.content)});
    }
  }
  chat.waiting.clear();
  chat.octets = chat.under_way = 0;
  drain(now, inner, out);
}

std::vector<ForMessage> ChatMedia::take_for_message(MessageHandle handle) {
  const auto found = chats_.find(handle);
  return found == chats_.end() ? std::vector<ForMessage>{} : std::exchange(found->second.for_message, {});
}

}  // namespace rcs::ims
