#include <algorithm>
#include <string_view>

#include "trace/escape.hpp"
#include "trace/ladder.hpp"
#include "trace/ladder_layout.hpp"

namespace rcs::trace {
namespace {

constexpr std::size_t kMaxTitle = 200;
constexpr std::string_view kReset = "\x1b[0m";

/// One line of text in cells of one character each.
class Line {
 public:
  explicit Line(std::size_t width) : cells_(width, " ") {}

  void put(std::size_t at, std::string_view text) {
    while (!text.empty() && at < cells_.size()) {
      const auto length = std::max<std::size_t>(character_length(text), 1);
      cells_[at++] = text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  void fill(std::size_t first, std::size_t end, std::string_view character) {
    for (auto i = first; i < end; ++i) cells_[i] = character;
  }
  void paint(std::size_t first, std::size_t end, std::string_view code) {
    if (first >= end || end > cells_.size()) return;
    cells_[first].insert(0, code);
    cells_[end - 1] += kReset;
  }
  std::string text() const {
    std::string out;
    for (const auto& cell : cells_) out += cell;
    out.erase(out.find_last_not_of(' ') + 1);
    return out + '\n';
  }

 private:
  std::vector<std::string> cells_;
};

std::string_view color_of(const Record& record) {
  if (is_failure(record)) return "\x1b[31m";
  switch (record.protocol) {
    case Protocol::sip:
      return "\x1b[36m";
    case Protocol::http:
      return "\x1b[32m";
    case Protocol::event:
      return "\x1b[33m";
    case Protocol::msrp:
      return "\x1b[35m";
  }
  return {};
}

std::string margin(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + std::string(text) + "  ";
}

Line life_lines(const LadderLayout& plan) {
  Line line(plan.width);
  for (const auto center : plan.centers) line.put(center, "|");
  return line;
}

std::string arrow_line(const LadderLayout& plan, const LadderArrow& arrow, bool color) {
  Line line = life_lines(plan);
  const auto from = plan.centers[arrow.from];
  const auto to = plan.centers[arrow.to];
  const auto size = character_count(arrow.label);
  auto first = std::min(from, to) + 1;
  auto end = std::max(from, to);
  if (from < to) {
    line.fill(first, end - 1, "-");
    line.put(end - 1, ">");
    line.put(first + 2, arrow.label);
  } else if (from > to) {
    line.put(first, "<");
    line.fill(first + 1, end, "-");
    line.put(end - 2 - std::min(size, end - 2), arrow.label);
  } else {
    line.put(from + 1, "<-. ");
    line.put(from + 5, arrow.label);
    end = std::min(from + 5 + size, plan.width);
  }
  if (color) line.paint(first, end, color_of(*arrow.record));
  return line.text();
}

}  // namespace

std::string ladder_text(const std::vector<Record>& records, const LadderOptions& options) {
  const auto plan = ladder_layout(records, options);
  const auto time_width = std::max<std::size_t>(plan.time_width, 5);
  std::string out;
  if (!options.title.empty()) out += line_text(options.title, kMaxTitle) + "\n\n";

  Line header(plan.width + kMaxActorText);
  for (std::size_t i = 0; i < plan.actors.size(); ++i) {
    header.put(plan.centers[i] - std::min(plan.centers[i], character_count(plan.actors[i]) / 2),
               plan.actors[i]);
  }
  out += margin("ms", time_width) + header.text();
  for (const auto& arrow : plan.arrows)
    out += margin(arrow.time, time_width) + arrow_line(plan, arrow, options.color);
  return out;
}

}  // namespace rcs::trace
