// The asker as a standard client: registers with the core and sends OPTIONS itself.

#include <unordered_map>

#include "core/random.hpp"
#include "harness/entropy.hpp"
#include "harness/live_agent.hpp"
#include "rcs-options/asker.hpp"

namespace rcs::options {
namespace {

constexpr core::Duration kFarewell = std::chrono::seconds(5);  // for the answer to our last REGISTER

/// Nobody has answered, or the contact was one that can not be asked for; else somebody said no.
cli::Exit exit_of(const chat::CapabilitiesFound& found) {
  if (found.error.empty()) return cli::Exit::ok;
  if (!found.asked && (found.status == 400 || found.status == 484)) return cli::Exit::usage;
  return found.status == 408 || found.status == 503 ? cli::Exit::unreachable : cli::Exit::refused;
}

class SipAsker final : public Asker {
 public:
  SipAsker(net::Loop& loop, const Options& options)
      : loop_(loop),
        options_(options),
        random_(harness::random_source(options.seed).stream("rcs-options", "sip")),
        user_(harness::contact_uri(options.from, options.domain)) {}

  core::Result<void> open(trace::Recorder* recorder, net::ActorNames names) {
    harness::LiveAgentOptions agent;
    agent.actor = options_.from;
    RCS_CHECK_OK(harness::lead_to_core(agent.agent, options_.core));
    RCS_TRY(agent.bind, net::parse_address(options_.local));
    agent.tls = {options_.tls.certificate, options_.tls.key, options_.tls.authorities};
    agent.agent.login_of = harness::login_of(options_.login.user, options_.login.password);
    agent.messages = false;
    agent.agent.parallel_inquiries = options_.parallel;
    agent.recorder = recorder;
    agent.names = std::move(names);
    agent.on_warning = [this](const std::string& words) {
      if (!options_.common.quiet) cli::say(words);
    };
    const auto on_event = [this](const chat::Event& event) {
      if (const auto* found = std::get_if<chat::CapabilitiesFound>(&event)) return on_found(*found);
      if (std::holds_alternative<chat::Unregistered>(event)) unregistered_ = true;
    };
    RCS_TRY(client_, harness::LiveAgent::open(loop_, std::move(agent), random_, on_event));
    return {};
  }

  void ask(const std::string& contact, bool fresh, OnAnswer on_answer) override {
    const chat::QueryId query{++last_};
    waiting_.emplace(query.value, std::move(on_answer));
    client_->execute(chat::QueryCapabilities{query, user_, harness::contact_uri(contact, options_.domain),
                                             fresh, chat::ChatId{}, options_.by});
  }

  void leave() override {
    if (!client_->agent().is_registered(user_)) return;
    client_->execute(chat::Unregister{user_});
    loop_.run_until([this] { return unregistered_; }, kFarewell);
  }

 private:
  void on_found(const chat::CapabilitiesFound& found) {
    auto node = waiting_.extract(found.query.value);
    if (!node.empty()) node.mapped()(answer_of(found));
  }

  Answer answer_of(const chat::CapabilitiesFound& found) const {
    const auto& record = found.record;
    Answer out;
    out.rcs_user = record.rcs_user;
    out.registered = record.registered;
    for (const auto& service : chat::service_names()) {
      if (record.capabilities.services.has(service.service)) out.services.emplace_back(service.id);
    }
    out.tags = record.capabilities.other_tags;
    out.raw_tags = found.raw_tags;
    if (record.capabilities.automata) out.tags.emplace_back("automata");
    if (record.capabilities.focus) out.tags.emplace_back("isfocus");
    if (!record.empty()) {
      const auto told = record.rcs_user == Said::yes ? record.capabilities_at : record.asked_at;
      out.age = std::chrono::duration<double>(loop_.now() - told).count();
    }
    out.status = found.status;
    out.exit = exit_of(found);
    if (!found.error.empty()) out.error = std::to_string(found.status) + " " + found.error;
    return out;
  }

  net::Loop& loop_;
  const Options& options_;
  core::Random random_;
  std::string user_;
  std::unique_ptr<harness::LiveAgent> client_;
  std::unordered_map<std::uint64_t, OnAnswer> waiting_;
  std::uint64_t last_ = 0;
  bool unregistered_ = false;
};

}  // namespace

core::Result<std::unique_ptr<Asker>> make_sip_asker(net::Loop& loop, const Options& options,
                                                    trace::Recorder* recorder, net::ActorNames names) {
  auto asker = std::make_unique<SipAsker>(loop, options);
  RCS_CHECK_OK(asker->open(recorder, std::move(names)));
  return std::unique_ptr<Asker>(std::move(asker));
}

}  // namespace rcs::options
