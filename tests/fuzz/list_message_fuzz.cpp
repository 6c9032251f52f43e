// Messages to a list: what is read can be written, and is read again as the same.
#include <cstdlib>
#include <string_view>

#include "body/list_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcs::body;
  constexpr std::string_view kType = "multipart/mixed;boundary=b";
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  (void)take_message_part(kType, octets);
  const auto read = read_list_message(kType, octets);
  if (!read || read->message.content.empty()) return 0;
  rcs::core::Random random(size);
  const auto written = make_list_message(read->message, read->to, random);
  const auto again = read_list_message(written.content_type, written.content);
  if (!again || again->to != read->to || again->message.content != read->message.content) std::abort();
  const auto shown = add_list_history(read->message, recipient_history(read->to), random);
  const auto message = take_message_part(shown.content_type, shown.content);
  if (!message || !*message || (*message)->content != read->message.content) std::abort();
  return 0;
}
