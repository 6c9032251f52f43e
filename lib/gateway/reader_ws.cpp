// The WebSocket way: one event a text message; the client may acknowledge.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/reader.hpp"

namespace rcs::gateway {
namespace {

constexpr double kTextsPerSecond = 100;       // CMT-76
constexpr std::size_t kMaxText = 256 * 1024;  // octets

}  // namespace

std::optional<std::string> choose_subprotocol(const core::WebHeaders& request) {
  bool any = false;
  for (const auto& [name, value] : request) {
    if (!core::iequals(name, "Sec-WebSocket-Protocol")) continue;
    for (const auto offer : core::split(value, ',')) {
      any = true;
      if (core::trim(offer) == kEventSubprotocol) return std::string(kEventSubprotocol);
    }
  }
  return any ? std::nullopt : std::optional<std::string>("");
}

SocketText read_socket_text(core::Instant now, Reader& reader, std::string_view text) {
  SocketText out;
  if (text.size() > kMaxText) {
    out.fault = SocketFault{1009, "message too large"};
    return out;
  }
  const double regained = core::to_seconds(now - reader.texts_at) * kTextsPerSecond;
  reader.texts_left = std::min(kSocketTextBurst, reader.texts_left + regained) - 1;
  reader.texts_at = now;
  if (reader.texts_left < 0) {
    out.fault = SocketFault{1008, "too many messages"};
    return out;
  }
  const auto object = parse_object(text);
  if (!object) {
    out.fault = SocketFault{1007, "expected a JSON object"};
    return out;
  }
  const auto* ack = member(*object, "ack");
  if (ack == nullptr) return out;
  if (ack->is_string()) {
    out.ack = ack->get<std::string>();
  } else {
    out.fault = SocketFault{1007, "ack: expected a string"};
  }
  return out;
}

}  // namespace rcs::gateway
