#include "harness/learned.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/event_stream.hpp"

namespace rcs::harness {
namespace {

std::string word_of(chat::CapabilityRecord::Answer answer) {
  using Answer = chat::CapabilityRecord::Answer;
  return answer == Answer::unknown ? "unknown" : answer == Answer::yes ? "yes" : "no";
}

std::string word_of(bool flag) { return flag ? "true" : "false"; }

std::string field_of(const Learned& learned, const std::string& name) {
  if (name == "user") return learned.user;
  if (name == "registered") return learned.registered;
  if (name == "automata") return word_of(learned.automata);
  if (name == "asked") return word_of(learned.asked);
  if (name == "status") return std::to_string(learned.status);
  return {};
}

}  // namespace

bool Learned::meets(const scenario::Step& step) const {
  const bool told = std::all_of(step.fields.begin(), step.fields.end(), [&](const auto& field) {
    return field_of(*this, field.first) == field.second;
  });
  return told && (!step.services || services_of(*step.services) == services);
}

std::string Learned::words() const {
  return "user: " + user + ", registered: " + registered + ", services: " + words_of(services) +
         ", automata: " + word_of(automata) + ", asked: " + word_of(asked) +
         (status == 0 ? "" : ", status: " + std::to_string(status));
}

Learned learned_from(const chat::CapabilityRecord& record) {
  Learned learned;
  learned.user = word_of(record.rcs_user);
  learned.registered = word_of(record.registered);
  learned.services = record.capabilities.services;
  learned.automata = record.capabilities.automata;
  return learned;
}

Learned learned_from(const chat::CapabilitiesFound& found) {
  auto learned = learned_from(found.record);
  learned.asked = found.asked;
  learned.status = found.status;
  return learned;
}

core::Result<Learned> learned_from_json(std::string_view json) {
  const auto user = json_member(json, "data.rcs");
  const auto registered = json_member(json, "data.registered");
  const auto services = json_member(json, "data.services");
  if (!user || !registered || !services)
    return core::malformed("expected data with rcs, registered and services, got " + std::string(json));
  Learned learned;
  learned.user = *user;
  learned.registered = *registered;
  learned.services = services_of_json(*services);
  learned.automata = json_member(json, "data.automata") == "true";
  learned.asked = json_member(json, "data.cached") == "false";
  return learned;
}

chat::ServiceSet services_of(const std::vector<std::string>& words) {
  chat::ServiceSet services;
  for (const auto& word : words) {
    if (const auto service = chat::parse_service(word)) services.set(*service);
  }
  return services;
}

chat::ServiceSet services_of_json(std::string_view json) {
  std::vector<std::string> ids;
  const auto array = nlohmann::json::parse(json, nullptr, false);
  for (const auto& id : array) {
    if (id.is_string()) ids.push_back(id.get<std::string>());
  }
  return services_of(ids);
}

std::string words_of(const chat::ServiceSet& services) {
  std::string out;
  for (const auto& service : chat::service_names()) {
    if (services.has(service.service)) out += (out.empty() ? "" : ", ") + std::string(service.name);
  }
  return "[" + out + "]";
}

std::vector<std::string> ids_of(const chat::ServiceSet& services) {
  std::vector<std::string> ids;
  for (const auto& service : chat::service_names()) {
    if (services.has(service.service)) ids.emplace_back(service.id);
  }
  return ids;
}

}  // namespace rcs::harness
