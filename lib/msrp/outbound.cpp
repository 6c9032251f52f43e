#include "msrp/outbound.hpp"

#include <algorithm>

namespace rcs::msrp {

using core::Errc;
using core::Error;
using core::Instant;
using core::Result;

namespace {

constexpr std::size_t kMessageIdLength = 16;

/// A media type as it is compared: without parameters, which do not matter (MSRP-41).
std::string plain_type(std::string_view content_type) {
  return core::to_lower(core::trim(content_type.substr(0, content_type.find(';'))));
}

bool ends_session(int status) { return status == 481 || status == 506; }

}  // namespace

Outbound::Outbound(core::Random& random, OutboundOptions options)
    : options_(options), random_(&random), sender_(random, options.sender) {}

Outbound::Record* Outbound::find(MessageKey key) {
  const auto at = records_.find(key);
  return at == records_.end() ? nullptr : &at->second;
}

Result<void> Outbound::check(const Outgoing& message) {
  const auto words = [&] { return "MSRP message " + message.message_id + ": "; };
  if (const auto state = sessions_.find(message.session); state != sessions_.end()) {
    if (state->second.failed != 0)
      return Error(Errc::refused,
                   words() + "its session has failed with " + std::to_string(state->second.failed));
    if (state->second.refused_types.contains(plain_type(message.content_type)))
      return Error(Errc::unsupported, words() + "the peer does not take " + plain_type(message.content_type));
  }
  const auto same = ids_.find({message.session, message.message_id});
  if (same == ids_.end()) return {};
  if (!find(same->second)->told_sent) return Error(Errc::refused, words() + "it is being sent already");
  forget(same->second);
  return {};
}

Result<std::string> Outbound::send(Outgoing message) {
  if (message.message_id.empty()) message.message_id = random_->token(kMessageIdLength);
  RCS_CHECK_OK(check(message));
  Record record;
  record.session = message.session;
  record.message_id = message.message_id;
  record.type = plain_type(message.content_type);
  record.success_report = message.success_report;
  record.failure_report = message.failure_report;
  const MessageKey key{++keys_};
  RCS_CHECK_OK(sender_.add(key, std::move(message)));
  auto id = record.message_id;
  ids_.emplace(std::pair(record.session, id), key);
  records_.emplace(key, std::move(record));
  return id;
}

void Outbound::abort(SessionId session, const std::string& message_id) {
  const auto at = ids_.find({session, message_id});
  if (at == ids_.end()) return;
  sender_.abort(at->second);
  forget(at->second);
}

void Outbound::end_session(SessionId session, std::string_view why) {
  tell_all_ended(session, 0, why);
  sessions_.erase(session);
}

void Outbound::append(Instant now, std::string& out, std::size_t budget) {
  written_.clear();
  sender_.append(out, budget, options_.max_unanswered - std::min(options_.max_unanswered, awaited_),
                 written_);
  for (auto& written : written_) note(now, written);
}

void Outbound::note(Instant now, Written& written) {
  auto* record = find(written.message);
  if (record == nullptr || written.broken) {  // an answer to its end tells nothing
    if (written.kind == Written::Kind::ended) take(written.transaction_id);
    if (record != nullptr)
      fail(written.message, 0, "its content could not be read to the end", written.range);
    return;
  }
  const bool is_last = written.kind == Written::Kind::ended && written.flag == Flag::last;
  if (is_last) {
    record->written = true;
    record->length = written.range.end.value_or(0);
  }
  if (record->failure_report != FailureReport::no) note_transaction(now, *record, written);
  if (is_last) settle(written.message, *record);
}

void Outbound::note_transaction(Instant now, Record& record, Written& written) {
  const auto [at, fresh] = transactions_.try_emplace(written.transaction_id);
  auto& transaction = at->second;
  transaction.range = written.range;
  if (fresh) {
    transaction.message = written.message;
    transaction.awaited = record.failure_report == FailureReport::yes;
    record.unanswered += transaction.awaited ? 1 : 0;
    awaited_ += transaction.awaited ? 1 : 0;
  }
  if (written.kind != Written::Kind::ended) return;
  transaction.ended = true;
  if (transaction.answered) {
    if (transaction.awaited) --record.unanswered;
    take(written.transaction_id);
    return;
  }
  deadlines_.emplace_back(now + options_.answer_time, std::move(written.transaction_id));
}

std::optional<Outbound::Transaction> Outbound::take(std::string_view transaction_id) {
  const auto at = transactions_.find(transaction_id);
  if (at == transactions_.end()) return std::nullopt;
  const auto taken = at->second;
  if (taken.awaited) --awaited_;
  transactions_.erase(at);
  return taken;
}

/// The first deadline is of a transaction that waits, and not many are of none.
void Outbound::prune() {
  constexpr std::size_t kFew = 64;
  const auto is_over = [&](const auto& deadline) { return !transactions_.contains(deadline.second); };
  while (!deadlines_.empty() && is_over(deadlines_.front())) deadlines_.pop_front();
  if (deadlines_.size() > 2 * transactions_.size() + kFew) std::erase_if(deadlines_, is_over);
}

void Outbound::on_response(const Head& response) {
  const auto at = transactions_.find(response.transaction_id);
  if (at == transactions_.end()) return;
  const bool is_success = response.status >= 200 && response.status < 300;
  auto* record = find(at->second.message);
  if (is_success && !at->second.ended && record != nullptr) {
    at->second.answered = true;  // strange, but it has said yes
    return;
  }
  const auto transaction = *take(response.transaction_id);
  prune();
  if (record == nullptr) return;
  if (is_success) {
    if (transaction.awaited) --record->unanswered;
    settle(transaction.message, *record);
    return;
  }
  const auto session = record->session;
  fail(transaction.message, response.status, response.comment, transaction.range);
  if (ends_session(response.status)) fail_session(session, response.status, response.comment);
}

void Outbound::on_report(SessionId session, const Head& report) {
  const auto at = ids_.find({session, report.message_id});
  if (at == ids_.end() || !report.report_status) return;  // MSRP-75
  const auto key = at->second;
  auto& record = *find(key);
  const auto& status = *report.report_status;
  if (status.code == 200) {
    if (record.success_report) confirm(key, record, report);
    return;
  }
  if (record.failure_report == FailureReport::no) return;
  fail(key, status.code, status.comment, report.byte_range);
  // These two are about the message; any other is about the way to the peer (MSRP-39, MSRP-40).
  if (status.code != 413 && status.code != 415) fail_session(session, status.code, status.comment);
}

void Outbound::confirm(MessageKey key, Record& record, const Head& report) {
  const auto range = report.byte_range.value_or(ByteRange{});
  const auto end = range.end ? range.end : range.total;
  // Without an end it is about all that there is.
  const auto all = record.written ? record.length : 0;
  record.delivered.add(range.start - 1, end.value_or(all));
  if (!record.written || !record.delivered.covers(record.length)) return;
  tell(MessageFate::Kind::delivered, record);
  forget(key);
}

void Outbound::on_time(Instant now) {
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    const auto transaction = take(deadlines_.front().second);
    deadlines_.pop_front();
    // Where only errors are answered, no answer is a good one.
    if (!transaction || !transaction->awaited || find(transaction->message) == nullptr) continue;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.answer_time).count();
    fail(transaction->message, 408, "no answer within " + std::to_string(seconds) + " s", transaction->range);
  }
  prune();
}

std::optional<Instant> Outbound::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.front().first;
}

/// All of it is written, or answered.
void Outbound::settle(MessageKey key, Record& record) {
  if (!record.written || record.unanswered > 0 || record.told_sent) return;
  const bool is_delivered =
      record.success_report && record.delivered.covers(record.length) && record.length > 0;
  record.told_sent = true;
  tell(is_delivered ? MessageFate::Kind::delivered : MessageFate::Kind::sent, record);
  if (is_delivered || (!record.success_report && record.failure_report == FailureReport::no)) {
    forget(key);
    return;
  }
  remembered_.push_back(key);
  while (remembered_.size() > options_.max_remembered) {
    const auto oldest = remembered_.front();
    remembered_.pop_front();
    const auto* old = find(oldest);
    if (old == nullptr) continue;
    if (old->success_report) tell(MessageFate::Kind::unconfirmed, *old);
    forget(oldest);
  }
}

void Outbound::tell(MessageFate::Kind kind, const Record& record) {
  events_.push_back({kind, record.session, record.message_id, 0, {}, {}});
}

void Outbound::fail(MessageKey key, int code, std::string_view why, std::optional<ByteRange> range) {
  const auto& record = *find(key);
  if (code == 415) sessions_[record.session].refused_types.insert(record.type);
  tell(MessageFate::Kind::failed, record);
  events_.back().code = code;
  events_.back().why = why;
  events_.back().range = range;
  sender_.abort(key);
  forget(key);
}

void Outbound::fail_session(SessionId session, int code, std::string_view why) {
  tell_all_ended(session, code, why);
  auto& failed = sessions_[session].failed;
  if (failed == 0) failures_.push_back({session, code, std::string(why)});
  failed = code;
}

void Outbound::tell_all_ended(SessionId session, int code, std::string_view why) {
  for (auto at = records_.begin(); at != records_.end();) {
    const auto key = at->first;
    const auto& record = at->second;
    ++at;
    if (record.session != session) continue;
    if (!record.told_sent) {
      fail(key, code, why, {});
      continue;
    }
    if (record.success_report) tell(MessageFate::Kind::unconfirmed, record);
    forget(key);
  }
  sender_.drop(session);
}

// Its transactions end by themselves, with an answer or in time.
void Outbound::forget(MessageKey key) {
  const auto at = records_.find(key);
  ids_.erase({at->second.session, at->second.message_id});
  records_.erase(at);
}

}  // namespace rcs::msrp
