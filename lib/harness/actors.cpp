#include "harness/actors.hpp"

#include <algorithm>
#include <iterator>

#include "core/text.hpp"
#include "harness/web_tap.hpp"

namespace rcs::harness {

std::string public_identity(const std::string& id, const std::string& domain) {
  return "sip:" + id + "@" + domain;
}

// --- behind the API
// -----------------------------------------------------------------------------------------------------------

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

const ApiEvent* ApiActor::take_event(const std::vector<std::pair<std::string, std::string>>& fields,
                                     const std::string& instance) {
  for (auto& seen : events_) {
    if (seen->taken) continue;
    bool all = instance.empty() || seen->event.instance == instance;
    for (const auto& [name, value] : fields) {
      const bool top = name == "type" || name == "instance";
      all = all && json_member(seen->event.json, top ? name : "data." + name) == value;
    }
    if (!all) continue;
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

// --- standard client
// ------------------------------------------------------------------------------------------------------------

core::Result<std::unique_ptr<SipActor>> SipActor::make(World& world, const scenario::Actor& actor,
                                                       const std::string& domain) {
  std::unique_ptr<SipActor> made(new SipActor(public_identity(actor.id, domain)));
  RCS_TRY(made->client_, world.make_sip_client(actor.name, [raw = made.get()](const chat::Event& event) {
    raw->on_event(event);
  }));
  return made;
}

namespace {

std::string word_of(chat::MessageState state) {
  switch (state) {
    case chat::MessageState::sent:
      return "sent";
    case chat::MessageState::delivered:
      return "delivered";
    case chat::MessageState::displayed:
      return "displayed";
    case chat::MessageState::failed:
      break;
  }
  return "failed";
}

using States = std::vector<std::pair<std::string, int>>;

bool has(const States& states, const std::string& state, int code) {
  return std::any_of(states.begin(), states.end(), [&](const auto& reached) {
    return reached.first == state && (code == 0 || code == reached.second);
  });
}

std::string words_of(const States& states) {
  std::string out;
  for (const auto& [name, code] : states)
    out += (out.empty() ? "" : ", ") + name + (code == 0 ? "" : " " + std::to_string(code));
  return out.empty() ? "nothing yet" : out;
}

std::string text_field(const body::ChatText& text, const std::string& name) {
  if (name == "message") return text.text;
  if (name == "message_id") return text.message_id;
  if (name == "size") return std::to_string(text.text.size());
  if (name == "type") {  // as the API shows it
    const auto type = core::to_lower(core::trim(text.content_type.substr(0, text.content_type.find(';'))));
    return type == "text/plain" ? "text" : type;
  }
  return {};
}

}  // namespace

void SipActor::on_event(const chat::Event& event) {
  const auto state = [this](chat::ChatId chat, std::string name, int code) {
    states_[chat].emplace_back(std::move(name), code);
  };
  if (std::holds_alternative<chat::Registered>(event)) {
    registered_ = true;
  } else if (std::holds_alternative<chat::Unregistered>(event)) {
    registered_ = false;
  } else if (const auto* failed = std::get_if<chat::RegistrationFailed>(&event)) {
    registration_failure_ = *failed;
  } else if (const auto* progress = std::get_if<chat::ChatProgress>(&event)) {
    state(progress->chat, "ringing", progress->status);
  } else if (const auto* answered = std::get_if<chat::ChatAnswered>(&event)) {
    state(answered->chat, "answered", 200);
  } else if (const auto* connected = std::get_if<chat::ChatConnected>(&event)) {
    state(connected->chat, "connected", 200);
  } else if (const auto* chat_failed = std::get_if<chat::ChatFailed>(&event)) {
    state(chat_failed->chat, "failed", chat_failed->status);
  } else if (const auto* expired = std::get_if<chat::ChatExpired>(&event)) {
    state(expired->chat, "expired", expired->code);
  } else if (const auto* ended = std::get_if<chat::ChatEnded>(&event)) {
    state(ended->chat, "ended", ended->code);
  } else if (const auto* text = std::get_if<chat::TextArrived>(&event)) {
    texts_.push_back({*text, false});
  } else if (const auto* news = std::get_if<chat::TextState>(&event)) {
    text_states_[{news->chat, news->message_id}].emplace_back(word_of(news->state), news->code);
  } else if (const auto* composing = std::get_if<chat::PeerComposing>(&event)) {
    composing_[composing->chat].push_back(composing->active);
  } else if (const auto* invited = std::get_if<chat::ChatInvited>(&event)) {
    invitations_.push_back(std::make_unique<Invitation>(Invitation{*invited, false}));
    client_->execute(chat::AlertUser{invited->chat});
  }
}

namespace {

std::string invitation_field(const chat::ChatInvited& invited, const std::string& name) {
  if (name == "message") return invited.text ? invited.text->text : "";
  if (name == "message_id") return invited.text ? invited.text->message_id : "";
  if (name == "subject") return invited.subject;
  if (name == "from") return invited.from;
  if (name == "sender") {  // the user part, as the API shows it
    const auto colon = invited.from.find(':');
    return invited.from.substr(colon + 1, invited.from.find_first_of("@;", colon) - colon - 1);
  }
  if (name == "deferred") return invited.deferred ? "true" : "false";
  return {};
}

}  // namespace

const chat::ChatInvited* SipActor::take_invitation(
    const std::vector<std::pair<std::string, std::string>>& fields) {
  for (auto& invitation : invitations_) {
    if (invitation->taken) continue;
    bool all = true;
    for (const auto& [name, value] : fields)
      all = all && invitation_field(invitation->invited, name) == value;
    if (!all) continue;
    invitation->taken = true;
    return &invitation->invited;
  }
  return nullptr;
}

bool SipActor::take_text(chat::ChatId chat, const std::vector<std::pair<std::string, std::string>>& fields) {
  for (auto& text : texts_) {
    if (text.taken || (chat.value != 0 && text.arrived.chat != chat)) continue;
    const bool all = std::all_of(fields.begin(), fields.end(), [&](const auto& field) {
      return text_field(text.arrived.text, field.first) == field.second;
    });
    if (!all) continue;
    text.taken = true;
    return true;
  }
  return false;
}

std::string SipActor::pending_texts() const {
  std::string out;
  for (const auto& text : texts_) {
    if (!text.taken) out += (out.empty() ? "" : ", ") + core::quoted(text.arrived.text.text);
  }
  return out.empty() ? "no text" : out;
}

bool SipActor::take_composing(chat::ChatId chat, bool active) {
  auto& news = composing_[chat];
  const auto found = std::find(news.begin(), news.end(), active);
  if (found == news.end()) return false;
  news.erase(news.begin(), std::next(found));
  return true;
}

bool SipActor::text_reached(chat::ChatId chat, const std::string& message_id, const std::string& state,
                            int code) const {
  const auto found = text_states_.find({chat, message_id});
  return found != text_states_.end() && has(found->second, state, code);
}

std::string SipActor::states_of_text(chat::ChatId chat, const std::string& message_id) const {
  const auto found = text_states_.find({chat, message_id});
  return words_of(found == text_states_.end() ? States{} : found->second);
}

bool SipActor::reached(chat::ChatId chat, const std::string& state, int code) const {
  const auto found = states_.find(chat);
  return found != states_.end() && has(found->second, state, code);
}

std::string SipActor::states_of(chat::ChatId chat) const {
  const auto found = states_.find(chat);
  return words_of(found == states_.end() ? States{} : found->second);
}

}  // namespace rcs::harness
