#include "chat/capability_sdp.hpp"

#include <algorithm>

#include "body/sdp.hpp"
#include "chat/content.hpp"

namespace rcs::chat {
namespace {

constexpr std::string_view kSdpType = "application/sdp";
constexpr const char* kSelector = "file-selector";

}  // namespace

bool wants_capability_sdp(const sip::Message& request, const ServiceSet& services) {
  return services.has(Service::file_transfer) && request.lists("Accept", kSdpType);
}

std::string capability_sdp(const std::string& address, std::uint64_t id) {
  body::SdpMedia media;
  media.media = "message";
  media.port = 0;
  media.protocol = "TCP/MSRP";
  media.formats = {"*"};
  media.attributes = {{"accept-types", "*"}, {kSelector, ""}};
  body::Sdp sdp;
  sdp.session_id = sdp.session_version = id;
  sdp.origin_address = sdp.connection = address;
  sdp.media.push_back(std::move(media));
  return body::format_sdp(sdp);
}

void read_capability_sdp(const sip::Message& response, ServiceSet& services) {
  const auto* type = response.header("Content-Type");
  if (type == nullptr || plain_type(*type) != kSdpType) return;
  const auto sdp = body::parse_sdp(response.body);
  if (!sdp) return;  // the feature tags stand for themselves
  const bool transfers = std::any_of(sdp->media.begin(), sdp->media.end(), [](const auto& media) {
    return media.media == "message" && media.attribute(kSelector) != nullptr;
  });
  if (transfers) services.set(Service::file_transfer);
}

}  // namespace rcs::chat
