#include "harness/sip_actor.hpp"

#include <algorithm>
#include <iterator>

#include "core/text.hpp"

namespace rcs::harness {
namespace {

using States = std::vector<std::pair<std::string, int>>;

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

/// Of a URI, as the API shows it.
std::string user_part(const std::string& uri) {
  const auto colon = uri.find(':');
  return uri.substr(colon + 1, uri.find_first_of("@;", colon) - colon - 1);
}

std::string invitation_field(const chat::ChatInvited& invited, const std::string& name) {
  if (name == "message") return invited.text ? invited.text->text : "";
  if (name == "message_id") return invited.text ? invited.text->message_id : "";
  if (name == "subject") return invited.subject;
  if (name == "from") return invited.from;
  if (name == "sender") return user_part(invited.from);
  if (name == "deferred") return invited.deferred ? "true" : "false";
  return {};
}

}  // namespace

std::string public_identity(const std::string& id, const std::string& domain) {
  return id.find(':') != std::string::npos ? id : "sip:" + id + "@" + domain;
}

core::Result<std::unique_ptr<SipActor>> SipActor::make(World& world, const scenario::Actor& actor,
                                                       const std::string& domain) {
  std::unique_ptr<SipActor> made(new SipActor(public_identity(actor.id, domain)));
  RCS_TRY(made->client_, world.make_sip_client(actor.name, [raw = made.get()](const chat::Event& event) {
    std::visit([raw](const auto& told) { raw->on(told); }, event);
  }));
  return made;
}

chat::ChatId SipActor::next_chat(const std::string& peer) {
  const auto chat = chat::outgoing_chat(++chats_);
  peers_[chat] = peer;
  return chat;
}

chat::ChatId SipActor::thread_with(const std::string& peer) {
  auto& thread = threads_[user_part(peer)];
  if (!thread) {
    thread = next_chat(peer);
    client_->execute(chat::OpenThread{thread, user_, peer});
  }
  return thread;
}

// --- what the client tells
// ------------------------------------------------------------------------------------------------------

void SipActor::on(const chat::ChatInvited& invited) {
  peers_[invited.chat] = invited.from;
  invitations_.push_back(std::make_unique<Invitation>(Invitation{invited, false}));
  client_->execute(chat::AlertUser{invited.chat});
}

void SipActor::on(const chat::ThreadOpened& opened) {
  threads_[user_part(opened.from)] = opened.chat;
  peers_[opened.chat] = opened.from;
}

void SipActor::on(const chat::TextState& news) {
  text_states_[{news.chat, news.message_id}].emplace_back(word_of(news.state), news.code);
}

void SipActor::on(const chat::CapabilitiesFound& found) {
  answered_ = std::max(answered_, found.query);
  learned_[user_part(found.contact)] = learned_from(found);
}

void SipActor::on(const chat::CapabilitiesChanged& changed) {
  learned_[user_part(changed.contact)] = learned_from(changed.record);
}

// --- what a step looks for
// ------------------------------------------------------------------------------------------------------

const chat::ChatInvited* SipActor::take_invitation(const Fields& fields) {
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

std::string SipActor::field_of(const chat::TextArrived& arrived, const std::string& name) const {
  const auto& text = arrived.text;
  if (name == "message") return text.text;
  if (name == "message_id") return text.message_id;
  if (name == "size") return std::to_string(text.text.size());
  if (name == "expired") return arrived.expired ? "true" : "false";
  if (name == "sender") {
    const auto peer = peers_.find(arrived.chat);
    return peer == peers_.end() ? "" : user_part(peer->second);
  }
  if (name == "type") {  // as the API shows it
    const auto type = core::to_lower(core::trim(text.content_type.substr(0, text.content_type.find(';'))));
    return type == "text/plain" ? "text" : type;
  }
  return {};
}

const chat::TextArrived* SipActor::take_text(chat::ChatId chat, const Fields& fields) {
  for (auto& text : texts_) {
    if (text->taken || (chat && text->arrived.chat != chat)) continue;
    const bool all = std::all_of(fields.begin(), fields.end(), [&](const auto& field) {
      return field_of(text->arrived, field.first) == field.second;
    });
    if (!all) continue;
    text->taken = true;
    return &text->arrived;
  }
  return nullptr;
}

std::string SipActor::pending_texts() const {
  std::string out;
  for (const auto& text : texts_) {
    if (!text->taken) out += (out.empty() ? "" : ", ") + core::quoted(text->arrived.text.text);
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

chat::QueryId SipActor::ask(const std::string& contact, bool fresh, chat::Discovery by) {
  asked_ = chat::QueryId{asked_.value + 1};
  chat::QueryCapabilities ask;
  ask.query = asked_;
  ask.user = user_;
  ask.contact = contact;
  ask.fresh = fresh;
  ask.by = by;
  client_->execute(std::move(ask));
  return asked_;
}

const Learned* SipActor::learned(const std::string& contact) const {
  const auto found = learned_.find(user_part(contact));
  return found == learned_.end() ? nullptr : &found->second;
}

}  // namespace rcs::harness
