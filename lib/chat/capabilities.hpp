#pragma once
// What a contact can do: the services of RCS by their names, and the feature tags (RFC 3840) that stand for
// them in Contact and Accept-Contact. One table serves both directions (CAP-30 to 35); a tag that stands for
// no service is kept to be shown.

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "sip/uri.hpp"

namespace rcs::chat {

/// In the order in which they are listed.
enum class Service : std::uint8_t {
  chat,
  group_chat,
  group_chat_store,
  standalone,
  standalone_large,
  standalone_deferred,
  file_transfer,
  file_transfer_http,
  file_transfer_thumbnail,
  file_transfer_store,
  file_transfer_sms,
  image_share,
  video_share,
  geolocation_push,
  geolocation_pull,
  geolocation_pull_file,
  geolocation_sms,
  social_presence,
  presence_discovery,
  ip_voice_call,
  ip_video_call,
  call_composer,
  call_unanswered,
  shared_map,
  shared_sketch,
  chatbot,
  chatbot_standalone,
  is_bot,
  extensions,
};
inline constexpr std::size_t kServices = static_cast<std::size_t>(Service::extensions) + 1;

struct ServiceName {
  Service service;
  std::string_view id;    ///< in the API: "Chat", "FileTransfer"
  std::string_view name;  ///< for a person: "IM/CHAT", "File transfer"
};
/// All of them, in order.
std::span<const ServiceName> service_names();
/// By id or by name, without case; and by the short forms IS, VS and FT.
std::optional<Service> parse_service(std::string_view text);

class ServiceSet {
 public:
  ServiceSet() = default;
  ServiceSet(std::initializer_list<Service> services) {
    for (const auto service : services) set(service);
  }
  bool has(Service service) const { return bits_[static_cast<std::size_t>(service)]; }
  void set(Service service, bool on = true) { bits_[static_cast<std::size_t>(service)] = on; }
  bool empty() const { return bits_.none(); }
  friend bool operator==(const ServiceSet&, const ServiceSet&) = default;

 private:
  std::bitset<kServices> bits_;
};

struct Capabilities {
  ServiceSet services;
  std::vector<std::string> other_tags;  ///< that stand for no service: "+g.x=\"y\"", as they came (CAP-34)
  bool automata = false;                ///< a machine or the network has answered
  bool focus = false;                   ///< a conference focus (CAP-8)
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

/// Other tags than these many, and octets of all of them, are left out: a peer decides what it sends.
inline constexpr std::size_t kMaxOtherTags = 64;
inline constexpr std::size_t kMaxOtherTagOctets = 1024;
inline constexpr std::size_t kMaxRawTagOctets = 4096;  ///< four times what a client of all services says
/// All feature tags among these, each by itself as it came; what goes beyond kMaxRawTagOctets is left out.
std::vector<std::string> raw_tags(const sip::Params& tags);
/// Adds one to `other_tags`, as far as there is room.
void keep_other(Capabilities& capabilities, std::string_view text);

/// From the parameters of a Contact, or of an Accept-Contact value (CAP-31, CAP-32, CAP-33).
Capabilities read_capabilities(const sip::Params& tags);
/// What is added to our Contact: one +g.3gpp.iari-ref and one +g.3gpp.icsi-ref (CAP-30), and the tags with
/// names of their own.
void add_tags(sip::Params& params, const ServiceSet& services);

/// What is known of a contact (CAP section 2).
struct CapabilityRecord {
  enum class Answer : std::uint8_t { unknown, no, yes };
  Answer rcs_user = Answer::unknown;
  Answer registered = Answer::unknown;
  Capabilities capabilities;
  core::Instant capabilities_at{};  ///< when they were told; meaningless while there are none
  core::Instant asked_at{};         ///< when the contact or the network was last heard of this
  /// Nothing has ever been heard of it.
  bool empty() const { return rcs_user == Answer::unknown && registered == Answer::unknown; }
  friend bool operator==(const CapabilityRecord&, const CapabilityRecord&) = default;
};

}  // namespace rcs::chat
