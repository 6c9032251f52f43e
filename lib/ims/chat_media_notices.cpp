// Notifications that find no session, and those of the server's own: that nobody will have a text which it
// took (IMDN-8, IMDN-13).

#include <algorithm>
#include <utility>

#include "ims/chat_media.hpp"

namespace rcs::ims {
namespace {

constexpr std::string_view kCpim = "message/cpim";

}  // namespace

bool ChatMedia::keep_told(Chat& chat, Told told, MediaOutbox& out) {
  if (chat.told.size() >= kMaxTold) return false;
  // Of the receiver's leg, which is there whenever something is to be told.
  if (!told.under_way) out.emit(MediaEvent{chat.receiver, MediaNews::notice_left});
  chat.told.push_back(std::move(told));
  return true;
}

bool ChatMedia::take_notice(Chat& chat, Side from, msrp::WholeMessage& message, MediaOutbox& out) {
  if (from != Side::receiver || !config_.stores || !is_cpim(message.content_type)) return false;
  if (message.content.size() > kMaxNoticeByMessage) return false;
  if (!keep_told(chat, {message.message_id, std::move(message.content), false}, out)) return false;
  chat.from_receiver.add(std::move(message.message_id));
  return true;
}

std::optional<ChatMedia::Told> ChatMedia::failure_of(Instant now, const Waiting& message) {
  if (message.kind != ContentKind::text) return std::nullopt;
  Told told{random_.token(), {}, false};
  auto notice = failure_notice(message.content_type, message.content, told.id, config_.wall.at(now));
  if (!notice || notice->size() > kMaxNoticeByMessage) return std::nullopt;
  told.cpim = std::move(*notice);
  return told;
}

void ChatMedia::tell_failure(Instant now, Chat& chat, const Waiting& message, msrp::EndpointOutbox& inner,
                             MediaOutbox& out) {
  auto told = failure_of(now, message);
  if (!told) return;
  if (const Session* to = find(chat.sender); to != nullptr && to->takes()) {
    auto outgoing = make_outgoing(to->id, told->id, std::string(kCpim), told->cpim);
    told->under_way = endpoint_.send(now, to->id, std::move(outgoing), inner).has_value();
  }
  keep_told(chat, std::move(*told), out);
}

void ChatMedia::settle_told(Chat& chat, const msrp::MessageFate& fate, MediaOutbox& out) {
  const auto place = std::find_if(chat.told.begin(), chat.told.end(), [&](const Told& told) {
    return told.under_way && told.id == fate.message_id;
  });
  if (place == chat.told.end()) return;
  const bool failed = fate.kind == msrp::MessageFate::Kind::failed;
  if (!failed || is_about_message(fate.code)) {
    chat.told.erase(place);
    return;
  }
  place->under_way = false;
  out.emit(MediaEvent{chat.sender, MediaNews::notice_left});
}

void ChatMedia::untell_sender(Chat& chat) {
  for (auto& told : chat.told) told.under_way = false;
}

std::vector<LeftNotice> ChatMedia::take_left_notices(Instant now, MessageHandle handle, bool is_over) {
  std::vector<LeftNotice> left;
  const auto found = chats_.find(handle);
  if (found == chats_.end()) return left;
  Chat& chat = found->second;
  const Session* to = find(chat.receiver);
  const auto is_text = [](const Waiting& waiting) {
    return waiting.kind == ContentKind::text && !waiting.page;
  };
  const bool may_still_go = (to != nullptr && to->state != Session::State::lost) ||
                            std::any_of(chat.waiting.begin(), chat.waiting.end(), is_text);
  if (is_over || !may_still_go) {
    std::erase_if(chat.waiting, [&](Waiting& waiting) {
      if (is_text(waiting) || waiting.page) return false;  // those go back to who brought them
      if (waiting.under_way) --chat.under_way;
      chat.octets -= waiting.content.size();
      waiting_octets_ -= waiting.content.size();
      if (is_cpim(waiting.content_type) && waiting.content.size() <= kMaxNoticeByMessage)
        left.push_back({Side::receiver, std::move(waiting.content)});
      return true;
    });
  }
  std::erase_if(chat.told, [&](Told& told) {
    if (told.under_way && !is_over) return false;
    left.push_back({Side::sender, std::move(told.cpim)});
    return true;
  });
  if (!is_over || !config_.stores) return left;
  for (const auto& waiting : chat.waiting) {
    if (waiting.page) continue;
    if (auto told = failure_of(now, waiting)) left.push_back({Side::sender, std::move(told->cpim)});
  }
  return left;
}

}  // namespace rcs::ims
