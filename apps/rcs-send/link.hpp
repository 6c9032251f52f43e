#pragma once
// The way of one user to the network: what can be asked of it, and what it tells, in the same words whether
// it goes through a gateway's API or straight over SIP.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "net/loop.hpp"
#include "rcs-send/options.hpp"
#include "trace/recorder.hpp"

namespace rcs::send {

/// Something that has happened to a chat or a message in it.
struct News {
  /// The states of the API: sent, trying, ringing, accepted, initiate, message, delivered, displayed, failed,
  /// composing, idle, ended, declined, expired, error. Empty: only `error`.
  std::string state;
  std::string chat;       ///< which chat or, outside of chats, with whom; means something to the link alone
  std::string recipient;  ///< of a message to several: whom the news is about
  std::string from;       ///< initiate, message, and news of a chat that somebody else started
  std::string message;
  std::string instance;    ///< through a gateway: the URL of the chat
  std::string message_id;  ///< of the message; of a chat's own news, that of its first text
  std::string http;        ///< the status that a POST was refused with
  std::string code;
  std::string reason;
  bool expired = false;   ///< message: its sender wanted it read earlier
  bool outgoing = false;  ///< of a chat that we started, or of a message that this user wrote elsewhere
  /// Why nothing can be had of this chat or, without a chat, of the link.
  std::optional<core::Error> error;

  /// As they are printed.
  std::vector<std::pair<std::string_view, std::string>> fields() const {
    return {{"from", from},         {"recipient", recipient},   {"message", message},
            {"instance", instance}, {"message_id", message_id}, {"http", http},
            {"code", code},         {"reason", reason},         {"expired", expired ? "true" : ""}};
  }
};

class Link {
 public:
  using OnNews = std::function<void(const News&)>;
  using Done = std::function<void(core::Result<void>)>;

  virtual ~Link() = default;

  /// What is told, from start() on.
  void on_news(OnNews on_news) { tell_ = std::move(on_news); }
  /// `listening`: invitations are wanted, too. `ready`: what happens from then on is told.
  virtual void start(bool listening, Done ready) = 0;
  /// Starts a chat with its first text. Its first news is `sent`, or has an error.
  virtual void invite(const std::string& to, const std::string& text, const std::string& message_id) = 0;
  /// Sends a text outside of chats to one or several, with the expiry of the options. Its first news is
  /// `trying` or `sent`, or has an error.
  virtual void message(const std::vector<std::string>& to, const std::string& text,
                       const std::string& message_id) = 0;
  virtual void accept(const std::string& chat, Done done) = 0;
  virtual void decline(const std::string& chat, int status, Done done) = 0;
  virtual void send(const std::string& chat, const std::string& text, const std::string& message_id) = 0;
  /// Tells that a received message was displayed.
  virtual void display(const std::string& chat, const std::string& message_id, Done done) = 0;
  virtual void end(const std::string& chat, Done done) = 0;
  /// Says what still has to be said before the process ends; waits for it, but not long.
  virtual void leave() = 0;

 protected:
  void tell(const News& news) const {
    if (tell_) tell_(news);
  }

 private:
  OnNews tell_;
};

/// Through a gateway's API. Errors: malformed (the URL). SAFETY: loop, options and recorder outlive the link;
/// `recorder` may be null.
core::Result<std::unique_ptr<Link>> make_gateway_link(net::Loop& loop, const Options& options,
                                                      trace::Recorder* recorder);
/// As a standard client straight over SIP and MSRP. Errors: malformed (an address); unreachable.
core::Result<std::unique_ptr<Link>> make_sip_link(net::Loop& loop, const Options& options,
                                                  trace::Recorder* recorder);

}  // namespace rcs::send
