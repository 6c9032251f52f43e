#include "cli/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/tool.hpp"

namespace rcs::cli {
namespace {

constexpr int kBar = 24;

std::string time_left(double seconds) {
  const auto whole = static_cast<long>(std::ceil(seconds));
  if (whole < 120) return std::to_string(whole) + " s left";
  if (whole < 7200) return std::to_string(whole / 60) + " min left";
  return std::to_string(whole / 3600) + " h left";
}

}  // namespace

std::string progress_line(double share, double elapsed, std::string_view words) {
  share = std::clamp(share, 0.0, 1.0);
  const int filled = static_cast<int>(share * kBar);
  std::string out = "[" + std::string(static_cast<std::size_t>(filled), '#') +
                    std::string(static_cast<std::size_t>(kBar - filled), '.') + "] ";
  const auto percent = std::to_string(static_cast<int>(share * 100));
  out += std::string(3 - std::min<std::size_t>(3, percent.size()), ' ') + percent + " %";
  if (!words.empty()) out += "  " + std::string(words);
  if (share > 0 && share < 1 && elapsed > 0) out += ", " + time_left(elapsed / share * (1 - share));
  return out;
}

Progress::Progress(bool wanted) : enabled_(wanted && is_terminal(2)) {}

void Progress::show(double share, double elapsed, std::string_view words) {
  if (!enabled_) return;
  const auto line = progress_line(share, elapsed, words);
  const auto blanks = width_ > line.size() ? std::string(width_ - line.size(), ' ') : std::string();
  std::fprintf(stderr, "\r%s%s", line.c_str(), blanks.c_str());
  std::fflush(stderr);
  width_ = line.size();
}

void Progress::clear() {
  if (width_ == 0) return;
  std::fprintf(stderr, "\r%s\r", std::string(width_, ' ').c_str());
  std::fflush(stderr);
  width_ = 0;
}

}  // namespace rcs::cli
