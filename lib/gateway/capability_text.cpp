#include "gateway/capability_text.hpp"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "chat/agent.hpp"
#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/message_in.hpp"

namespace rcs::gateway {
namespace {

using nlohmann::json;

/// More entries than this are no list of services.
constexpr std::size_t kMaxEntries = 4 * chat::kServices;

std::string known_ids() {
  std::string out;
  for (const auto& service : chat::service_names())
    out += (out.empty() ? "" : ", ") + std::string(service.id);
  return out;
}

std::optional<chat::Service> read_service(const json* given, const std::string& where,
                                          std::vector<std::string>& faults) {
  if (given == nullptr || !given->is_string()) {
    faults.push_back(where + ": expected the id of a service");
    return std::nullopt;
  }
  const auto& text = given->get_ref<const std::string&>();
  const auto service = chat::parse_service(text);
  if (service) return service;
  const auto wish = faults.empty() ? "; expected one of " + known_ids() : std::string();  // said once
  faults.push_back(where + ": no such service: " + core::quoted(text, 40) + wish);
  return std::nullopt;
}

/// Calls `each` with every entry of data.`name` and its place.
void read_list(const json& list, const std::string& name, std::vector<std::string>& faults,
               const std::function<void(const json&, const std::string&)>& each) {
  if (!list.is_array() || list.size() > kMaxEntries) {
    faults.push_back("data." + name + ": expected an array of at most " + std::to_string(kMaxEntries) +
                     " entries");
    return;
  }
  for (std::size_t i = 0; i < list.size(); ++i) each(list[i], "data." + name + "[" + std::to_string(i) + "]");
}

}  // namespace

chat::ServiceSet default_services() { return chat::AgentConfig{}.services; }

std::string services_json(const chat::ServiceSet& services) {
  std::string out = "[";
  for (const auto& service : chat::service_names()) {
    if (services.has(service.service)) out += (out.size() > 1 ? "," : "") + json_string(service.id);
  }
  return out + "]";
}

std::string statuses_json(const chat::ServiceSet& services) {
  std::string out = "[";
  for (const auto& service : chat::service_names()) {
    if (out.size() > 1) out += ',';
    append_object(out, {{"capabilityId", json_string(service.id)},
                        {"status", services.has(service.service) ? "\"Enabled\"" : "\"Disabled\""}});
  }
  return out + "]";
}

std::string service_list(const chat::ServiceSet& services) {
  std::string out;
  for (const auto& service : chat::service_names()) {
    if (services.has(service.service)) out.append(out.empty() ? "" : ",").append(service.name);
  }
  return out;
}

chat::ServiceSet read_service_list(std::string_view text) {
  chat::ServiceSet out;
  for (const auto name : core::split(text, ',')) {
    if (const auto service = chat::parse_service(core::trim(name))) out.set(*service);
  }
  return out;
}

std::string answer_json(chat::CapabilityRecord::Answer answer) {
  using Answer = chat::CapabilityRecord::Answer;
  if (answer == Answer::unknown) return "\"unknown\"";
  return answer == Answer::yes ? "\"yes\"" : "\"no\"";
}

EventData contact_data(std::string_view contact, const chat::CapabilityRecord& record) {
  return {{"contact", json_string(contact)},
          {"rcs", answer_json(record.rcs_user)},
          {"registered", answer_json(record.registered)}};
}

std::optional<std::int64_t> age_of(const chat::CapabilityRecord& record, core::Instant now) {
  using Answer = chat::CapabilityRecord::Answer;
  if (record.rcs_user == Answer::unknown && record.registered == Answer::unknown) return std::nullopt;
  // That somebody is not there now says nothing new of what it can do (CAP-20).
  const auto told = record.rcs_user == Answer::yes ? record.capabilities_at : record.asked_at;
  return std::max<std::int64_t>(0, core::to_ms(now - told) / 1000);
}

std::variant<chat::ServiceSet, Problem> read_offer(const json& body, const chat::ServiceSet& now) {
  const auto* data = member(body, "data");
  const auto* services = data == nullptr ? nullptr : member(*data, "services");
  const auto* statuses = data == nullptr ? nullptr : member(*data, "serviceCapability");
  if ((services == nullptr) == (statuses == nullptr))
    return bad_request("data: expected services or serviceCapability, one of them");
  std::vector<std::string> faults;
  chat::ServiceSet out;
  if (services != nullptr) {
    read_list(*services, "services", faults, [&](const json& entry, const std::string& where) {
      if (const auto service = read_service(&entry, where, faults)) out.set(*service);
    });
  } else {
    out = now;
    read_list(*statuses, "serviceCapability", faults, [&](const json& entry, const std::string& where) {
      const auto service = read_service(member(entry, "capabilityId"), where + ".capabilityId", faults);
      const auto* status = member(entry, "status");
      const bool on = status != nullptr && *status == "Enabled";
      if (!on && (status == nullptr || *status != "Disabled"))
        faults.push_back(where + ".status: expected Enabled or Disabled");
      if (service) out.set(*service, on);
    });
  }
  if (!faults.empty()) return faults_found(std::move(faults));
  return out;
}

}  // namespace rcs::gateway
