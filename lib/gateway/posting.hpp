#pragma once
// Idempotent POSTs (API-70, API-71): which message a key stands for, who waits for its answer, and what the
// answer was.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "chat/command.hpp"
#include "gateway/step.hpp"

namespace rcs::gateway {

inline constexpr std::size_t kRememberedPerUser =
    10'000;  // answers; past it the oldest is forgotten before its time
inline constexpr std::size_t kWaitersPerPost = 16;  // repeats of one POST that is under way

/// What a POST is answered with: a JSON body, or a problem.
using PostAnswer = std::variant<std::string, Problem>;

class Posting {
 public:
  explicit Posting(const Config& config) : config_(config) {}

  struct Key {
    std::string user;
    std::string text;  ///< the message_id or the Idempotency-Key, told apart by its first letter
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  enum class Seen : std::uint8_t { fresh, waiting, answered, other_body, crowded };
  struct Lookup {
    Seen seen;
    const PostAnswer* answer = nullptr;  ///< with `answered`; SAFETY: until the next call
  };
  /// `body`: a hash of what is posted, its token left out. With `waiting` the exchange has been put in line.
  Lookup look_up(const Key& key, std::uint64_t body, const Exchange& exchange);
  /// A fresh one: `exchange` waits until `answer`.
  void begin(const Key& key, std::uint64_t body, chat::ChatId chat, const Exchange& exchange);
  /// The exchanges to answer now. The answer is kept for repeats unless `forget`.
  std::vector<Exchange> finish(chat::ChatId chat, PostAnswer answer, bool forget, core::Instant now);
  /// A fresh one that is answered at once.
  void remember(const Key& key, std::uint64_t body, PostAnswer answer, core::Instant now);
  void gone(WebId id);
  void sweep(core::Instant now);
  bool idle() const { return users_.empty(); }

 private:
  struct Entry {
    std::uint64_t body = 0;
    std::vector<Exchange> waiting;
    std::optional<PostAnswer> answer;
  };
  struct User {
    std::size_t remembered = 0;
    std::deque<std::pair<core::Instant, std::string>> done;  ///< key texts, the oldest first
  };
  Entry& make(const Key& key, std::uint64_t body);
  void forget_oldest(const std::string& user, User& of);

  const Config& config_;
  std::map<Key, Entry> entries_;
  std::map<chat::ChatId, Key> open_;
  std::map<WebId, Key> waiters_;
  std::map<std::string, User> users_;
};

}  // namespace rcs::gateway
