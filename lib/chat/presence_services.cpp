#include "chat/presence_services.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/text.hpp"

namespace rcs::chat {
namespace {

enum class Way : std::uint8_t { both, read };

struct Row {
  Service service;
  std::string_view service_id;
  std::string_view version;  ///< that is written; empty: none
  Way way = Way::both;
};

constexpr std::string_view kMmtel = "org.3gpp.urn:urn-7:3gpp-service.ims.icsi.mmtel";
constexpr std::string_view kMmtelVersion = "1.0";

/// A service has a tuple if one of its ids is read; the first is the one that is written.
constexpr std::array kRows = {
    Row{Service::chat, "org.openmobilealliance:IM-session", "1.0"},
    Row{Service::chat, "org.openmobilealliance:ChatSession", "2.0", Way::read},
    Row{Service::standalone, "org.openmobilealliance:StandaloneMsg", ""},
    Row{Service::file_transfer, "org.openmobilealliance:File-Transfer", "1.0"},
    Row{Service::file_transfer_http, "org.openmobilealliance:File-Transfer-HTTP", "1.0"},
    Row{Service::file_transfer_sms, "org.3gpp.urn:urn-7:3gpp-application.ims.iari.rcs.ftsms", ""},
    Row{Service::image_share, "org.gsma.imageshare", "1.0"},
    Row{Service::video_share, "org.gsma.videoshare", "1.0"},
    Row{Service::geolocation_push, "org.3gpp.urn:urn-7:3gpp-application.ims.iari.rcs.geopush", "1.0"},
    Row{Service::social_presence, "org.3gpp.urn:urn-7:3gpp-application.ims.iari.rcse.sp", "1.0"},
    Row{Service::presence_discovery, "org.3gpp.urn:urn-7:3gpp-application.ims.iari.rcse.dp", "1.0"},
};

bool is_call(const body::PresenceTuple& tuple) { return core::iequals(tuple.service_id, kMmtel); }

const Row* row_of(const body::PresenceTuple& tuple) {
  const auto found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) {
    return core::iequals(row.service_id, tuple.service_id);
  });
  return found == kRows.end() ? nullptr : &*found;
}

void read_call(const body::ServiceMedia& media, ServiceSet& services) {
  if (media.audio.value_or(true)) services.set(Service::ip_voice_call);
  if (media.video.value_or(false)) services.set(Service::ip_video_call);
}

void read_tuple(const body::PresenceTuple& tuple, PublishedServices& out) {
  const auto* row = row_of(tuple);
  if (row != nullptr) out.names_rcs = true;
  if (!tuple.open) return;
  if (row != nullptr) {
    out.capabilities.services.set(row->service);
  } else if (is_call(tuple)) {
    read_call(tuple.media, out.capabilities.services);
  } else {
    keep_other(out.capabilities, tuple.service_id + (tuple.version.empty() ? "" : " ") + tuple.version);
  }
}

}  // namespace

PublishedServices read_services(const body::Presence& document) {
  PublishedServices out;
  for (const auto& tuple : document.tuples) {
    if (tuple.service_id.empty()) continue;  // of a person or a device
    if (tuple.timestamp) out.told_at = std::max(out.told_at.value_or(*tuple.timestamp), *tuple.timestamp);
    read_tuple(tuple, out);
  }
  return out;
}

std::vector<body::PresenceTuple> service_tuples(const ServiceSet& services, const std::string& contact,
                                                core::UnixMs now) {
  std::vector<body::PresenceTuple> tuples;
  const auto add = [&](std::string_view service_id, std::string_view version, body::ServiceMedia media) {
    body::PresenceTuple tuple;
    tuple.id = "s" + std::to_string(tuples.size() + 1);
    tuple.open = true;
    tuple.service_id = service_id;
    tuple.version = version;
    tuple.media = media;
    tuple.contact = contact;
    tuple.timestamp = now;
    tuples.push_back(std::move(tuple));
  };
  for (const auto& row : kRows) {
    if (row.way == Way::both && services.has(row.service)) add(row.service_id, row.version, {});
  }
  const bool video = services.has(Service::ip_video_call);
  if (video || services.has(Service::ip_voice_call)) add(kMmtel, kMmtelVersion, {true, video});
  return tuples;
}

}  // namespace rcs::chat
