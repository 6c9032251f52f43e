#include "harness/api_steps.hpp"

namespace rcs::harness {

using scenario::Action;

void ApiSteps::add(const scenario::Actor& actor, std::uint64_t seed) {
  actors_.emplace(actor.name, std::make_unique<ApiActor>(run_.world(), actor, seed));
}

void ApiSteps::do_step(const Step& step) {
  auto& me = *actors_.at(step.actor);
  switch (step.action) {
    case Action::open_events:
      return open_events(step, me);
    case Action::expect_status:
      return expect_status(step, me);
    case Action::expect_event:
      return expect_event(step, me);
    case Action::hang:
      return run_.cut_media(step, "gateway");
    case Action::message:
    case Action::send:
    case Action::display:
    case Action::typing:
      return do_message_step(step, me);
    case Action::capability:
    case Action::expect_capability:
    case Action::offer:
      return do_capability_step(step, me);
    default:
      return do_chat_step(step, me);
  }
}

void ApiSteps::do_chat_step(const Step& step, ApiActor& me) {
  const auto instance = talks_[step.chat].instance;
  const auto id = run_.message_id(step);
  const bool answered = request(step, me, [&](ApiClient& client, ApiClient::OnReply on_reply) {
    switch (step.action) {
      case Action::chat:
        return client.start_chat(run_.scenario().actor(step.to)->id, step.text, id, std::move(on_reply));
      case Action::accept:
        return client.accept(instance, std::move(on_reply));
      case Action::decline:
        return client.decline(instance, step.code, step.reason, std::move(on_reply));
      default:
        return client.end(instance, std::move(on_reply));
    }
  });
  if (answered && !step.as.empty())
    talks_[step.as] = {json_member((*me.reply())->body, "instance").value_or(""), {}};
}

void ApiSteps::do_message_step(const Step& step, ApiActor& me) {
  if (step.action == Action::message) return message(step, me);
  if (step.action == Action::send) return send(step, me);
  const auto talk = talks_[step.chat];
  const bool active = step.state == "active";
  request(step, me, [&](ApiClient& client, ApiClient::OnReply on_reply) {
    if (step.action == Action::display) {
      if (talk.contact.empty())
        return client.tell_status(talk.instance, step.message_id, "displayed", std::move(on_reply));
      return client.tell_message_status(talk.contact, step.message_id, "displayed", std::move(on_reply));
    }
    if (talk.contact.empty())
      return client.set_composing(talk.instance, active, step.refresh, step.content_type,
                                  std::move(on_reply));
    return client.set_composing_to(talk.contact, active, step.refresh, step.content_type,
                                   std::move(on_reply));
  });
}

void ApiSteps::message(const Step& step, ApiActor& me) {
  const ApiMessage message{step.contacts, step.text, run_.message_id(step), step.content_type, step.expires};
  request(step, me, [&](ApiClient& client, ApiClient::OnReply on_reply) {
    client.send_message(message, std::move(on_reply));
  });
  if (!step.as.empty()) talks_[step.as] = {{}, step.contacts.front()};
}

void ApiSteps::send(const Step& step, ApiActor& me) {
  const auto talk = talks_[step.chat];
  const auto id = run_.message_id(step);
  request(step, me, [&](ApiClient& client, ApiClient::OnReply on_reply) {
    if (talk.contact.empty())
      return client.send_text(talk.instance, step.text, id, step.content_type, std::move(on_reply));
    return client.send_message({{talk.contact}, step.text, id, step.content_type, {}}, std::move(on_reply));
  });
}

void ApiSteps::do_capability_step(const Step& step, ApiActor& me) {
  if (step.action == Action::capability) return ask_capability(step, me);
  if (step.action == Action::offer) {
    request(step, me, [&](ApiClient& client, ApiClient::OnReply on_reply) {
      client.offer_services(ids_of(services_of(*step.services)), std::move(on_reply));
    });
    return;
  }
  const auto& learned = me.learned();
  const auto found = learned.find(step.contacts.front());
  run_.expect(
      step, "expect-capability: expected " + fields_text(step),
      [&] { return found != learned.end() && found->second.meets(step); },
      [&] { return found == learned.end() ? "nothing yet" : found->second.words(); });
}

void ApiSteps::ask_capability(const Step& step, ApiActor& me) {
  const auto& contact = step.contacts.front();
  const bool answered = request(step, me, [&](ApiClient& client, ApiClient::OnReply on_reply) {
    client.get_capability(contact, step.fresh, step.by_presence, std::move(on_reply));
  });
  if (!answered || (*me.reply())->status != 200) return;
  if (auto learned = learned_from_json((*me.reply())->body)) {
    me.learned()[contact] = std::move(*learned);
  } else {
    run_.fail(step, "capability: " + learned.error().detail());
  }
}

void ApiSteps::open_events(const Step& step, ApiActor& me) {
  me.open_events(step);
  const auto user = run_.identity(run_.actor(step).id);
  run_.expect(
      step, "open-events: expected the gateway to register " + user,
      [&] { return run_.world().gateway_registered(user); }, [] { return "no registration"; });
}

void ApiSteps::expect_status(const Step& step, ApiActor& me) {
  const auto& reply = me.reply();
  const std::string got = !reply    ? "no answer"
                          : !*reply ? (*reply).error().detail()
                                    : std::to_string((*reply)->status) + " " + (*reply)->body;
  if (!reply || !*reply || (*reply)->status != step.code)
    run_.fail(step, "expect-status: expected " + std::to_string(step.code) + ", got " + got);
}

void ApiSteps::expect_event(const Step& step, ApiActor& me) {
  const ApiEvent* event = nullptr;
  const auto talk = talks_[step.chat];
  const bool met = run_.expect(
      step, "expect-event: expected " + fields_text(step),
      [&] { return (event = me.take_event(step, talk)) != nullptr; }, [&] { return me.pending(); });
  if (!met || step.as.empty()) return;
  const bool in_thread = event->type == "message";
  talks_[step.as] = in_thread ? ApiTalk{{}, json_member(event->json, "data.sender").value_or("")}
                              : ApiTalk{event->instance, {}};
}

bool ApiSteps::request(const Step& step, ApiActor& me, const Ask& ask) {
  me.forget_reply();
  ask(me.client(), me.keep_reply());
  const auto wish = std::string("expected an HTTP answer");
  if (!run_.expect(
          step, wish, [&] { return me.reply().has_value(); }, [] { return "none"; }))
    return false;
  if (!*me.reply()) run_.fail(step, wish + ", got: " + me.reply()->error().detail());
  return me.reply()->has_value();
}

}  // namespace rcs::harness
