#pragma once
// Values to the octets of MSRP (RFC 4975 section 7.1, rules MSRP-1 to MSRP-9): heads, end-lines, and the
// watch over bodies that hold what looks like one. All append to a buffer of the caller, so that many small
// messages leave in one write. Nothing in a Head can put a line end into the octets: a control character goes
// out as a blank.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/random.hpp"
#include "msrp/message.hpp"

namespace rcs::msrp {

/// The start-line and the headers, To-Path and From-Path first, Content-Type last (MSRP-4), and the empty
/// line where a body follows.
void append_head(std::string& out, const Head& head);
/// What ends it, with the line end that parts it from a body.
void append_end(std::string& out, const Head& head, Flag flag);
void append_end(std::string& out, std::string_view transaction_id, bool has_body, Flag flag);
/// The whole of it. `body` is only written where head.has_body says so, and holds no end-line of this
/// transaction: the caller has asked find_end_line, or chosen the transaction id with the body at hand.
std::string encode(const Head& head, std::string_view body, Flag flag);

/// A response to `request`, whole (MSRP-70): back to the first URI of the From-Path of a SEND, along all of
/// it for other methods, from the first URI of the To-Path, which is our own. `comment` may be empty.
void append_response(std::string& out, const Head& request, int status, std::string_view comment = {});

/// With more than 64 random bits (MSRP-2). That no live transaction has it is for the owner of those to see.
std::string new_transaction_id(core::Random& random);
/// One whose end-line is not in `body` (MSRP-9).
std::string new_transaction_id(core::Random& random, std::string_view body);

/// Where hyphens and this transaction id stand in `body`; npos: nowhere. No flag has to follow, so that a
/// chunk may end anywhere before.
std::size_t find_end_line(std::string_view body, std::string_view transaction_id);

/// The same watch over a body that is written in pieces (MSRP-9, second half).
class EndLineGuard {
 public:
  explicit EndLineGuard(std::string_view transaction_id) { restart(transaction_id); }

  /// For the next chunk; keeps its memory.
  void restart(std::string_view transaction_id);

  /// How many of these octets may follow in this chunk. Fewer than all: the chunk has to stop there, flag
  /// `+`, and the rest goes on under another transaction id.
  std::size_t admit(std::string_view octets);

 private:
  std::string pattern_;
  std::string tail_;  ///< of what was admitted, shorter than the pattern
  std::string seam_;  ///< the tail, and the octets behind it
};

}  // namespace rcs::msrp
