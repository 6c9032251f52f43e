#include "gateway/jsonrtc_session.hpp"

#include <algorithm>

namespace rcs::gateway {

JsonRtcSession::Wish JsonRtcSession::take() {
  if (owed_ >= kFramesPerAck && !is_cut()) push_ack();
  return std::exchange(wish_, {});
}

void JsonRtcSession::open(core::Instant now, const Frame& connect, Frame answer) {
  seen_ = connect.sequence.value_or(0);
  send(now, std::move(answer));
}

std::vector<ReadFrame> JsonRtcSession::resume(core::Instant now, const Frame& connect, Frame answer) {
  const bool was_cut = is_cut();
  cut_at_.reset();
  if (connect.ack) confirm(*connect.ack);
  const auto number = connect.sequence.value_or(0);
  std::vector<ReadFrame> freed;
  if (number > seen_ && held_.size() < kHeldFrames) held_.try_emplace(number, std::nullopt);
  move_on(now, freed);
  const auto earlier = unconfirmed_.size();
  send(now, std::move(answer));
  if (!was_cut) return freed;
  for (std::size_t i = 0; i < std::min(earlier, unconfirmed_.size()); ++i)
    wish_.texts.push_back(unconfirmed_[i].text);
  return freed;
}

void JsonRtcSession::cut(core::Instant now) {
  cut_at_ = now;
  gap_due_.reset();
  ack_due_.reset();
  wish_ = {};
}

std::uint64_t JsonRtcSession::send(core::Instant, Frame frame) {
  frame.session = id_;
  frame.sequence = ++sent_;
  frame.ack = seen_;
  const bool asks = frame.type == FrameType::request || frame.type == FrameType::message;
  if (asks) frame.correlation = correlation_of(frame);  // whoever answers only has to repeat it
  auto text = write_frame(frame);
  unconfirmed_octets_ += text.size();
  unconfirmed_.push_back({sent_, text});
  if (unconfirmed_.size() > kUnconfirmedFrames || unconfirmed_octets_ > kUnconfirmedOctets) {
    lose(kCloseOverrun, "too much is not acknowledged");
    return sent_;
  }
  if (is_cut()) return sent_;
  wish_.texts.push_back(std::move(text));
  owed_ = 0;
  ack_due_.reset();
  return sent_;
}

std::vector<ReadFrame> JsonRtcSession::receive(core::Instant now, ReadFrame read) {
  std::vector<ReadFrame> out;
  if (read.frame.ack) confirm(*read.frame.ack);
  const auto number = read.frame.sequence;
  if (!number) {
    const bool bare = read.frame.type == FrameType::acknowledgement && !read.fault;
    if (!bare) out.push_back(std::move(read));
    return out;
  }
  if (*number <= seen_ || held_.contains(*number)) {
    push_ack();  // the peer has not heard of the first one's
    return out;
  }
  if (*number == seen_ + 1) {
    ++seen_;
    owe_ack(now);
    out.push_back(std::move(read));
    move_on(now, out);
    return out;
  }
  const std::size_t octets = octets_of(read.frame);
  if (held_.size() >= kHeldFrames || held_octets_ + octets > kHeldOctets) {
    wish_.close = core::WebClose{kCloseProtocol, "too many frames wait for a missing one"};
    return out;
  }
  held_octets_ += octets;
  held_.emplace(*number, std::move(read));
  if (!gap_due_) gap_due_ = now + kLongestGap;
  return out;
}

void JsonRtcSession::move_on(core::Instant now, std::vector<ReadFrame>& to) {
  const auto before = seen_;
  while (!held_.empty() && held_.begin()->first <= seen_ + 1) {
    auto node = held_.extract(held_.begin());
    if (node.mapped()) held_octets_ -= octets_of(node.mapped()->frame);
    if (node.key() <= seen_) continue;
    ++seen_;
    owe_ack(now);
    if (node.mapped()) to.push_back(std::move(*node.mapped()));
  }
  if (held_.empty()) {
    gap_due_.reset();
  } else if (seen_ != before || !gap_due_) {
    gap_due_ = now + kLongestGap;  // another one is missing now
  }
}

void JsonRtcSession::confirm(std::uint64_t up_to) {
  while (!unconfirmed_.empty() && unconfirmed_.front().sequence <= up_to) {
    unconfirmed_octets_ -= unconfirmed_.front().text.size();
    unconfirmed_.pop_front();
  }
}

void JsonRtcSession::owe_ack(core::Instant now) {
  ++owed_;
  if (!ack_due_) ack_due_ = now + times_.ack;
}

void JsonRtcSession::push_ack() {
  Frame ack;
  ack.type = FrameType::acknowledgement;
  ack.session = id_;
  ack.ack = seen_;
  wish_.texts.push_back(write_frame(ack));
  owed_ = 0;
  ack_due_.reset();
}

std::optional<core::Instant> JsonRtcSession::due() const {
  if (cut_at_) return *cut_at_ + times_.resume;
  if (!ack_due_) return gap_due_;
  return gap_due_ ? std::min(*ack_due_, *gap_due_) : *ack_due_;
}

void JsonRtcSession::on_due(core::Instant now) {
  if (cut_at_) {
    if (now >= *cut_at_ + times_.resume) wish_.over = true;
    return;
  }
  if (gap_due_ && now >= *gap_due_) {
    Frame missing;
    missing.package = "register";
    missing.action = "notify";
    const auto reason = "sequence: expected " + std::to_string(seen_ + 1) + ", which has not come";
    send(now, error_to(missing, 400, reason));
    wish_.close = core::WebClose{kCloseProtocol, reason};
    gap_due_.reset();
  }
  if (ack_due_ && now >= *ack_due_) push_ack();
}

void JsonRtcSession::lose(int code, std::string reason) {
  wish_.close = core::WebClose{code, std::move(reason)};
  wish_.over = true;
}

}  // namespace rcs::gateway
