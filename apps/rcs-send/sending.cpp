// One text, sent in a chat or outside of chats, and followed.

#include <map>
#include <set>

#include "core/random.hpp"
#include "harness/entropy.hpp"
#include "rcs-send/modes.hpp"
#include "rcs-send/states.hpp"

namespace rcs::send {
namespace {

using cli::Exit;

class Sending {
 public:
  Sending(net::Loop& loop, const Options& options, Link& link)
      : loop_(loop), options_(options), link_(link), printer_(loop, options.common) {
    message_id_ = options.message_id;
    if (message_id_.empty())
      message_id_ = harness::random_source(options.seed).stream("rcs-send", "message ids").token(20);
  }

  Exit run() {
    link_.on_news([this](const News& news) { on_news(news); });
    link_.start(false, [this](core::Result<void> ready) {
      if (!ready) return finish(cli::fail(ready.error()));
      if (options_.mode == Mode::message) return link_.message(options_.to, options_.text, message_id_);
      link_.invite(options_.peer(), options_.text, message_id_);
    });
    if (!loop_.run_until([this] { return done_; }, options_.common.timeout())) {
      cli::say("timed out in state " + open_states() + "; waited for " +
               std::string(word_of(options_.until)));
      return Exit::unreachable;
    }
    link_.leave();
    return exit_;
  }

 private:
  bool concerns_us(const News& news) const {
    if (news.error && news.chat.empty()) return true;
    // There may have been messages to this contact before.
    if (options_.mode == Mode::message) return news.outgoing && news.message_id == message_id_;
    const bool other = !news.chat.empty() && !chat_.empty() && news.chat != chat_;
    return (news.outgoing || news.error) && !other;
  }

  void on_news(const News& news) {
    if (done_) return;
    if (!concerns_us(news)) return;
    if (chat_.empty()) chat_ = news.chat;
    if (!news.state.empty() && news.state != "composing" && news.state != "idle" && news.state != "message") {
      state_ = news.state;
      printer_.print(news);
    }
    if (!news.recipient.empty()) {
      states_[news.recipient] = state_;
      return on_recipient(news);
    }
    if (news.error) return finish(cli::fail(*news.error));
    if (reached(news.state)) return finish(Exit::ok);
    // Notifications also come after a chat has ended in order.
    const bool over = news.state == "ended" && options_.until <= Until::accepted;
    if (over || news.state == "declined" || news.state == "expired" || news.state == "error" ||
        news.state == "failed")
      finish(Exit::refused);
  }

  /// It is over when it is for each of them; the first that went wrong says how.
  void on_recipient(const News& news) {
    const bool failed = news.error || news.state == "failed";
    if ((!failed && !reached(news.state)) || !settled_.insert(news.recipient).second) return;
    const auto exit = news.error ? cli::fail(*news.error) : failed ? Exit::refused : Exit::ok;
    if (worst_ == Exit::ok) worst_ = exit;
    if (settled_.size() == options_.to.size()) finish(worst_);
  }

  /// Of whom something is still waited for: "sent of carol, sent of dave".
  std::string open_states() const {
    std::string out;
    for (const auto& [recipient, state] : states_) {
      if (settled_.contains(recipient)) continue;
      out.append(out.empty() ? "" : ", ").append(state).append(" of ").append(recipient);
    }
    return out.empty() ? state_ : out;
  }

  bool reached(const std::string& state) const {
    switch (options_.until) {
      case Until::sent:
        return state == "sent";
      case Until::accepted:
        return state == "accepted";
      case Until::delivered:
        return state == "delivered" || state == "displayed";
      case Until::displayed:
        return state == "displayed";
    }
    return false;
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
  std::string message_id_;
  std::string chat_;
  std::string state_ = "connecting";
  // Of a message to several:
  std::map<std::string, std::string> states_;  ///< the latest of each recipient
  std::set<std::string> settled_;              ///< recipients for whom it is over
  Exit worst_ = Exit::ok;
  bool done_ = false;
  Exit exit_ = Exit::ok;
};

}  // namespace

Exit send_text(net::Loop& loop, const Options& options, Link& link) {
  return Sending(loop, options, link).run();
}

}  // namespace rcs::send
