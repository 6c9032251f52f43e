#pragma once
// One line on a terminal that says how far a long work is; nothing where standard error is no terminal.

#include <cstdint>
#include <string>
#include <string_view>

namespace rcs::cli {

/// "[#####.....]  48 %  12 of 25 shards, 85.2 M hops/s, 14 s left": the line for a share of 0..1. `words` may
/// be empty; `elapsed` in seconds.
std::string progress_line(double share, double elapsed, std::string_view words);

class Progress {
 public:
  /// `wanted`: not --quiet and not --json; the rest is asked of the terminal.
  explicit Progress(bool wanted);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(double share, double elapsed, std::string_view words);
  /// Takes the line away: before anything else is printed.
  void clear();

 private:
  bool enabled_;
  std::size_t width_ = 0;  ///< of what stands there
};

}  // namespace rcs::cli
