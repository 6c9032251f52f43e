// rcs-send as a standard client: registers with the core and starts a chat by INVITE, or waits for INVITEs
// and answers them.

#include <map>

#include "chat/agent.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "harness/entropy.hpp"
#include "net/sip_driver.hpp"
#include "rcs-send/modes.hpp"
#include "rcs-send/states.hpp"

namespace rcs::send {
namespace {

using cli::Exit;

constexpr core::Duration kFarewell =
    std::chrono::seconds(5);  // a peer that does not answer our last word is not waited for longer

/// 0108..., +82..., tel:... or sip:... as a URI.
std::string uri_of(const std::string& id, const std::string& domain) {
  if (id.find(':') != std::string::npos) return id;
  return "sip:" + id + "@" + domain;
}

class SipRun {
 public:
  SipRun(net::Loop& loop, const Options& options, trace::Recorder* recorder)
      : loop_(loop),
        options_(options),
        printer_(loop, options.common),
        random_(harness::random_source(options.seed).stream("rcs-send", "sip")),
        user_(uri_of(options.from, options.domain)) {
    if (recorder != nullptr) {
      tap_ = std::make_unique<net::SipTap>(*recorder, options.from, [](const sip::Hop& hop) {
        return hop.host + ":" + std::to_string(hop.port);
      });
    }
    driver_ = std::make_unique<net::SipDriver<chat::Agent, chat::Event>>(
        loop, tap_.get(),
        [this](const chat::Event& event) { std::visit([this](const auto& e) { on(e); }, event); });
  }
  ~SipRun() { driver_->close(); }

  core::Result<void> open() {
    RCS_TRY(const auto uri, sip::parse_uri(options_.core));
    if (!uri.is_sip())
      return core::malformed("--core: expected sip:HOST:PORT, got " + core::quoted(options_.core));
    RCS_TRY(const auto bind, net::parse_address(options_.local));
    RCS_TRY(const auto bound, driver_->open(bind, [this](const std::string& words) {
      if (!options_.common.quiet) cli::say(words);
    }));
    chat::AgentConfig config;
    config.host = bound.host;
    config.port = bound.port;
    config.core = sip::hop_of(uri);
    config.wall = loop_.wall();
    agent_ = std::make_unique<chat::Agent>(std::move(config), random_);
    driver_->attach(*agent_);
    return {};
  }

  Exit run() {
    if (options_.receive) {
      execute(chat::Register{user_});
    } else {
      chat::StartChat start;
      start.chat = chat_ = chat::outgoing_chat(1);
      start.from = user_;
      start.to = uri_of(options_.to, options_.domain);
      start.subject = options_.text;
      body::ChatText text;
      text.message_id = message_id_ = options_.message_id.empty() ? random_.token(20) : options_.message_id;
      text.text = options_.text;
      start.text = std::move(text);
      execute(std::move(start));
    }
    const auto limit = options_.limited ? options_.common.timeout() : core::Duration::max();
    if (!loop_.run_until([this] { return done_; }, limit)) {
      cli::say(options_.receive ? "timed out after " + std::to_string(chats_) + " chats"
                                : "timed out in state " + state_);
      return Exit::unreachable;
    }
    if (!options_.ignore) hang_up();
    return exit_;
  }

 private:
  /// Nobody is here to talk when the process ends: what is up is left with BYE, and a declined caller gets
  /// its answer before the sockets close.
  void hang_up() {
    if (!options_.receive) execute(chat::EndChat{chat_});
    for (const auto& [chat, sender] : senders_) {
      execute(chat::EndChat{chat});
    }
    loop_.run_until([this] { return agent_->open_chats() == 0; }, kFarewell);
  }

  void execute(chat::Command command) {
    driver_->act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& out) {
      agent.execute(now, std::move(command), out);
    });
  }

  void reached(const std::string& state, int code = 0, const std::string& reason = {}) {
    state_ = state;
    printer_.print(
        state,
        {{"message_id", message_id_}, {"code", code == 0 ? "" : std::to_string(code)}, {"reason", reason}});
  }

  void on(const chat::Registered& event) {
    if (options_.receive && !announced_) {
      announced_ = true;
      if (!options_.common.quiet) cli::say("registered " + event.user + "; waiting for chats");
    }
  }
  void on(const chat::RegistrationFailed& event) {
    cli::say("REGISTER " + event.user + ": " + std::to_string(event.status) + " " + event.reason);
    if (!options_.receive || !event.will_retry)
      finish(event.status == 408 || event.status == 503 ? Exit::unreachable : Exit::refused);
  }
  void on(const chat::Unregistered&) {}
  void on(const chat::ChatProgress& event) {
    reached(event.status == 180 ? "ringing" : "trying", event.status);
  }
  void on(const chat::ChatAnswered&) {
    reached("sent");
    if (options_.until == Until::sent) finish(Exit::ok);
  }
  void on(const chat::ChatConnected& event) {
    if (!options_.receive) {
      reached("accepted");
      return finish(Exit::ok);
    }
    printer_.print("accepted", {{"from", senders_[event.chat]}});
    finish_receiving();
  }
  void on(const chat::ChatFailed& event) {
    reached("failed", event.status, event.reason);
    cli::say("INVITE " + options_.to + ": " + std::to_string(event.status) + " " + event.reason);
    finish(event.status == 408 || event.status == 503 ? Exit::unreachable : Exit::refused);
  }
  void on(const chat::ChatInvited& event) {
    senders_[event.chat] = event.from;
    printer_.print("initiate", {{"from", event.from},
                                {"message", event.text ? event.text->text : event.subject},
                                {"message_id", event.text ? event.text->message_id : ""}});
    execute(chat::AlertUser{event.chat});
    if (options_.ignore) {
      finish_receiving();
    } else if (options_.decline) {
      execute(chat::DeclineChat{event.chat, *options_.decline, {}});
      printer_.print("declined", {{"from", event.from}, {"code", std::to_string(*options_.decline)}});
      finish_receiving();
    } else {
      execute(chat::AcceptChat{event.chat});
    }
  }
  void on(const chat::ChatExpired& event) {
    printer_.print(
        "expired",
        {{"from", senders_[event.chat]}, {"code", std::to_string(event.code)}, {"reason", event.reason}});
    finish_receiving();
  }
  void on(const chat::ChatEnded& event) {
    if (done_) return;  // our own BYE
    if (options_.receive) {
      printer_.print(
          "ended",
          {{"from", senders_[event.chat]}, {"code", std::to_string(event.code)}, {"reason", event.reason}});
      return;
    }
    reached(event.code >= 400 ? "declined" : "ended", event.code, event.reason);
    finish(Exit::refused);
  }

  void finish_receiving() {
    if (++chats_ == options_.count) finish(Exit::ok);
  }
  void finish(Exit exit) {
    if (done_) return;
    done_ = true;
    exit_ = exit;
  }

  net::Loop& loop_;
  const Options& options_;
  StatePrinter printer_;
  core::Random random_;
  std::string user_;
  std::unique_ptr<net::SipTap> tap_;
  std::unique_ptr<chat::Agent> agent_;
  std::unique_ptr<net::SipDriver<chat::Agent, chat::Event>> driver_;
  chat::ChatId chat_;
  std::map<chat::ChatId, std::string> senders_;
  std::string message_id_;
  std::string state_ = "registering";
  unsigned chats_ = 0;
  bool announced_ = false;
  bool done_ = false;
  Exit exit_ = Exit::ok;
};

}  // namespace

Exit run_over_sip(net::Loop& loop, const Options& options, trace::Recorder* recorder) {
  SipRun run(loop, options, recorder);
  if (const auto opened = run.open(); !opened) return cli::fail(opened.error());
  return run.run();
}

}  // namespace rcs::send
