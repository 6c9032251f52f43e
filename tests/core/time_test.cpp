#include "core/time.hpp"

#include "core/random.hpp"
#include "support/catch.hpp"

using namespace rcs::core;

TEST_CASE("RFC 3339 is written in UTC with milliseconds") {
  CHECK(format_rfc3339(UnixMs{0}) == "1970-01-01T00:00:00.000Z");
  CHECK(format_rfc3339(UnixMs{1325412610007}) == "2012-01-01T10:10:10.007Z");
  CHECK(format_rfc3339(UnixMs{-1}) == "1969-12-31T23:59:59.999Z");
  CHECK(format_rfc3339(UnixMs{951782400000}) == "2000-02-29T00:00:00.000Z");
  CHECK(format_rfc3339(UnixMs{253402300799999}) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("RFC 3339 is read with any offset and fraction") {
  const auto ms = [](const char* text) {
    const auto time = parse_rfc3339(text);
    REQUIRE(time);
    return time->value;
  };
  CHECK(ms("2012-01-01T10:10:10Z") == 1325412610000);
  CHECK(ms("2012-01-01t10:10:10z") == 1325412610000);
  CHECK(ms("2012-01-01 10:10:10Z") == 1325412610000);
  CHECK(ms("2012-01-01T19:10:10+09:00") == 1325412610000);
  CHECK(ms("2012-01-01T02:40:10-07:30") == 1325412610000);
  CHECK(ms("2012-01-01T10:10:10-00:00") == 1325412610000);
  CHECK(ms("2012-01-01T10:10:10.5Z") == 1325412610500);
  CHECK(ms("2012-01-01T10:10:10.123456789Z") == 1325412610123);
  CHECK(ms("2012-01-01T10:10:10,25Z") == 1325412610250);
  CHECK(ms("2016-12-31T23:59:60Z") == 1483228800000);
  CHECK(ms("2012-02-29T00:00:00Z") == 1330473600000);
}

TEST_CASE("A missing zone is read as UTC") {
  CHECK(parse_rfc3339("2012-01-01T10:10:10")->value == 1325412610000);
  CHECK(parse_rfc3339("2012-01-01T10:10:10.5")->value == 1325412610500);
}

TEST_CASE("What is no date-time is refused with its text") {
  for (const auto* text : {"",
                           "2012",
                           "2012-01-01",
                           "2012-1-1T10:10:10Z",
                           "2011-02-29T00:00:00Z",
                           "2012-13-01T00:00:00Z",
                           "2012-00-01T00:00:00Z",
                           "2012-01-00T00:00:00Z",
                           "2012-01-01T24:00:00Z",
                           "2012-01-01T10:60:00Z",
                           "2012-01-01T10:10:61Z",
                           "2012-01-01T10:10:10.Z",
                           "2012-01-01T10:10:10+9:00",
                           "2012-01-01T10:10:10+0900",
                           "2012-01-01T10:10:10+24:00",
                           "2012-01-01T10:10:10+09:60",
                           "2012-01-01T10:10:10Z ",
                           " 2012-01-01T10:10:10Z",
                           "2012-01-01T10:10:10ZZ",
                           "-012-01-01T10:10:10Z",
                           "2012-01-01T10:10:1\xff"}) {
    CAPTURE(text);
    const auto time = parse_rfc3339(text);
    REQUIRE_FALSE(time);
    CHECK(time.error().code() == Errc::malformed);
    CHECK(time.error().detail().find("date-time") != std::string::npos);
  }
}

TEST_CASE("A refused date-time is shown without its control characters") {
  const auto time = parse_rfc3339("x\x1b[31m\r\n");
  REQUIRE_FALSE(time);
  CHECK(time.error().detail().find('\x1b') == std::string::npos);
  CHECK(time.error().detail().find('\n') == std::string::npos);
}

TEST_CASE("A date-time that an offset moves out of the four-digit years is refused") {
  CHECK_FALSE(parse_rfc3339("0000-01-01T00:00:00+23:59"));
  CHECK_FALSE(parse_rfc3339("9999-12-31T23:59:59-00:01"));
  CHECK_FALSE(parse_rfc3339("9999-12-31T23:59:60Z"));
  CHECK(parse_rfc3339("0000-01-01T00:00:00Z"));
}

TEST_CASE("What was written is read back") {
  Random random(8);
  for (int i = 0; i < 5000; ++i) {
    const UnixMs time{static_cast<std::int64_t>(random.below(253402300800000 + 62167219200000)) -
                      62167219200000};
    const auto text = format_rfc3339(time);
    CAPTURE(text);
    REQUIRE(parse_rfc3339(text));
    REQUIRE(*parse_rfc3339(text) == time);
  }
}

TEST_CASE("A wall clock is an offset to an instant") {
  const WallClock clock{1000};
  CHECK(clock.at(Instant{}) == UnixMs{1000});
  CHECK(clock.at(Instant{} + 1500ms) == UnixMs{2500});
  CHECK(clock.at(Instant{} + 999us) == UnixMs{1000});
  CHECK(to_ms(2s) == 2000);
  CHECK(to_seconds(1500ms) == 1.5);
}
