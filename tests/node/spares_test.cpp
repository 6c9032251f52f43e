#include "node/spares.hpp"

#include "support/catch.hpp"

using rcs::node::Spares;

namespace {

std::string of_capacity(std::size_t octets) {
  std::string out;
  out.reserve(octets);
  return out;
}

std::size_t count(Spares& spares) {
  std::size_t kept = 0;
  while (spares.take().capacity() >= Spares::kLeastOctets) ++kept;
  return kept;
}

}  // namespace

TEST_CASE("memory that was written from is had again, empty") {
  Spares spares;
  CHECK(spares.take().capacity() == std::string().capacity());
  std::string written(50'000, 'x');
  const auto* memory = written.data();
  spares.give(std::move(written));
  const auto again = spares.take();
  CHECK((again.data() == memory));
  CHECK(again.empty());
  CHECK(count(spares) == 0);
}

TEST_CASE("spares are few, and neither very small nor very large") {
  Spares spares;
  spares.give("short");
  spares.give(of_capacity(Spares::kMostOctets + 1));
  CHECK(count(spares) == 0);
  spares.give(of_capacity(Spares::kMostOctets));
  CHECK(count(spares) == 1);
  for (std::size_t i = 0; i < 2 * Spares::kKept; ++i) spares.give(of_capacity(Spares::kLeastOctets));
  CHECK(count(spares) == Spares::kKept);
}
