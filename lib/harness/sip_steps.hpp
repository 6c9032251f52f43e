#pragma once
// The steps of a scenario's actors that are standard clients.

#include <map>
#include <memory>
#include <string>

#include "harness/sip_actor.hpp"
#include "harness/step_run.hpp"

namespace rcs::harness {

class SipSteps {
 public:
  /// SAFETY: `run` outlives this.
  explicit SipSteps(StepRun& run) : run_(run) {}

  /// Errors: those of the world that makes its client.
  core::Result<void> add(const scenario::Actor& actor);
  void do_step(const scenario::Step& step);

 private:
  using Step = scenario::Step;

  void do_chat_step(const Step& step, SipActor& me);
  void do_message_step(const Step& step, SipActor& me);
  void do_capability_step(const Step& step, SipActor& me);
  void register_now(const Step& step, SipActor& me);
  void start_chat(const Step& step, SipActor& me);
  void expect_invite(const Step& step, SipActor& me);
  void send(const Step& step, SipActor& me, chat::ChatId chat);
  void send_to_several(const Step& step, SipActor& me);
  body::ChatText text_of(const Step& step);
  void expect_message(const Step& step, SipActor& me, chat::ChatId chat);
  void expect_state(const Step& step, SipActor& me, chat::ChatId chat);

  StepRun& run_;
  std::map<std::string, std::unique_ptr<SipActor>> actors_;
  std::map<std::string, chat::ChatId> chats_;  ///< chats and threads, by the scenario's names
};

}  // namespace rcs::harness
