#include "harness/load_charts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "harness/load_tables.hpp"
#include "trace/escape.hpp"

namespace rcs::harness {
namespace {

// Pixels of the drawing's own coordinates; a viewer scales it.
constexpr double kWidth = 800;
constexpr double kHeight = 450;
constexpr double kLeft = 84;  // of the plot
constexpr double kRight = 776;
constexpr double kTop = 96;
constexpr double kBottom = 390;
constexpr double kNote = 20;  // a line less of plot
constexpr double kLegendRow = 18;
constexpr double kLegendTop = 70;
constexpr double kCharacter = 7.2;  // of a 13 px font, with some air
constexpr double kSample = 22;      // of ink in the legend

constexpr std::string_view kStyle =
    "text{font:13px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#1a1a1a}"
    ".t{font-size:17px;font-weight:bold}.s{fill:#555}.m{text-anchor:middle}.e{text-anchor:end}"
    ".n{text-anchor:middle;fill:#333;font-weight:bold}.v{text-anchor:middle;font-weight:bold;font-size:12px}"
    ".g{stroke:#e3e6ea}.a{stroke:#6b7280}.l{fill:none;stroke-width:1.8;stroke-linejoin:round}";

// Told apart also by who does not see red and green alike (Okabe and Ito), dark enough on white.
constexpr std::array<Ink, 6> kInks = {{{"#0072b2", ""},
                                       {"#d55e00", ""},
                                       {"#007a5a", "7 4"},
                                       {"#a3497f", "2 3"},
                                       {"#444444", "9 3 2 3"},
                                       {"#8a6d00", "1 5"}}};

/// One decimal, and none where it is 0: the half of a long path's text.
std::string pixel(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  std::string out = text;
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out;
}

std::string attribute(std::string_view name, double value) {
  return ' ' + std::string(name) + "=\"" + pixel(value) + '"';
}

std::string grid_line(std::string_view style, double x1, double y1, double x2, double y2) {
  return "<line class=\"" + std::string(style) + '"' + attribute("x1", x1) + attribute("y1", y1) +
         attribute("x2", x2) + attribute("y2", y2) + "/>\n";
}

std::string stroke(const Ink& ink) {
  std::string out = " stroke=\"" + std::string(ink.color) + '"';
  if (!ink.dash.empty()) out += " stroke-dasharray=\"" + std::string(ink.dash) + '"';
  return out;
}

}  // namespace

const Ink& ink(std::size_t n) { return kInks[n % kInks.size()]; }

std::vector<Tick> round_ticks(double most, unsigned wanted) {
  if (!(most > 0) || !std::isfinite(most)) most = 1;
  const double rough = most / std::max(1u, wanted);
  const double ten = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * ten;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough > factor * ten * 1.000001) continue;
    step = factor * ten;
    break;
  }
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 9);
  const auto steps = static_cast<unsigned>(std::max(1.0, std::ceil(most / step - 1e-9)));
  std::vector<Tick> out;
  for (unsigned i = 0; i <= steps; ++i) out.push_back({i * step, number_text(i * step, decimals)});
  return out;
}

Chart::Chart(const ChartText& words, double x_low, double x_high, const std::vector<Tick>& y_ticks)
    : x_low_(x_low),
      x_high_(x_high > x_low ? x_high : x_low + 1),
      y_high_(y_ticks.back().at),
      top_(kTop + kLegendRow * (std::max(1u, words.legend_rows) - 1)),
      bottom_(words.notes ? kBottom - kNote : kBottom) {
  out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"" + pixel(kWidth) + "\" height=\"" +
         pixel(kHeight) + "\" viewBox=\"0 0 " + pixel(kWidth) + ' ' + pixel(kHeight) + "\">\n<title>" +
         trace::xml_text(words.title) + "</title>\n<style>" + std::string(kStyle) +
         "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
  text("t", 20, 28, words.title);
  text("s", 20, 48, words.subtitle);
  for (const auto& tick : y_ticks) {
    out_ += grid_line(tick.at > 0 ? "g" : "a", kLeft, top(tick.at), kRight, top(tick.at));
    text("e", kLeft - 8, top(tick.at) + 4.5, tick.label);
  }
  text("m", (kLeft + kRight) / 2, kHeight - 12, words.x);
  out_ += "<g transform=\"translate(20 " + pixel((top_ + bottom_) / 2) + ") rotate(-90)\">";
  text("m", 0, 0, words.y);
  out_ += "</g>\n";
}

double Chart::left(double x) const { return kLeft + (x - x_low_) / (x_high_ - x_low_) * (kRight - kLeft); }

double Chart::top(double y) const { return bottom_ - y / y_high_ * (bottom_ - top_); }

void Chart::text(std::string_view style, double x, double y, const std::string& words) {
  out_ += "<text class=\"" + std::string(style) + '"' + attribute("x", x) + attribute("y", y) + '>' +
          trace::xml_text(words) + "</text>\n";
}

void Chart::x_ticks(const std::vector<Tick>& ticks, bool marks) {
  for (const auto& tick : ticks) {
    if (marks) out_ += grid_line("a", left(tick.at), bottom_, left(tick.at), bottom_ + 5);
    text("m", left(tick.at), bottom_ + 21, tick.label);
  }
}

void Chart::x_note(double x, const std::string& words) { text("n", left(x), bottom_ + 40, words); }

void Chart::bar(std::size_t row, double x_low, double x_high, double y, const std::string& tooltip,
                double opacity) {
  out_ += "<rect" + attribute("x", left(x_low)) + attribute("y", top(y)) +
          attribute("width", left(x_high) - left(x_low)) + attribute("height", bottom_ - top(y)) +
          " fill=\"" + std::string(ink(row).color) + '"';
  if (opacity < 1) out_ += attribute("fill-opacity", opacity);
  out_ += tooltip.empty() ? "/>\n" : "><title>" + trace::xml_text(tooltip) + "</title></rect>\n";
}

void Chart::label_above(double x, double y, const std::string& words) {
  text("v", left(x), top(y) - 5, words);
}

void Chart::line(std::size_t row, const std::vector<Point>& points) {
  if (points.empty()) return;
  std::string path;
  for (const auto& point : points)
    path += (path.empty() ? "" : " ") + pixel(left(point.x)) + ',' + pixel(top(point.y));
  out_ += "<polyline class=\"l\"" + stroke(ink(row)) + " points=\"" + path + "\"/>\n";
}

void Chart::marker(std::size_t row, double x) {
  out_ += "<line" + attribute("x1", left(x)) + attribute("y1", top_) + attribute("x2", left(x)) +
          attribute("y2", bottom_) + " stroke=\"" + std::string(ink(row).color) +
          "\" stroke-width=\"1.5\" stroke-dasharray=\"4 3\"/>\n";
}

void Chart::legend(const std::vector<std::string>& names, bool lines) {
  double x = kLeft;
  double y = kLegendTop;
  for (std::size_t row = 0; row < names.size(); ++row) {
    const double words = lines ? kSample + 6 : kSample - 2;
    const double width = words + static_cast<double>(trace::character_count(names[row])) * kCharacter;
    if (x > kLeft && x + width > kRight) {
      x = kLeft;
      y += kLegendRow;
    }
    if (lines) {
      out_ += "<line" + attribute("x1", x) + attribute("y1", y) + attribute("x2", x + kSample) +
              attribute("y2", y) + stroke(ink(row)) + " stroke-width=\"2.5\"/>\n";
    } else {
      out_ += "<rect" + attribute("x", x) + attribute("y", y - 6) + attribute("width", kSample - 8) +
              attribute("height", 12) + " fill=\"" + std::string(ink(row).color) + "\"/>\n";
    }
    text("", x + words, y + 4.5, names[row]);
    x += width + 16;
  }
}

void Chart::message(const std::string& words) {
  text("m s", (kLeft + kRight) / 2, (top_ + bottom_) / 2, words);
}

std::string Chart::finish() && { return std::move(out_) + "</svg>\n"; }

}  // namespace rcs::harness
