#include "sip/codec.hpp"
#include "sip/head.hpp"

namespace rcs::sip {

using core::Errc;
using core::Error;

namespace {

constexpr std::string_view kPing = "\r\n\r\n";

}  // namespace

void StreamDecoder::feed(std::string_view octets) {
  if (!framed_) return;
  last_ = {};
  // Moved down only when at least as much was used up as stays: each octet moves a bounded number of times.
  if (consumed_ >= buffer_.size() - consumed_) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  buffer_ += octets;
}

StreamDecoder::Item StreamDecoder::fail(Error error) {
  framed_ = false;
  last_ = pending();
  return error;
}

// Between messages: a double CRLF is a keep-alive, any other empty line means nothing. A CRLF at the end of
// the buffer waits, for it may be half of a keep-alive.
std::optional<StreamDecoder::Item> StreamDecoder::skip_empty_lines() {
  for (;;) {
    const auto rest = pending();
    if (rest.substr(0, kPing.size()) == kPing) {
      last_ = rest.substr(0, kPing.size());
      consumed_ += kPing.size();
      return KeepAlive{};
    }
    if (kPing.substr(0, rest.size()) == rest) return std::nullopt;
    if (rest.substr(0, 2) == "\r\n") {
      consumed_ += 2;
    } else if (rest.front() == '\n') {
      consumed_ += 1;
    } else {
      return std::nullopt;
    }
  }
}

bool StreamDecoder::find_head_end() {
  const auto rest = pending();
  for (;;) {
    const auto lf = rest.find('\n', scanned_);
    if (lf == std::string_view::npos) {
      scanned_ = rest.size();
      return false;
    }
    scanned_ = lf + 1;
    const bool empty_line =
        (lf >= 1 && rest[lf - 1] == '\n') || (lf >= 2 && rest[lf - 1] == '\r' && rest[lf - 2] == '\n');
    if (empty_line) {
      head_size_ = scanned_;
      return true;
    }
  }
}

std::optional<StreamDecoder::Item> StreamDecoder::next() {
  last_ = {};
  if (!framed_) return std::nullopt;
  if (scanned_ == 0) {
    if (auto item = skip_empty_lines()) return item;
    // What is left may be the start of a keep-alive.
    if (kPing.substr(0, pending().size()) == pending()) return std::nullopt;
  }
  if (head_size_ == 0 && !find_head_end() && pending().size() <= kMaxHeaderBytes) return std::nullopt;
  if (total_size_ == 0) {
    if (head_size_ == 0 || head_size_ > kMaxHeaderBytes) {
      return fail(Error(Errc::too_large,
                        "SIP stream: the header is over " + std::to_string(kMaxHeaderBytes) + " octets"));
    }
    const auto head = scan_head(pending().substr(0, head_size_));
    if (!head) return fail(head.error());
    if (!head->content_length) {
      return fail(
          core::malformed("SIP stream: Content-Length: expected this field in every message, it is missing"));
    }
    if (*head->content_length > kMaxBodyBytes) {
      return fail(Error(Errc::too_large, "SIP stream: a body of " + std::to_string(*head->content_length) +
                                             " octets: at most " + std::to_string(kMaxBodyBytes) +
                                             " are taken"));
    }
    total_size_ = head_size_ + *head->content_length;
  }
  if (pending().size() < total_size_) return std::nullopt;
  last_ = pending().substr(0, total_size_);
  consumed_ += total_size_;
  scanned_ = head_size_ = total_size_ = 0;
  auto message = decode(last_);
  if (!message) return message.error();
  return std::move(*message);
}

}  // namespace rcs::sip
