#include "chat/received_texts.hpp"

#include <utility>

#include "body/chat_body.hpp"
#include "core/text.hpp"

namespace rcs::chat {

Receipt receipt_of(const body::ChatText& text) {
  Receipt receipt{text.message_id, text.from, text.to, {}, {}, {}, text.want_delivery, text.want_display};
  if (text.date_time) receipt.date_time = core::format_rfc3339(*text.date_time);
  return receipt;
}

Receipt receipt_of(const body::Cpim& cpim) {
  auto receipt = receipt_of(body::read_chat_cpim(cpim));
  if (const auto* when = cpim.header({}, "DateTime")) receipt.date_time = core::trim(*when);
  for (const auto& header : cpim.headers) {
    const bool route = header.ns == body::kImdnNamespace && header.name == "IMDN-Record-Route";
    if (route && receipt.record_routes.size() < kMaxRecordRoutes)
      receipt.record_routes.push_back(header.value);
  }
  return receipt;
}

bool ReceivedTexts::add(ChatId chat, Receipt receipt) {
  if (receipt.message_id.empty()) return true;
  const auto id = receipt.message_id;
  if (!texts_.try_emplace(id, Entry{chat, std::move(receipt)}).second) return false;
  order_.push_back(id);
  if (order_.size() > max_) {
    drop(order_.front());
    order_.pop_front();
  }
  return true;
}

void ReceivedTexts::forget(const std::string& message_id) {
  drop(message_id);
  order_.remove(message_id);
}

void ReceivedTexts::drop(const std::string& message_id) {
  texts_.erase(message_id);
  owed_.remove_if([&](const Notification& n) { return n.message_id == message_id; });
}

void ReceivedTexts::owe(const std::string& message_id, MessageState state) {
  const auto found = texts_.find(message_id);
  if (found == texts_.end()) return;
  auto& receipt = found->second.receipt;
  bool* const wanted = state == MessageState::delivered   ? &receipt.wants_delivery
                       : state == MessageState::displayed ? &receipt.wants_display
                                                          : nullptr;
  if (wanted == nullptr || !std::exchange(*wanted, false)) return;
  owed_.push_back({found->second.chat, message_id, state});
}

std::vector<Notification> ReceivedTexts::take_owed(ChatId chat) {
  std::vector<Notification> taken;
  for (const auto& notification : owed_) {
    if (notification.chat == chat) taken.push_back(notification);
  }
  owed_.remove_if([&](const Notification& n) { return n.chat == chat; });
  return taken;
}

void ReceivedTexts::give_back(Notification notification) {
  if (knows(notification.message_id)) owed_.push_back(std::move(notification));
}

const Receipt* ReceivedTexts::receipt(const std::string& message_id) const {
  const auto found = texts_.find(message_id);
  return found == texts_.end() ? nullptr : &found->second.receipt;
}

}  // namespace rcs::chat
