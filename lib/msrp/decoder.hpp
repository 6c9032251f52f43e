#pragma once
// Octets of a connection to heads, pieces of bodies and ends (RFC 4975 sections 7.3 and 9, rules MSRP-1 to
// MSRP-12), in whatever pieces they come. It keeps a line of a head or the beginning of what may be an
// end-line, never a body: its memory does not grow with a chunk, whose length is counted in 64 bits. What a
// head means (sessions, reports, answers) is not known here.
//
// What breaks the framing ends the stream. Anything else that is wrong with a head is told with it as its
// defect, for the stream is still in step and the request can be answered 400.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/result.hpp"
#include "msrp/message.hpp"

namespace rcs::msrp {

inline constexpr std::size_t kMaxHeadOctets = 8192;  // a Digest over five relays takes about 1500
inline constexpr std::size_t kMaxHeaders = 64;       // real heads have about eight

struct HeadArrived {
  const Head* head;         ///< SAFETY: the decoder's own, until its next call of next(); may be copied
  std::string_view defect;  ///< why it can not be understood, empty when it can. SAFETY: as `head`
  /// What stands behind From-Path, as it came, with its line ends; empty unless asked for. SAFETY: as `head`
  std::string_view lines;
};
struct BodyPart {
  std::string_view octets;  ///< never empty. SAFETY: of what was fed or of the decoder, until its next call
};
struct End {
  Flag flag;
};

class Decoder {
 public:
  /// HeadArrived, then its BodyParts, then End, and so on; or why the stream has ended.
  using Item = std::variant<HeadArrived, BodyPart, End, core::Error>;

  enum class Lines : bool { drop, keep };
  /// `lines`: whether HeadArrived gives them, for who passes a head on as it came.
  explicit Decoder(Lines lines = Lines::drop) : keeps_lines_(lines == Lines::keep) {}

  /// The octets stay where they are until next() has returned nullopt, which it has to before more are fed.
  void feed(std::string_view octets);
  /// nullopt: all that was fed is used up, or the stream has ended.
  std::optional<Item> next();

  /// False once an error has been given: nothing after it can be trusted.
  bool framed() const { return state_ != State::failed; }
  /// Nothing is begun: the connection may close here, or a WebSocket message end (MSRP-121).
  bool between_messages() const { return state_ == State::start && held_.empty() && fed_.empty(); }
  /// How many octets of the stream have been used up.
  std::uint64_t offset() const { return offset_; }
  /// Octets that are kept for the next feed: at most kMaxHeadOctets.
  std::size_t held() const { return held_.size(); }

 private:
  enum class State : std::uint8_t { start, headers, body, ended, failed };
  enum class Match : std::uint8_t { no, so_far, whole };

  std::optional<Item> next_of_head();
  std::optional<Item> take_header(std::string_view line);
  Item finish_head(State next);
  std::optional<std::string_view> take_line();
  std::optional<Item> next_of_body();
  std::optional<Item> next_of_held();
  Item take_body(std::string_view octets);
  Item take_end(char flag);
  Match match_end(std::string_view text) const;
  core::Error broken(core::Errc code, std::uint64_t at, std::string_view words) const;
  Item fail(core::Error error);
  void consume(std::size_t n);

  bool keeps_lines_;
  State state_ = State::start;
  std::string_view fed_;         // SAFETY: borrowed until next() returns nullopt
  std::uint64_t offset_ = 0;     // of fed_ in the stream
  std::string held_;             // of a line, or of what may be an end-line, from earlier feeds
  std::string spill_;            // what was held, while the caller looks at it
  std::size_t phantom_ = 0;      // octets at the front of held_ that are not of the body
  std::uint64_t line_at_ = 0;    // where the last line began
  std::size_t head_octets_ = 0;  // of this head, in lines that are done
  std::size_t headers_ = 0;
  std::uint64_t body_at_ = 0;      // where the body began
  std::uint64_t body_octets_ = 0;  // of it so far
  char flag_ = '$';
  Head head_;
  std::string defect_;
  std::string lines_;                 // of the head, where they are kept
  std::string end_line_;              // CRLF, hyphens and transaction id: then a flag and CRLF
  std::optional<core::Error> error_;  // what the next call has to tell
};

}  // namespace rcs::msrp
