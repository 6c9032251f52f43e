#pragma once
// Collects records. The drivers call it: `sent` when an actor sends, `received` when that message arrives, so
// that what the receiver sends while handling it names it as its cause. One Recorder a process; two actors of
// one process share each message's record.

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "trace/record.hpp"

namespace rcs::trace {

class Recorder {
 public:
  /// Whether records() holds every record, or none: a server that only streams its records to a file must not
  /// collect them.
  enum class Keep : std::uint8_t { all, none };

  /// `on_record` is called as each record is complete (for --trace FILE); may be empty.
  explicit Recorder(std::function<void(const Record&)> on_record = {}, Keep keep = Keep::all);

  /// `on_received` is called with the record of each message that arrives.
  void watch(std::function<void(RecordId)> on_received) { on_received_ = std::move(on_received); }

  /// An actor sends. `key` identifies the message on the wire (a SIP top branch with method or status, an
  /// HTTP exchange); the receiver presents the same key. The record's id and cause are filled in.
  RecordId sent(Record record, std::string_view key);
  /// An actor of this process got the message with `key`. When it was sent by another process there is no
  /// record yet: `if_unknown` makes one, without a cause; an empty `if_unknown` makes none and 0 is returned.
  /// Everything sent until `done()` has it as its cause.
  RecordId received(std::string_view key, const std::function<Record()>& if_unknown);
  /// Something else starts what follows: a timer (with the record that armed it, or 0).
  void caused_by(RecordId cause) { cause_ = cause; }
  RecordId cause() const { return cause_; }
  void done() { cause_ = {}; }

  const std::vector<Record>& records() const { return records_; }

 private:
  RecordId add(Record record);

  std::function<void(const Record&)> on_record_;
  std::function<void(RecordId)> on_received_;
  Keep keep_;
  std::uint64_t last_id_ = 0;
  std::vector<Record> records_;
  std::unordered_map<std::string, RecordId>
      in_flight_;  ///< bounded: the oldest keys are forgotten past kMaxInFlight
  std::deque<std::string> in_flight_order_;
  RecordId cause_;
};

inline constexpr std::size_t kMaxInFlight = 100'000;

/// Scope guard: done() at the end of handling one input.
class Handling {
 public:
  explicit Handling(Recorder* recorder) : recorder_(recorder) {}
  ~Handling() {
    if (recorder_ != nullptr) recorder_->done();
  }
  Handling(const Handling&) = delete;
  Handling& operator=(const Handling&) = delete;

 private:
  Recorder* recorder_;
};

}  // namespace rcs::trace
