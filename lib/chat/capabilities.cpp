#include "chat/capabilities.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "chat/identity.hpp"
#include "core/text.hpp"
#include "sip/feature_tags.hpp"

namespace rcs::chat {
namespace {

constexpr std::string_view kIari = "urn:urn-7:3gpp-application.ims.iari.";
constexpr std::string_view kIcsi = "urn:urn-7:3gpp-service.ims.icsi.";
constexpr std::string_view kOmaIm = "+g.oma.sip-im";
constexpr std::string_view kAutomata = "automata";
constexpr std::string_view kFocus = "isfocus";

constexpr std::array<ServiceName, kServices> kNames = {{
    {Service::chat, "Chat", "IM/CHAT"},
    {Service::group_chat, "GroupChat", "Group chat"},
    {Service::group_chat_store, "GroupChatStore", "Group chat store and forward"},
    {Service::standalone, "Standalone", "Standalone"},
    {Service::standalone_large, "StandaloneLarge", "Standalone large"},
    {Service::standalone_deferred, "StandaloneDeferred", "Standalone deferred"},
    {Service::file_transfer, "FileTransfer", "File transfer"},
    {Service::file_transfer_http, "FileTransferHttp", "FT HTTP"},
    {Service::file_transfer_thumbnail, "FileTransferThumbnail", "FT thumbnail"},
    {Service::file_transfer_store, "FileTransferStore", "FT store and forward"},
    {Service::file_transfer_sms, "FileTransferSms", "FT by SMS"},
    {Service::image_share, "ImageShare", "Image share"},
    {Service::video_share, "VideoShare", "Video share"},
    {Service::geolocation_push, "GeolocationPush", "Geolocation"},
    {Service::geolocation_pull, "GeolocationPull", "Geolocation pull"},
    {Service::geolocation_pull_file, "GeolocationPullFile", "Geolocation pull by file"},
    {Service::geolocation_sms, "GeolocationSms", "Geolocation by SMS"},
    {Service::social_presence, "SocialPresence", "Social presence"},
    {Service::presence_discovery, "PresenceDiscovery", "Discovery by presence"},
    {Service::ip_voice_call, "IpVoiceCall", "IP voice call"},
    {Service::ip_video_call, "IpVideoCall", "IP video call"},
    {Service::call_composer, "CallComposer", "Call composer"},
    {Service::call_unanswered, "CallUnanswered", "Call unanswered"},
    {Service::shared_map, "SharedMap", "Shared map"},
    {Service::shared_sketch, "SharedSketch", "Shared sketch"},
    {Service::chatbot, "Chatbot", "Chatbot"},
    {Service::chatbot_standalone, "ChatbotStandalone", "Chatbot standalone"},
    {Service::is_bot, "IsBot", "Is a chatbot"},
    {Service::extensions, "Extensions", "Extensions"},
}};

/// Short forms of the published descriptions.
constexpr std::array<std::pair<std::string_view, Service>, 3> kShortNames = {{
    {"IS", Service::image_share},
    {"VS", Service::video_share},
    {"FT", Service::file_transfer},
}};

enum class Form : std::uint8_t { named, iari, icsi, app_ref };
enum class Way : std::uint8_t { both, read, write };

/// One way in which a service is told. A service has it if one of its tags is read, and all that are written
/// are sent. `value` is what follows kIari or kIcsi, or the name of a tag that has one of its own.
struct Tag {
  Service service;
  Form form;
  std::string_view value;
  Way way = Way::both;
};

constexpr std::array kTags = {
    Tag{Service::chat, Form::named, kOmaIm},
    Tag{Service::chat, Form::iari, "rcse.im"},
    Tag{Service::chat, Form::icsi, "oma.cpm.session", Way::read},
    Tag{Service::group_chat, Form::icsi, "oma.cpm.session.group"},
    Tag{Service::group_chat_store, Form::iari, "rcs.fullsfgroupchat"},
    Tag{Service::standalone, Form::icsi, "oma.cpm.msg"},
    Tag{Service::standalone_large, Form::icsi, "oma.cpm.largemsg"},
    Tag{Service::standalone_deferred, Form::icsi, "oma.cpm.deferred"},
    Tag{Service::file_transfer, Form::iari, "rcse.ft"},
    Tag{Service::file_transfer_http, Form::iari, "rcs.fthttp"},
    Tag{Service::file_transfer_thumbnail, Form::iari, "rcs.ftthumb"},
    Tag{Service::file_transfer_store, Form::iari, "rcs.ftstandfw"},
    Tag{Service::file_transfer_sms, Form::iari, "rcs.ftsms"},
    Tag{Service::image_share, Form::iari, "gsma-is"},
    Tag{Service::image_share, Form::app_ref, "gsma-is", Way::read},
    Tag{Service::video_share, Form::iari, "gsma-vs"},
    Tag{Service::video_share, Form::named, "+g.3gpp.cs-voice", Way::read},
    Tag{Service::geolocation_push, Form::iari, "rcs.geopush"},
    Tag{Service::geolocation_pull, Form::iari, "rcs.geopull"},
    Tag{Service::geolocation_pull_file, Form::iari, "rcs.geopullft"},
    Tag{Service::geolocation_sms, Form::iari, "rcs.geosms"},
    Tag{Service::social_presence, Form::iari, "rcse.sp"},
    Tag{Service::presence_discovery, Form::iari, "rcse.dp"},
    Tag{Service::ip_voice_call, Form::icsi, "mmtel"},
    Tag{Service::ip_voice_call, Form::named, "+g.gsma.rcs.ipcall", Way::read},
    Tag{Service::ip_video_call, Form::icsi, "mmtel", Way::write},  // read only together: says_video_call
    Tag{Service::ip_video_call, Form::named, "video", Way::write},
    Tag{Service::call_composer, Form::icsi, "gsma.callcomposer"},
    Tag{Service::call_unanswered, Form::icsi, "gsma.callunanswered"},
    Tag{Service::shared_map, Form::icsi, "gsma.sharedmap"},
    Tag{Service::shared_sketch, Form::icsi, "gsma.sharedsketch"},
    Tag{Service::chatbot, Form::iari, "rcs.chatbot"},
    Tag{Service::chatbot_standalone, Form::iari, "rcs.chatbot.sa"},
    Tag{Service::is_bot, Form::named, "+g.gsma.rcs.isbot"},
    Tag{Service::extensions, Form::icsi, "gsma.rcs.extension"},
};

/// Goes with the chatbot services; says nothing alone.
constexpr std::string_view kBotVersion = "+g.gsma.rcs.botversion";

std::string_view name_of(const Tag& tag) {
  switch (tag.form) {
    case Form::iari:
      return sip::kIariRef;
    case Form::icsi:
      return sip::kIcsiRef;
    case Form::app_ref:
      return sip::kAppRef;
    case Form::named:
      break;
  }
  return tag.value;
}

/// What all values of that list start with.
std::string_view prefix_of(const Tag& tag) {
  if (tag.form == Form::named) return {};
  return tag.form == Form::icsi ? kIcsi : kIari;
}

bool stands_for(const Tag& tag, const sip::FeatureTag& got) {
  if (tag.way == Way::write || got.name != name_of(tag)) return false;
  if (tag.form == Form::named) return true;
  const auto prefix = prefix_of(tag);
  const std::string_view value = got.value;
  return value.size() == prefix.size() + tag.value.size() && value.starts_with(prefix) &&
         value.ends_with(tag.value);
}

std::string value_of(const Tag& tag) { return std::string(prefix_of(tag)) + std::string(tag.value); }

bool says_video_call(const sip::FeatureTag& got, bool is_call) { return is_call && got.name == "video"; }

}  // namespace

std::span<const ServiceName> service_names() { return kNames; }

std::optional<Service> parse_service(std::string_view text) {
  text = core::trim(text);
  for (const auto& row : kNames) {
    if (core::iequals(text, row.id) || core::iequals(text, row.name)) return row.service;
  }
  for (const auto& [name, service] : kShortNames) {
    if (core::iequals(text, name)) return service;
  }
  return std::nullopt;
}

void keep_other(Capabilities& capabilities, std::string_view text) {
  auto& others = capabilities.other_tags;
  auto line = one_line(text, kMaxOtherTagOctets + 1);
  const auto octets = std::accumulate(others.begin(), others.end(), line.size(),
                                      [](std::size_t sum, const auto& other) { return sum + other.size(); });
  if (others.size() < kMaxOtherTags && octets <= kMaxOtherTagOctets) others.push_back(std::move(line));
}

std::vector<std::string> raw_tags(const sip::Params& tags) {
  std::vector<std::string> raw;
  std::size_t octets = 0;
  for (const auto& tag : sip::read_feature_tags(tags)) {
    auto line = one_line(tag.text, kMaxRawTagOctets + 1);
    octets += line.size();
    if (octets > kMaxRawTagOctets) break;
    raw.push_back(std::move(line));
  }
  return raw;
}

Capabilities read_capabilities(const sip::Params& params) {
  Capabilities capabilities;
  auto& services = capabilities.services;
  bool has_list = false;
  bool has_oma_im = false;
  const bool is_call = sip::has_feature(params, sip::kIcsiRef, std::string(kIcsi) + "mmtel");
  for (const auto& got : sip::read_feature_tags(params)) {
    has_list = has_list || got.name == sip::kIariRef || got.name == sip::kIcsiRef || got.name == sip::kAppRef;
    has_oma_im = has_oma_im || got.name == kOmaIm;
    const bool video = says_video_call(got, is_call);
    if (video) services.set(Service::ip_video_call);
    capabilities.automata = capabilities.automata || got.name == kAutomata;
    capabilities.focus = capabilities.focus || got.name == kFocus;
    bool known = video || got.name == kAutomata || got.name == kFocus;
    for (const auto& tag : kTags) {
      if (!stands_for(tag, got)) continue;
      known = true;
      services.set(tag.service);
    }
    if (!known) keep_other(capabilities, got.text);
  }
  // Early joyn clients say no more than this, and mean both (CAP-33).
  if (has_oma_im && !has_list) services.set(Service::file_transfer);
  return capabilities;
}

void add_tags(sip::Params& params, const ServiceSet& services) {
  std::vector<std::string> iari;
  std::vector<std::string> icsi;
  for (const auto& tag : kTags) {
    if (tag.way == Way::read || !services.has(tag.service)) continue;
    if (tag.form == Form::named) {
      params.push_back({std::string(tag.value), std::nullopt});
      continue;
    }
    auto& list = tag.form == Form::icsi ? icsi : iari;
    auto value = value_of(tag);
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
  }
  if (!iari.empty()) params.push_back(sip::make_list_tag(sip::kIariRef, iari));
  if (!icsi.empty()) params.push_back(sip::make_list_tag(sip::kIcsiRef, icsi));
  if (services.has(Service::chatbot) || services.has(Service::chatbot_standalone)) {
    params.push_back({std::string(kBotVersion), "\"#=1\""});
  }
}

}  // namespace rcs::chat
