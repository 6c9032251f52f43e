// The link through the open API: an event channel for what happens, a request for each thing that is asked.

#include <set>

#include "core/random.hpp"
#include "core/text.hpp"
#include "harness/api_client.hpp"
#include "harness/entropy.hpp"
#include "harness/live_web_port.hpp"
#include "harness/web_tap.hpp"
#include "rcs-send/link.hpp"

namespace rcs::send {
namespace {

constexpr core::Duration kFarewell = std::chrono::seconds(5);  // for the answers to our last requests

/// Begins the name of what has no chat; the contact follows.
constexpr std::string_view kOutside = "outside of chats with ";

std::string outside(const std::string& contact) { return std::string(kOutside) + contact; }
/// Empty: it names a chat.
std::string contact_of(const std::string& chat) {
  return chat.starts_with(kOutside) ? chat.substr(kOutside.size()) : std::string();
}

class GatewayLink final : public Link {
 public:
  GatewayLink(net::Loop& loop, const Options& options, trace::Recorder* recorder, const http::Url& url)
      : loop_(loop),
        options_(options),
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
      if (final) return fail({}, error);
      if (!options_.common.quiet) cli::say(error.detail() + "; trying again");
    };
    client_ = std::make_unique<harness::ApiClient>(std::move(port), std::move(client), random_,
                                                   std::move(handlers));
  }

  /// A receiver wants what has come while it was away; a sender only what comes of its own.
  void start(bool listening, Done ready) override { client_->open_events(!listening, std::move(ready)); }

  void invite(const std::string& to, const std::string& text, const std::string& message_id) override {
    ++inviting_;
    client_->start_chat(to, text, message_id, counted([this, message_id](core::Result<core::WebReply> reply) {
                          --inviting_;
                          on_invited(message_id, reply);
                        }));
  }
  void message(const std::vector<std::string>& to, const std::string& text,
               const std::string& message_id) override {
    ++inviting_;
    client_->send_message({to, text, message_id, {}, options_.expires},
                          counted([this, to, message_id](core::Result<core::WebReply> reply) {
                            --inviting_;
                            on_posted(to, message_id, reply);
                          }));
  }
  void accept(const std::string& chat, Done done) override {
    client_->accept(chat, counted(told(std::move(done))));
  }
  void decline(const std::string& chat, int status, Done done) override {
    client_->decline(chat, status, {}, counted(told(std::move(done))));
  }
  void send(const std::string& chat, const std::string& text, const std::string& message_id) override {
    client_->send_text(chat, text, message_id, {},
                       counted([this, chat, message_id](core::Result<core::WebReply> reply) {
                         if (reply && reply->status == 200) return;
                         News news = news_of_refusal(message_id, reply);
                         news.chat = news.instance = chat;
                         tell(news);
                       }));
  }
  void display(const std::string& chat, const std::string& message_id, Done done) override {
    const auto contact = contact_of(chat);
    auto on_reply = counted(told(std::move(done)));
    if (contact.empty()) return client_->tell_status(chat, message_id, "displayed", std::move(on_reply));
    client_->tell_message_status(contact, message_id, "displayed", std::move(on_reply));
  }
  void end(const std::string& chat, Done done) override {
    if (!contact_of(chat).empty()) return done({});
    client_->end(chat, counted(told(std::move(done))));
  }
  void leave() override {
    loop_.run_until([this] { return asked_ == 0; }, kFarewell);
  }

 private:
  using OnReply = harness::ApiClient::OnReply;

  /// Counts the requests under way.
  OnReply counted(OnReply on_reply) {
    ++asked_;
    return [this, on_reply = std::move(on_reply)](core::Result<core::WebReply> reply) {
      --asked_;
      on_reply(std::move(reply));
    };
  }
  static OnReply told(Done done) {
    return [done = std::move(done)](core::Result<core::WebReply> reply) {
      if (!reply) return done(reply.error());
      if (reply->status >= 300) return done(harness::problem_error(*reply));
      done({});
    };
  }

  static News news_of_refusal(const std::string& message_id, const core::Result<core::WebReply>& reply) {
    News news;
    news.message_id = message_id;
    news.state = "failed";
    news.error = reply ? harness::problem_error(*reply) : reply.error();
    if (reply) {
      news.http = std::to_string(reply->status);
      news.code = harness::json_member(reply->body, "code").value_or("");
    } else {
      news.reason = reply.error().detail();
    }
    return news;
  }

  void on_invited(const std::string& message_id, const core::Result<core::WebReply>& reply) {
    if (!reply || reply->status != 200) return tell(news_of_refusal(message_id, reply));
    News news;
    news.state = "sent";
    news.chat = news.instance = harness::json_member(reply->body, "instance").value_or("");
    news.message_id = message_id;
    news.outgoing = true;
    ours_.insert(news.chat);
    taken_.insert(message_id);
    tell(news);
    tell_early();
  }

  void on_posted(const std::vector<std::string>& to, const std::string& message_id,
                 const core::Result<core::WebReply>& reply) {
    News news;
    if (reply && reply->status == 200) {
      news.state = "trying";
      news.message_id = message_id;
      news.instance = harness::json_member(reply->body, "instance").value_or("");
    } else {
      news = news_of_refusal(message_id, reply);
    }
    if (to.size() == 1) news.chat = outside(to.front());
    news.outgoing = true;
    tell(news);
    tell_early();
  }

  void tell_early() {
    if (inviting_ > 0) return;
    for (const auto& event : std::exchange(early_, {})) on_event(event);
  }

  /// The event channel and the POST are two connections: an event may overtake the POST's answer.
  void on_event(const harness::ApiEvent& event) {
    if (event.type != "chat" && event.type != "message") return;
    if (inviting_ > 0) return early_.push_back(event);
    const auto member = [&](const char* name) { return harness::json_member(event.json, name).value_or(""); };
    News news;
    news.state = event.status;
    news.chat = news.instance = event.instance;
    news.message_id = member("data.message_id");
    news.message = member("data.message");
    news.code = member("data.code");
    news.reason = member("data.reason");
    news.from = member("data.sender");
    const auto direction = member("data.direction");
    if (direction == "self") return;  // what another device of this user has said
    if (event.type == "message") {
      const auto to = member("data.recipient");
      news.outgoing = !to.empty();
      news.chat = outside(news.outgoing ? to : news.from);
      if (news.outgoing && options_.to.size() > 1) news.recipient = to;
      news.expired = member("data.expired") == "true";
      return tell(news);
    }
    news.outgoing = event.status == "message" ? direction == "out" : ours_.contains(event.instance);
    // That the network has a chat's first text was told when it answered.
    if (event.status == "sent" && taken_.erase(news.message_id) > 0) return;
    tell(news);
  }

  void fail(const std::string& chat, const core::Error& error) {
    News news;
    news.chat = chat;
    news.error = error;
    tell(news);
  }

  net::Loop& loop_;
  const Options& options_;
  core::Random random_;
  std::unique_ptr<harness::ApiClient> client_;
  std::vector<harness::ApiEvent> early_;
  std::set<std::string> ours_;   ///< instances that we started
  std::set<std::string> taken_;  ///< first texts of which `sent` has been told
  unsigned inviting_ = 0;
  unsigned asked_ = 0;
};

}  // namespace

core::Result<std::unique_ptr<Link>> make_gateway_link(net::Loop& loop, const Options& options,
                                                      trace::Recorder* recorder) {
  RCS_TRY(const auto url, http::parse_url(options.gateway));
  return std::unique_ptr<Link>(std::make_unique<GatewayLink>(loop, options, recorder, url));
}

}  // namespace rcs::send
