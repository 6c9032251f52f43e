#include "scenario/complaints.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/text.hpp"

namespace rcs::scenario {
namespace {

constexpr std::size_t kMaxCompared = 40;  // letters; longer words are no slip for a key

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string
/// alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

void Complaints::add(int line, std::string text, int column) {
  if (diagnostics_.size() < kMaxDiagnostics) {
    diagnostics_.push_back({file_, line, std::move(text), column});
  } else {
    ++left_out_;
  }
}

void Complaints::expected(const YamlNode& node, std::string_view key, std::string_view wish) {
  add(node.line, std::string(key) + ": expected " + std::string(wish) + ", got " + describe(node));
}

void Complaints::unknown_word(int line, std::string_view key, std::string_view got,
                              std::span<const std::string_view> known, std::string_view wish, int column) {
  if (diagnostics_.size() == kMaxDiagnostics) {  // the nearest word takes its time, and nobody would read it
    ++left_out_;
    return;
  }
  auto text = std::string(key) + ": expected " + (wish.empty() ? listed(known) : std::string(wish)) +
              ", got " + core::quoted(got);
  if (const auto near = nearest(got, known); !near.empty())
    text += "; did you mean \"" + std::string(near) + "\"?";
  add(line, std::move(text), column);
}

std::vector<Diagnostic> Complaints::take() && {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.line < b.line; });
  if (left_out_ > 0) {
    diagnostics_.push_back({file_, diagnostics_.back().line,
                            "file: " + std::to_string(left_out_) + " more complaints left out"});
  }
  return std::move(diagnostics_);
}

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return core::quoted(node.text);
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
  }
  return "nothing";
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kMaxCompared) return {};
  // Somebody who writes message_id or Register knows the word, only not how it is spelled here.
  auto spelled = core::to_lower(word);
  std::replace(spelled.begin(), spelled.end(), '_', '-');
  std::string_view best;
  std::size_t best_distance = std::min<std::size_t>(2, std::max<std::size_t>(1, word.size() / 3)) + 1;
  for (const auto candidate : known) {
    const auto d = distance(spelled, core::to_lower(candidate));
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

}  // namespace rcs::scenario
