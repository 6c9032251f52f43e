#pragma once
// What one user has sent to one other, and which of its states were told: in order, each once (IMDN-14). What
// is late, unknown or contradicts what was told is left out, whoever says it.

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chat/command.hpp"

namespace rcs::chat {

/// Of these the notifications may still come: what a user writes to one other in a busy week.
inline constexpr std::size_t kMaxSentTexts = 1000;

class SentTexts {
 public:
  explicit SentTexts(std::size_t max = kMaxSentTexts) : max_(max) {}

  /// A text that is to be sent; nothing is told of it yet. One that was sent before begins anew.
  void add(const std::string& message_id, ChatId chat);
  /// The states to tell now that the text has reached `state`, those before it included: `displayed` implies
  /// `delivered`, and that `sent`. None where it is not news, or comes too late.
  std::vector<MessageState> advance(const std::string& message_id, MessageState state);
  /// The chat it was sent in; an id of 0 where it is not known.
  ChatId chat_of(const std::string& message_id) const;

  std::size_t size() const { return texts_.size(); }

 private:
  struct Entry {
    ChatId chat;
    std::optional<MessageState> told;
  };
  std::size_t max_;
  std::map<std::string, Entry> texts_;
  std::list<std::string> order_;  // of texts_, the oldest first
};

}  // namespace rcs::chat
