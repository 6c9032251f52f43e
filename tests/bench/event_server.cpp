// The gateway without SIP behind it, for the deliveries benchmark: one HTTP request in, one event out to
// another user's readers.
//
// Real: http::Server with its default limits, gateway::Gateway with its tokens, readers, cursors and log, and
// how they are driven, as in harness::LiveGateway. Bench: POST /publish?user=ID. The API has no request that
// makes exactly one event for another user and nothing else, so this one tells the gateway what its chat
// client would have told it after a SIP message: in turn "you are invited" and "that chat has ended". Each of
// the two makes one event, with the body of the request as its text, and the chat table stays as it is in
// service. What the gateway asks of the chat client (to register, to ring) is dropped.
//
// Prints "ready port=N" and serves until it is ended.

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/random.hpp"
#include "gateway/gateway.hpp"
#include "http/server.hpp"
#include "net/loop.hpp"
#include "store/memory_log.hpp"

namespace {

using namespace rcs;

constexpr std::string_view kPublish = "/publish?user=";

class EventServer {
 public:
  explicit EventServer(net::Loop& loop) : loop_(loop), random_(1, "gateway", "api"), log_("bench") {}

  core::Result<net::Address> open() {
    http::Server::Handlers handlers;
    handlers.on_request = [this](core::WebId id, const core::WebRequest& request) {
      if (request.method == "POST" && request.target.starts_with(kPublish)) return publish(id, request);
      gateway::GatewayOutbox out;
      gateway_->on_request(loop_.now(), id, request, out);
      carry_out(out);
    };
    handlers.on_text = [this](core::WebId id, const std::string& text) {
      gateway::GatewayOutbox out;
      gateway_->on_text(loop_.now(), id, text, out);
      carry_out(out);
    };
    handlers.on_gone = [this](core::WebId id) {
      gateway::GatewayOutbox out;
      gateway_->on_gone(loop_.now(), id, out);
      carry_out(out);
    };
    RCS_TRY(server_, http::Server::open(loop_, {"127.0.0.1", 0}, {}, std::move(handlers)));
    gateway::Config config;
    config.wall = loop_.wall();
    config.public_url = "http://" + server_->local().to_string();
    gateway_ = std::make_unique<gateway::Gateway>(std::move(config), random_, log_);
    timers_ = std::make_unique<net::NodeTimers>(loop_, [this](core::Instant now, node::TimerKey key) {
      gateway::GatewayOutbox out;
      gateway_->on_timer(now, key, out);
      carry_out(out);
    });
    return server_->local();
  }

 private:
  void publish(core::WebId id, const core::WebRequest& request) {
    gateway::GatewayOutbox out;
    gateway_->on_chat_event(loop_.now(), next_event(request.target.substr(kPublish.size()), request.body),
                            out);
    carry_out(out);
    core::WebReply accepted;
    accepted.status = 202;
    server_->act(id, std::move(accepted));
  }

  chat::Event next_event(const std::string& user, const std::string& text) {
    const auto open = open_chats_.find(user);
    if (open != open_chats_.end()) {
      chat::ChatEnded ended;
      ended.chat = open->second;
      ended.reason = text;
      open_chats_.erase(open);
      return ended;
    }
    chat::ChatInvited invited;
    invited.chat = chat::incoming_chat(++last_chat_);
    invited.user = "sip:" + user + "@domain.com";
    invited.from = "sip:sender@domain.com";
    invited.subject = text;
    open_chats_.emplace(user, invited.chat);
    return invited;
  }

  void carry_out(gateway::GatewayOutbox& out) {
    using Box = gateway::GatewayOutbox;
    for (auto& effect : out.take()) {
      if (auto* send = std::get_if<Box::Send>(&effect)) {
        server_->act(send->to, std::move(send->message));
      } else if (auto* arm = std::get_if<Box::Arm>(&effect)) {
        timers_->arm(arm->key, arm->after);
      } else if (auto* cancel = std::get_if<Box::Cancel>(&effect)) {
        timers_->cancel(cancel->key);
      }
    }
  }

  net::Loop& loop_;
  core::Random random_;
  store::MemoryLog log_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<net::NodeTimers> timers_;
  std::map<std::string, chat::ChatId> open_chats_;  // of each user, the one that is to end next
  std::uint64_t last_chat_ = 0;
};

}  // namespace

int main() {
  net::Loop loop;
  EventServer server(loop);
  const auto address = server.open();
  if (!address) {
    std::fprintf(stderr, "event_server: %s\n", address.error().detail().c_str());
    return 3;
  }
  std::printf("ready port=%u\n", static_cast<unsigned>(address->port));
  std::fflush(stdout);
  loop.on_interrupt([&](int) { loop.stop(); });
  loop.run();
  return 0;
}
