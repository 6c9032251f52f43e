#pragma once
// A small chart as SVG text, drawn by its data's own units: title, axes with round ticks, legend, bars and
// lines. Colours of background and text are its own, so it reads the same on a light and a dark page.

#include <string>
#include <string_view>
#include <vector>

namespace rcs::harness {

/// A place on an axis and what is written there.
struct Tick {
  double at;
  std::string label;
};

/// Round steps (1, 2, 5 by tens) from 0 to at least `most`, about `wanted` of them; the last is the axis's
/// end.
std::vector<Tick> round_ticks(double most, unsigned wanted = 6);

/// Style of the n-th row of data: a colour, and a dash pattern for lines that may cover each other.
struct Ink {
  std::string_view color;
  std::string_view dash;  ///< stroke-dasharray; empty: a whole line
};
const Ink& ink(std::size_t n);

struct ChartText {
  std::string title;
  std::string subtitle;
  std::string x;  ///< what is on the axis, with its unit
  std::string y;
  bool notes = false;  ///< keeps a line for x_note
  unsigned legend_rows = 1;
};

class Chart {
 public:
  /// The vertical axis goes from 0 to the last of `y_ticks`.
  Chart(const ChartText& text, double x_low, double x_high, const std::vector<Tick>& y_ticks);

  void x_ticks(const std::vector<Tick>& ticks, bool marks = true);
  /// A second line under an x tick.
  void x_note(double x, const std::string& text);
  /// From 0 up to `y`; `tooltip` may be empty.
  void bar(std::size_t row, double x_low, double x_high, double y, const std::string& tooltip,
           double opacity = 1);
  void label_above(double x, double y, const std::string& text);
  struct Point {
    double x;
    double y;
  };
  void line(std::size_t row, const std::vector<Point>& points);
  /// Where a value lies on the horizontal axis.
  void marker(std::size_t row, double x);
  /// In the order of the rows; goes on in the next line where it is too wide.
  void legend(const std::vector<std::string>& names, bool lines);
  /// Amid the plot, where there is nothing to draw.
  void message(const std::string& text);
  std::string finish() &&;

 private:
  double left(double x) const;
  double top(double y) const;
  void text(std::string_view style, double x, double y, const std::string& words);

  double x_low_;
  double x_high_;
  double y_high_;
  double top_;  ///< of the plot, in pixels
  double bottom_;
  std::string out_;
};

}  // namespace rcs::harness
