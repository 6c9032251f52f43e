// A tally as words, for processes that share the work.

#include <algorithm>

#include "sim/load.hpp"

namespace rcs::sim {
namespace {

class Taker {
 public:
  explicit Taker(std::span<const std::uint64_t> words) : words_(words) {}
  bool failed() const { return failed_; }
  bool done() const { return words_.empty(); }

  std::uint64_t one() {
    if (words_.empty()) {
      failed_ = true;
      return 0;
    }
    const auto out = words_.front();
    words_ = words_.subspan(1);
    return out;
  }
  std::vector<std::uint64_t> many() {
    const auto size = one();
    if (size > words_.size()) {
      failed_ = true;
      return {};
    }
    const auto part = words_.first(size);
    words_ = words_.subspan(size);
    return {part.begin(), part.end()};
  }
  Histogram histogram() {
    auto out = Histogram::take(words_);
    failed_ = failed_ || !out;
    return out ? std::move(*out) : Histogram();
  }

 private:
  std::span<const std::uint64_t> words_;
  bool failed_ = false;
};

}  // namespace

std::vector<std::uint64_t> LoadTally::to_words() const {
  std::vector<std::uint64_t> out{hops, most_pending, hop_count, repeats, lost, nodes.size()};
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    out.insert(out.end(), {sessions[kind], timed_out[kind], refused[kind]});
    answered[kind].put(out);
    invited[kind].put(out);
  }
  for (const auto& node : nodes) {
    out.insert(out.end(), {node.refused, node.busy, node.longest_queue});
    node.waits.put(out);
  }
  out.push_back(by_minute.size());
  out.insert(out.end(), by_minute.begin(), by_minute.end());
  return out;
}

core::Result<LoadTally> LoadTally::from_words(std::span<const std::uint64_t> words) {
  Taker take(words);
  LoadTally out;
  for (auto* member : {&out.hops, &out.most_pending}) *member = take.one();
  out.hop_count = take.one();
  out.repeats = take.one();
  out.lost = take.one();
  const auto nodes = take.one();
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    out.sessions[kind] = take.one();
    out.timed_out[kind] = take.one();
    out.refused[kind] = take.one();
    out.answered[kind] = take.histogram();
    out.invited[kind] = take.histogram();
  }
  for (std::uint64_t i = 0; i < nodes && !take.failed(); ++i) {
    NodeTally node;
    node.refused = take.one();
    node.busy = take.one();
    node.longest_queue = take.one();
    node.waits = take.histogram();
    out.nodes.push_back(std::move(node));
  }
  out.by_minute = take.many();
  if (take.failed() || !take.done()) return core::malformed("a tally that is cut off");
  return out;
}

}  // namespace rcs::sim
