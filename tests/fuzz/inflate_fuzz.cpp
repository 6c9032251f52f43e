// Packed bodies. What unpacks does so again when exactly as many octets are allowed, is too large where one
// less is, and does not change by octets behind its end; whatever else comes is refused.
#include <cstdint>
#include <string>
#include <string_view>

#include "body/inflate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using rcs::body::inflate;
  using rcs::core::Errc;
  const std::string_view packed(reinterpret_cast<const char*>(data), size);
  const auto out = inflate(packed);
  if (!out) {
    RCS_ASSERT(out.error().code() == Errc::malformed || out.error().code() == Errc::too_large);
    return 0;
  }
  RCS_ASSERT(out->size() <= rcs::body::kMaxInflatedOctets);
  const auto exactly = inflate(packed, out->size());
  RCS_ASSERT(exactly && *exactly == *out);
  const auto with_more = inflate(std::string(packed) + "x");
  RCS_ASSERT(with_more && *with_more == *out);
  if (out->empty()) return 0;
  const auto too_small = inflate(packed, out->size() - 1);
  RCS_ASSERT(!too_small && too_small.error().code() == Errc::too_large);
  return 0;
}
