// Presence: what parses, formats and parses again to the same value.
#include <cstdlib>
#include <string_view>

#include "body/pidf.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcs::body;
  const auto read = parse_pidf({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  auto expected = *read;
  for (auto& tuple : expected.tuples) {
    // Written as parts of a service, of which there is none.
    if (tuple.service_id.empty()) tuple.version = tuple.description = {};
  }
  const auto again = parse_pidf(format_pidf(expected));
  if (!again || *again != expected) std::abort();
  return 0;
}
