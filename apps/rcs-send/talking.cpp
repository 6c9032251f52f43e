// A conversation, in a chat or outside of chats: the lines of standard input go out, what the other side
// writes is shown.

#include <deque>
#include <map>

#include "core/random.hpp"
#include "core/text.hpp"
#include "harness/entropy.hpp"
#include "rcs-send/line_input.hpp"
#include "rcs-send/modes.hpp"
#include "rcs-send/screen.hpp"
#include "rcs-send/states.hpp"

namespace rcs::send {
namespace {

using cli::Exit;

class Talking {
 public:
  Talking(net::Loop& loop, const Options& options, Link& link)
      : loop_(loop),
        options_(options),
        link_(link),
        printer_(loop, options.common),
        screen_(options.common),
        random_(harness::random_source(options.seed).stream("rcs-send", "message ids")),
        peer_(options.peer()) {}

  Exit run() {
    link_.on_news([this](const News& news) { on_news(news); });
    link_.start(true, [this](core::Result<void> ready) {
      if (!ready) return finish(cli::fail(ready.error()));
      begin();
    });
    const auto limit = options_.limited ? options_.common.timeout() : core::Duration::max();
    const bool in_time = loop_.run_until([this] { return done_; }, limit);
    input_.reset();
    if (!in_time) {
      cli::say("timed out; " + std::to_string(open_texts()) + " texts were not " +
               std::string(word_of(options_.until)) + " yet");
      exit_ = Exit::unreachable;
    }
    if (!chat_.empty() && !over_) link_.end(chat_, [](core::Result<void>) {});
    link_.leave();
    return exit_;
  }

 private:
  struct Sent {
    std::string text;
    bool settled = false;  ///< what is waited for has come, or never will
  };

  void begin() {
    if (!options_.text.empty()) say(options_.text);
    LineInput::Handlers handlers;
    handlers.on_line = [this](std::string line) {
      screen_.line_typed();
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty() && !core::is_utf8(line)) {
        cli::say("standard input: expected UTF-8, got " + core::quoted(line));
      } else if (!line.empty()) {
        say(line);
      }
      prompt();
    };
    handlers.on_end = [this](core::Result<void> how) {
      if (!how) return finish(cli::fail(how.error()));
      ended_ = true;
      finish_if_settled();
    };
    input_ = std::make_unique<LineInput>(loop_, std::move(handlers));
    prompt();
  }

  void prompt() {
    if (!options_.common.json) screen_.prompt();
  }

  /// The first text starts the chat; what follows before it is there waits.
  void say(const std::string& text) {
    if (options_.mode == Mode::message) return say_outside(text);
    if (chat_.empty() && (inviting_ || options_.to.empty())) return waiting_.push_back(text);
    const auto id = chat_.empty() && !options_.message_id.empty() ? options_.message_id : random_.token(20);
    sent_[id] = {text};
    if (!chat_.empty()) return link_.send(chat_, text, id);
    inviting_ = true;
    link_.invite(options_.peer(), text, id);
  }

  /// There is nothing to wait for but somebody to talk to.
  void say_outside(const std::string& text) {
    if (peer_.empty()) return waiting_.push_back(text);
    const bool named = sent_.empty() && !options_.message_id.empty();
    const auto id = named ? options_.message_id : random_.token(20);
    sent_[id] = {text};
    link_.message({peer_}, text, id);
  }

  void on_news(const News& news) {
    if (done_) return;
    if (options_.common.json && !news.state.empty()) printer_.print(news);
    if (news.error && (news.chat.empty() || chat_.empty())) return finish(cli::fail(*news.error));
    if (news.state == "initiate") return on_invitation(news);
    if (news.state == "message") return on_text(news);
    if (options_.mode == Mode::chat && !chat_.empty() && news.chat != chat_) return;
    if (chat_.empty()) on_chat(news.chat);
    const auto text = sent_.find(news.message_id);
    if (text != sent_.end()) on_state(news, text->second);
    if (!options_.common.json) remark(news);
    over_ = (over_ || is_end(news.state)) && news.state != "trying" && news.state != "accepted";
    if (news.state == "declined") finish(Exit::refused);
    finish_if_settled();
  }

  static bool is_end(const std::string& state) {
    return state == "ended" || state == "declined" || state == "expired" || state == "error";
  }

  void on_chat(const std::string& chat) {
    chat_ = chat;
    for (const auto& text : std::exchange(waiting_, {})) say(text);
  }

  /// Whoever invites us is talked to: the other side may open a chat of its own, too.
  void on_invitation(const News& news) {
    link_.accept(news.chat, [this, news](core::Result<void> done) {
      if (!done) return cli::say(done.error().detail());
      if (chat_.empty() || over_) {
        over_ = false;
        on_chat(news.chat);
      }
      on_text(news);
    });
  }

  void on_text(const News& news) {
    if (news.outgoing) return;
    if (!options_.common.json) screen_.text(loop_.wall().at(loop_.now()), news.from, news.message);
    if (options_.mode == Mode::message && peer_.empty()) {
      peer_ = news.from;
      on_chat(news.chat);
    }
    if (!options_.display || news.message_id.empty()) return;
    link_.display(news.chat, news.message_id, [](core::Result<void> done) {
      if (!done) cli::say(done.error().detail());
    });
  }

  void on_state(const News& news, Sent& sent) {
    const bool failed = news.state == "failed" || news.error;
    const bool of_text = news.state == "sent" || news.state == "delivered" || news.state == "displayed";
    if (!failed && !of_text) return;
    if (!options_.common.json)
      screen_.mark(failed ? "failed" : news.state, sent.text,
                   !news.reason.empty() ? news.reason
                   : news.error         ? news.error->detail()
                                        : std::string());
    if (failed) exit_ = Exit::refused;
    sent.settled = sent.settled || failed || news.state == word_of(options_.until) ||
                   news.state == "displayed" || options_.until <= Until::accepted;
  }

  void remark(const News& news) {
    const auto& who = news.from.empty() ? options_.peer() : news.from;
    if (news.state == "composing") screen_.remark(who + " is typing");
    if (news.state == "accepted") screen_.remark(news.outgoing ? "accepted by " + who : "chat with " + who);
    if (!is_end(news.state)) return;
    std::string words = news.state == "declined" ? "the chat was declined" : "the chat has ended";
    if (!news.reason.empty()) words += ": " + news.reason;
    screen_.remark(news.state == "declined" ? words : words + "; a line opens it again");
  }

  std::size_t open_texts() const {
    std::size_t open = waiting_.size();
    for (const auto& [id, sent] : sent_) open += sent.settled ? 0 : 1;
    return open;
  }

  /// Nothing more will be typed, and all that was has come as far as it is waited for.
  void finish_if_settled() {
    if (ended_ && open_texts() == 0) finish(exit_);
  }
  void finish(Exit exit) {
    if (done_) return;
    done_ = true;
    exit_ = exit;
  }

  net::Loop& loop_;
  const Options& options_;
  Link& link_;
  StatePrinter printer_;
  Screen screen_;
  core::Random random_;
  std::unique_ptr<LineInput> input_;
  std::string peer_;  ///< outside of chats: whom the lines go to
  std::string chat_;
  std::deque<std::string> waiting_;   ///< typed while there was no chat
  std::map<std::string, Sent> sent_;  ///< by message id
  bool inviting_ = false;
  bool over_ = false;   ///< the chat has ended
  bool ended_ = false;  ///< the input has
  bool done_ = false;
  Exit exit_ = Exit::ok;
};

}  // namespace

Exit talk(net::Loop& loop, const Options& options, Link& link) { return Talking(loop, options, link).run(); }

}  // namespace rcs::send
