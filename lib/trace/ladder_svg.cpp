#include <algorithm>
#include <string_view>

#include "trace/escape.hpp"
#include "trace/ladder.hpp"
#include "trace/ladder_layout.hpp"

namespace rcs::trace {
namespace {

// Pixels of the drawing's own coordinates; a browser scales it.
constexpr std::size_t kCharacter = 8;  // of a 12 px monospaced font, with some air
constexpr std::size_t kRow = 26;
constexpr std::size_t kBox = 28;
constexpr std::size_t kPad = 16;
constexpr std::size_t kTitleHeight = 32;
constexpr std::size_t kHead = 8;  // of an arrow

constexpr std::string_view kStyle =
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1a1a1a}"
    ".t{font-size:16px;font-weight:bold}.a{font-weight:bold;text-anchor:middle}.m{fill:#555;text-anchor:end}"
    ".l{text-anchor:middle;paint-order:stroke;stroke:#fff;stroke-width:4px}"
    ".b{fill:#f3f4f6;stroke:#374151}.v{stroke:#9ca3af;stroke-dasharray:4 4}"
    ".sip{stroke:#0b5cad;fill:#0b5cad}.http{stroke:#1b6e2d;fill:#1b6e2d}.event{stroke:#8a4b00;fill:#8a4b00}"
    ".msrp{stroke:#7a1f7a;fill:#7a1f7a}.bad{stroke:#b42318;fill:#b42318}.s{fill:none}";

std::string_view style_of(const Record& record) {
  if (is_failure(record)) return "bad";
  switch (record.protocol) {
    case Protocol::sip:
      return "sip";
    case Protocol::http:
      return "http";
    case Protocol::event:
      return "event";
    case Protocol::msrp:
      return "msrp";
  }
  return "sip";
}

using std::to_string;

class Drawing {
 public:
  Drawing(const LadderLayout& plan, const LadderOptions& options)
      : plan_(plan),
        left_(kPad + (std::max<std::size_t>(plan.time_width, 5) + 2) * kCharacter),
        top_(kPad + (options.title.empty() ? 0 : kTitleHeight)),
        width_(left_ + plan.width * kCharacter + kPad),
        height_(top_ + kBox + (plan.arrows.size() + 1) * kRow + kPad) {
    const auto w = to_string(width_);
    const auto h = to_string(height_);
    out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"" + w + "\" height=\"" + h +
           "\" viewBox=\"0 0 " + w + ' ' + h + "\">\n<style>" + std::string(kStyle) +
           "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
    if (!options.title.empty()) {
      out_ += "<title>" + xml_text(options.title) + "</title>\n";
      text("t", kPad, kPad + 16, options.title);
    }
  }

  void actors() {
    for (std::size_t i = 0; i < plan_.actors.size(); ++i) {
      const auto x = column(i);
      const auto half = (character_count(plan_.actors[i]) * kCharacter) / 2 + 6;
      out_ += "<line class=\"v\" x1=\"" + to_string(x) + "\" y1=\"" + to_string(top_ + kBox) + "\" x2=\"" +
              to_string(x) + "\" y2=\"" + to_string(height_ - kPad) + "\"/>\n";
      out_ += "<rect class=\"b\" x=\"" + to_string(x - half) + "\" y=\"" + to_string(top_) + "\" width=\"" +
              to_string(2 * half) + "\" height=\"" + to_string(kBox) + "\" rx=\"4\"/>\n";
      text("a", x, top_ + 18, plan_.actors[i]);
    }
    text("m", left_ - kCharacter, top_ + 18, "ms");
  }

  void arrow(std::size_t row, const LadderArrow& arrow) {
    const auto y = top_ + kBox + (row + 1) * kRow;
    out_ += "<g><title>" + tooltip(arrow) + "</title>\n";
    text("m", left_ - kCharacter, y + 4, arrow.time);
    const auto from = column(arrow.from);
    const auto to = column(arrow.to);
    const std::string style(style_of(*arrow.record));
    if (from == to) {
      out_ += "<path class=\"s " + style + "\" d=\"M" + to_string(from) + ' ' + to_string(y - 8) +
              "h22v12h-" + to_string(22 - kHead) + "\"/>\n";
      head(style, to, y + 4, false);
      text("l\" style=\"text-anchor:start", from + 30, y + 2, arrow.label);
    } else {
      const auto stop = from < to ? to - kHead : to + kHead;
      out_ += "<line class=\"" + style + "\" x1=\"" + to_string(from) + "\" y1=\"" + to_string(y) +
              "\" x2=\"" + to_string(stop) + "\" y2=\"" + to_string(y) + "\" stroke-width=\"1.5\"/>\n";
      head(style, to, y, from < to);
      // Near the sender, over the middle of the first gap: on a long arrow a label in the middle may stand
      // far from both ends.
      text("l", label_place(arrow), y - 4, arrow.label);
    }
    out_ += "</g>\n";
  }

  std::string finish() && { return std::move(out_) + "</svg>\n"; }

 private:
  std::size_t column(std::size_t index) const { return left_ + plan_.centers[index] * kCharacter; }

  std::size_t label_place(const LadderArrow& arrow) const {
    const auto from = column(arrow.from);
    const auto to = column(arrow.to);
    const auto next = column(arrow.from < arrow.to ? arrow.from + 1 : arrow.from - 1);
    const auto need = (character_count(arrow.label) + 3) * kCharacter;
    const auto gap = from < next ? next - from : from - next;
    return gap >= need ? (from + next) / 2 : (from + to) / 2;
  }

  void text(std::string_view style, std::size_t x, std::size_t y, std::string_view content) {
    out_ += "<text class=\"" + std::string(style) + "\" x=\"" + to_string(x) + "\" y=\"" + to_string(y) +
            "\">" + xml_text(content) + "</text>\n";
  }

  void head(const std::string& style, std::size_t x, std::size_t y, bool to_right) {
    const auto back = to_string(to_right ? x - kHead : x + kHead);
    out_ += "<polygon class=\"" + style + "\" points=\"" + to_string(x) + ',' + to_string(y) + ' ' + back +
            ',' + to_string(y - 4) + ' ' + back + ',' + to_string(y + 4) + "\"/>\n";
  }

  static std::string tooltip(const LadderArrow& arrow) {
    const auto& record = *arrow.record;
    std::string out = record.from + " -> " + record.to + ": " + record.summary;
    out += "\n" + std::string(name(record.protocol)) +
           (record.transport.empty() ? "" : " over " + record.transport);
    out += ", " + to_string(record.size) + " octets, at " + arrow.time + " ms";
    out += "\nrecord " + to_string(record.id.value) +
           (record.cause ? ", caused by record " + to_string(record.cause.value)
                         : ", caused by a person or a timer");
    if (!record.message_id.empty()) out += "\nmessage id " + record.message_id;
    return xml_text(out);
  }

  const LadderLayout& plan_;
  std::size_t left_;
  std::size_t top_;
  std::size_t width_;
  std::size_t height_;
  std::string out_;
};

}  // namespace

std::string ladder_svg(const std::vector<Record>& records, const LadderOptions& options) {
  const auto plan = ladder_layout(records, options);
  Drawing drawing(plan, options);
  drawing.actors();
  for (std::size_t row = 0; row < plan.arrows.size(); ++row) drawing.arrow(row, plan.arrows[row]);
  return std::move(drawing).finish();
}

}  // namespace rcs::trace
