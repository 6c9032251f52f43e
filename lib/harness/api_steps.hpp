#pragma once
// The steps of a scenario's actors behind the open API.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "harness/api_actor.hpp"
#include "harness/step_run.hpp"

namespace rcs::harness {

class ApiSteps {
 public:
  /// SAFETY: `run` outlives this.
  explicit ApiSteps(StepRun& run) : run_(run) {}

  void add(const scenario::Actor& actor, std::uint64_t seed);
  void do_step(const scenario::Step& step);

 private:
  using Step = scenario::Step;
  using Ask = std::function<void(ApiClient&, ApiClient::OnReply)>;

  void do_chat_step(const Step& step, ApiActor& me);
  void do_message_step(const Step& step, ApiActor& me);
  void do_capability_step(const Step& step, ApiActor& me);
  void open_events(const Step& step, ApiActor& me);
  void message(const Step& step, ApiActor& me);
  void send(const Step& step, ApiActor& me);
  void ask_capability(const Step& step, ApiActor& me);
  void expect_status(const Step& step, ApiActor& me);
  void expect_event(const Step& step, ApiActor& me);
  /// Waits for the answer; false: the step has failed.
  bool request(const Step& step, ApiActor& me, const Ask& ask);

  StepRun& run_;
  std::map<std::string, std::unique_ptr<ApiActor>> actors_;
  std::map<std::string, ApiTalk> talks_;  ///< by the scenario's names
};

}  // namespace rcs::harness
