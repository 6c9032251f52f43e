// The link as a standard client: registers with the core, and speaks SIP and MSRP itself.

#include <map>

#include "chat/agent.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "harness/entropy.hpp"
#include "harness/live_media.hpp"
#include "net/sip_driver.hpp"
#include "rcs-send/link.hpp"

namespace rcs::send {
namespace {

constexpr core::Duration kFarewell =
    std::chrono::seconds(5);  // a peer that does not answer our last word is not waited for longer

/// 0108..., +82..., tel:... or sip:... as a URI.
std::string uri_of(const std::string& id, const std::string& domain) {
  if (id.find(':') != std::string::npos) return id;
  return "sip:" + id + "@" + domain;
}

std::string name_of(chat::ChatId chat) { return std::to_string(chat.value); }
chat::ChatId chat_of(const std::string& name) { return chat::ChatId{core::parse_u64(name).value_or(0)}; }

std::string word_of(chat::MessageState state) {
  constexpr std::string_view kWords[] = {"sent", "delivered", "displayed", "failed"};
  return std::string(kWords[static_cast<std::size_t>(state)]);
}

/// As the API shows how a chat ends: by the code of its Reason.
std::string word_of_end(int code, bool accepted) {
  if (code == 603 || code == 486) return "declined";
  return (code == 480 || code == 408) && !accepted ? "expired" : "ended";
}

core::Error error_of(const std::string& what, int status, const std::string& reason) {
  const bool nobody = status == 408 || status == 503;
  return core::Error(nobody ? core::Errc::timed_out : core::Errc::refused,
                     what + ": " + std::to_string(status) + " " + reason);
}

class SipLink final : public Link {
 public:
  SipLink(net::Loop& loop, const Options& options, trace::Recorder* recorder)
      : loop_(loop),
        options_(options),
        recorder_(recorder),
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
  ~SipLink() override {
    media_->close();
    driver_->close();
  }

  core::Result<void> open() {
    RCS_TRY(const auto uri, sip::parse_uri(options_.core));
    if (!uri.is_sip())
      return core::malformed("--core: expected sip:HOST:PORT, got " + core::quoted(options_.core));
    RCS_TRY(const auto bind, net::parse_address(options_.local));
    RCS_CHECK_OK(open_media(bind.host));
    RCS_TRY(const auto bound, driver_->open(bind, [this](const std::string& words) {
      if (!options_.common.quiet) cli::say(words);
    }));
    chat::AgentConfig config;
    config.host = bound.host;
    config.port = bound.port;
    config.core = sip::hop_of(uri);
    config.wall = loop_.wall();
    config.msrp = media_->at();
    agent_ = std::make_unique<chat::Agent>(std::move(config), random_);
    driver_->attach(*agent_);
    return {};
  }

  void start(bool listening, Done ready) override {
    if (!listening) return ready({});  // the first chat registers
    ready_ = std::move(ready);
    execute(chat::Register{user_});
  }
  void invite(const std::string& to, const std::string& text, const std::string& message_id) override {
    chat::StartChat start;
    start.chat = chat::outgoing_chat(++invited_);
    start.from = user_;
    start.to = uri_of(to, options_.domain);
    start.subject = text;
    start.text.emplace();
    start.text->message_id = message_id;
    start.text->text = text;
    chats_[start.chat] = {start.to, message_id, true};
    execute(std::move(start));
  }
  void accept(const std::string& chat, Done done) override {
    execute(chat::AcceptChat{chat_of(chat)});
    done({});
  }
  void decline(const std::string& chat, int status, Done done) override {
    execute(chat::DeclineChat{chat_of(chat), status, {}});
    tell(news_of(chat_of(chat), "declined", status, {}));
    done({});
  }
  void send(const std::string& chat, const std::string& text, const std::string& message_id) override {
    chat::SendText send;
    send.chat = chat_of(chat);
    send.text.message_id = message_id;
    send.text.text = text;
    execute(std::move(send));
  }
  void display(const std::string& chat, const std::string& message_id, Done done) override {
    execute(chat::SendState{chat_of(chat), message_id, chat::MessageState::displayed});
    done({});
  }
  void end(const std::string& chat, Done done) override {
    execute(chat::EndChat{chat_of(chat)});
    done({});
  }
  /// Nobody is here to talk when the process ends: what is up is left with BYE, and a declined caller gets
  /// its answer before the sockets close.
  void leave() override {
    on_news({});
    if (options_.ignore) return;
    for (const auto& [chat, about] : chats_) {
      if (!about.over) execute(chat::EndChat{chat});
    }
    loop_.run_until([this] { return agent_->open_chats() == 0 && agent_->open_notices() == 0; }, kFarewell);
    if (!agent_->is_registered(user_)) return;
    execute(chat::Unregister{user_});
    loop_.run_until([this] { return unregistered_; }, kFarewell);
  }

 private:
  struct About {
    std::string peer;        ///< URI
    std::string message_id;  ///< of the first text
    bool outgoing = false;
    bool answered = false;
    bool accepted = false;
    bool over = false;
  };

  core::Result<void> open_media(const std::string& host) {
    harness::LiveMediaOptions options;
    options.bind = {host, 0};
    options.actor = options_.from;
    options.recorder = recorder_;
    RCS_TRY(media_, harness::LiveMedia::open(loop_, std::move(options)));
    media_->attach([this](node::ConnectionId id, const node::StreamNews& news) {
      driver_->act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& out) {
        agent.on_stream(now, id, news, out);
      });
    });
    return {};
  }

  void execute(chat::Command command) {
    driver_->act([&](core::Instant now, chat::Agent& agent, chat::AgentOutbox& out) {
      agent.execute(now, std::move(command), out);
    });
  }

  News news_of(chat::ChatId chat, std::string state, int code = 0, const std::string& reason = {}) const {
    News news;
    news.state = std::move(state);
    news.chat = name_of(chat);
    news.reason = reason;
    if (code != 0) news.code = std::to_string(code);
    const auto found = chats_.find(chat);
    if (found == chats_.end()) return news;
    news.message_id = found->second.message_id;
    news.outgoing = found->second.outgoing;
    if (!news.outgoing) news.from = found->second.peer;
    return news;
  }

  void on(const chat::Registered&) {
    if (const auto ready = std::exchange(ready_, {})) ready({});
  }
  void on(const chat::RegistrationFailed& event) {
    const auto error = error_of("REGISTER " + event.user, event.status, event.reason);
    if (options_.receive && event.will_retry) return cli::say(error.detail());
    News news;
    news.error = error;
    tell(news);
  }
  void on(const chat::Unregistered&) { unregistered_ = true; }
  void on(const chat::ChatProgress& event) {
    tell(news_of(event.chat, event.status == 180 ? "ringing" : "trying", event.status));
  }
  void on(const chat::ChatAnswered& event) {
    auto& about = chats_[event.chat];
    about.over = false;
    // A session that a later text has opened is no news of the first.
    if (!std::exchange(about.answered, true)) tell(news_of(event.chat, "sent"));
  }
  void on(const chat::ChatConnected& event) {
    chats_[event.chat].accepted = true;
    chats_[event.chat].over = false;
    tell(news_of(event.chat, "accepted"));
  }
  void on(const chat::ChatFailed& event) {
    auto& about = chats_[event.chat];
    about.over = true;
    if (about.answered) return tell(news_of(event.chat, "error", event.status, event.reason));
    auto news = news_of(event.chat, "failed", event.status, event.reason);
    news.error = error_of("INVITE " + about.peer, event.status, event.reason);
    tell(news);
  }
  void on(const chat::ChatInvited& event) {
    const std::string message_id = event.text ? event.text->message_id : "";
    chats_[event.chat] = {event.from, message_id, false};
    auto news = news_of(event.chat, "initiate");
    news.message = event.text ? event.text->text : event.subject;
    execute(chat::AlertUser{event.chat});
    tell(news);
  }
  void on(const chat::ChatExpired& event) {
    chats_[event.chat].over = true;
    tell(news_of(event.chat, "expired", event.code, event.reason));
  }
  void on(const chat::ChatEnded& event) {
    auto& about = chats_[event.chat];
    about.over = true;
    if (event.by_us) return;
    tell(news_of(event.chat, word_of_end(event.code, about.accepted), event.code, event.reason));
  }
  void on(const chat::TextArrived& event) {
    auto news = news_of(event.chat, "message");
    news.from = chats_[event.chat].peer;
    news.message = event.text.text;
    news.message_id = event.text.message_id;
    news.outgoing = false;
    tell(news);
  }
  void on(const chat::TextState& event) {
    const auto& about = chats_[event.chat];
    // What the network has done with the first text is told with its answer to the chat.
    const bool first = about.outgoing && event.message_id == about.message_id;
    if (first && (event.state == chat::MessageState::sent || !about.answered)) return;
    auto news = news_of(event.chat, word_of(event.state), event.code, event.reason);
    news.message_id = event.message_id;
    tell(news);
  }
  void on(const chat::PeerComposing& event) {
    auto news = news_of(event.chat, event.active ? "composing" : "idle");
    news.message_id.clear();
    news.from = chats_[event.chat].peer;
    tell(news);
  }
  void on(const node::StreamEffect& effect) { media_->act(effect); }

  net::Loop& loop_;
  const Options& options_;
  trace::Recorder* recorder_;
  core::Random random_;
  std::string user_;
  std::unique_ptr<net::SipTap> tap_;
  std::unique_ptr<harness::LiveMedia> media_;
  std::unique_ptr<chat::Agent> agent_;
  std::unique_ptr<net::SipDriver<chat::Agent, chat::Event>> driver_;
  std::map<chat::ChatId, About> chats_;
  std::uint64_t invited_ = 0;
  bool unregistered_ = false;
  Done ready_;
};

}  // namespace

core::Result<std::unique_ptr<Link>> make_sip_link(net::Loop& loop, const Options& options,
                                                  trace::Recorder* recorder) {
  auto link = std::make_unique<SipLink>(loop, options, recorder);
  RCS_CHECK_OK(link->open());
  return std::unique_ptr<Link>(std::move(link));
}

}  // namespace rcs::send
