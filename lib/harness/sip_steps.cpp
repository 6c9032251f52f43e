#include "harness/sip_steps.hpp"

namespace rcs::harness {

using scenario::Action;

core::Result<void> SipSteps::add(const scenario::Actor& actor) {
  RCS_TRY(auto made, SipActor::make(run_.world(), actor, run_.scenario().network.domain));
  actors_.emplace(actor.name, std::move(made));
  return {};
}

void SipSteps::do_step(const Step& step) {
  auto& me = *actors_.at(step.actor);
  switch (step.action) {
    case Action::register_:
      return register_now(step, me);
    case Action::unregister:
      me.client().execute(chat::Unregister{me.user()});
      run_.expect(
          step, "unregister: expected 200", [&] { return !me.registered(); }, [] { return "no answer"; });
      return;
    case Action::hang:
      return run_.cut_media(step, step.actor);
    case Action::message:
    case Action::send:
    case Action::display:
    case Action::typing:
    case Action::expect_message:
    case Action::expect_composing:
    case Action::expect_state:
      return do_message_step(step, me);
    case Action::capability:
    case Action::expect_capability:
    case Action::offer:
      return do_capability_step(step, me);
    default:
      return do_chat_step(step, me);
  }
}

void SipSteps::do_chat_step(const Step& step, SipActor& me) {
  switch (step.action) {
    case Action::chat:
      return start_chat(step, me);
    case Action::accept:
      return me.client().execute(chat::AcceptChat{chats_[step.chat]});
    case Action::decline:
      return me.client().execute(chat::DeclineChat{chats_[step.chat], step.code, step.reason});
    case Action::end:
      return me.client().execute(chat::EndChat{chats_[step.chat]});
    default:
      return expect_invite(step, me);
  }
}

void SipSteps::register_now(const Step& step, SipActor& me) {
  me.client().execute(chat::Register{me.user()});
  run_.world().run_until([&] { return me.registered() || me.registration_failure(); }, step.within);
  if (me.registered()) return;
  const auto failure = me.registration_failure();
  run_.fail(step, "register: expected 200, got " +
                      (failure ? std::to_string(failure->status) + " " + failure->reason
                               : std::string("no answer")));
}

void SipSteps::start_chat(const Step& step, SipActor& me) {
  chat::StartChat start;
  start.from = me.user();
  start.to = run_.identity(run_.scenario().actor(step.to)->id);
  start.chat = me.next_chat(start.to);
  start.subject = step.text;
  body::ChatText text;
  text.message_id = run_.message_id(step);
  text.text = step.text;
  start.text = std::move(text);
  if (!step.as.empty()) chats_[step.as] = start.chat;
  me.client().execute(std::move(start));
}

void SipSteps::expect_invite(const Step& step, SipActor& me) {
  const chat::ChatInvited* invited = nullptr;
  const bool met = run_.expect(
      step, "expect-invite: expected " + fields_text(step),
      [&] { return (invited = me.take_invitation(step.fields)) != nullptr; },
      [] { return "no such invitation"; });
  if (met && !step.as.empty()) chats_[step.as] = invited->chat;
}

void SipSteps::do_message_step(const Step& step, SipActor& me) {
  auto chat = step.chat.empty() ? chat::ChatId{} : chats_[step.chat];
  const bool active = step.state == "active";
  switch (step.action) {
    case Action::message:
      if (step.contacts.size() > 1) return send_to_several(step, me);
      chat = me.thread_with(run_.identity(step.contacts.front()));
      if (!step.as.empty()) chats_[step.as] = chat;
      return send(step, me, chat);
    case Action::send:
      return send(step, me, chat);
    case Action::display:
      return me.client().execute(chat::SendState{chat, step.message_id, chat::MessageState::displayed});
    case Action::typing: {
      chat::SendComposing composing{chat, active, {}, step.content_type};
      if (step.refresh != 0) composing.refresh = step.refresh;
      return me.client().execute(std::move(composing));
    }
    case Action::expect_message:
      return expect_message(step, me, chat);
    case Action::expect_composing:
      run_.expect(
          step, "expect-composing: expected " + step.state, [&] { return me.take_composing(chat, active); },
          [] { return "no such news"; });
      return;
    default:
      return expect_state(step, me, chat);
  }
}

void SipSteps::send(const Step& step, SipActor& me, chat::ChatId chat) {
  chat::SendText send;
  send.chat = chat;
  send.text = text_of(step);
  if (step.expires) send.expires = std::chrono::seconds(*step.expires);
  me.client().execute(std::move(send));
}

void SipSteps::send_to_several(const Step& step, SipActor& me) {
  chat::SendToMany send;
  send.from = me.user();
  send.text = text_of(step);
  if (step.expires) send.expires = std::chrono::seconds(*step.expires);
  for (const auto& contact : step.contacts) send.to.push_back({me.thread_with(run_.identity(contact))});
  me.client().execute(std::move(send));
}

body::ChatText SipSteps::text_of(const Step& step) {
  body::ChatText text;
  text.message_id = run_.message_id(step);
  text.text = step.text;
  if (!step.content_type.empty() && step.content_type != "text") text.content_type = step.content_type;
  return text;
}

void SipSteps::expect_message(const Step& step, SipActor& me, chat::ChatId chat) {
  const chat::TextArrived* arrived = nullptr;
  const bool met = run_.expect(
      step, "expect-message: expected " + fields_text(step),
      [&] { return (arrived = me.take_text(chat, step.fields)) != nullptr; },
      [&] { return me.pending_texts(); });
  if (met && !step.as.empty()) chats_[step.as] = arrived->chat;
}

void SipSteps::expect_state(const Step& step, SipActor& me, chat::ChatId chat) {
  const auto wish =
      "expect-state: expected " + step.state + (step.code == 0 ? "" : " " + std::to_string(step.code));
  if (step.message_id.empty()) {
    run_.expect(
        step, wish, [&] { return me.reached(chat, step.state, step.code); },
        [&] { return me.states_of(chat); });
  } else {
    run_.expect(
        step, wish + " of " + step.message_id,
        [&] { return me.text_reached(chat, step.message_id, step.state, step.code); },
        [&] { return me.states_of_text(chat, step.message_id); });
  }
}

void SipSteps::do_capability_step(const Step& step, SipActor& me) {
  if (step.action == Action::offer)
    return me.client().execute(chat::OfferServices{me.user(), services_of(*step.services)});
  const auto contact = run_.identity(step.contacts.front());
  const auto known = [&] {
    const auto* learned = me.learned(contact);
    return learned == nullptr ? std::string("nothing yet") : learned->words();
  };
  if (step.action == Action::capability) {
    const auto by = step.by_presence ? chat::Discovery::presence : chat::Discovery::options;
    const auto query = me.ask(contact, step.fresh, by);
    run_.expect(
        step, "capability: expected an answer about " + contact, [&] { return me.answered(query); },
        [] { return "none"; });
    return;
  }
  run_.expect(
      step, "expect-capability: expected " + fields_text(step),
      [&] {
        const auto* learned = me.learned(contact);
        return learned != nullptr && learned->meets(step);
      },
      known);
}

}  // namespace rcs::harness
