#include "msrp/decoder.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "msrp/head_reader.hpp"

namespace rcs::msrp {

using core::Errc;
using core::Error;

namespace {

constexpr std::string_view kStart = "MSRP ";
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kFlagAndLineEnd = 3;
constexpr std::size_t kMaxEndLine = 2 + 7 + 32 + kFlagAndLineEnd;  // CRLF, hyphens, the longest id

}  // namespace

void Decoder::consume(std::size_t n) {
  fed_.remove_prefix(n);
  offset_ += n;
}

void Decoder::feed(std::string_view octets) {
  if (state_ == State::failed) return;
  RCS_ASSERT(fed_.empty());
  fed_ = octets;
}

std::optional<Decoder::Item> Decoder::next() {
  if (error_) return fail(*std::exchange(error_, std::nullopt));
  switch (state_) {
    case State::start:
    case State::headers:
      return next_of_head();
    case State::body:
      return next_of_body();
    case State::ended:
      return take_end(flag_);
    case State::failed:
      break;
  }
  return std::nullopt;
}

Error Decoder::broken(Errc code, std::uint64_t at, std::string_view words) const {
  return Error(code,
               std::string("MSRP stream, octet ").append(std::to_string(at)).append(": ").append(words));
}

Decoder::Item Decoder::fail(Error error) {
  state_ = State::failed;
  fed_ = {};
  held_.clear();
  return error;
}

// A line without its CRLF, which stays where it is until the next call of next(); nullopt where its end has
// not come yet, or error_ is set.
std::optional<std::string_view> Decoder::take_line() {
  line_at_ = offset_ - held_.size();
  const auto room = kMaxHeadOctets - head_octets_ - held_.size();
  const auto lf = fed_.substr(0, room).find('\n');
  if (lf == std::string_view::npos) {
    if (fed_.size() > room) {
      error_ = broken(Errc::too_large, offset_ + room,
                      "the head is over " + std::to_string(kMaxHeadOctets) + " octets");
    }
    held_.append(fed_.substr(0, room));
    consume(std::min(room, fed_.size()));
    return std::nullopt;
  }
  auto line = fed_.substr(0, lf + 1);
  consume(lf + 1);
  if (!held_.empty()) {
    held_.append(line);
    spill_.swap(held_);
    held_.clear();
    line = spill_;
  }
  head_octets_ += line.size();
  if (!line.ends_with(kLineEnd)) {
    error_ = broken(Errc::malformed, offset_ - 1, "expected CRLF at the end of the line, got LF alone");
    return std::nullopt;
  }
  line.remove_suffix(kLineEnd.size());
  return line;
}

std::optional<Decoder::Item> Decoder::next_of_head() {
  for (;;) {
    if (state_ == State::start) {
      // RFC 4975 knows no empty lines between messages. They are let pass, because some stacks send them to
      // keep a link open as in SIP, and they can not be mistaken for anything.
      while (held_.empty() && !fed_.empty() && (fed_.front() == '\r' || fed_.front() == '\n')) consume(1);
      // Told at the first octet that differs: another protocol may never send a line end.
      for (std::size_t i = 0; i < fed_.size() && held_.size() + i < kStart.size(); ++i) {
        if (fed_[i] != kStart[held_.size() + i])
          return fail(
              broken(Errc::malformed, offset_ + i, "expected a message, which begins with \"MSRP \""));
      }
    }
    const auto line = take_line();
    if (error_) return fail(*std::exchange(error_, std::nullopt));
    if (!line) return std::nullopt;
    if (state_ == State::headers) {
      if (auto item = take_header(*line)) return item;
      continue;
    }
    if (const auto read = read_start_line(*line, head_); !read)
      return fail(broken(Errc::malformed, line_at_, read.error().detail()));
    end_line_.assign(kLineEnd).append(kHyphens).append(head_.transaction_id);
    defect_.clear();
    lines_.clear();
    headers_ = 0;
    state_ = State::headers;
  }
}

// Any line after the start-line: an item where it ends the head.
std::optional<Decoder::Item> Decoder::take_header(std::string_view line) {
  if (line.empty()) {
    head_.has_body = true;
    return finish_head(State::body);
  }
  if (line.substr(0, kHyphens.size()) == kHyphens) {
    const auto rest = line.substr(kHyphens.size());
    if (!is_flag(rest.empty() ? ' ' : rest.back()) ||
        rest.substr(0, rest.size() - 1) != head_.transaction_id) {
      return fail(broken(Errc::malformed, line_at_,
                         "expected the end-line of " + head_.transaction_id + ", got " + core::quoted(line)));
    }
    // A Content-Type before it is let pass: nothing of a body came, so this is a message without one.
    flag_ = rest.back();
    return finish_head(State::ended);
  }
  if (headers_ == kMaxHeaders) {
    return fail(broken(Errc::too_large, line_at_,
                       "the head has more than " + std::to_string(kMaxHeaders) + " headers"));
  }
  constexpr std::size_t kPaths = 2;
  if (keeps_lines_ && headers_ >= kPaths) lines_.append(line).append(kLineEnd);
  auto wrong = read_header(line, headers_++, head_);
  if (defect_.empty()) defect_ = std::move(wrong);
  return std::nullopt;
}

Decoder::Item Decoder::finish_head(State next) {
  if (defect_.empty()) defect_ = review(head_);
  head_octets_ = 0;
  state_ = next;
  if (next == State::body) {
    // The CRLF that ended the head may be the one of the end-line too. RFC 4975 wants a second one behind an
    // empty body; who forgets it means an empty body all the same, for no body may hold its own end-line.
    held_.assign(kLineEnd);
    phantom_ = held_.size();
    body_at_ = offset_;
    body_octets_ = 0;
  }
  return HeadArrived{&head_, defect_, lines_};
}

Decoder::Item Decoder::take_end(char flag) {
  state_ = State::start;
  held_.clear();
  return End{static_cast<Flag>(flag)};
}

// How `text`, which begins at CR and may be cut anywhere, compares with the end-line of this transaction.
Decoder::Match Decoder::match_end(std::string_view text) const {
  const auto flag_at = end_line_.size();
  if (text.size() > 1 && text[1] != '\n') return Match::no;  // nearly every CR of a body that is no text
  if (text.substr(0, flag_at) != std::string_view(end_line_).substr(0, text.size())) return Match::no;
  if (text.size() <= flag_at) return Match::so_far;
  if (!is_flag(text[flag_at])) return Match::no;
  const auto line_end = text.substr(flag_at + 1, kLineEnd.size());
  if (line_end != kLineEnd.substr(0, line_end.size())) return Match::no;
  return line_end.size() == kLineEnd.size() ? Match::whole : Match::so_far;
}

// Octets that are of the body and consumed already.
Decoder::Item Decoder::take_body(std::string_view octets) {
  if (head_.method != "SEND" && octets.size() > kMaxNonSendBody - body_octets_) {
    octets = octets.substr(0, kMaxNonSendBody - body_octets_);
    error_ = broken(Errc::too_large, body_at_ + kMaxNonSendBody,
                    "the body of what is no SEND is over " + std::to_string(kMaxNonSendBody) + " octets");
    if (octets.empty()) return fail(*std::exchange(error_, std::nullopt));
  }
  body_octets_ += octets.size();
  return BodyPart{octets};
}

// What an earlier feed ended with, or the head did, may be the beginning of the end-line.
std::optional<Decoder::Item> Decoder::next_of_held() {
  std::array<char, kMaxEndLine> text;
  const auto size = end_line_.size() + kFlagAndLineEnd;
  const auto more = std::min(fed_.size(), size - held_.size());
  std::copy_n(fed_.data(), more, std::copy(held_.begin(), held_.end(), text.begin()));
  const std::string_view seam(text.data(), held_.size() + more);
  const auto match = match_end(seam);
  if (match == Match::no) {
    // Nothing that is held can begin another: the only second CR is the one of the line end behind the flag,
    // and the LF that it would need would have ended this one.
    spill_.assign(held_, phantom_);
    held_.clear();
    phantom_ = 0;
    if (spill_.empty()) return std::nullopt;
    return take_body(spill_);
  }
  consume(more);
  if (match == Match::whole) return take_end(seam[end_line_.size()]);
  held_.assign(seam);
  return std::nullopt;
}

std::optional<Decoder::Item> Decoder::next_of_body() {
  if (!held_.empty()) {
    auto item = next_of_held();
    if (item || !held_.empty()) return item;
  }
  for (std::size_t at = 0;; ++at) {
    at = fed_.find('\r', at);
    const auto match = at == std::string_view::npos ? Match::no : match_end(fed_.substr(at));
    if (match == Match::no && at != std::string_view::npos) continue;
    const auto body = fed_.substr(0, at);
    if (!body.empty()) {
      consume(body.size());
      return take_body(body);
    }
    if (fed_.empty()) return std::nullopt;
    const auto whole = fed_.substr(0, end_line_.size() + kFlagAndLineEnd);
    consume(whole.size());
    if (match == Match::whole) return take_end(whole[end_line_.size()]);
    held_.assign(whole);
    return std::nullopt;
  }
}

}  // namespace rcs::msrp
