// The resources of capabilities (API-37, API-38): what a contact can do, and what the user offers.

#include <nlohmann/json.hpp>

#include "gateway/capability_text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/state_jsonrtc.hpp"

namespace rcs::gateway {
namespace {

constexpr const char* kCapability = "capability";

std::string described(const EventData& data) {
  std::string out = "{\"type\":\"capability\",\"data\":";
  append_object(out, data);
  return out + "}";
}

/// Without a word: by OPTIONS.
std::optional<chat::Discovery> discovery_of(const std::string* word) {
  if (word == nullptr || *word == "options") return chat::Discovery::options;
  if (*word == "presence") return chat::Discovery::presence;
  return std::nullopt;
}

std::string list_json(const std::set<std::string>& contacts) {
  std::string out = "[";
  for (const auto& contact : contacts) out += (out.size() > 1 ? "," : "") + json_string(contact);
  return out + "]";
}

std::string strings_json(const std::vector<std::string>& strings) {
  std::string out = "[";
  for (const auto& string : strings) out += (out.size() > 1 ? "," : "") + json_string(string);
  return out + "]";
}

std::string found_text(const std::string& contact, const chat::CapabilitiesFound& found, core::Instant now) {
  const auto& record = found.record;
  const auto& capabilities = record.capabilities;
  const auto age = age_of(record, now);
  auto data = contact_data(contact, record);
  data.emplace_back("age", age ? std::to_string(*age) : "null");
  data.emplace_back("cached", found.asked && found.error.empty() ? "false" : "true");
  data.emplace_back("services", services_json(capabilities.services));
  data.emplace_back("serviceCapability", statuses_json(capabilities.services));
  data.emplace_back("tags", strings_json(capabilities.other_tags));
  if (!found.raw_tags.empty()) data.emplace_back("raw_tags", strings_json(found.raw_tags));
  if (capabilities.automata) data.emplace_back("automata", "true");
  if (capabilities.focus) data.emplace_back("focus", "true");
  if (!found.error.empty()) {
    std::string error;
    append_object(error, {{"code", std::to_string(found.status)}, {"reason", json_string(found.error)}});
    data.emplace_back("error", std::move(error));
  }
  return described(data);
}

}  // namespace

void Gateway::State::get_capability(Step& step, Request& request) {
  const auto contact = read_identity(request.target.contact, config);
  if (!contact) return refuse(step, request, problem(400, "bad-id", contact.error().detail()));
  const auto* fresh = request.target.parameter("fresh");
  if (fresh != nullptr && *fresh != "1" && *fresh != "0")
    return refuse(step, request, problem(400, "bad-parameter", "fresh: expected 1 or 0"));
  const auto by = discovery_of(request.target.parameter("by"));
  if (!by) return refuse(step, request, problem(400, "bad-parameter", "by: expected options or presence"));
  const auto query = queries.add({request.exchange, request.user.key, contact->shown});
  if (!query) return refuse_crowd(step, request);
  chat::QueryCapabilities ask;
  ask.query = chat::QueryId{*query};
  ask.user = request.user.sip;
  ask.contact = contact->uri;
  ask.fresh = fresh != nullptr && *fresh == "1";
  ask.by = *by;
  step.out.emit(std::move(ask));
}

void Gateway::State::on_capabilities_found(Step& step, const chat::CapabilitiesFound& found) {
  if (jsonrtc->on_capabilities_found(step, found)) return;
  const auto waiting = queries.take(found.query.value);
  if (!waiting) return;
  if (waiting->subscribes && !found.error.empty()) {
    if (const auto user = users.find(waiting->user); user != users.end())
      user->second.subscriptions.erase(waiting->subject);
  }
  // What was known stays known when the network has no answer now (CAP-20, CAP-21).
  if (!found.error.empty() && found.record.empty())
    return refuse(step, waiting->exchange, problem_of_sip(found.status, found.error, {}));
  answer(step, waiting->exchange, json_reply(found_text(waiting->subject, found, step.now)));
}

void Gateway::State::on_capabilities_changed(Step& step, const chat::CapabilitiesChanged& changed) {
  const auto* user = known_user(changed.user);
  if (user == nullptr) return;
  const auto contact = to_utf8(shown_sender(changed.contact, config));
  auto data = contact_data(contact, changed.record);
  data.emplace_back("services", services_json(changed.record.capabilities.services));
  publish(step, *user, kCapability, url_of(*user, "Capability", contact), "changed", std::move(data));
}

std::string Gateway::State::offer_text(const User& user) const {
  const auto services = user.services.value_or(default_services());
  return described({{"services", services_json(services)},
                    {"serviceCapability", statuses_json(services)},
                    {"subscriptions", list_json(user.subscriptions)},
                    {"blocked", list_json(user.blocked)}});
}

void Gateway::State::get_offer(Step& step, Request& request, const User& user) {
  answer(step, request.exchange, json_reply(offer_text(user)));
}

void Gateway::State::put_offer(Step& step, Request& request, User& user) {
  if (request.body == nullptr)
    return refuse(step, request, bad_request("body: expected a JSON object, got nothing"));
  const auto read = read_offer(*request.body, user.services.value_or(default_services()));
  if (const auto* fault = std::get_if<Problem>(&read)) return refuse(step, request, *fault);
  user.services = std::get<chat::ServiceSet>(read);
  answer(step, request.exchange, json_reply(offer_text(user)));
  step.out.emit(chat::OfferServices{user.identity.sip, *user.services});
}

/// The contact of the path, for a PUT with room for it in `listed`; nullopt: it has been refused.
std::optional<Identity> Gateway::State::listed_contact(Step& step, Request& request,
                                                       const std::set<std::string>& listed) {
  const auto contact = read_identity(request.target.contact, config);
  if (!contact) {
    refuse(step, request, problem(400, "bad-id", contact.error().detail()));
    return std::nullopt;
  }
  const bool adds = request.raw.method == "PUT" && !listed.contains(contact->shown);
  if (adds && listed.size() >= kListedContacts) {
    refuse(step, request,
           problem(409, "too-many", "expected at most " + std::to_string(kListedContacts) + " contacts"));
    return std::nullopt;
  }
  return *contact;
}

void Gateway::State::change_subscription(Step& step, Request& request, User& user) {
  const auto contact = listed_contact(step, request, user.subscriptions);
  if (!contact) return;
  if (request.raw.method == "DELETE") {
    user.subscriptions.erase(contact->shown);
    answer(step, request.exchange, no_content());
    return step.out.emit(chat::UnwatchContact{user.identity.sip, contact->uri});
  }
  const auto query = queries.add({request.exchange, request.user.key, contact->shown, true});
  if (!query) return refuse_crowd(step, request);
  user.subscriptions.insert(contact->shown);
  step.out.emit(chat::WatchContact{chat::QueryId{*query}, user.identity.sip, contact->uri});
}

void Gateway::State::change_block(Step& step, Request& request, User& user) {
  const auto contact = listed_contact(step, request, user.blocked);
  if (!contact) return;
  const bool blocks = request.raw.method == "PUT";
  if (blocks) {
    user.blocked.insert(contact->shown);
  } else {
    user.blocked.erase(contact->shown);
  }
  answer(step, request.exchange, no_content());
  step.out.emit(chat::HideServices{user.identity.sip, contact->uri, blocks});
}

}  // namespace rcs::gateway
