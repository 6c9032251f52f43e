#pragma once
// Octets <-> Message. The grammar is sofia-sip's; it sees only input whose size and number of header fields
// are bounded first. Encoding is ours: it writes from the value and can put no CR, LF or NUL of a value into
// a line.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sip/message.hpp"

namespace rcs::sip {

/// Start line and header fields; chat requests take about 2 KiB.
inline constexpr std::size_t kMaxHeaderBytes = 32 * 1024;
/// The parser's time grows with the square of it.
inline constexpr std::size_t kMaxHeaderFields = 256;
/// A 64 KiB text, escaped, in CPIM, with room to spare.
inline constexpr std::size_t kMaxBodyBytes = 256 * 1024;

/// One whole message (a datagram). A Content-Length shorter than the rest cuts it (RFC 3261 18.3); longer is
/// an error; without one the body is the rest. Taken beyond the grammar: a bare LF as line end, UTF-8 display
/// names without quotes, a request without Max-Forwards, a Via without branch. A field that is not typed
/// comes through as it is, whatever its value.
/// Errors: malformed (names the field), too_large, unsupported (a SIP version other than 2.0).
Result<Message> decode(std::string_view octets);

/// What can still be answered when decode refuses a request: a 400 (505 for a foreign version) with its Via,
/// From, To, Call-ID and CSeq, where those parse, and a To tag that is the same for the same octets. nullopt:
/// a response, an ACK, or no Via to answer by.
std::optional<Message> bad_request_response(std::string_view octets, std::string_view reason);

/// The message as it goes on the wire, Content-Length computed. One line a value; display names in quotes,
/// URIs in brackets. A From, To, Call-ID or CSeq that is not set is left out.
std::string encode(const Message& message);
/// No less than the octets that encode() makes of it; for who only asks whether a message is short.
std::size_t longest_encoding(const Message& message);

/// Cuts a byte stream (TCP, TLS) into messages: feed octets as they come, then take messages until there is
/// none.
class StreamDecoder {
 public:
  struct KeepAlive {};  ///< a double CRLF between messages (RFC 5626 4.4.1): answer with a single CRLF
  using Item = std::variant<Message, KeepAlive, core::Error>;

  /// Take all items after each feed: what is held is then at most one message of the limits above.
  void feed(std::string_view octets);
  /// The next item; nullopt when more octets are needed. After an Error the stream can not be framed any
  /// more: close it, except when `framed()` is true: that message was bad but its end is known.
  std::optional<Item> next();
  bool framed() const { return framed_; }
  /// The octets of the message that the last Item came from (for traces and 400 answers); valid until the
  /// next call.
  std::string_view last_octets() const { return last_; }

 private:
  std::optional<Item> skip_empty_lines();
  bool find_head_end();
  Item fail(core::Error error);
  std::string_view pending() const { return std::string_view(buffer_).substr(consumed_); }

  std::string buffer_;          ///< at most one message and what the last feed brought
  std::size_t consumed_ = 0;    ///< where the message at work begins
  std::size_t scanned_ = 0;     ///< octets of it that were searched for the end of its head
  std::size_t head_size_ = 0;   ///< 0: its end is not known yet
  std::size_t total_size_ = 0;  ///< of the message; 0: not known yet
  std::string_view last_;       ///< SAFETY: into buffer_, which changes only in the next call
  bool framed_ = true;
};

}  // namespace rcs::sip
