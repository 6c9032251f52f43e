#pragma once
// What a relay writes to one connection: chunks that it passes on while they come, responses and REPORTs
// between them, and the account of who waits for which answer. Chunks of several senders do not mix: whoever
// begins one interrupts the open one, which is so built that it may be interrupted at any octet. Private to
// the relay.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "core/time.hpp"
#include "msrp/encoder.hpp"
#include "msrp/message.hpp"
#include "node/stream.hpp"

namespace rcs::msrp {

/// A request that was passed on, and what its answer, or none, means for who sent it.
struct RelayTransaction {
  node::ConnectionId previous;  ///< who sent it
  std::string previous_id;      ///< its transaction id there
  bool is_send = true;          ///< else the answer itself is passed back
  std::string back_path;        ///< its From-Path, as it came
  std::string own;              ///< our URI, that it was sent to
  std::string message_id;
  FailureReport failure_report = FailureReport::yes;
  ByteRange range;  ///< of the chunk; the end counts what was written
};

class RelayOutlet {
 public:
  struct Options {
    bool by_message = false;          ///< each chunk and each response is one write (MSRP-121)
    std::uint64_t message_chunk = 0;  ///< octets of a chunk there
    core::Duration answer_time;       ///< from the last octet of a chunk (MSRP-107)
  };
  struct ChunkHead {
    std::string_view method;
    std::string_view to_path;
    std::string_view from_path;
    std::string_view lines;  ///< the other headers with their line ends
    bool has_body = false;
  };

  /// SAFETY: `random` outlives this.
  RelayOutlet(core::Random& random, Options options) : random_(&random), options_(options) {}

  /// Who has the open chunk; nobody: 0.
  node::ConnectionId writer() const { return writer_; }
  /// Memory for what will be written, where it has none. Null: there is none.
  void lend(node::Spares* spares);
  /// Begins a chunk of `writer`, and ends the open one with `+`. `transaction`: nullopt where no answer is
  /// waited for.
  void begin(core::Instant now, node::ConnectionId writer, const ChunkHead& head,
             std::optional<RelayTransaction> transaction);
  /// How many of these octets are in the open chunk now. Fewer than all: it has ended with `+`, and the rest
  /// needs another one (MSRP-9, MSRP-127).
  std::size_t write(core::Instant now, std::string_view octets);
  void end(core::Instant now, Flag flag);
  /// A whole response or REPORT. The open chunk ends with `+` before it (MSRP-34).
  void add(core::Instant now, std::string_view whole);

  /// Whole messages, or as many octets as there are. Nothing is left here.
  std::vector<node::Write> take();
  bool empty() const { return out_.empty() && messages_.empty(); }
  std::size_t size() const;

  /// The request that is answered, once; nullopt: none waits for this answer.
  std::optional<RelayTransaction> take(std::string_view transaction_id);
  /// Those without an answer in time.
  std::vector<RelayTransaction> take_expired(core::Instant now);
  /// All that wait, for the connection is gone; but for the open chunk, whose writer is still there to ask.
  std::vector<RelayTransaction> take_all();
  std::optional<core::Instant> next_deadline() const;
  std::size_t unanswered() const { return unanswered_; }

 private:
  static constexpr std::size_t kRandomDigits = 16;  // hexadecimal: 64 bits (MSRP-2)
  /// Transaction ids are random digits and the number of the transaction, so that none repeats and each is
  /// found without a search.
  struct Waiting {
    std::array<char, kRandomDigits> random;
    RelayTransaction transaction;
    std::optional<core::Instant> deadline;  // once the chunk has ended
    bool answered = false;
  };

  void drop_answered();
  void close_message();

  core::Random* random_;
  Options options_;
  std::string out_;
  std::vector<std::string> messages_;  // whole ones, where each is one write
  node::ConnectionId writer_;
  std::string transaction_id_;  // of the open chunk
  bool has_body_ = false;
  bool is_tracked_ = false;   // an answer to the open chunk is waited for
  std::uint64_t octets_ = 0;  // of its body
  EndLineGuard guard_{{}};
  std::deque<Waiting> waiting_;
  std::uint64_t first_ = 1;  // the number of waiting_.front()
  std::size_t unanswered_ = 0;
};

}  // namespace rcs::msrp
