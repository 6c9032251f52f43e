#include "msrp/dial_target.hpp"

#include "core/text.hpp"

namespace rcs::msrp {
namespace {

constexpr std::uint16_t kUsualPort = 2855;    // of MSRP, where a URI names none
constexpr std::uint16_t kUsualWebPort = 443;  // RFC 7977 section 5.2.1

bool is_web(const Uri& uri) {
  return core::iequals(uri.transport, "ws") || core::iequals(uri.transport, "wss");
}

}  // namespace

core::Result<node::StreamTarget> dial_target(const Uri& uri) {
  using node::StreamKind;
  node::StreamTarget target;
  if (is_web(uri)) {
    target.kind = uri.secure ? StreamKind::wss : StreamKind::ws;
    target.port = uri.port.value_or(kUsualWebPort);
  } else if (core::iequals(uri.transport, "tcp")) {
    target.kind = uri.secure ? StreamKind::tls : StreamKind::tcp;
    target.port = uri.port.value_or(kUsualPort);
  } else {
    return core::Error(
        core::Errc::unsupported,
        "MSRP URI: expected tcp or ws as transport to connect to, got " + core::quoted(uri.to_string(), 200));
  }
  target.host = uri.host;
  if (target.host.front() == '[') target.host = target.host.substr(1, target.host.size() - 2);
  return target;
}

std::string place_of(const node::StreamTarget& target) {
  std::string out = std::to_string(static_cast<int>(target.kind)) + (target.check_authority ? "+" : "-");
  return out.append(core::to_lower(target.host)).append(" ").append(std::to_string(target.port)) +
         target.resource;
}

bool same_transport(const Uri& a, const Uri& b) {
  return core::iequals(a.transport, b.transport) || (is_web(a) && is_web(b));
}

}  // namespace rcs::msrp
