#include "msrp/anchor_lane.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "msrp/header_lines.hpp"

namespace rcs::msrp {
namespace {

/// Pieces whose answers are waited for: of a window of 16 MiB in WebSocket messages, sixteen times over.
constexpr std::size_t kMaxAwaited = 1024;
constexpr std::size_t kIdlePiece = 16 << 10;  // octets; more is given back after the message

}  // namespace

void AnchorLane::begin(const Head& head, std::string_view lines, Paths paths, std::string transaction_id) {
  RCS_ASSERT(!open_);
  open_ = true;
  original_ = head.transaction_id;
  transaction_id_ = std::move(transaction_id);
  start_ = head.method;
  if (!head.is_request()) {
    start_ = std::to_string(head.status);
    if (!head.comment.empty()) start_.append(" ").append(head.comment);
  }
  to_path_ = paths.to;
  from_path_ = paths.from;
  lines_ = lines;
  message_id_ = head.message_id;
  is_send_ = head.method == "SEND";
  failure_report_ = head.failure_report.value_or(FailureReport::yes);
  is_answered_ =
      head.is_request() && head.method != "REPORT" && !(is_send_ && failure_report_ == FailureReport::no);
  has_body_ = head.has_body;
  range_ = head.byte_range.value_or(ByteRange());
  passed_ = 0;
  octets_ = 0;
  interrupted_ = false;
  is_guarded_ = transaction_id_ != original_;
  if (options_.by_message) return;
  await(transaction_id_, true);
  if (is_guarded_) guard_.restart(transaction_id_);
  append_head(out_, transaction_id_, lines_);
}

void AnchorLane::append_head(std::string& out, std::string_view transaction_id,
                             std::string_view lines) const {
  out.append("MSRP ").append(transaction_id).append(" ").append(start_);
  out.append("\r\nTo-Path: ").append(to_path_);
  out.append("\r\nFrom-Path: ").append(from_path_).append("\r\n").append(lines);
  if (has_body_) out.append("\r\n");
}

/// The headers of a piece that begins behind what has passed.
std::string AnchorLane::continued_lines(std::optional<std::uint64_t> octets) const {
  ByteRange range;
  range.start = range_.start + passed_;
  range.total = range_.total;
  if (octets) range.end = range.start - 1 + *octets;
  return with_byte_range(lines_, range);
}

void AnchorLane::write(std::string_view octets) {
  while (!octets.empty()) {
    if (interrupted_) begin_piece();
    std::size_t admitted = octets.size();
    if (options_.by_message) {
      admitted =
          static_cast<std::size_t>(std::min<std::uint64_t>(options_.message_chunk - octets_, admitted));
      piece_.append(octets.substr(0, admitted));
    } else {
      if (is_guarded_) admitted = guard_.admit(octets);
      out_.append(octets.substr(0, admitted));
    }
    octets_ += admitted;
    octets.remove_prefix(admitted);
    if (octets.empty()) return;
    end_piece(Flag::more, false);
    begin_piece();
  }
}

/// Of a chunk that had to be cut.
void AnchorLane::begin_piece() {
  interrupted_ = false;
  passed_ += std::exchange(octets_, 0);
  if (options_.by_message) return;
  transaction_id_ = new_transaction_id(*random_);
  is_guarded_ = true;
  guard_.restart(transaction_id_);
  await(transaction_id_, true);
  append_head(out_, transaction_id_, continued_lines(std::nullopt));
}

void AnchorLane::end_piece(Flag flag, bool is_last) {
  if (options_.by_message) return end_message(flag, is_last);
  if (!is_last && !awaited_.empty() && awaited_.back().transaction_id == transaction_id_)
    awaited_.back().is_last = false;
  append_end(out_, transaction_id_, has_body_, flag);
}

/// What was cut shows in its range what is in it; and all but its last piece have ids of their own, so that
/// its sender gets one answer.
void AnchorLane::end_message(Flag flag, bool is_last) {
  const bool is_cut = !is_last || passed_ > 0;
  const bool is_watched = !is_cut && !is_guarded_;  // for its end-line, by who sent it
  std::string id = transaction_id_;
  if (!is_last || (!is_watched && find_end_line(piece_, id) != std::string_view::npos))
    id = new_transaction_id(*random_, piece_);
  await(id, is_last);
  auto& message = messages_.emplace_back();
  append_head(message, id, is_cut ? continued_lines(octets_) : lines_);
  message.append(piece_);
  append_end(message, id, has_body_, flag);
  piece_.clear();
  if (piece_.capacity() > kIdlePiece) piece_.shrink_to_fit();
}

void AnchorLane::end(Flag flag) {
  RCS_ASSERT(open_);
  if (interrupted_) begin_piece();
  end_piece(flag, true);
  open_ = false;
  if (!is_send_ || failure_report_ != FailureReport::yes) return;
  auto& sent = unanswered_.emplace();
  sent.transaction_id = original_;
  sent.message_id = message_id_;
  sent.range = {range_.start, range_.start - 1 + passed_ + octets_, range_.total};
}

void AnchorLane::abandon() {
  if (open_) end(is_send_ ? Flag::abandoned : Flag::last);
}

void AnchorLane::interrupt() {
  RCS_ASSERT(is_in_midst() && is_send_);
  end_piece(Flag::more, false);
  interrupted_ = true;
}

void AnchorLane::add(std::string whole) {
  RCS_ASSERT(!open_);
  if (options_.by_message) {
    messages_.push_back(std::move(whole));
  } else {
    out_.append(whole);
  }
}

std::vector<node::Write> AnchorLane::take() {
  std::vector<node::Write> writes;
  for (auto& message : std::exchange(messages_, {})) {
    const bool is_text = core::is_utf8(message);
    writes.push_back({std::move(message), is_text});
  }
  if (!out_.empty()) writes.push_back({std::exchange(out_, {}), false});
  return writes;
}

std::size_t AnchorLane::size() const {
  auto size = out_.size();
  for (const auto& message : messages_) size += message.size();
  return size;
}

/// An answer that passes as it comes needs no memory of it.
void AnchorLane::await(const std::string& transaction_id, bool is_last) {
  if (!is_answered_ || (is_send_ && transaction_id == original_)) return;
  if (awaited_.size() == kMaxAwaited) awaited_.pop_front();
  awaited_.push_back({transaction_id, original_, is_last, !is_send_});
}

AnchorLane::Answer AnchorLane::on_answer(std::string_view transaction_id, int status) {
  Answer answer;
  answer.transaction_id = transaction_id;
  const auto is_it = [&](const Awaited& one) { return one.transaction_id == transaction_id; };
  if (const auto at = std::find_if(awaited_.begin(), awaited_.end(), is_it); at != awaited_.end()) {
    answer.transaction_id = std::move(at->original);
    answer.goes_on = at->is_last || status >= 300;
    answer.whole_path = at->whole_path;
    awaited_.erase(at);
  }
  if (answer.goes_on && unanswered_ && unanswered_->transaction_id == answer.transaction_id)
    unanswered_.reset();
  return answer;
}

}  // namespace rcs::msrp
