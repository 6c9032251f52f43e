// multipart bodies: what parses, formats and parses again to the same parts. The first line of the input is
// the boundary. The whole input is also read as a chat body, whose text has to survive being made and read
// again.
#include <cstdlib>
#include <string_view>

#include "body/chat_body.hpp"
#include "body/multipart.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcs::body;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.substr(0, input.find('\n'));
  const auto boundary = line.substr(0, line.find('\r'));
  const auto body = input.substr(line.size());
  rcs::core::Random random(size);
  if (const auto parts = parse_multipart(body, boundary)) {
    const auto fresh = make_boundary(*parts, random);
    const auto again = parse_multipart(format_multipart(*parts, fresh), fresh);
    if (!again || *again != *parts) std::abort();
  }
  if (const auto type = parse_media_type(line)) {
    const auto again = parse_media_type(type->to_string());
    if (!again || *again != *type) std::abort();
  }
  const auto chat =
      read_chat_body(MediaType{"multipart/mixed", {{"boundary", std::string(boundary)}}}.to_string(), body);
  if (chat && chat->text) {
    const auto made = make_chat_body(*chat, random);
    const auto again = read_chat_body(made.content_type, made.content);
    if (!again || !again->text || again->text->text != chat->text->text || again->sdp != chat->sdp)
      std::abort();
  }
  return 0;
}
