#include "trace/recorder.hpp"

#include <utility>

namespace rcs::trace {

Recorder::Recorder(std::function<void(const Record&)> on_record, Keep keep)
    : on_record_(std::move(on_record)), keep_(keep) {}

RecordId Recorder::add(Record record) {
  const RecordId id = record.id;
  if (on_record_) on_record_(record);
  if (keep_ == Keep::all) records_.push_back(std::move(record));
  return id;
}

RecordId Recorder::sent(Record record, std::string_view key) {
  record.id = RecordId{++last_id_};
  record.cause = cause_;
  const auto [place, is_new] = in_flight_.insert_or_assign(std::string(key), record.id);
  if (is_new) {
    in_flight_order_.push_back(place->first);
    if (in_flight_order_.size() > kMaxInFlight) {
      in_flight_.erase(in_flight_order_.front());
      in_flight_order_.pop_front();
    }
  }
  return add(std::move(record));
}

RecordId Recorder::received(std::string_view key, const std::function<Record()>& if_unknown) {
  const auto found = in_flight_.find(std::string(key));
  if (found != in_flight_.end()) {
    cause_ = found->second;
  } else if (if_unknown) {
    Record record = if_unknown();
    record.id = RecordId{++last_id_};
    record.cause = {};
    // Its key is not kept: when the stranger sends it again, that is another message on the wire.
    cause_ = add(std::move(record));
  } else {
    cause_ = {};
  }
  if (on_received_ && cause_) on_received_(cause_);
  return cause_;
}

}  // namespace rcs::trace
