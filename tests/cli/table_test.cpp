#include "cli/table.hpp"

#include "support/catch.hpp"

TEST_CASE("a table fits its columns, aligns numbers right and counts characters, not octets") {
  CHECK(rcs::cli::format_table({{"name", "messages"},
                                {"j\xc3\xa4"
                                 "ck",
                                 "3"},
                                {"o-cscf", "12"}}) ==
        "name    messages\n"
        "------  --------\n"
        "j\xc3\xa4"
        "ck           3\n"
        "o-cscf        12\n");
}
