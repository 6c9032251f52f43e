#pragma once
// What one user has received from one other: each message once, and which notifications about it are owed to
// its sender. Each is owed once (IMDN-4), only where the message asked for it (IMDN-7), and never about one
// without an id. It makes and sends none.

#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "body/cpim.hpp"
#include "chat/command.hpp"

namespace rcs::chat {

/// Of these a repetition is told from news, and `displayed` can still be sent.
inline constexpr std::size_t kMaxReceivedTexts = 1000;
inline constexpr std::size_t kMaxRecordRoutes =
    8;  ///< of a message; one or two servers ask for notifications

/// What a notification repeats of the message that it is about (IMDN-3, IMDN-6).
struct Receipt {
  std::string message_id;
  std::string from;       ///< as CPIM has it
  std::string to;         ///< likewise
  std::string date_time;  ///< as its sender wrote it
  std::vector<std::string> record_routes;
  std::string conversation_id;  ///< of the thread it came in, where it was told
  bool wants_delivery = false;  ///< and has not been promised it yet; so below
  bool wants_display = false;
};
Receipt receipt_of(const body::ChatText& text);
Receipt receipt_of(const body::Cpim& cpim);

/// A notification: which state of which message, told in which chat.
struct Notification {
  ChatId chat;
  std::string message_id;
  MessageState state = MessageState::delivered;
  friend bool operator==(const Notification&, const Notification&) = default;
};

class ReceivedTexts {
 public:
  explicit ReceivedTexts(std::size_t max = kMaxReceivedTexts) : max_(max) {}

  bool knows(const std::string& message_id) const { return texts_.contains(message_id); }
  /// False: it has been there before. One without an id is always new.
  bool add(ChatId chat, Receipt receipt);
  /// Nothing, where it was not asked for or is owed already; only for `delivered` and `displayed`.
  void owe(const std::string& message_id, MessageState state);
  /// What is owed in a chat, in order; not owed any more afterwards.
  std::vector<Notification> take_owed(ChatId chat);
  /// One that was taken and did not leave.
  void give_back(Notification notification);
  /// It may come again, as news.
  void forget(const std::string& message_id);
  const Receipt* receipt(const std::string& message_id) const;

 private:
  struct Entry {
    ChatId chat;
    Receipt receipt;
  };
  void drop(const std::string& message_id);

  std::size_t max_;
  std::map<std::string, Entry> texts_;
  std::list<std::string> order_;  // of texts_, the oldest first
  std::list<Notification> owed_;  // none of a text that is forgotten
};

}  // namespace rcs::chat
