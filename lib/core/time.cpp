#include "core/time.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace rcs::core {
namespace {

// Days since 1970-01-01 of a proleptic Gregorian date, and back; after the public-domain civil-calendar
// formulas.
constexpr std::int64_t days_from_civil(std::int64_t y, unsigned m, unsigned d) {
  using namespace std::chrono;
  return sys_days(year(static_cast<int>(y)) / month(m) / day(d)).time_since_epoch().count();
}

// The years 0000 to 9999: an offset must not move a time to where format_rfc3339 has no four digits for it.
constexpr std::int64_t kFirstSecond = days_from_civil(0, 1, 1) * 86400;
constexpr std::int64_t kLastSecond = days_from_civil(9999, 12, 31) * 86400 + 86399;

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  /// Exactly `digits` decimal digits.
  bool number(unsigned digits, int& out) {
    if (text_.size() < digits) return false;
    out = 0;
    for (unsigned i = 0; i < digits; ++i) {
      const char c = text_[i];
      if (c < '0' || c > '9') return false;
      out = out * 10 + (c - '0');
    }
    text_.remove_prefix(digits);
    return true;
  }
  bool any_of(std::string_view set) {
    if (text_.empty() || set.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  char peek() const { return text_.empty() ? '\0' : text_.front(); }
  bool empty() const { return text_.empty(); }

 private:
  std::string_view text_;
};

}  // namespace

std::string format_rfc3339(UnixMs t) {
  using namespace std::chrono;
  const sys_time<milliseconds> point{milliseconds(t.value)};
  const auto day_point = floor<days>(point);
  const year_month_day date(day_point);
  const hh_mm_ss<milliseconds> clock(point - day_point);
  // Digit by digit: each event has its time, and snprintf takes as long as the rest of its text.
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto put = [&text](std::size_t last, std::int64_t value) {
    for (; value > 0; value /= 10) text[last--] = static_cast<char>('0' + value % 10);
  };
  put(3, std::clamp(static_cast<int>(date.year()), 0, 9999));
  put(6, static_cast<unsigned>(date.month()));
  put(9, static_cast<unsigned>(date.day()));
  put(12, clock.hours().count());
  put(15, clock.minutes().count());
  put(18, clock.seconds().count());
  put(22, clock.subseconds().count());
  return text;
}

Result<UnixMs> parse_rfc3339(std::string_view text) {
  const auto bad = [&] {
    return malformed("date-time: expected YYYY-MM-DDThh:mm:ss[.fraction](Z|+hh:mm), got " + quoted(text, 40));
  };
  Cursor in(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!in.number(4, year) || !in.any_of("-") || !in.number(2, month) || !in.any_of("-") ||
      !in.number(2, day) || !in.any_of("Tt ") || !in.number(2, hour) || !in.any_of(":") ||
      !in.number(2, minute) || !in.any_of(":") || !in.number(2, second)) {
    return bad();
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return bad();
  std::int64_t ms = 0;
  if (in.any_of(".,")) {
    int digit = 0;
    std::int64_t scale = 100;
    bool any = false;
    while (in.number(1, digit)) {
      ms += digit * scale;
      scale /= 10;
      any = true;
    }
    if (!any) return bad();
  }
  std::int64_t offset_minutes = 0;
  if (!in.empty() && !in.any_of("Zz")) {
    const bool west = in.peek() == '-';
    int offset_hour = 0, offset_minute = 0;
    if (!in.any_of("+-") || !in.number(2, offset_hour) || !in.any_of(":") || !in.number(2, offset_minute))
      return bad();
    if (offset_hour > 23 || offset_minute > 59) return bad();
    offset_minutes = (west ? -1 : 1) * (offset_hour * 60 + offset_minute);
  }
  if (!in.empty()) return bad();
  const auto days = days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  const std::int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset_minutes * 60;
  if (seconds < kFirstSecond || seconds > kLastSecond) return bad();
  return UnixMs{seconds * 1000 + ms};
}

}  // namespace rcs::core
