#include "cli/progress.hpp"

#include "support/catch.hpp"

using rcs::cli::progress_line;

TEST_CASE("A progress line shows the share, the words and the time that is left") {
  CHECK(progress_line(0, 0, "") == "[........................]   0 %");
  CHECK(progress_line(0.5, 10, "3 of 6") == "[############............]  50 %  3 of 6, 10 s left");
  CHECK(progress_line(1, 20, "6 of 6") == "[########################] 100 %  6 of 6");
  CHECK(progress_line(0.01, 10, "") == "[........................]   1 %, 16 min left");
  CHECK(progress_line(0.001, 100, "") == "[........................]   0 %, 27 h left");
}

TEST_CASE("A share outside 0..1 is taken as the nearest") {
  CHECK(progress_line(-1, 1, "") == progress_line(0, 1, ""));
  CHECK(progress_line(7, 1, "") == progress_line(1, 1, ""));
}
