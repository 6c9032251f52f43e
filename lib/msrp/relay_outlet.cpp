#include "msrp/relay_outlet.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"

namespace rcs::msrp {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 16> text;
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number, 16).ptr);
}

}  // namespace

void RelayOutlet::lend(node::Spares* spares) {
  if (spares != nullptr && out_.capacity() <= std::string().capacity()) out_ = spares->take();
}

void RelayOutlet::begin(core::Instant now, node::ConnectionId writer, const ChunkHead& head,
                        std::optional<RelayTransaction> transaction) {
  if (writer_) end(now, Flag::more);
  writer_ = writer;
  has_body_ = head.has_body;
  octets_ = 0;
  transaction_id_ = random_->hex(kRandomDigits);
  is_tracked_ = transaction.has_value();
  if (transaction) {
    auto& waiting = waiting_.emplace_back();
    std::copy(transaction_id_.begin(), transaction_id_.end(), waiting.random.begin());
    waiting.transaction = std::move(*transaction);
    ++unanswered_;
    append_number(transaction_id_, first_ + waiting_.size() - 1);
  }
  out_.append("MSRP ").append(transaction_id_).append(" ").append(head.method);
  out_.append("\r\nTo-Path: ").append(head.to_path);
  out_.append("\r\nFrom-Path: ").append(head.from_path).append("\r\n").append(head.lines);
  if (!has_body_) return;
  out_.append("\r\n");
  guard_.restart(transaction_id_);
}

std::size_t RelayOutlet::write(core::Instant now, std::string_view octets) {
  auto piece = octets;
  if (options_.by_message) {
    const auto room = options_.message_chunk - octets_;
    piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(room, piece.size())));
  }
  const auto admitted = guard_.admit(piece);
  out_.append(piece.substr(0, admitted));
  octets_ += admitted;
  if (admitted < octets.size()) end(now, Flag::more);
  return admitted;
}

void RelayOutlet::end(core::Instant now, Flag flag) {
  append_end(out_, transaction_id_, has_body_, flag);
  if (is_tracked_) {
    auto& waiting = waiting_.back();
    auto& range = waiting.transaction.range;
    range.end = range.start - 1 + octets_;
    waiting.deadline = now + options_.answer_time;
    if (waiting.answered) drop_answered();
  }
  writer_ = {};
  close_message();
}

void RelayOutlet::add(core::Instant now, std::string_view whole) {
  if (writer_) end(now, Flag::more);
  out_.append(whole);
  close_message();
}

void RelayOutlet::close_message() {
  if (options_.by_message) messages_.push_back(std::exchange(out_, {}));
}

std::vector<node::Write> RelayOutlet::take() {
  std::vector<node::Write> writes;
  if (options_.by_message) {
    for (auto& message : std::exchange(messages_, {})) {
      const bool is_text = core::is_utf8(message);
      writes.push_back({std::move(message), is_text});
    }
  } else if (!out_.empty()) {
    writes.push_back({std::exchange(out_, {}), false});
  }
  return writes;
}

std::size_t RelayOutlet::size() const {
  auto size = out_.size();
  for (const auto& message : messages_) size += message.size();
  return size;
}

std::optional<RelayTransaction> RelayOutlet::take(std::string_view transaction_id) {
  if (transaction_id.size() <= kRandomDigits) return std::nullopt;
  const auto digits = transaction_id.substr(kRandomDigits);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (number < first_ || number - first_ >= waiting_.size()) return std::nullopt;
  auto& waiting = waiting_[number - first_];
  if (waiting.answered || !std::equal(waiting.random.begin(), waiting.random.end(), transaction_id.begin()))
    return std::nullopt;
  waiting.answered = true;
  --unanswered_;
  // The open chunk needs its range until it ends.
  if (!waiting.deadline) return waiting.transaction;
  auto taken = std::move(waiting.transaction);
  drop_answered();
  return taken;
}

void RelayOutlet::drop_answered() {
  while (!waiting_.empty() && waiting_.front().answered && waiting_.front().deadline) {
    waiting_.pop_front();
    ++first_;
  }
}

std::vector<RelayTransaction> RelayOutlet::take_expired(core::Instant now) {
  std::vector<RelayTransaction> expired;
  while (!waiting_.empty() && waiting_.front().deadline && *waiting_.front().deadline <= now) {
    if (!waiting_.front().answered) {
      expired.push_back(std::move(waiting_.front().transaction));
      --unanswered_;
    }
    waiting_.pop_front();
    ++first_;
  }
  return expired;
}

std::vector<RelayTransaction> RelayOutlet::take_all() {
  std::vector<RelayTransaction> all;
  for (auto& waiting : waiting_) {
    if (!waiting.answered && waiting.deadline) all.push_back(std::move(waiting.transaction));
  }
  first_ += waiting_.size();
  waiting_.clear();
  unanswered_ = 0;
  is_tracked_ = false;
  return all;
}

std::optional<core::Instant> RelayOutlet::next_deadline() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.front().deadline;
}

}  // namespace rcs::msrp
