#include "harness/api_actor.hpp"

#include <algorithm>

namespace rcs::harness {
namespace {

bool is_of(const ApiEvent& event, const ApiTalk& talk) {
  if (!talk.instance.empty()) return event.instance == talk.instance;
  if (talk.contact.empty()) return true;
  return event.type == "message" && (json_member(event.json, "data.sender") == talk.contact ||
                                     json_member(event.json, "data.recipient") == talk.contact);
}

bool is_like(const ApiEvent& event, const scenario::Step& step) {
  const bool told = std::all_of(step.fields.begin(), step.fields.end(), [&](const auto& field) {
    const bool top = field.first == "type" || field.first == "instance";
    return json_member(event.json, top ? field.first : "data." + field.first) == field.second;
  });
  if (!told || !step.services) return told;
  const auto services = json_member(event.json, "data.services");
  return services && services_of_json(*services) == services_of(*step.services);
}

}  // namespace

ApiActor::ApiActor(World& world, const scenario::Actor& actor, std::uint64_t seed)
    : world_(world), name_(actor.name), rcs_id_(actor.id), random_(seed, actor.name, "api client") {
  make_client({}, EventTransport::poll);
}

void ApiActor::make_client(const std::string& device, EventTransport transport) {
  ApiClientOptions options;
  options.rcs_id = rcs_id_;
  options.token = "dev-" + rcs_id_;
  options.device = device;
  options.transport = transport;
  ApiClient::Handlers handlers;
  handlers.on_event = [this](const ApiEvent& event) {
    events_.push_back(std::make_unique<Seen>(Seen{event, false}));
  };
  client_ = std::make_unique<ApiClient>(world_.make_web_port(name_), std::move(options), random_,
                                        std::move(handlers));
}

void ApiActor::open_events(const scenario::Step& step) {
  make_client(step.device, *parse_event_transport(step.transport));
  client_->open_events(false, [](core::Result<void>) {});
}

ApiClient::OnReply ApiActor::keep_reply() {
  return [this](core::Result<core::WebReply> reply) { reply_ = std::move(reply); };
}

const ApiEvent* ApiActor::take_event(const scenario::Step& step, const ApiTalk& talk) {
  for (auto& seen : events_) {
    if (seen->taken || !is_of(seen->event, talk) || !is_like(seen->event, step)) continue;
    seen->taken = true;
    return &seen->event;
  }
  return nullptr;
}

std::string ApiActor::pending() const {
  std::string out;
  for (const auto& seen : events_) {
    if (!seen->taken) out += (out.empty() ? "" : ", ") + seen->event.json;
  }
  return out.empty() ? "no event" : out;
}

}  // namespace rcs::harness
