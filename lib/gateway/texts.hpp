#pragma once
// The texts of all chats, both ways, as the API shows them again (API-26), and the messages of each user
// outside of chats: what was written, when, and what became of it. Bounded by the retention and by counts;
// what is given up is the oldest.

#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "chat/command.hpp"
#include "core/time.hpp"
#include "gateway/config.hpp"

namespace rcs::gateway {

inline constexpr std::size_t kTextsPerChat = 1000;  // as many as a user's log has events
/// Octets of all chats together: peers decide what they send, memory must not.
inline constexpr std::size_t kOctetsOfTexts = 256 << 20;

/// `trying`: ours, on its way. `received`: theirs, of which nobody has been told that it was displayed.
enum class TextStatus : std::uint8_t { trying, received, sent, delivered, displayed, failed };
std::string_view name(TextStatus status);
TextStatus status_of(chat::MessageState state);

struct Text {
  std::uint64_t number = 0;  ///< in its chat, from 1
  std::string message_id;
  std::string contact;  ///< with whom, as shown; empty in a chat, which says so itself
  std::string content_type;
  std::string content;  ///< octets
  bool outgoing = false;
  bool expired = false;  ///< its sender wanted it read earlier
  TextStatus status = TextStatus::trying;
  core::UnixMs time;
};

/// As it is when it was just posted, or has just arrived.
Text make_text(const body::ChatText& text, bool outgoing, core::UnixMs time);

class Texts {
 public:
  explicit Texts(const Config& config, std::size_t octets = kOctetsOfTexts)
      : config_(config), max_octets_(octets) {}

  /// `text.number` is given here.
  void add(chat::ChatId chat, Text text, core::Instant now);
  /// The latest with this id in this direction, of `contact` alone unless that is empty; nullptr: none is
  /// kept. SAFETY: until the next call but find.
  Text* find(chat::ChatId chat, std::string_view message_id, bool outgoing, std::string_view contact = {});
  /// Those of a chat in order, after the one numbered `after`, while `visit` says true.
  template <class F>
  void each(chat::ChatId chat, std::uint64_t after, F&& visit) const {
    const auto found = chats_.find(chat);
    if (found == chats_.end()) return;
    for (const auto kept : found->second.texts) {
      if (kept->text.number > after && !visit(kept->text)) return;
    }
  }
  void forget(chat::ChatId chat);
  void sweep(core::Instant now);
  std::size_t octets() const { return octets_; }

 private:
  struct Kept {
    core::Instant since;
    chat::ChatId chat;
    Text text;
  };
  using All = std::list<Kept>;
  struct Chat {
    std::uint64_t last_number = 0;
    std::deque<All::iterator> texts;
  };
  void drop_oldest(Chat& chat);

  const Config& config_;
  const std::size_t max_octets_;
  All all_;                                       ///< by age
  std::unordered_map<chat::ChatId, Chat> chats_;  // looked up only
  std::size_t octets_ = 0;
};

}  // namespace rcs::gateway
