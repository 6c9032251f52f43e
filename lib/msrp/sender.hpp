#pragma once
// What one connection has to write (RFC 4975 sections 5.1 and 7.1.1, rules MSRP-30 to MSRP-36): messages of
// several sessions in chunks, and whole responses and REPORTs, which go first. It fills a buffer of the
// caller as far as that wishes. A chunk is as long as nobody else has something to write: then it is
// interrupted, and sessions take turns, and within a session a few of its messages. What becomes of a message
// after it is written is known to Outbound.

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"
#include "msrp/encoder.hpp"
#include "msrp/outgoing.hpp"

namespace rcs::msrp {

/// A chunk over so many octets says with `*` that it may be interrupted, and is not before so many
/// (MSRP-33).
inline constexpr std::uint64_t kSmallChunk = 2048;

/// Messages of a session that are begun and not ended; others wait their turn. A receiver that collects
/// messages has a buffer for each, and takes no more than some.
inline constexpr std::size_t kMaxInterleaved = 8;

struct SenderOptions {
  std::uint64_t chunk_size = 0;           ///< octets of every chunk but the last; 0: as long as may be
  std::uint64_t quantum = 16 << 10;       ///< octets of a turn: what a small message waits for a big one
  std::size_t max_messages = 1024;        ///< that wait: a hundred sessions with ten each
  std::uint64_t max_content = 64 << 20;   ///< octets that wait, of content that is held
  std::uint64_t max_control = 256 << 10;  ///< octets of responses that wait: 1000 that a peer does not read
  /// append() writes one chunk or one response, whole and whatever the budget: a WebSocket message
  /// (MSRP-121).
  bool one_by_one = false;
};

/// A message of this connection, as its owner calls it.
using MessageKey = core::Id<struct MessageTag>;

/// What append() did with a message.
struct Written {
  enum class Kind : std::uint8_t {
    begun,   ///< a chunk that is not yet at its end
    ended,   ///< a chunk, begun in this call or before
    dropped  ///< the message, with no chunk: its source broke before the first octet
  };
  Kind kind = Kind::ended;
  MessageKey message;
  std::string transaction_id;
  ByteRange range;         ///< of the chunk; its end counts what was written
  Flag flag = Flag::last;  ///< of a chunk that has ended
  bool broken = false;     ///< the source broke: the message was abandoned for that
};

class Sender {
 public:
  /// SAFETY: `random` outlives this.
  explicit Sender(core::Random& random, SenderOptions options = {});

  /// `message` has its Message-ID. Errors: too_large when too much waits.
  core::Result<void> add(MessageKey key, Outgoing message);
  /// Responses and REPORTs, whole. Errors: too_large when the peer reads none; the connection is of no use.
  core::Result<void> add_control(std::string_view octets);

  /// Ends a message with the flag `#`, at once where it is being written (MSRP-40); nothing is written where
  /// nothing of it was.
  void abort(MessageKey key);
  /// Ends all messages of a session that is over. Only a chunk that is begun is still ended, with `#`.
  void drop(SessionId session);

  /// Appends until `budget` octets are reached, or a head and an end-line more, and begins `chunks` at most.
  /// What it did goes to `written`.
  void append(std::string& out, std::size_t budget, std::size_t chunks, std::vector<Written>& written);

  /// There is nothing to write until something is added; not so while a source is dry.
  bool idle() const { return control().empty() && messages_ == 0; }
  std::size_t messages() const { return messages_; }

 private:
  struct Entry {
    MessageKey key;
    Head head;  // of its present or next chunk
    std::string text;
    std::unique_ptr<Source> source;  // instead of the text
    std::string spill;               // pulled and not yet written
    std::optional<std::uint64_t> total;
    std::uint64_t sent = 0;  // octets
    bool begun = false;      // a chunk of it was
    bool ended = false;      // the source has no more
    bool broken = false;     // and will never have
    bool aborted = false;

    bool at_end() const;
    std::uint64_t left(std::uint64_t at_most) const;
  };
  struct Lane {
    std::list<Entry> messages;
    std::size_t begun = 0;  // of them
    bool may_begin() const { return messages.front().begun || begun < kMaxInterleaved; }
    void pass_over() { messages.splice(messages.end(), messages, messages.begin()); }
  };
  using Lanes = std::map<SessionId, Lane>;
  struct Chunk {
    std::uint64_t octets = 0;
    std::uint64_t limit = 0;  // of its octets
    bool interruptible = false;
  };
  /// A buffer that is being filled, and the account of it.
  struct Filling;
  enum class Step : std::uint8_t { done, stuck };  // stuck: nothing can be written now

  std::string_view control() const { return std::string_view(control_).substr(control_at_); }
  Lane& lane_in_turn() { return lanes_.find(turns_.front())->second; }
  Entry& current() { return lane_in_turn().messages.front(); }
  bool others_wait() const { return messages_ > 1 || !control().empty(); }

  void write_control(Filling& to);
  void write_one(Filling& to);
  Step begin(Filling& to);
  bool begin_current(Filling& to);
  void open(Entry& entry);
  Step go_on(Filling& to);
  std::uint64_t next_stop() const;
  Step write_text(Entry& entry, Filling& to, std::size_t most);
  Step write_spill(Entry& entry, Filling& to, std::size_t most);
  Step write_source(Entry& entry, Filling& to, std::size_t most);
  void count(Entry& entry, std::size_t octets);
  void end(Filling& to, Flag flag);
  void rotate(bool also_message);
  void erase(Lanes::iterator lane, std::list<Entry>::iterator entry);
  static bool prime(Entry& entry);
  static void settle(Entry& entry, Source::State state);

  SenderOptions options_;
  core::Random* random_;
  Lanes lanes_;                 // none empty
  std::list<SessionId> turns_;  // of the lanes; the first lane has its turn, and in it the first message
  std::size_t messages_ = 0;
  std::uint64_t content_ = 0;  // octets of texts
  std::uint64_t turn_ = 0;     // octets written in this turn
  std::string control_;
  std::size_t control_at_ = 0;  // of it that is written
  std::optional<Chunk> open_;   // of current()
  EndLineGuard guard_{{}};      // of the open chunk, where it is interruptible
};

}  // namespace rcs::msrp
