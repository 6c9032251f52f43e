#pragma once
// Messages of one session out of their chunks (RFC 4975 section 7.3, rules MSRP-52 to MSRP-58), in any order
// and overlapping. What is held grows with what arrives, never with what is announced, and every part of it
// has a limit. It either collects whole messages, or passes on what is in order and holds only what came too
// early. Reports and answers are made by who calls it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "msrp/message.hpp"

namespace rcs::msrp {

struct ReassemblyLimits {
  std::uint64_t max_message = 10 << 20;  ///< octets of a message: a chat picture, not a film
  std::uint64_t max_early = 1 << 20;     ///< octets of a message held behind a gap; chunks are sent in order
  std::size_t max_gaps = 64;             ///< of one message, behind each of which a piece waits
  std::size_t max_pending = 16;          ///< messages begun; a sender takes turns between few
  std::size_t max_known = 256;           ///< ids of messages that are done; a repetition comes soon
};

/// A message that has all its octets.
struct WholeMessage {
  std::string message_id;
  std::string content_type;
  std::string content;       ///< empty where the content was passed on
  std::uint64_t length = 0;  ///< octets of the content, as they arrived (MSRP-53)
};

enum class ChunkResult : std::uint8_t {
  pending,    ///< more of the message is to come
  whole,      ///< it is complete
  repeated,   ///< of a message that was complete before: answered and reported, shown no more (MSRP-58)
  abandoned,  ///< the sender has dropped the message, and so have we (MSRP-56)
  refused,    ///< of a message that we have dropped, with an error or because drop() was called
  no_content  ///< a request without a body: a keep-alive
};

struct ChunkEnd {
  ChunkResult result = ChunkResult::pending;
  std::optional<WholeMessage> message;  ///< where it is whole
};

class Reassembly {
 public:
  /// Where content goes that is passed on, in order and each octet once: a later overlap can not call it
  /// back.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void on_content(const std::string& message_id, std::string_view octets) = 0;
    /// What was passed on of this message is void: abandoned, or refused for its error.
    virtual void on_void(const std::string& message_id) = 0;
  };

  /// Collects.
  explicit Reassembly(ReassemblyLimits limits = {}) : limits_(limits) {}
  /// Passes on. SAFETY: `sink` outlives this. max_message holds here too: give the one that was negotiated.
  Reassembly(ReassemblyLimits limits, Sink& sink) : limits_(limits), sink_(&sink) {}
  // known_order_ points into known_, which a move keeps and a copy does not.
  Reassembly(const Reassembly&) = delete;
  Reassembly& operator=(const Reassembly&) = delete;
  Reassembly(Reassembly&&) = default;
  Reassembly& operator=(Reassembly&&) = default;

  /// A SEND without a defect, then its octets as they come, then its flag. After an error, which is told
  /// once, the message is dropped and the rest of it refused. Errors: too_large (answer 413); malformed
  /// (400).
  core::Result<void> begin(const Head& head);
  core::Result<void> add(std::string_view octets);
  core::Result<ChunkEnd> end(Flag flag);

  /// Ends a message that waited too long, also in the middle of a chunk, whose rest is refused. Does nothing
  /// where it is not pending.
  void drop(const std::string& message_id);
  /// Ends those that are begun and of which nothing has come for so many calls of this; the rest of them is
  /// refused.
  void drop_quiet(unsigned calls);
  /// Ends all that are begun.
  void drop_all();
  /// A whole message that its owner could not take after all: when it comes again, it is a new one.
  void disown(const std::string& message_id);
  /// The message that the last chunk was of.
  const std::string& current() const { return message_id_; }
  std::size_t pending() const { return pending_.size(); }
  /// Octets that are held of all messages.
  std::uint64_t held() const;

 private:
  struct Partial {
    std::string content_type;
    std::string content;                         // collecting: from the first octet on, without a gap
    std::uint64_t in_order = 0;                  // octets without a gap, collected or passed on
    std::uint64_t announced = 0;                 // how long it is to be; 0: nobody has said
    std::map<std::uint64_t, std::string> early;  // by the position of their first octet, none touching
    std::uint64_t early_octets = 0;
    unsigned quiet = 0;                  // calls of drop_quiet() since something came
    std::optional<std::uint64_t> total;  // once `$` has come
  };
  enum class Fate : std::uint8_t { whole, refused };
  using Pending = std::map<std::string, Partial, std::less<>>;
  using Known = std::map<std::string, Fate, std::less<>>;

  core::Error refuse(core::Error error);
  void remember(const std::string& message_id, Fate fate);
  core::Result<void> check_start();
  core::Result<void> add_early(Partial& partial, std::uint64_t at, std::string_view octets);
  void add_in_order(Partial& partial, std::uint64_t at, std::string_view octets);
  void collect(Partial& partial, std::string_view octets) const;
  void close_gap(Partial& partial);

  ReassemblyLimits limits_;
  Sink* sink_ = nullptr;
  Pending pending_;
  Known known_;
  // In a ring, for most sessions are idle, and an empty deque takes half a kilobyte.
  std::vector<Known::iterator> known_order_;
  std::size_t oldest_ = 0;  // of them, once there are as many as may be

  // The chunk that is being read.
  std::string message_id_;
  std::optional<ChunkResult> settled_;  // what its end gives whatever it holds
  bool has_body_ = false;
  std::uint64_t start_ = 0;     // position of its first octet, counted from 0
  std::uint64_t position_ = 0;  // of the next one
};

}  // namespace rcs::msrp
