// The link as a standard client: registers with the core, and speaks SIP and MSRP itself.

#include <map>

#include "core/random.hpp"
#include "core/text.hpp"
#include "harness/entropy.hpp"
#include "harness/live_agent.hpp"
#include "rcs-send/link.hpp"

namespace rcs::send {
namespace {

constexpr core::Duration kFarewell =
    std::chrono::seconds(5);  // a peer that does not answer our last word is not waited for longer

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
        user_(harness::contact_uri(options.from, options.domain)) {}

  core::Result<void> open() {
    harness::LiveAgentOptions agent;
    agent.actor = options_.from;
    RCS_CHECK_OK(harness::lead_to_core(agent.agent, options_.core));
    RCS_TRY(agent.bind, net::parse_address(options_.local));
    const auto& files = options_.tls;
    agent.tls = {files.certificate, files.key, files.authorities};
    agent.agent.login_of = harness::login_of(options_.login.user, options_.login.password);
    agent.recorder = recorder_;
    agent.on_warning = [this](const std::string& words) {
      if (!options_.common.quiet) cli::say(words);
    };
    const auto on_event = [this](const chat::Event& event) {
      std::visit([this](const auto& e) { on(e); }, event);
    };
    RCS_TRY(client_, harness::LiveAgent::open(loop_, std::move(agent), random_, on_event));
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
    start.to = harness::contact_uri(to, options_.domain);
    start.subject = text;
    start.text.emplace();
    start.text->message_id = message_id;
    start.text->text = text;
    chats_[start.chat] = {start.to, message_id, true};
    execute(std::move(start));
  }
  void message(const std::vector<std::string>& to, const std::string& text,
               const std::string& message_id) override {
    if (to.size() == 1) return send(name_of(thread_with(to.front())), text, message_id);
    chat::SendToMany all;
    all.from = user_;
    all.text.message_id = message_id;
    all.text.text = text;
    if (options_.expires) all.expires = std::chrono::seconds(*options_.expires);
    for (const auto& recipient : to) {
      const auto thread = thread_with(recipient);
      chats_[thread].recipient = recipient;
      all.to.push_back({thread});
    }
    execute(std::move(all));
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
    if (options_.expires && chats_[send.chat].thread) send.expires = std::chrono::seconds(*options_.expires);
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
      if (!about.over && !about.thread) execute(chat::EndChat{chat});
    }
    loop_.run_until(
        [this] { return client_->agent().open_chats() == 0 && client_->agent().open_messages() == 0; },
        kFarewell);
    if (!client_->agent().is_registered(user_)) return;
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
    bool thread = false;    ///< no chat: messages without a session
    std::string recipient;  ///< of a message to several: as the user has named it
  };

  chat::ChatId thread_with(const std::string& to) {
    const auto peer = harness::contact_uri(to, options_.domain);
    auto& thread = threads_[peer];
    if (!thread) {
      thread = chat::outgoing_chat(++invited_);
      chats_[thread] = {.peer = peer, .thread = true};
      execute(chat::OpenThread{thread, user_, peer});
    }
    return thread;
  }

  void execute(chat::Command command) { client_->execute(std::move(command)); }

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
    news.expired = event.expired;
    tell(news);
  }
  void on(const chat::TextState& event) {
    const auto& about = chats_[event.chat];
    if (about.thread) return on_message_state(about, event);
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
  void on(const chat::ThreadOpened& event) {
    chats_[event.chat] = {.peer = event.from, .thread = true};
    threads_[event.from] = event.chat;
  }
  void on(const chat::CapabilitiesFound&) {}
  void on(const chat::CapabilitiesChanged&) {}
  void on(const chat::QueryArrived&) {}
  void on_message_state(const About& about, const chat::TextState& event) {
    auto news = news_of(event.chat, word_of(event.state), event.code, event.reason);
    news.message_id = event.message_id;
    news.outgoing = true;
    news.recipient = about.recipient;
    news.from.clear();
    if (event.state == chat::MessageState::failed && event.code != 0)
      news.error = error_of("MESSAGE " + about.peer, event.code, event.reason);
    tell(news);
  }
  void on(const node::StreamEffect&) {}  // the client's own affair

  net::Loop& loop_;
  const Options& options_;
  trace::Recorder* recorder_;
  core::Random random_;
  std::string user_;
  std::unique_ptr<harness::LiveAgent> client_;
  std::map<chat::ChatId, About> chats_;
  std::map<std::string, chat::ChatId> threads_;  ///< by the peer's URI
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
