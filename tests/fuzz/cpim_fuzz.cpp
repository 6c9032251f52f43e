// CPIM: what parses, formats and parses again to the same message; escapes come back; addresses never hold a
// control character.
#include <cstdlib>
#include <string_view>

#include "body/chat_body.hpp"
#include "core/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcs::body;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (cpim_unescape(cpim_escape(input)) != input) std::abort();
  if (const auto address = parse_cpim_address(input); address && rcs::core::has_control(address->uri))
    std::abort();
  const auto cpim = parse_cpim(input);
  if (!cpim) return 0;
  const auto again = parse_cpim(format_cpim(*cpim));
  if (!again || *again != *cpim) std::abort();
  if (read_chat_cpim(*again) != read_chat_cpim(*cpim)) std::abort();
  return 0;
}
