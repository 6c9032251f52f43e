#include "harness/runner.hpp"

#include <algorithm>
#include <map>

#include "core/text.hpp"
#include "harness/actors.hpp"

namespace rcs::harness {
namespace {

using scenario::Action;
using scenario::ActorKind;
using scenario::Scenario;
using scenario::Step;

constexpr core::Duration kLeastQuiet = std::chrono::milliseconds(50);
constexpr core::Duration kLongestSettling = std::chrono::seconds(5);

class Run {
 public:
  Run(const Scenario& scenario, World& world, std::uint64_t seed)
      : scenario_(scenario), world_(world), random_(seed, scenario.name, "message ids") {
    for (const auto& actor : scenario.actors) {
      if (actor.kind == ActorKind::api) {
        api_.emplace(actor.name, std::make_unique<ApiActor>(world, actor, seed));
      } else if (auto made = SipActor::make(world, actor, scenario.network.domain)) {
        sip_.emplace(actor.name, std::move(*made));
      } else {
        fail(actor.line, actor.name + ": " + made.error().detail());
      }
    }
  }

  RunResult run() {
    const auto start = world_.now();
    for (const auto& step : scenario_.steps) {
      if (!result_.failures.empty()) break;
      do_step(step);
    }
    if (result_.failures.empty()) {
      settle();
      check_sequence();
      check_counts();
    }
    result_.took = world_.now() - start;
    result_.wall = world_.wall();
    result_.records = world_.recorder().records();
    result_.hash = trace::hash(result_.records);
    return std::move(result_);
  }

 private:
  void fail(int line, std::string text) { result_.failures.push_back({line, std::move(text)}); }

  const scenario::Actor& actor(const Step& step) const { return *scenario_.actor(step.actor); }

  void do_step(const Step& step) {
    switch (step.action) {
      case Action::wait:
        return world_.run_for(step.span);
      case Action::stop_node:
      case Action::start_node: {
        const auto done =
            step.action == Action::stop_node ? world_.stop_node(step.node) : world_.start_node(step.node);
        if (!done) fail(step.line, done.error().detail());
        return;
      }
      default:
        break;
    }
    if (actor(step).kind == ActorKind::api) {
      do_api_step(step, *api_.at(step.actor));
    } else {
      do_sip_step(step, *sip_.at(step.actor));
    }
  }

  // --- behind the API
  // ---------------------------------------------------------------------------------------------------------
  void do_api_step(const Step& step, ApiActor& me) {
    switch (step.action) {
      case Action::open_events: {
        me.open_events(step);
        const auto user = public_identity(actor(step).id, scenario_.network.domain);
        if (!world_.run_until([&] { return world_.gateway_registered(user); }, step.within)) {
          fail(step.line, step.actor + ": open-events: expected the gateway to register " + user);
        }
        return;
      }
      case Action::chat: {
        const auto id = message_id(step);
        return request(step, me, [&](auto on_reply) {
          me.client().start_chat(scenario_.actor(step.to)->id, step.text, id, on_reply);
        });
      }
      case Action::accept:
        return request(step, me, [&](auto on_reply) { me.client().accept(instances_[step.chat], on_reply); });
      case Action::decline:
        return request(step, me, [&](auto on_reply) {
          me.client().decline(instances_[step.chat], step.code == 0 ? 603 : step.code, step.reason, on_reply);
        });
      case Action::end:
        return request(step, me, [&](auto on_reply) { me.client().end(instances_[step.chat], on_reply); });
      case Action::expect_status: {
        const auto& reply = me.reply();
        const std::string got = !reply    ? "no answer"
                                : !*reply ? (*reply).error().detail()
                                          : std::to_string((*reply)->status) + " " + (*reply)->body;
        if (!reply || !*reply || (*reply)->status != step.code) {
          fail(step.line,
               step.actor + ": expect-status: expected " + std::to_string(step.code) + ", got " + got);
        }
        return;
      }
      case Action::expect_event: {
        const ApiEvent* event = nullptr;
        const auto instance = step.chat.empty() ? std::string() : instances_[step.chat];
        world_.run_until([&] { return (event = me.take_event(step.fields, instance)) != nullptr; },
                         step.within);
        if (event == nullptr)
          return fail(step.line, step.actor + ": expect-event: expected " + fields_text(step) +
                                     within_text(step) + ", got " + me.pending());
        if (!step.as.empty()) instances_[step.as] = event->instance;
        return;
      }
      default:
        return do_api_message_step(step, me);
    }
  }

  void do_api_message_step(const Step& step, ApiActor& me) {
    const auto& instance = instances_[step.chat];
    switch (step.action) {
      case Action::send: {
        const auto id = message_id(step);
        return request(step, me, [&](auto on_reply) {
          me.client().send_text(instance, step.text, id, step.content_type, on_reply);
        });
      }
      case Action::display:
        return request(step, me, [&](auto on_reply) {
          me.client().tell_status(instance, step.message_id, "displayed", on_reply);
        });
      case Action::typing:
        return request(step, me, [&](auto on_reply) {
          me.client().set_composing(instance, step.state == "active", step.refresh, step.content_type,
                                    on_reply);
        });
      case Action::hang:
        return cut_media(step, "gateway");
      default:
        return fail(step.line, step.actor + ": this step is for a standard client");
    }
  }

  void cut_media(const Step& step, const std::string& name) {
    if (const auto cut = world_.cut_media(name); !cut)
      fail(step.line, step.actor + ": hang: " + cut.error().detail());
  }

  template <class Ask>
  void request(const Step& step, ApiActor& me, Ask&& ask) {
    me.forget_reply();
    ask(me.keep_reply());
    const bool answered = world_.run_until([&] { return me.reply().has_value(); }, step.within);
    if (!answered) return fail(step.line, step.actor + ": expected an HTTP answer" + within_text(step));
    if (!*me.reply())
      return fail(step.line, step.actor + ": expected an HTTP answer, got: " + me.reply()->error().detail());
    if (!step.as.empty()) instances_[step.as] = json_member((*me.reply())->body, "instance").value_or("");
  }

  // --- standard client
  // ----------------------------------------------------------------------------------------------------------
  void do_sip_step(const Step& step, SipActor& me) {
    switch (step.action) {
      case Action::register_:
        me.client().execute(chat::Register{me.user()});
        world_.run_until([&] { return me.registered() || me.registration_failure(); }, step.within);
        if (!me.registered()) {
          const auto failure = me.registration_failure();
          fail(step.line,
               step.actor + ": register: expected 200, got " +
                   (failure ? std::to_string(failure->status) + " " + failure->reason : "no answer"));
        }
        return;
      case Action::chat: {
        chat::StartChat start;
        start.chat = me.next_chat();
        start.from = me.user();
        start.to = public_identity(scenario_.actor(step.to)->id, scenario_.network.domain);
        start.subject = step.text;
        body::ChatText text;
        text.message_id = message_id(step);
        text.text = step.text;
        start.text = std::move(text);
        if (!step.as.empty()) chats_[step.as] = start.chat;
        return me.client().execute(std::move(start));
      }
      case Action::accept:
        return me.client().execute(chat::AcceptChat{chats_[step.chat]});
      case Action::decline:
        return me.client().execute(
            chat::DeclineChat{chats_[step.chat], step.code == 0 ? 603 : step.code, step.reason});
      case Action::end:
        return me.client().execute(chat::EndChat{chats_[step.chat]});
      case Action::expect_invite: {
        const chat::ChatInvited* invited = nullptr;
        world_.run_until([&] { return (invited = me.take_invitation(step.fields)) != nullptr; }, step.within);
        if (invited == nullptr)
          return fail(step.line, step.actor + ": expect-invite: expected " + fields_text(step) +
                                     within_text(step) + ", got no such invitation");
        if (!step.as.empty()) chats_[step.as] = invited->chat;
        return;
      }
      default:
        return do_sip_message_step(step, me);
    }
  }

  void do_sip_message_step(const Step& step, SipActor& me) {
    const auto chat = step.chat.empty() ? chat::ChatId{} : chats_[step.chat];
    const bool active = step.state == "active";
    switch (step.action) {
      case Action::send:
        return send(step, me, chat);
      case Action::display:
        return me.client().execute(chat::SendState{chat, step.message_id, chat::MessageState::displayed});
      case Action::typing: {
        chat::SendComposing composing{chat, active, {}, step.content_type};
        if (step.refresh != 0) composing.refresh = step.refresh;
        return me.client().execute(std::move(composing));
      }
      case Action::hang:
        return cut_media(step, step.actor);
      case Action::expect_message:
        return expect(
            step, "expect-message: expected " + fields_text(step),
            [&] { return me.take_text(chat, step.fields); }, [&] { return me.pending_texts(); });
      case Action::expect_composing:
        return expect(
            step, "expect-composing: expected " + step.state, [&] { return me.take_composing(chat, active); },
            [] { return std::string("no such news"); });
      case Action::expect_state:
        return expect_state(step, me, chat);
      default:
        return fail(step.line, step.actor + ": this step is for a user of the API");
    }
  }

  void send(const Step& step, SipActor& me, chat::ChatId chat) {
    chat::SendText send;
    send.chat = chat;
    send.text.message_id = message_id(step);
    send.text.text = step.text;
    if (!step.content_type.empty() && step.content_type != "text") send.text.content_type = step.content_type;
    me.client().execute(std::move(send));
  }

  void expect_state(const Step& step, SipActor& me, chat::ChatId chat) {
    const auto wish =
        "expect-state: expected " + step.state + (step.code == 0 ? "" : " " + std::to_string(step.code));
    if (step.message_id.empty()) {
      return expect(
          step, wish, [&] { return me.reached(chat, step.state, step.code); },
          [&] { return me.states_of(chat); });
    }
    return expect(
        step, wish + " of " + step.message_id,
        [&] { return me.text_reached(chat, step.message_id, step.state, step.code); },
        [&] { return me.states_of_text(chat, step.message_id); });
  }

  /// Waits for `there`; fails with what is wished and what there is instead.
  template <class There, class Instead>
  void expect(const Step& step, const std::string& wish, There&& there, Instead&& instead) {
    if (world_.run_until(there, step.within)) return;
    fail(step.line, step.actor + ": " + wish + within_text(step) + ", got " + instead());
  }

  // --- what must have happened
  // ----------------------------------------------------------------------------------------------------
  /// Lets what is under way arrive: until nothing has been said for a while.
  void settle() {
    const auto quiet = std::max(kLeastQuiet, scenario_.network.delay_max * 4);
    const auto end = world_.now() + kLongestSettling + quiet;
    std::size_t before = 0;
    do {
      before = world_.recorder().records().size();
      world_.run_for(quiet);
    } while (world_.recorder().records().size() != before && world_.now() < end);
  }

  void check_sequence() {
    const auto& records = world_.recorder().records();
    std::size_t from = 0;
    for (const auto& expected : scenario_.sequence) {
      const auto matches = [&](const trace::Record& r) {
        return r.from == expected.from && r.to == expected.to && r.label == expected.label;
      };
      const auto found =
          std::find_if(records.begin() + static_cast<std::ptrdiff_t>(from), records.end(), matches);
      const auto number = expected.step == 0 ? std::string() : "(" + std::to_string(expected.step) + ")";
      if (found == records.end()) {
        const auto words = "expect.sequence: step " + number + " " + expected.from + " -> " + expected.to +
                           ": " + expected.label;
        const bool earlier = std::find_if(records.begin(), records.end(), matches) != records.end();
        fail(expected.line,
             words + (earlier ? ": it came before the step it must follow" : ": no such message"));
        continue;
      }
      if (!number.empty()) result_.step_labels[found->id] = number;
      from = static_cast<std::size_t>(found - records.begin()) + 1;
    }
  }

  void check_counts() {
    for (const auto& expected : scenario_.counts) {
      const auto rule = trace::parse_count_rule(expected.rule);
      if (!rule) {
        fail(expected.line, "expect.counts: " + rule.error().detail());
        continue;
      }
      const auto counts = trace::count_messages(world_.recorder().records(), *rule);
      const auto found = counts.find(expected.actor);
      const auto got = found == counts.end() ? 0 : found->second;
      if (got != expected.messages) {
        fail(expected.line, "expect.counts: " + expected.actor + " by rule " + expected.rule + ": expected " +
                                std::to_string(expected.messages) + " messages, got " + std::to_string(got));
      }
    }
  }

  std::string message_id(const Step& step) {
    return step.message_id.empty() ? random_.token(20) : step.message_id;
  }

  static std::string within_text(const Step& step) {
    return " within " + std::to_string(core::to_ms(step.within)) + " ms";
  }
  static std::string fields_text(const Step& step) {
    std::string out;
    for (const auto& [name, value] : step.fields)
      out += (out.empty() ? "" : ", ") + name + ": " + core::quoted(value);
    return out.empty() ? "any" : out;
  }

  const Scenario& scenario_;
  World& world_;
  core::Random random_;
  RunResult result_;
  std::map<std::string, std::unique_ptr<ApiActor>> api_;
  std::map<std::string, std::unique_ptr<SipActor>> sip_;
  std::map<std::string, std::string> instances_;  ///< chats of API users, by the scenario's names
  std::map<std::string, chat::ChatId> chats_;     ///< chats of standard clients
};

/// What two runs must agree on.
std::string essence(const trace::Record& record) {
  std::string out = record.from + " -> " + record.to + ": " + std::string(trace::name(record.protocol)) +
                    " " + record.label;
  if (!record.message_id.empty()) out += " [" + record.message_id + "]";
  return out + (record.transport.empty() ? "" : " by " + record.transport);
}

}  // namespace

RunResult run_scenario(const Scenario& scenario, World& world, std::uint64_t seed) {
  return Run(scenario, world, seed).run();
}

std::string compare_runs(const std::vector<trace::Record>& a, const std::vector<trace::Record>& b) {
  const auto left = trace::causal_order(a);
  const auto right = trace::causal_order(b);
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const auto l = i < left.size() ? essence(*left[i]) : "nothing more";
    const auto r = i < right.size() ? essence(*right[i]) : "nothing more";
    if (l != r) return "record " + std::to_string(i + 1) + ": " + l + " / " + r;
  }
  return {};
}

}  // namespace rcs::harness
