#pragma once
// What goes to the peer of one leg of an anchored session, in order, whether or not its connection is there
// yet: chunks of the other peer while they come, as they came but for their paths, and REPORTs of the anchor
// between them. A chunk becomes several only where one WebSocket message can not hold it (MSRP-127), or where
// it has a transaction id that its sender did not choose (MSRP-141) and its body holds the end-line of that.
// Which of the peer's answers are the answers to such pieces is known here too. Private to the anchor.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "msrp/encoder.hpp"
#include "msrp/message.hpp"
#include "node/stream.hpp"

namespace rcs::msrp {

/// A SEND of which the peer has said nothing yet, though it should.
struct AnchoredSend {
  std::string transaction_id;
  std::string message_id;
  ByteRange range;
};

class AnchorLane {
 public:
  struct Options {
    bool by_message = false;          ///< each chunk is one write (MSRP-121)
    std::uint64_t message_chunk = 0;  ///< octets of a body there
  };
  struct Paths {
    std::string_view to;
    std::string_view from;
  };
  /// What an answer of the peer means to who sent the request.
  struct Answer {
    bool goes_on = true;         ///< false: it is the success of one piece of several
    std::string transaction_id;  ///< that goes on with it
    bool whole_path = false;     ///< to the whole From-Path of the request (MSRP-70)
  };

  /// SAFETY: `random` outlives this.
  AnchorLane(core::Random& random, Options options) : random_(&random), options_(options) {}

  /// Begins a request or an answer. `lines`: its other headers with their line ends. `transaction_id`: that
  /// goes out with it, its own or a new one.
  void begin(const Head& head, std::string_view lines, Paths paths, std::string transaction_id);
  void write(std::string_view octets);
  void end(Flag flag);
  /// Its sender is gone.
  void abandon();
  /// Between begin() and end().
  bool is_open() const { return open_; }
  /// Lets others write before the rest of the open SEND comes, as another chunk (MSRP-34); on a stream.
  void interrupt();
  /// A whole message, while none is open.
  void add(std::string whole);
  /// Whether the sender of the open message is to be told that it can not pass, and its transaction id.
  bool wants_failure() const { return is_answered_; }
  const std::string& sent_id() const { return original_; }
  bool is_send() const { return is_send_; }

  /// What may leave now.
  std::vector<node::Write> take();
  /// What take() has given ends in the middle of a message: nothing of others may be written before its rest.
  bool is_in_midst() const { return open_ && !interrupted_ && !options_.by_message; }
  bool empty() const { return out_.empty() && messages_.empty(); }
  /// Octets that take() gives.
  std::size_t size() const;
  /// Those too of which the rest has to come before they may leave.
  std::size_t held() const { return size() + piece_.size(); }

  Answer on_answer(std::string_view transaction_id, int status);
  /// The last SEND that is not answered, though it should be.
  const std::optional<AnchoredSend>& unanswered() const { return unanswered_; }

 private:
  /// An answer that has to be changed on its way back, or may not go.
  struct Awaited {
    std::string transaction_id;
    std::string original;
    bool is_last = true;  ///< of the pieces of a chunk
    bool whole_path = false;
  };

  void begin_piece();
  void end_piece(Flag flag, bool is_last);
  void end_message(Flag flag, bool is_last);
  void append_head(std::string& out, std::string_view transaction_id, std::string_view lines) const;
  void await(const std::string& transaction_id, bool is_last);
  std::string continued_lines(std::optional<std::uint64_t> octets) const;

  core::Random* random_;
  Options options_;
  std::string out_;                    // of a stream
  std::vector<std::string> messages_;  // whole ones, where each is one write
  std::string piece_;                  // the body of the open one there

  // The open message.
  bool open_ = false;
  std::string original_;        // its transaction id as it came
  std::string transaction_id_;  // that it goes out with; of a stream, that of the open piece
  std::string start_;           // of the start-line, behind the transaction id
  std::string to_path_;
  std::string from_path_;
  std::string lines_;
  std::string message_id_;
  bool is_send_ = false;
  bool is_answered_ = false;  // at least where it fails
  bool has_body_ = false;
  FailureReport failure_report_ = FailureReport::yes;
  ByteRange range_;
  std::uint64_t passed_ = 0;  // octets of its body in pieces that have ended
  std::uint64_t octets_ = 0;  // of the open piece
  bool interrupted_ = false;  // the next octets begin another piece
  bool is_guarded_ = false;   // its transaction id is not that which its sender watched for
  EndLineGuard guard_{{}};

  std::deque<Awaited> awaited_;
  std::optional<AnchoredSend> unanswered_;
};

}  // namespace rcs::msrp
