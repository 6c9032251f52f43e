// rcs-send through the open API: an event channel, one POST, and what the events say; or, receiving, events
// and a PUT for each.

#include "core/random.hpp"
#include "core/text.hpp"
#include "harness/api_client.hpp"
#include "harness/entropy.hpp"
#include "harness/live_web_port.hpp"
#include "harness/web_tap.hpp"
#include "rcs-send/modes.hpp"
#include "rcs-send/states.hpp"

namespace rcs::send {
namespace {

using cli::Exit;

class GatewayRun {
 public:
  GatewayRun(net::Loop& loop, const Options& options, trace::Recorder* recorder, const http::Url& url)
      : loop_(loop),
        options_(options),
        printer_(loop, options.common),
        random_(harness::random_source(options.seed).stream("rcs-send", "api")) {
    auto port = harness::make_live_web_port(loop, url);
    if (recorder != nullptr) {
      port = harness::make_traced_web_port(std::move(port), *recorder, options.from, "gateway",
                                           [&loop] { return loop.now(); });
    }
    harness::ApiClientOptions client;
    client.rcs_id = options.from;
    client.token = options.token_or_development();
    client.device = "rcs-send-" + random_.token(8);
    client.transport = *harness::parse_event_transport(options.events);
    client.request_timeout = options.common.timeout();
    harness::ApiClient::Handlers handlers;
    handlers.on_event = [this](const harness::ApiEvent& event) { on_event(event); };
    handlers.on_trouble = [this](const core::Error& error, bool final) {
      if (final) return finish(cli::fail(error));
      if (!options_.common.quiet) cli::say(error.detail() + "; trying again");
    };
    client_ = std::make_unique<harness::ApiClient>(std::move(port), std::move(client), random_,
                                                   std::move(handlers));
  }

  Exit run() {
    client_->open_events(!options_.receive, [this](core::Result<void> ready) {
      if (!ready) return finish(cli::fail(ready.error()));
      if (options_.receive) {
        if (!options_.common.quiet) cli::say("waiting for chats to " + options_.from);
      } else {
        send();
      }
    });
    const auto limit = options_.limited ? options_.common.timeout() : core::Duration::max();
    if (!loop_.run_until([this] { return done_; }, limit)) {
      if (options_.receive) {
        cli::say("timed out after " + std::to_string(chats_) + " chats");
      } else {
        cli::say("timed out in state " + state_ + "; waited for " +
                 (options_.until == Until::sent ? "sent" : "accepted"));
      }
      return Exit::unreachable;
    }
    return exit_;
  }

 private:
  void send() {
    message_id_ = options_.message_id.empty() ? random_.token(20) : options_.message_id;
    client_->start_chat(options_.to, options_.text, message_id_, [this](core::Result<core::WebReply> reply) {
      if (!reply) return finish(cli::fail(reply.error()));
      if (reply->status != 200) {
        const auto code = harness::json_member(reply->body, "code").value_or("");
        printer_.print(
            "failed", {{"http", std::to_string(reply->status)}, {"code", code}, {"message_id", message_id_}});
        return finish(cli::fail(harness::problem_error(*reply)));
      }
      instance_ = harness::json_member(reply->body, "instance").value_or("");
      reached("sent", {});
      for (const auto& event : early_) on_event(event);
      early_.clear();
    });
  }

  /// The event channel and the POST are two connections: an event may overtake the POST's answer.
  void on_event(const harness::ApiEvent& event) {
    if (done_) return;
    if (options_.receive) return on_invitation(event);
    if (instance_.empty()) {
      early_.push_back(event);
      return;
    }
    if (event.type != "chat" || event.instance != instance_) return;
    reached(event.status, event);
  }

  void reached(const std::string& state, const harness::ApiEvent& event) {
    state_ = state;
    const auto member = [&](const char* name) {
      return event.json.empty() ? std::string() : harness::json_member(event.json, name).value_or("");
    };
    printer_.print(state, {{"instance", instance_},
                           {"message_id", message_id_},
                           {"code", member("data.code")},
                           {"reason", member("data.reason")}});
    const bool refused = state == "declined" || state == "error" || state == "expired" || state == "ended";
    if (refused) return finish(Exit::refused);
    if ((options_.until == Until::sent && state == "sent") || state == "accepted") finish(Exit::ok);
  }

  void on_invitation(const harness::ApiEvent& event) {
    if (event.type != "chat") return;
    const auto member = [&](const char* name) { return harness::json_member(event.json, name).value_or(""); };
    printer_.print(event.status, {{"from", member("data.sender")},
                                  {"message", member("data.message")},
                                  {"message_id", member("data.message_id")},
                                  {"instance", event.instance},
                                  {"code", member("data.code")},
                                  {"reason", member("data.reason")}});
    if (event.status == "initiate" && !options_.ignore) {
      const auto answered = [this](core::Result<core::WebReply> reply) {
        if (!reply) return finish(cli::fail(reply.error()));
        if (reply->status >= 300) cli::say(harness::problem_error(*reply).detail());
      };
      if (options_.decline) {
        client_->decline(event.instance, *options_.decline, {}, answered);
      } else {
        client_->accept(event.instance, answered);
      }
    }
    const bool over = options_.ignore ? event.status == "initiate"
                                      : event.status == "accepted" || event.status == "declined" ||
                                            event.status == "expired";
    if (over && ++chats_ == options_.count) finish(Exit::ok);
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
  std::unique_ptr<harness::ApiClient> client_;
  std::string message_id_;
  std::string instance_;
  std::string state_ = "connecting";
  std::vector<harness::ApiEvent> early_;
  unsigned chats_ = 0;
  bool done_ = false;
  Exit exit_ = Exit::ok;
};

}  // namespace

Exit run_through_gateway(net::Loop& loop, const Options& options, trace::Recorder* recorder) {
  const auto url = http::parse_url(options.gateway);
  if (!url) return cli::fail(url.error());
  GatewayRun run(loop, options, recorder, *url);
  return run.run();
}

}  // namespace rcs::send
