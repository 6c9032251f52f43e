// Resource list state: what parses, formats and parses again to the same value.
#include <cstdlib>
#include <string_view>

#include "body/rlmi.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcs::body;
  const auto read = parse_rlmi({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  const auto again = parse_rlmi(format_rlmi(*read));
  if (!again || *again != *read) std::abort();
  return 0;
}
