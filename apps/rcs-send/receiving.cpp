// The other end: invitations answered, texts printed.

#include <map>

#include "rcs-send/modes.hpp"
#include "rcs-send/states.hpp"

namespace rcs::send {
namespace {

using cli::Exit;

class Receiving {
 public:
  Receiving(net::Loop& loop, const Options& options, Link& link)
      : loop_(loop), options_(options), link_(link), printer_(loop, options.common) {}

  Exit run() {
    link_.on_news([this](const News& news) { on_news(news); });
    link_.start(true, [this](core::Result<void> ready) {
      if (!ready) return finish(cli::fail(ready.error()));
      if (!options_.common.quiet) cli::say("waiting for chats to " + options_.from);
    });
    const auto limit = options_.limited ? options_.common.timeout() : core::Duration::max();
    if (!loop_.run_until([this] { return done_; }, limit)) {
      cli::say("timed out after " + std::to_string(chats_) + " chats and " + std::to_string(texts_) +
               " texts");
      return Exit::unreachable;
    }
    link_.leave();
    return exit_;
  }

 private:
  void on_news(const News& news) {
    if (done_) return;
    if (news.error) {
      if (news.chat.empty()) return finish(cli::fail(*news.error));
      return cli::say(news.error->detail());
    }
    if (news.outgoing) return;
    auto shown = news;
    if (news.state == "accepted") shown.message_id.clear();
    printer_.print(shown);
    if (news.state == "initiate") {
      on_invitation(news);
    } else if (news.state == "accepted") {
      on_accepted(news);
    } else if (news.state == "message") {
      show(news.chat, news.message_id, [] {});
    } else if (news.state == "declined" || news.state == "expired") {
      first_.erase(news.chat);
      finish_chat();
    }
  }

  void on_invitation(const News& news) {
    if (options_.ignore) {
      finish_text();
      return finish_chat();
    }
    const auto answered = [this](core::Result<void> done) {
      if (!done) cli::say(done.error().detail());
    };
    if (options_.decline) return link_.decline(news.chat, *options_.decline, answered);
    first_[news.chat] = news.message_id;
    link_.accept(news.chat, answered);
  }

  /// The text of an invitation counts as seen once it is accepted.
  void on_accepted(const News& news) {
    const auto first = first_.find(news.chat);
    if (first == first_.end()) return;
    const auto message_id = first->second;
    first_.erase(first);
    show(news.chat, message_id, [this] { finish_chat(); });
  }

  /// Tells that a text was displayed, then counts it.
  void show(const std::string& chat, const std::string& message_id, std::function<void()> then) {
    const auto count = [this, then = std::move(then)](core::Result<void> done) {
      if (!done) cli::say(done.error().detail());
      finish_text();
      then();
    };
    if (!options_.display || message_id.empty()) return count({});
    link_.display(chat, message_id, count);
  }

  void finish_text() {
    if (++texts_ == options_.texts) finish(Exit::ok);
  }
  void finish_chat() {
    if (++chats_ == options_.count) finish(Exit::ok);
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
  std::map<std::string, std::string> first_;  ///< chats being accepted, and the ids of their first texts
  unsigned chats_ = 0;
  unsigned texts_ = 0;
  bool done_ = false;
  Exit exit_ = Exit::ok;
};

}  // namespace

Exit receive(net::Loop& loop, const Options& options, Link& link) {
  return Receiving(loop, options, link).run();
}

}  // namespace rcs::send
