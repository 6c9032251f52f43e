// The network of a scenario: delays, loss, how chats are answered, and the users' profile (initial filter
// criteria).

#include <algorithm>

#include "core/text.hpp"
#include "scenario/fields.hpp"
#include "scenario/readers.hpp"

namespace rcs::scenario {
namespace {

constexpr std::size_t kMaxProfileRows = 254;  // the network counts them in an octet
constexpr std::size_t kMaxDomain = 253;       // RFC 1035
constexpr core::Duration kMaxDelay = std::chrono::minutes(10);

constexpr std::string_view kNetworkKeys[] = {"domain",       "link-delay", "loss",  "media",
                                             "answer-mode",  "transport",  "users", "options",
                                             "interworking", "profile"};
constexpr std::string_view kDelayKeys[] = {"min", "max"};
constexpr std::string_view kMedia[] = {"none", "msrp"};
constexpr std::string_view kAnswerModes[] = {"store-and-forward", "proxied"};
constexpr std::string_view kTransports[] = {"udp", "tcp"};
constexpr std::string_view kUsers[] = {"anybody", "actors"};
constexpr std::string_view kOptions[] = {"device", "network"};
constexpr std::string_view kRowKeys[] = {"priority",  "cases",  "methods",
                                         "chat-only", "server", "default-handling"};
constexpr std::string_view kCases[] = {"originating", "terminating-registered", "terminating-unregistered",
                                       "originating-unregistered"};
constexpr std::string_view kMethods[] = {"INVITE",  "ACK",     "CANCEL",   "BYE",       "UPDATE",
                                         "MESSAGE", "OPTIONS", "REGISTER", "SUBSCRIBE", "NOTIFY",
                                         "PUBLISH", "REFER",   "INFO",     "PRACK"};
constexpr std::string_view kServers[] = {"o-imas", "t-imas", "options-as", "ps"};
constexpr std::string_view kHandlings[] = {"continue", "terminate"};

void read_delay(const Fields& fields, Network& network) {
  const auto* node = fields.find("link-delay");
  if (node == nullptr) return;
  const auto read = [&](const YamlNode& value, const std::string& key, Duration& out) {
    Duration delay{};
    if (!read_duration(fields.complaints(), value, key, delay, true)) return;
    if (delay > kMaxDelay) {
      fields.complaints().expected(value, key, "at most 10m");
    } else {
      out = delay;
    }
  };
  if (!node->is_map()) {
    read(*node, "network.link-delay", network.delay_min);
    network.delay_max = network.delay_min;
    return;
  }
  const Fields bounds(fields.complaints(), *node, "network.link-delay", kDelayKeys);
  const auto* min = bounds.require("min", "the shortest delay");
  const auto* max = bounds.require("max", "the longest delay");
  if (min == nullptr || max == nullptr) return;
  read(*min, bounds.path("min"), network.delay_min);
  network.delay_max = std::max(network.delay_max, network.delay_min);
  read(*max, bounds.path("max"), network.delay_max);
  if (network.delay_max < network.delay_min)
    fields.complaints().expected(*max, bounds.path("max"), "at least link-delay.min");
}

ProfileRow read_row(Complaints& complaints, const YamlNode& node) {
  ProfileRow row;
  row.line = node.line;
  const Fields fields(complaints, node, "profile", kRowKeys);
  if (!node.is_map()) return row;
  std::uint64_t priority = 0;
  if (fields.require("priority", "a whole number, the lowest is asked first") != nullptr &&
      fields.integer("priority", 0, 1'000'000, priority)) {
    row.priority = static_cast<int>(priority);
  }
  if (const auto* cases = fields.find("cases"))
    read_words(complaints, *cases, fields.path("cases"), kCases, row.cases);
  if (const auto* methods = fields.find("methods"))
    read_words(complaints, *methods, fields.path("methods"), kMethods, row.methods);
  if (const auto* chat = fields.find("chat-only"))
    read_flag(complaints, *chat, fields.path("chat-only"), row.chat_only);
  if (const auto* server = fields.require("server", listed(kServers))) {
    read_word(complaints, *server, fields.path("server"), kServers, row.server);
  }
  if (const auto* handling = fields.find("default-handling")) {
    std::string word;
    if (read_word(complaints, *handling, fields.path("default-handling"), kHandlings, word)) {
      row.terminate_on_failure = word == "terminate";
    }
  }
  return row;
}

/// Sets `second` where the value of `key` is the second of two words.
void read_choice(const Fields& fields, std::string_view key, std::span<const std::string_view> words,
                 bool& second) {
  const auto* node = fields.find(key);
  std::string word;
  if (node != nullptr && read_word(fields.complaints(), *node, fields.path(key), words, word))
    second = word == words[1];
}

}  // namespace

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > kMaxDomain) return false;
  for (const auto label : core::split(text, '.')) {
    const bool ok =
        !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
        std::all_of(label.begin(), label.end(), [](char c) { return core::is_alnum(c) || c == '-'; });
    if (!ok) return false;
  }
  return true;
}

bool read_transport(Complaints& complaints, const YamlNode& node, std::string_view key, bool& tcp) {
  std::string word;
  if (!read_word(complaints, node, key, kTransports, word)) return false;
  tcp = word == "tcp";
  return true;
}

std::vector<ProfileRow> read_profile(Complaints& complaints, const YamlNode& node) {
  std::vector<ProfileRow> rows;
  if (!node.is_list() || node.items.empty()) {
    complaints.expected(node, "profile", "a list of rows");
    return rows;
  }
  if (node.items.size() > kMaxProfileRows) {
    complaints.add(node.line, "profile: expected at most " + std::to_string(kMaxProfileRows) + " rows, got " +
                                  std::to_string(node.items.size()));
    return rows;
  }
  for (const auto& item : node.items) rows.push_back(read_row(complaints, item));
  return rows;
}

Network read_network(Complaints& complaints, const YamlNode& node) {
  Network network;
  const Fields fields(complaints, node, "network", kNetworkKeys);
  if (const auto* domain = fields.find("domain")) {
    if (domain->is_scalar() && is_domain(domain->text)) {
      network.domain = domain->text;
    } else {
      complaints.expected(*domain, "network.domain", "a domain name such as domain.com");
    }
  }
  read_delay(fields, network);
  if (const auto* loss = fields.find("loss"))
    read_number(complaints, *loss, "network.loss", 0, 1, network.loss);
  read_choice(fields, "media", kMedia, network.msrp);
  read_choice(fields, "answer-mode", kAnswerModes, network.proxied);
  read_choice(fields, "transport", kTransports, network.tcp);
  read_choice(fields, "users", kUsers, network.only_actors);
  read_choice(fields, "options", kOptions, network.network_answers);
  if (const auto* interworking = fields.find("interworking"))
    read_flag(complaints, *interworking, "network.interworking", network.interworking);
  if (const auto* profile = fields.find("profile")) {
    if (!profile->is_scalar()) {
      network.profile = read_profile(complaints, *profile);
    } else if (profile->text.empty()) {
      complaints.expected(*profile, "network.profile", "a list of rows, or the name of a file with one");
    } else {
      network.profile_file = profile->text;
      network.profile_line = profile->line;
    }
  }
  return network;
}

}  // namespace rcs::scenario
