#include "harness/flow_recorder.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>

#include "core/text.hpp"
#include "harness/runner.hpp"
#include "harness/world.hpp"
#include "sip/codec.hpp"

namespace rcs::harness {
namespace {

using scenario::Action;
using scenario::ActorKind;
using scenario::Scenario;
using scenario::Step;

constexpr const char* kSenderName = "sender";
constexpr const char* kReceiverName = "receiver";
constexpr core::Duration kLink = std::chrono::milliseconds(5);
constexpr core::Duration kSettle = std::chrono::seconds(1);
constexpr core::Duration kWithin = std::chrono::minutes(2);  // longer than any transaction
constexpr std::uint64_t kSeed = 1;  // decides ids and tags, of which a flow keeps none

Step make_step(Action action, const char* actor) {
  Step step;
  step.action = action;
  step.actor = actor;
  step.within = kWithin;
  return step;
}

void add_user(Scenario& out, const char* name, const char* id, bool api, const std::string& transport) {
  out.actors.push_back({name, api ? ActorKind::api : ActorKind::sip, id, 0});
  Step step = make_step(api ? Action::open_events : Action::register_, name);
  step.transport = transport;
  out.steps.push_back(step);
}

bool brings_success(const trace::Record& record, bool api_sender) {
  return record.to == kSenderName && record.label == (api_sender ? "200 POST" : "200 INVITE");
}

bool brings_text(const trace::Record& record, bool api_receiver) {
  return record.to == kReceiverName && record.label == (api_receiver ? "initiate" : "INVITE");
}

core::Error not_recorded(const std::string& why) {
  return core::Error(core::Errc::refused, "recording the flow of a chat set-up: " + why);
}

std::uint32_t counted_bits(const std::vector<std::vector<bool>>& by_rule, std::size_t index) {
  std::uint32_t bits = 0;
  for (std::size_t rule = 0; rule < by_rule.size(); ++rule) bits |= by_rule[rule][index] ? 1u << rule : 0u;
  return bits;
}

core::Result<std::uint16_t> actor_index(const std::string& name) {
  const auto& actors = flow_actors();
  const auto found = std::find(actors.begin(), actors.end(), name);
  if (found == actors.end()) return not_recorded("an actor that nobody knows: " + name);
  return static_cast<std::uint16_t>(found - actors.begin());
}

/// What a record without a cause follows from: the set-up starts it, or the receiver took what it was
/// brought.
std::int32_t cause_of_person(const sim::Flow& flow) { return flow.hops.empty() ? -1 : flow.invited; }

sim::Part part_of(const trace::Record& record) {
  const bool response = core::is_digit(record.label.front());
  if (record.protocol == trace::Protocol::http)
    return record.label == "POST" || record.label == "PUT" ? sim::Part::web_request : sim::Part::plain;
  if (record.protocol != trace::Protocol::sip) return sim::Part::plain;
  if (response) return record.label.front() == '1' ? sim::Part::provisional : sim::Part::final;
  if (record.label == "ACK") return sim::Part::ack;
  return record.label == "INVITE" ? sim::Part::invite : sim::Part::request;
}

/// Which request a response answers: that of the same transaction, by branch and method (RFC 3261 17.1.3);
/// on the web the first one of the two actors and the method that has no answer yet.
class Answers {
 public:
  /// -1: `record` is no response, or to no request of the flow.
  std::int32_t find(const trace::Record& record) {
    if (record.protocol == trace::Protocol::sip && core::is_digit(record.label.front())) {
      const auto found = open_.find(transaction_of(record, method_of(record.label)));
      return found == open_.end() ? -1 : found->second;
    }
    if (record.protocol != trace::Protocol::http || !core::is_digit(record.label.front())) return -1;
    const auto found = open_.find(exchange_of(record.to, record.from, method_of(record.label)));
    if (found == open_.end()) return -1;
    const auto index = found->second;
    open_.erase(found);
    return index;
  }
  void add(const trace::Record& record, sim::Part part, std::int32_t index) {
    if (sim::is_request(part)) open_.emplace(transaction_of(record, record.label), index);
    if (part == sim::Part::web_request)
      open_.emplace(exchange_of(record.from, record.to, record.label), index);
  }

 private:
  static std::string method_of(const std::string& label) { return label.substr(label.find(' ') + 1); }
  static std::string transaction_of(const trace::Record& record, const std::string& method) {
    const auto message = sip::decode(record.content);
    return message && !message->vias.empty() ? message->vias.front().branch() + '\n' + method : std::string();
  }
  static std::string exchange_of(const std::string& client, const std::string& server,
                                 const std::string& method) {
    return client + '\n' + server + '\n' + method;
  }
  std::multimap<std::string, std::int32_t> open_;
};

core::Result<sim::Flow> to_flow(const FlowKind& kind, const std::vector<trace::Record>& records) {
  std::vector<std::vector<bool>> by_rule;
  for (const auto rule : trace::kCountRules) by_rule.push_back(trace::counted(records, rule));
  sim::Flow flow;
  flow.name = std::string(kind.api_sender ? "open API" : "standard") + " to " +
              (kind.api_receiver ? "open API" : "standard");
  flow.actors = flow_actors();
  std::unordered_map<trace::RecordId, std::int32_t> hop_of;
  std::vector<core::Instant> arrival;
  core::Instant begin{};
  Answers answers;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    if (flow.hops.empty() && !begins_set_up(record)) continue;
    if (flow.hops.empty()) begin = record.time;
    const auto index = static_cast<std::int32_t>(flow.hops.size());
    sim::Hop hop;
    if (record.cause) {
      const auto found = hop_of.find(record.cause);
      if (found == hop_of.end()) return not_recorded(record.summary + " follows from what was before");
      hop.cause = found->second;
    } else {
      hop.cause = cause_of_person(flow);
    }
    RCS_TRY(hop.from, actor_index(record.from));
    RCS_TRY(hop.to, actor_index(record.to));
    hop.wait = record.time - (hop.cause < 0 ? begin : arrival[static_cast<std::size_t>(hop.cause)]);
    hop.size = record.size;
    hop.counted = counted_bits(by_rule, i);
    hop.access = hop.from <= sim::kReceiver || hop.to <= sim::kReceiver;
    hop.datagram = record.transport == "udp";
    hop.part = part_of(record);
    hop.answers = answers.find(record);
    answers.add(record, hop.part, index);
    hop.label = record.label;
    if (flow.answered < 0 && brings_success(record, kind.api_sender)) flow.answered = index;
    if (flow.invited < 0 && brings_text(record, kind.api_receiver)) flow.invited = index;
    hop_of.emplace(record.id, index);
    arrival.push_back(record.time + kLink);
    flow.hops.push_back(std::move(hop));
  }
  if (flow.answered < 0 || flow.invited < 0) return not_recorded("nobody was answered, or nobody invited");
  RCS_CHECK_OK(sim::check(flow));
  return flow;
}

}  // namespace

Scenario chat_set_up(const FlowKind& kind, core::Duration settle) {
  Scenario out;
  out.name = "flow";
  out.network.delay_min = out.network.delay_max = kLink;
  out.network.msrp = false;
  add_user(out, kSenderName, "01087654321", kind.api_sender, kind.transport);
  add_user(out, kReceiverName, "01012345678", kind.api_receiver, kind.transport);

  Step chat = make_step(Action::chat, kSenderName);
  chat.to = kReceiverName;
  chat.text = "Hi, I'm Jack.";
  chat.as = "sent";
  out.steps.push_back(chat);

  Step answered = make_step(kind.api_sender ? Action::expect_status : Action::expect_state, kSenderName);
  answered.code = kind.api_sender ? 200 : 0;
  answered.state = "answered";
  answered.chat = "sent";
  out.steps.push_back(answered);

  Step invited = make_step(kind.api_receiver ? Action::expect_event : Action::expect_invite, kReceiverName);
  invited.as = "got";
  if (kind.api_receiver) invited.fields.emplace_back("status", "initiate");
  out.steps.push_back(invited);

  Step accept = make_step(Action::accept, kReceiverName);
  accept.chat = "got";
  out.steps.push_back(accept);

  Step wait = make_step(Action::wait, "");
  wait.span = settle;
  out.steps.push_back(wait);
  return out;
}

bool begins_set_up(const trace::Record& record) {
  return record.from == kSenderName && (record.label == "POST" || record.label == "INVITE");
}

const std::vector<std::string>& flow_actors() {
  static const std::vector<std::string> actors = {kSenderName, kReceiverName, "gateway", "o-cscf",
                                                  "o-imas",    "t-cscf",      "t-imas"};
  return actors;
}

unsigned rule_bit(trace::CountRule rule) {
  return static_cast<unsigned>(std::find(std::begin(trace::kCountRules), std::end(trace::kCountRules), rule) -
                               std::begin(trace::kCountRules));
}

core::Result<sim::Flow> record_flow(const FlowKind& kind) {
  const Scenario scenario = chat_set_up(kind, kSettle);
  RCS_TRY(const auto world, make_virtual_world(scenario, kSeed));
  const auto result = run_scenario(scenario, *world, kSeed);
  if (!result.passed()) return not_recorded(result.failures.front().text);
  return to_flow(kind, result.records);
}

}  // namespace rcs::harness
