#include "sim/pairs.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/text.hpp"

namespace rcs::sim {
namespace {

constexpr double kParts = 0x1.0p32;  // see Pairs::up_to_

constexpr std::string_view kBlanks = " \t\r";

/// Takes the next word off the front of `line`; empty at its end.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const auto word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

std::optional<float> parse_weight(std::string_view text) {
  float value = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !(value > 0) || static_cast<double>(value) > kMaxPairWeight)
    return std::nullopt;
  return value;
}

}  // namespace

std::uint64_t Pairs::draw(std::uint64_t sender, core::Random& random) const {
  const auto begin = up_to_.begin();
  const auto part = static_cast<std::uint32_t>(random.next() >> 32);
  const auto found = std::lower_bound(begin + first_[sender], begin + first_[sender + 1], part);
  return receivers_[static_cast<std::size_t>(found - begin)];
}

core::Error PairsReader::error(const std::string& words) const {
  return core::malformed(std::to_string(line_) + ": " + words);
}

core::Result<void> PairsReader::feed(std::string_view octets) {
  for (;;) {
    const auto end = octets.find('\n');
    const auto piece = octets.substr(0, end);
    if (begun_.size() + piece.size() > kMaxPairLine) {
      ++line_;
      return error("expected at most " + std::to_string(kMaxPairLine) + " octets, got more");
    }
    if (end == std::string_view::npos) {
      begun_ += piece;
      return {};
    }
    ++line_;
    if (begun_.empty()) {
      RCS_CHECK_OK(read(piece));
    } else {
      begun_ += piece;
      RCS_CHECK_OK(read(begun_));
      begun_.clear();
    }
    octets.remove_prefix(end + 1);
  }
}

core::Result<std::uint32_t> PairsReader::read_user(std::string_view text, const char* who) const {
  const auto user = core::parse_u64(text);
  if (!user || *user >= users_) {
    return error(std::string(who) + ": expected a user number from 0 to " + std::to_string(users_ - 1) +
                 ", got " + (text.empty() ? "nothing" : core::quoted(text)));
  }
  return static_cast<std::uint32_t>(*user);
}

core::Result<void> PairsReader::read(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const auto first = next_word(line);
  if (first.empty()) return {};
  Pair pair{.sender = 0, .receiver = 0, .weight = 1};
  RCS_TRY(pair.sender, read_user(first, "sender"));
  RCS_TRY(pair.receiver, read_user(next_word(line), "receiver"));
  if (pair.sender == pair.receiver)
    return error("receiver: expected another user than the sender, got " + core::quoted(first));
  if (const auto word = next_word(line); !word.empty()) {
    const auto weight = parse_weight(word);
    if (!weight)
      return error("weight: expected a number above 0, at most 1000000000, got " + core::quoted(word));
    pair.weight = *weight;
  }
  if (const auto word = next_word(line); !word.empty())
    return error("expected a sender, a receiver and a weight, got also " + core::quoted(word));
  if (pairs_.size() == kMaxPairs)
    return core::Error(core::Errc::too_large, std::to_string(line_) + ": expected at most " +
                                                  std::to_string(kMaxPairs) + " pairs, got more");
  pairs_.push_back(pair);
  return {};
}

core::Result<Pairs> PairsReader::finish() {
  if (!begun_.empty()) {
    RCS_CHECK_OK(feed("\n"));
  }
  if (pairs_.empty()) {
    line_ = std::max<std::uint64_t>(line_, 1);
    return error("expected a sender and a receiver, got no pair in the whole file");
  }
  Pairs out;
  const auto weights = deal_out(out);
  pairs_ = {};
  out.share_out(weights);
  return out;
}

std::vector<float> PairsReader::deal_out(Pairs& out) const {
  std::size_t last_sender = 0;
  for (const auto& pair : pairs_) {
    last_sender = std::max<std::size_t>(last_sender, pair.sender);
    out.last_user_ = std::max<std::uint64_t>({out.last_user_, pair.sender, pair.receiver});
  }
  // How many each sender has, then where they begin, and when all are placed, where they end.
  auto& first = out.first_;
  first.resize(last_sender + 2);
  for (const auto& pair : pairs_) ++first[pair.sender + std::size_t{1}];
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  std::vector<float> weights(pairs_.size());
  out.receivers_.resize(pairs_.size());
  for (const auto& pair : pairs_) {
    const auto at = first[pair.sender]++;
    out.receivers_[at] = pair.receiver;
    weights[at] = pair.weight;
  }
  // The end of one is the beginning of the next.
  first.pop_back();
  first.insert(first.begin(), 0);
  return weights;
}

void Pairs::share_out(const std::vector<float>& weights) {
  up_to_.resize(weights.size());
  for (std::size_t sender = 0; sender + 1 < first_.size(); ++sender) {
    double sum = 0, so_far = 0;
    for (auto i = first_[sender]; i < first_[sender + 1]; ++i) sum += static_cast<double>(weights[i]);
    for (auto i = first_[sender]; i < first_[sender + 1]; ++i) {
      so_far += static_cast<double>(weights[i]);
      up_to_[i] = static_cast<std::uint32_t>(std::ceil(so_far / sum * kParts) - 1);
    }
  }
}

}  // namespace rcs::sim
