// Lists of recipients: what parses, formats and parses again to the same value.
#include <cstdlib>
#include <string_view>

#include "body/recipient_list.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcs::body;
  const auto read = parse_recipient_list({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  const auto again = parse_recipient_list(format_recipient_list(*read));
  if (!again || *again != *read) std::abort();
  const auto merged = merge_recipients(*read, [](const std::string& uri) { return uri; });
  if (merged.size() > read->size() || recipient_history(merged).size() > merged.size()) std::abort();
  return 0;
}
