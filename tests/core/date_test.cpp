#include "core/date.hpp"

#include "support/catch.hpp"

using namespace rcs;

TEST_CASE("PGR-12: a Date is read as it is written") {
  const core::UnixMs at{1289690940000};
  CHECK(core::format_date(at) == "Sat, 13 Nov 2010 23:29:00 GMT");
  CHECK(core::parse_date("Sat, 13 Nov 2010 23:29:00 GMT").value() == at);
  CHECK(core::parse_date("  sat, 13 NOV 2010 23:29:00 gmt ").value() == at);
  CHECK(core::format_date({0}) == "Thu, 01 Jan 1970 00:00:00 GMT");
  for (const std::int64_t ms : {0LL, 951782399000LL, 951782400000LL, 1325412610000LL, 4102444799000LL})
    CHECK(core::parse_date(core::format_date({ms})).value() == core::UnixMs{ms});
}

TEST_CASE("PGR-12: what is no Date is refused") {
  for (const auto* text :
       {"", "Sat", "Sat, 13 Nov 2010", "Sat, 13 Nov 2010 23:29:00 CET", "Sat, 32 Nov 2010 23:29:00 GMT",
        "Tue, 30 Feb 2010 23:29:00 GMT", "Sat, 13 Foo 2010 23:29:00 GMT", "Sat, 13 Nov 2010 24:00:00 GMT",
        "Sat, 13 Nov 2010 23:29 GMT", "2010-11-13T23:29:00Z", "Sat, 0 Nov 2010 23:29:00 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(core::parse_date(text));
  }
}
