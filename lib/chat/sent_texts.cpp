#include "chat/sent_texts.hpp"

namespace rcs::chat {

void SentTexts::add(const std::string& message_id, ChatId chat) {
  const auto [entry, fresh] = texts_.insert_or_assign(message_id, Entry{chat, std::nullopt});
  if (!fresh) return;
  order_.push_back(message_id);
  if (order_.size() <= max_) return;
  texts_.erase(order_.front());
  order_.pop_front();
}

std::vector<MessageState> SentTexts::advance(const std::string& message_id, MessageState state) {
  const auto found = texts_.find(message_id);
  if (found == texts_.end()) return {};
  auto& told = found->second.told;
  if (told == MessageState::failed) return {};
  if (state == MessageState::failed) {
    if (told && *told >= MessageState::delivered) return {};  // it did arrive
    told = state;
    return {state};
  }
  std::vector<MessageState> news;
  for (const auto step : {MessageState::sent, MessageState::delivered, MessageState::displayed}) {
    if (step <= state && (!told || *told < step)) news.push_back(step);
  }
  if (!news.empty()) told = state;
  return news;
}

ChatId SentTexts::chat_of(const std::string& message_id) const {
  const auto found = texts_.find(message_id);
  return found == texts_.end() ? ChatId{} : found->second.chat;
}

}  // namespace rcs::chat
