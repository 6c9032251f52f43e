#include "msrp/sender.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace rcs::msrp {

using core::Errc;
using core::Error;
using core::Result;

namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

Error too_much(std::string_view what, std::uint64_t limit) {
  return Error(Errc::too_large, "MSRP connection: more than " + std::to_string(limit) + " " +
                                    std::string(what) + " wait to be written");
}

}  // namespace

struct Sender::Filling {
  std::string& out;
  std::size_t until;   // octets of `out`
  std::size_t chunks;  // that may yet be begun
  std::vector<Written>& written;
  bool begun = false;  // the open chunk was, in this call

  std::size_t room() const { return until - std::min(until, out.size()); }
};

bool Sender::Entry::at_end() const {
  if (!head.has_body) return true;
  return total ? sent == *total : ended && spill.empty();
}

std::uint64_t Sender::Entry::left(std::uint64_t at_most) const {
  return total ? std::min(at_most, *total - sent) : at_most;
}

Sender::Sender(core::Random& random, SenderOptions options) : options_(options), random_(&random) {
  options_.quantum = std::max(options_.quantum, kSmallChunk);  // no chunk is interrupted before
}

Result<void> Sender::add(MessageKey key, Outgoing message) {
  if (messages_ >= options_.max_messages) return too_much("messages", options_.max_messages);
  auto* text = std::get_if<std::string>(&message.content);
  if (text != nullptr && text->size() > options_.max_content - content_)
    return too_much("octets of content", options_.max_content);
  Entry entry;
  entry.key = key;
  auto& head = entry.head;
  head.method = "SEND";
  head.to_path = std::move(message.to_path);
  head.from_path = std::move(message.from_path);
  head.message_id = std::move(message.message_id);
  if (message.success_report) head.success_report = true;
  if (message.failure_report != FailureReport::yes) head.failure_report = message.failure_report;
  head.others = std::move(message.others);
  head.has_body = !std::holds_alternative<std::monostate>(message.content);
  if (head.has_body) {
    if (message.content_type.empty())
      return core::malformed("MSRP message " + head.message_id +
                             ": expected a type of its content, got none");
    head.content_type = std::move(message.content_type);
  }
  if (text != nullptr) {
    entry.text = std::move(*text);
    entry.total = entry.text.size();
    content_ += entry.text.size();
  } else if (auto* source = std::get_if<std::unique_ptr<Source>>(&message.content)) {
    entry.source = std::move(*source);
    entry.total = entry.source->size();
  }
  auto& lane = lanes_[message.session].messages;
  if (lane.empty()) turns_.push_back(message.session);
  lane.push_back(std::move(entry));
  ++messages_;
  return {};
}

Result<void> Sender::add_control(std::string_view octets) {
  if (control().size() + octets.size() > options_.max_control)
    return too_much("octets of responses", options_.max_control);
  control_.append(octets);
  return {};
}

void Sender::abort(MessageKey key) {
  for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
    auto& messages = lane->second.messages;
    const auto at =
        std::find_if(messages.begin(), messages.end(), [&](const Entry& entry) { return entry.key == key; });
    if (at == messages.end()) continue;
    if (at->begun) {
      at->aborted = true;
    } else {
      erase(lane, at);
    }
    return;
  }
}

void Sender::drop(SessionId session) {
  const auto lane = lanes_.find(session);
  if (lane == lanes_.end()) return;
  auto& messages = lane->second.messages;
  auto at = messages.begin();
  const bool keeps_first = open_ && turns_.front() == session;
  if (keeps_first) at++->aborted = true;
  while (at != messages.end()) {
    const bool was_last = messages.size() == 1;
    erase(lane, at++);
    if (was_last) return;  // and the lane with it
  }
}

void Sender::append(std::string& out, std::size_t budget, std::size_t chunks, std::vector<Written>& written) {
  if (options_.one_by_one) budget = kNoLimit;
  Filling to{out, out.size() + std::min(budget, out.max_size() - out.size()), chunks, written};
  if (options_.one_by_one) return write_one(to);
  for (auto step = Step::done; step == Step::done && to.room() > 0;) {
    if (open_) {
      step = go_on(to);
    } else if (!control().empty()) {
      write_control(to);
    } else {
      step = begin(to);
    }
  }
  if (!to.begun) return;
  const auto& entry = current();
  written.push_back({Written::Kind::begun, entry.key, entry.head.transaction_id,
                     entry.head.byte_range.value_or(ByteRange{}), Flag::more, false});
}

// No chunk begins before all of it is written, so it may stop anywhere.
void Sender::write_control(Filling& to) {
  const auto piece = control().substr(0, to.room());
  to.out.append(piece);
  control_at_ += piece.size();
  if (!control().empty()) return;
  control_.clear();
  control_at_ = 0;
}

// A source that runs dry ends its chunk, for a chunk is never left half written.
void Sender::write_one(Filling& to) {
  if (!control().empty()) {
    // What waits are whole responses and REPORTs, none of which has a body: no line of a head begins so.
    const auto next = control().find("\r\nMSRP ");
    to.until = to.out.size() + (next == std::string_view::npos ? control().size() : next + 2);
    return write_control(to);
  }
  while (!open_) {
    if (begin(to) == Step::stuck) return;
    if (messages_ == 0) return;  // the last one was dropped
  }
  while (open_) {
    if (go_on(to) == Step::stuck && open_) end(to, Flag::more);
  }
}

// A message whose source is dry is passed over, and so is one too many to begin.
Sender::Step Sender::begin(Filling& to) {
  if (to.chunks == 0) return Step::stuck;
  for (auto lanes = turns_.size(); lanes > 0; --lanes) {
    auto& lane = lane_in_turn();
    for (auto messages = lane.messages.size(); messages > 0; --messages) {
      if (lane.may_begin() && begin_current(to)) return Step::done;
      lane.pass_over();
    }
    rotate(false);
  }
  return Step::stuck;
}

/// False: its source is dry.
bool Sender::begin_current(Filling& to) {
  auto& entry = current();
  if (!entry.aborted && !prime(entry)) return false;
  if (entry.broken && !entry.begun) {
    to.written.push_back({Written::Kind::dropped, entry.key, {}, {}, Flag::abandoned, true});
    const auto lane = lanes_.find(turns_.front());
    erase(lane, lane->second.messages.begin());
    return true;
  }
  open(entry);
  const auto before = to.out.size();
  append_head(to.out, entry.head);
  turn_ += to.out.size() - before;
  to.begun = true;
  --to.chunks;
  return true;
}

void Sender::open(Entry& entry) {
  Chunk chunk;
  auto& head = entry.head;
  if (head.has_body) {
    // A chunk that does nothing but abandon has a body, and no octets in it.
    if (!entry.aborted) chunk.limit = entry.left(options_.chunk_size > 0 ? options_.chunk_size : kNoLimit);
    // A source may run dry, so that a chunk of it never promises where it ends.
    chunk.interruptible = entry.source || entry.aborted || chunk.limit > kSmallChunk;
    head.byte_range = ByteRange{entry.sent + 1, {}, entry.total};
    if (!chunk.interruptible) head.byte_range->end = entry.sent + chunk.limit;
  }
  if (chunk.interruptible) {
    head.transaction_id = new_transaction_id(*random_);
    guard_.restart(head.transaction_id);
  } else {
    const auto body = std::string_view(entry.text).substr(entry.sent, chunk.limit);
    head.transaction_id = new_transaction_id(*random_, body);
  }
  if (!entry.begun) ++lane_in_turn().begun;
  entry.begun = true;
  open_ = chunk;
}

Sender::Step Sender::go_on(Filling& to) {
  auto& entry = current();
  const auto conclude = [&](Flag flag) {
    end(to, flag);
    return Step::done;
  };
  if (entry.aborted) return conclude(Flag::abandoned);
  if (entry.at_end()) return conclude(Flag::last);
  if (open_->octets == open_->limit) return conclude(Flag::more);
  if (open_->interruptible && open_->octets >= kSmallChunk) {
    if (!control().empty() || (turn_ >= options_.quantum && others_wait())) return conclude(Flag::more);
    if (turn_ >= options_.quantum) turn_ = 0;
  }
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(to.room(), next_stop()));
  const auto step = entry.source == nullptr ? write_text(entry, to, most)
                    : entry.spill.empty()   ? write_source(entry, to, most)
                                            : write_spill(entry, to, most);
  // The end-line is not left to the next buffer, which the peer would have to wait for.
  if (open_ && !entry.aborted && entry.at_end()) end(to, Flag::last);
  return step;
}

/// How many octets may follow in the open chunk until somebody else is looked after.
std::uint64_t Sender::next_stop() const {
  const auto left = open_->limit - open_->octets;
  if (!open_->interruptible) return left;
  const auto to_small = kSmallChunk - std::min(kSmallChunk, open_->octets);
  const auto to_quantum = control().empty() ? options_.quantum - std::min(options_.quantum, turn_) : 0;
  return std::min(left, std::max(to_small, to_quantum));
}

Sender::Step Sender::write_text(Entry& entry, Filling& to, std::size_t most) {
  const auto piece = std::string_view(entry.text).substr(entry.sent, most);
  const auto admitted = open_->interruptible ? guard_.admit(piece) : piece.size();
  to.out.append(piece.substr(0, admitted));
  count(entry, admitted);
  if (admitted < piece.size()) end(to, Flag::more);
  return Step::done;
}

Sender::Step Sender::write_spill(Entry& entry, Filling& to, std::size_t most) {
  const auto piece = std::string_view(entry.spill).substr(0, most);
  const auto admitted = guard_.admit(piece);
  const bool stopped = admitted < piece.size();
  to.out.append(piece.substr(0, admitted));
  entry.spill.erase(0, admitted);
  count(entry, admitted);
  if (stopped) end(to, Flag::more);
  return Step::done;
}

// Straight into the buffer; what the guard does not admit is taken out again and kept.
Sender::Step Sender::write_source(Entry& entry, Filling& to, std::size_t most) {
  const auto at = to.out.size();
  to.out.resize(at + most);
  const auto pulled = entry.source->pull({to.out.data() + at, most});
  RCS_ASSERT(pulled.octets <= most);
  const auto piece = std::string_view(to.out).substr(at, pulled.octets);
  const auto admitted = guard_.admit(piece);
  entry.spill.assign(piece.substr(admitted));
  to.out.resize(at + admitted);
  count(entry, admitted);
  settle(entry, pulled.state);
  if (!entry.spill.empty()) {
    end(to, Flag::more);
    return Step::done;
  }
  if (pulled.octets > 0 || entry.ended || entry.broken) return Step::done;
  // Dry. The chunk stays open as long as nobody else could use the connection.
  if (!others_wait()) return Step::stuck;
  turn_ = options_.quantum;  // its turn is over
  end(to, Flag::more);
  return Step::done;
}

void Sender::count(Entry& entry, std::size_t octets) {
  entry.sent += octets;
  open_->octets += octets;
  turn_ += octets;
}

/// Pulls the beginning of a chunk, which so is not begun for nothing. False: the source is dry.
bool Sender::prime(Entry& entry) {
  if (!entry.source || !entry.spill.empty() || entry.ended || entry.at_end()) return true;
  entry.spill.resize(entry.left(kSmallChunk));
  const auto pulled = entry.source->pull(entry.spill);
  RCS_ASSERT(pulled.octets <= entry.spill.size());
  entry.spill.resize(pulled.octets);
  settle(entry, pulled.state);
  return pulled.octets > 0 || entry.ended || entry.broken;
}

void Sender::settle(Entry& entry, Source::State state) {
  entry.ended = state == Source::State::end;
  entry.broken = state == Source::State::broken ||
                 (entry.ended && entry.total && entry.sent + entry.spill.size() < *entry.total);
  if (entry.broken) entry.aborted = true;
}

void Sender::end(Filling& to, Flag flag) {
  auto& entry = current();
  append_end(to.out, entry.head, flag);
  auto range = entry.head.byte_range.value_or(ByteRange{});
  if (entry.head.byte_range) range.end = entry.sent;
  to.written.push_back(
      {Written::Kind::ended, entry.key, entry.head.transaction_id, range, flag, entry.broken});
  to.begun = false;
  open_.reset();
  if (flag != Flag::more) {
    const auto lane = lanes_.find(turns_.front());
    erase(lane, lane->second.messages.begin());
  }
  if (turn_ >= options_.quantum && messages_ > 0) rotate(flag == Flag::more);
}

/// The next session has its turn; `also_message`: and the next message of this one, when its turn comes. A
/// message that is not begun keeps its place, so that small ones leave in their order.
void Sender::rotate(bool also_message) {
  if (also_message) lane_in_turn().pass_over();
  turns_.splice(turns_.end(), turns_, turns_.begin());
  turn_ = 0;
}

void Sender::erase(Lanes::iterator lane, std::list<Entry>::iterator entry) {
  content_ -= entry->text.size();
  if (entry->begun) --lane->second.begun;
  lane->second.messages.erase(entry);
  --messages_;
  if (!lane->second.messages.empty()) return;
  if (turns_.front() == lane->first) turn_ = 0;
  std::erase(turns_, lane->first);
  lanes_.erase(lane);
}

}  // namespace rcs::msrp
