#include "core/date.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/text.hpp"

namespace rcs::core {
namespace {

constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

Error no_date(std::string_view text) {
  return malformed("date: expected one like Sat, 13 Nov 2010 23:29:00 GMT, got " + quoted(text));
}

}  // namespace

std::string format_date(UnixMs at) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(at.value)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<std::chrono::seconds>(time - day)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

Result<UnixMs> parse_date(std::string_view text) {
  const auto parts = split_once(trim(text), ',');
  if (!parts) return no_date(text);
  const auto words = split(trim(parts->second), ' ');
  if (words.size() != 5 || !iequals(words[4], "GMT")) return no_date(text);
  const auto month =
      std::find_if(kMonths.begin(), kMonths.end(), [&](const char* name) { return iequals(name, words[1]); });
  const auto clock = split(words[3], ':');
  if (month == kMonths.end() || clock.size() != 3) return no_date(text);
  const auto day = parse_u32(words[0], 31);
  const auto year = parse_u32(words[2], 9999);
  const auto hour = parse_u32(clock[0], 23);
  const auto minute = parse_u32(clock[1], 59);
  const auto second = parse_u32(clock[2], 60);  // one may be a leap second
  if (!day || !year || !hour || !minute || !second) return no_date(text);
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(static_cast<int>(*year)),
                            std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
                            std::chrono::day(*day)};
  if (!date.ok()) return no_date(text);
  const auto at = sys_days(date) + hours(*hour) + minutes(*minute) + std::chrono::seconds(*second);
  return UnixMs{duration_cast<milliseconds>(at.time_since_epoch()).count()};
}

}  // namespace rcs::core
