// The steps of capabilities: what an actor offers, whom it asks, and what it then has to know; and the names
// of services.

#include <algorithm>

#include "core/text.hpp"
#include "scenario/readers.hpp"
#include "scenario/step_words.hpp"

namespace rcs::scenario {
namespace {

constexpr std::string_view kCapabilityKeys[] = {"of", "fresh", "by", "within"};
constexpr std::string_view kWays[] = {"options", "presence"};
constexpr std::string_view kExpectKeys[] = {"of",       "user",  "registered", "services",  "status",
                                            "automata", "asked", "within",     "not-before"};
constexpr std::string_view kOfferKeys[] = {"services"};
constexpr std::string_view kAnswers[] = {"yes", "no", "unknown"};
constexpr std::string_view kFlags[] = {"true", "false"};

constexpr std::string_view kServices[] = {"Chat",
                                          "IM/CHAT",
                                          "GroupChat",
                                          "Group chat",
                                          "GroupChatStore",
                                          "Group chat store and forward",
                                          "Standalone",
                                          "StandaloneLarge",
                                          "Standalone large",
                                          "StandaloneDeferred",
                                          "Standalone deferred",
                                          "FileTransfer",
                                          "File transfer",
                                          "FileTransferHttp",
                                          "FT HTTP",
                                          "FileTransferThumbnail",
                                          "FT thumbnail",
                                          "FileTransferStore",
                                          "FT store and forward",
                                          "FileTransferSms",
                                          "FT by SMS",
                                          "ImageShare",
                                          "Image share",
                                          "VideoShare",
                                          "Video share",
                                          "VS",
                                          "GeolocationPush",
                                          "Geolocation",
                                          "GeolocationPull",
                                          "Geolocation pull",
                                          "GeolocationPullFile",
                                          "Geolocation pull by file",
                                          "GeolocationSms",
                                          "Geolocation by SMS",
                                          "SocialPresence",
                                          "Social presence",
                                          "PresenceDiscovery",
                                          "Discovery by presence",
                                          "IpVoiceCall",
                                          "IP voice call",
                                          "IpVideoCall",
                                          "IP video call",
                                          "CallComposer",
                                          "Call composer",
                                          "CallUnanswered",
                                          "Call unanswered",
                                          "SharedMap",
                                          "Shared map",
                                          "SharedSketch",
                                          "Shared sketch",
                                          "Chatbot",
                                          "ChatbotStandalone",
                                          "Chatbot standalone",
                                          "IsBot",
                                          "Is a chatbot",
                                          "Extensions"};

void read_of(StepWords& words, const Fields& fields, Step& step) {
  if (const auto* of = fields.require("of", kContactWish)) words.read_contact(*of, fields.path("of"), step);
}

/// One word of `known` as a field of the expectation.
void read_field(const Fields& fields, std::string_view key, std::span<const std::string_view> known,
                Step& step) {
  const auto* node = fields.find(key);
  std::string word;
  if (node != nullptr && read_word(fields.complaints(), *node, fields.path(key), known, word))
    step.fields.emplace_back(key, std::move(word));
}

void read_capability(StepWords& words, const YamlNode& node, Step& step) {
  if (node.is_scalar()) return words.read_contact(node, "capability", step);
  const Fields fields(words.complaints(), node, "capability", kCapabilityKeys);
  read_of(words, fields, step);
  if (const auto* fresh = fields.find("fresh"))
    read_flag(words.complaints(), *fresh, fields.path("fresh"), step.fresh);
  std::string way;
  const auto* by = fields.find("by");
  if (by != nullptr && read_word(words.complaints(), *by, fields.path("by"), kWays, way))
    step.by_presence = way == "presence";
  words.read_within(fields, step);
}

void read_expect_capability(StepWords& words, const YamlNode& node, Step& step) {
  const Fields fields(words.complaints(), node, "expect-capability", kExpectKeys);
  read_of(words, fields, step);
  read_field(fields, "user", kAnswers, step);
  read_field(fields, "registered", kAnswers, step);
  read_field(fields, "automata", kFlags, step);
  read_field(fields, "asked", kFlags, step);
  std::uint64_t status = 0;
  const auto* told = fields.find("status");
  if (told != nullptr && words.is_api(step)) {
    words.complaints().add(told->line, fields.path("status") + ": expected an actor of kind sip, got " +
                                           step.actor + " of kind api, which is not told of it");
  } else if (fields.integer("status", 200, 699, status)) {
    step.fields.emplace_back("status", std::to_string(status));
  }
  if (const auto* services = fields.find("services"))
    read_services(words.complaints(), *services, fields.path("services"), step.services);
  words.read_within(fields, step);
}

void read_offer(StepWords& words, const YamlNode& node, Step& step) {
  const Fields fields(words.complaints(), node, "offer", kOfferKeys);
  if (const auto* services = fields.require("services", "a list of services, such as [IM/CHAT]"))
    read_services(words.complaints(), *services, fields.path("services"), step.services);
}

}  // namespace

std::span<const std::string_view> service_words() { return kServices; }

bool read_services(Complaints& complaints, const YamlNode& node, std::string_view key,
                   std::optional<std::vector<std::string>>& out) {
  if (!node.is_list()) {
    complaints.expected(node, key, "a list of services, such as [IM/CHAT, Standalone]");
    return false;
  }
  std::vector<std::string> services;
  for (const auto& item : node.items) {
    if (!item.is_scalar()) {
      complaints.expected(item, key, "a service, such as IM/CHAT");
    } else if (std::find(std::begin(kServices), std::end(kServices), item.text) == std::end(kServices)) {
      complaints.unknown_word(item.line, key, item.text, kServices, "a service, such as IM/CHAT");
    } else if (std::find(services.begin(), services.end(), item.text) != services.end()) {
      complaints.add(item.line, std::string(key) + ": expected each service once, got " +
                                    core::quoted(item.text) + " twice");
    } else {
      services.push_back(item.text);
      continue;
    }
    return false;
  }
  out = std::move(services);
  return true;
}

void read_capability_step(StepWords& words, const YamlNode& node, Step& step) {
  switch (step.action) {
    case Action::capability:
      return read_capability(words, node, step);
    case Action::expect_capability:
      return read_expect_capability(words, node, step);
    default:
      return read_offer(words, node, step);
  }
}

}  // namespace rcs::scenario
