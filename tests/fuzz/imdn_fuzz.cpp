// Notifications and typing states: what parses, formats and parses again to the same value.
#include <cstdlib>
#include <string_view>

#include "body/imdn.hpp"
#include "body/iscomposing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcs::body;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto imdn = parse_imdn(input)) {
    auto expected = *imdn;
    // Both addresses or none (the schema of RFC 5438).
    if (expected.recipient_uri.empty()) expected.original_recipient_uri.clear();
    if (!expected.recipient_uri.empty() && expected.original_recipient_uri.empty())
      expected.original_recipient_uri = expected.recipient_uri;
    const auto again = parse_imdn(format_imdn(expected));
    if (!again || *again != expected) std::abort();
  }
  if (const auto composing = parse_composing(input)) {
    const auto again = parse_composing(format_composing(*composing));
    if (!again || *again != *composing) std::abort();
  }
  return 0;
}
