#include "rcs-send/screen.hpp"

#include <langinfo.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "core/text.hpp"

namespace rcs::send {
namespace {

constexpr std::size_t kMarkedText = 30;  // octets of a text that a mark repeats

bool locale_is_utf8() {
  std::setlocale(LC_CTYPE, "");
  return std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
}

/// The wall clock of whoever reads it: hh:mm:ss.
std::string local_time(core::UnixMs time) {
  const auto seconds = static_cast<std::time_t>(time.value / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &parts);
  return text;
}

/// The beginning of a text, cut between characters.
std::string beginning(std::string_view text) {
  if (text.size() <= kMarkedText) return printable(text);
  auto end = kMarkedText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return printable(text.substr(0, end)) + "...";
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  const bool utf8 = core::is_utf8(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    if (c < 0x20 || c == 0x7F) out[i] = ' ';
    if (c >= 0x80 && !utf8) out[i] = '?';
    // U+0080 to U+009F are control characters, too.
    if (c == 0xC2 && utf8 && static_cast<unsigned char>(out[i + 1]) < 0xA0) out.replace(i, 2, "  ");
  }
  return out;
}

Screen::Screen(const cli::CommonOptions& options)
    : prompts_(cli::is_terminal(0) && cli::is_terminal(1)),
      color_(cli::wants_color(options.color, 1)),
      utf8_(locale_is_utf8()) {}

Screen::~Screen() {
  if (prompted_) std::fputs("\n", stdout);
}

void Screen::prompt() {
  if (!prompts_ || prompted_) return;
  prompted_ = true;
  std::fputs("> ", stdout);
  std::fflush(stdout);
}

void Screen::text(core::UnixMs time, std::string_view sender, std::string_view text) {
  const auto who = printable(sender);
  put(local_time(time) + " " + (color_ ? "\x1b[36m" + who + "\x1b[0m" : who) + ": " + printable(text));
}

void Screen::mark(std::string_view state, std::string_view text, std::string_view reason) {
  const bool failed = state == "failed";
  const int ticks = state == "sent" ? 1 : 2;
  std::string line = "  ";
  for (int i = 0; i < ticks && !failed; ++i) line += utf8_ ? "\u2713" : "+";
  if (failed) line += utf8_ ? "\u2717" : "!";
  line += " " + std::string(state) + ": " + beginning(text);
  if (!reason.empty()) line += " (" + printable(reason) + ")";
  if (color_) line = (failed ? "\x1b[31m" : "\x1b[2m") + line + "\x1b[0m";
  put(std::move(line));
}

void Screen::remark(std::string_view words) {
  const auto line = "  " + printable(words);
  put(color_ ? "\x1b[2m" + line + "\x1b[0m" : line);
}

/// Above the prompt, which is written again.
void Screen::put(std::string line) {
  const bool again = std::exchange(prompted_, false);
  if (again) std::fputs("\r\x1b[K", stdout);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
  if (again) {
    prompt();
  } else {
    std::fflush(stdout);
  }
}

}  // namespace rcs::send
