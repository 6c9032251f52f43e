// Presence documents taken apart: what is put together of them is taken apart to the same elements.
#include <cstdlib>
#include <string_view>

#include "body/pidf_elements.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcs;
  const auto read = body::take_presence_elements({reinterpret_cast<const char*>(data), size}, "p1-");
  if (!read) return 0;
  const auto again = body::take_presence_elements(body::presence_document("sip:a@b", {&*read}), "");
  if (!again) {
    if (again.error().code() != core::Errc::too_large) std::abort();
  } else if (*again != *read) {
    std::abort();
  }
  return 0;
}
