#include "gateway/texts.hpp"

#include <algorithm>

namespace rcs::gateway {
namespace {

constexpr std::size_t kTextOverhead = 256;  // octets of memory that a text costs beside its words

std::size_t cost(const Text& text) {
  return kTextOverhead + text.message_id.size() + text.contact.size() + text.content_type.size() +
         text.content.size();
}

}  // namespace

std::string_view name(TextStatus status) {
  switch (status) {
    case TextStatus::trying:
      return "trying";
    case TextStatus::received:
      return "received";
    case TextStatus::sent:
      return "sent";
    case TextStatus::delivered:
      return "delivered";
    case TextStatus::displayed:
      return "displayed";
    case TextStatus::failed:
      break;
  }
  return "failed";
}

TextStatus status_of(chat::MessageState state) {
  switch (state) {
    case chat::MessageState::sent:
      return TextStatus::sent;
    case chat::MessageState::delivered:
      return TextStatus::delivered;
    case chat::MessageState::displayed:
      return TextStatus::displayed;
    case chat::MessageState::failed:
      break;
  }
  return TextStatus::failed;
}

Text make_text(const body::ChatText& text, bool outgoing, core::UnixMs time) {
  Text out;
  out.message_id = text.message_id;
  out.content_type = text.content_type;
  out.content = text.text;
  out.outgoing = outgoing;
  out.status = outgoing ? TextStatus::trying : TextStatus::received;
  out.time = time;
  return out;
}

void Texts::add(chat::ChatId id, Text text, core::Instant now) {
  auto& chat = chats_[id];
  if (chat.texts.size() >= kTextsPerChat) drop_oldest(chat);
  text.number = ++chat.last_number;
  octets_ += cost(text);
  chat.texts.push_back(all_.insert(all_.end(), Kept{now, id, std::move(text)}));
  while (octets_ > max_octets_) drop_oldest(chats_.at(all_.front().chat));
}

Text* Texts::find(chat::ChatId id, std::string_view message_id, bool outgoing, std::string_view contact) {
  const auto found = chats_.find(id);
  if (found == chats_.end()) return nullptr;
  const auto& texts = found->second.texts;
  const auto text = std::find_if(texts.rbegin(), texts.rend(), [&](All::iterator one) {
    return one->text.outgoing == outgoing && one->text.message_id == message_id &&
           (contact.empty() || one->text.contact == contact);
  });
  return text == texts.rend() ? nullptr : &(*text)->text;
}

void Texts::forget(chat::ChatId id) {
  const auto found = chats_.find(id);
  if (found == chats_.end()) return;
  while (!found->second.texts.empty()) drop_oldest(found->second);
  chats_.erase(found);
}

/// The oldest of all is the oldest of its chat, too.
void Texts::drop_oldest(Chat& chat) {
  const auto oldest = chat.texts.front();
  chat.texts.pop_front();
  octets_ -= cost(oldest->text);
  all_.erase(oldest);
}

void Texts::sweep(core::Instant now) {
  while (!all_.empty() && now - all_.front().since >= config_.limits.retention) {
    drop_oldest(chats_.at(all_.front().chat));
  }
}

}  // namespace rcs::gateway
