#pragma once
// What becomes of messages that one connection sends (RFC 4975 sections 7.1 and 7.3, rules MSRP-37 to
// MSRP-40, MSRP-73, MSRP-75): it has a Sender write them, waits for the answers to their chunks, follows the
// REPORTs about them, and tells the end. Time comes in as an argument, and next_deadline() says when to call
// again. Its owner has looked at the To-Path of what came in: the session is known.

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "msrp/coverage.hpp"
#include "msrp/sender.hpp"

namespace rcs::msrp {

struct OutboundOptions {
  SenderOptions sender;
  core::Duration answer_time = std::chrono::seconds(30);  ///< from the last octet of a chunk (MSRP-37)
  std::size_t max_unanswered = 4096;  ///< chunks; of the smallest 8 MiB, which fills a long fat line
  std::size_t max_remembered = 1024;  ///< messages that are sent, and may yet be reported on
};

/// What became of a message. `failed` and `unconfirmed` are the last, and so is `delivered`.
struct MessageFate {
  enum class Kind : std::uint8_t {
    sent,       ///< all of it was accepted, or, where only errors are answered, written
    delivered,  ///< success REPORTs cover all of it; stands for `sent` where that was not told yet
    failed,
    unconfirmed  ///< success REPORTs were asked for, and will not come any more (MSRP-38)
  };
  Kind kind = Kind::sent;
  SessionId session;
  std::string message_id;
  int code = 0;                    ///< of a failure: the status; 408: no answer; 0: not from the peer
  std::string why;                 ///< for a person
  std::optional<ByteRange> range;  ///< of what failed, where it is known
  friend bool operator==(const MessageFate&, const MessageFate&) = default;
};

/// A session that the peer, or the way to it, has ended: nothing more is sent for it (MSRP-39, MSRP-40).
struct SessionFailure {
  SessionId session;
  int code = 0;
  std::string why;  ///< for a person
};

class Outbound {
 public:
  /// SAFETY: `random` outlives this.
  explicit Outbound(core::Random& random, OutboundOptions options = {});

  /// Its Message-ID. One that has failed may be sent again under the same (MSRP-30). Errors: refused when
  /// the session has failed or the message is under way; unsupported when the peer refused its type;
  /// malformed; too_large when too much waits.
  core::Result<std::string> send(Outgoing message);
  /// Responses and REPORTs, whole. Errors: too_large when the peer reads none.
  core::Result<void> add_control(std::string_view octets) { return sender_.add_control(octets); }
  /// Nothing more is told of this message.
  void abort(SessionId session, const std::string& message_id);
  /// Tells the end of all its messages, and forgets that it failed: it may begin again with new SDP.
  void end_session(SessionId session, std::string_view why = "the session has ended");

  /// Appends until about `budget` octets. Nothing appended: nothing can be written now. `now` is when the
  /// octets leave.
  void append(core::Instant now, std::string& out, std::size_t budget);
  void on_response(const Head& response);
  void on_report(SessionId session, const Head& report);
  void on_time(core::Instant now);
  std::optional<core::Instant> next_deadline() const;

  std::vector<MessageFate> take_events() { return std::exchange(events_, {}); }
  /// Each once, when the end of its messages has been told.
  std::vector<SessionFailure> take_failures() { return std::exchange(failures_, {}); }
  bool idle() const { return sender_.idle(); }

 private:
  struct Record {
    SessionId session;
    std::string message_id;
    std::string type;
    bool success_report = false;
    FailureReport failure_report = FailureReport::yes;
    bool written = false;
    std::uint64_t length = 0;    // once it is written
    std::size_t unanswered = 0;  // chunks
    bool told_sent = false;
    Coverage delivered;
  };
  struct Transaction {
    MessageKey message;
    ByteRange range;
    bool awaited = false;   // no answer is a failure
    bool ended = false;     // its last octet is written
    bool answered = false;  // before that
  };
  struct SessionState {
    int failed = 0;  // the status that ended it
    std::set<std::string> refused_types;
  };
  using Records = std::map<MessageKey, Record>;

  Record* find(MessageKey key);
  core::Result<void> check(const Outgoing& message);
  void note(core::Instant now, Written& written);
  void note_transaction(core::Instant now, Record& record, Written& written);
  std::optional<Transaction> take(std::string_view transaction_id);
  void prune();
  void settle(MessageKey key, Record& record);
  void confirm(MessageKey key, Record& record, const Head& report);
  void tell(MessageFate::Kind kind, const Record& record);
  void fail(MessageKey key, int code, std::string_view why, std::optional<ByteRange> range);
  void fail_session(SessionId session, int code, std::string_view why);
  void tell_all_ended(SessionId session, int code, std::string_view why);
  void forget(MessageKey key);

  OutboundOptions options_;
  core::Random* random_;
  Sender sender_;
  std::uint64_t keys_ = 0;
  Records records_;
  std::map<std::pair<SessionId, std::string>, MessageKey> ids_;
  // Lists, for most connections are idle, and a deque takes half a kilobyte when it is empty.
  std::list<MessageKey> remembered_;            // sent, the oldest first; some are forgotten
  std::map<SessionId, SessionState> sessions_;  // that refuse something
  std::unordered_map<std::string, Transaction, core::TextHash, std::equal_to<>> transactions_;
  std::list<std::pair<core::Instant, std::string>> deadlines_;  // in order; some are answered
  std::size_t awaited_ = 0;                                     // of transactions_
  std::vector<Written> written_;
  std::vector<MessageFate> events_;
  std::vector<SessionFailure> failures_;
};

}  // namespace rcs::msrp
