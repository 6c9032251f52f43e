#include "core/result.hpp"

#include <memory>

#include "core/id.hpp"
#include "support/catch.hpp"

using namespace rcs::core;

namespace {

Result<int> positive(int n) {
  if (n <= 0) return malformed("expected a number > 0, got " + std::to_string(n));
  return n;
}

Result<std::string> doubled(int n) {
  RCS_TRY(const auto value, positive(n));
  RCS_TRY(auto again, positive(value));
  return std::to_string(value + again);
}

Result<void> check(int n) {
  RCS_CHECK_OK(positive(n));
  RCS_CHECK_OK(positive(n - 10));
  return {};
}

Result<std::unique_ptr<int>> boxed(int n) {
  RCS_TRY(auto box, [&]() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(n); }());
  return box;
}

}  // namespace

TEST_CASE("A Result is a value or an error") {
  CHECK(*positive(3) == 3);
  const auto bad = positive(-1);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code() == Errc::malformed);
  CHECK(bad.error().detail() == "expected a number > 0, got -1");
  CHECK(Error().code() == Errc::internal);
  CHECK(Error(Errc::refused).detail().empty());
}

TEST_CASE("RCS_TRY hands on the value or returns the error") {
  CHECK(*doubled(4) == "8");
  CHECK(doubled(0).error().detail() == "expected a number > 0, got 0");
}

TEST_CASE("RCS_CHECK_OK goes on or returns the error") {
  CHECK(check(11));
  CHECK(check(0).error().detail() == "expected a number > 0, got 0");
  CHECK(check(10).error().detail() == "expected a number > 0, got 0");
}

TEST_CASE("A Result moves what can not be copied") { CHECK(**boxed(5) == 5); }

TEST_CASE("An id of 0 names nothing, ids compare by value") {
  using Tagged = Id<struct Tag>;
  CHECK_FALSE(Tagged());
  CHECK(Tagged{1});
  CHECK(Tagged{1} == Tagged{1});
  CHECK(Tagged{1} < Tagged{2});
  CHECK(std::hash<Tagged>()(Tagged{7}) == std::hash<std::uint64_t>()(7));
}
