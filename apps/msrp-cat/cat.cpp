#include "msrp-cat/cat.hpp"

#include <cstdio>
#include <utility>
#include <variant>

#include "body/cpim.hpp"
#include "cli/tool.hpp"
#include "core/text.hpp"

namespace rcs::cat {
namespace {

using cli::Exit;

constexpr std::size_t kMaxUnsettled =
    256;  // messages that wait for their answers: several round trips' worth
constexpr core::Duration kLeaveTime = std::chrono::seconds(5);  // for the end of connections

std::string plural(std::uint64_t n, const char* what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

Exit exit_of(int code) { return code == 0 || code == 408 ? Exit::unreachable : Exit::refused; }

/// Of a nickname.
const char* words_of_refusal(int code) {
  switch (code) {
    case 403:
      return "it is not permitted";
    case 424:
      return "it is malformed";
    case 425:
      return "it is reserved, or somebody has it";
    case 501:
      return "the peer knows no nicknames";
    default:
      return "the peer does not say why";
  }
}

}  // namespace

Exit Cat::run() {
  loop_.on_interrupt([this](int) { finish(Exit::interrupted); });
  if (const auto opened = open(); !opened) return cli::fail(opened.error());
  if (!options_.listen || options_.limited) check_progress();
  loop_.run_until([this] { return done_; }, core::Duration::max());
  leave();
  return exit_;
}

void Cat::on_event(msrp::EndpointEvent event) {
  if (done_) return;
  std::visit([this](const auto& what) { on(what); }, event);
}

void Cat::on(const msrp::SessionReady&) {
  ready_ = true;
  report_.event("ready", {});
  if (!options_.keep && options_.listen) driver_->streams().stop_listening(at_.port);
  if (!is_named()) return ask_nickname();
  feed();
}

void Cat::on(const msrp::SessionLost& event) {
  report_.event("closed", {{"code", event.code == 0 ? "" : std::to_string(event.code)}, {"why", event.why}});
  const auto fail = [this](Exit exit, const std::string& words) {
    cli::say(words);
    session_over(exit);
  };
  const std::string code = event.code == 0 ? "" : std::to_string(event.code) + " ";
  const bool in_order = closed_ && closed_->empty();
  const std::string& why = event.why;
  if (event.code != 0) return fail(exit_of(event.code), "the session was lost: " + code + why);
  if (output_.is_partial())
    return fail(Exit::unreachable, "connection lost in the middle of a message: " + why);
  if (!in_order) return fail(Exit::unreachable, "connection lost: " + why);
  if (!ready_) return fail(Exit::unreachable, "connection lost before a peer came: " + why);
  if (arrived_ < options_.count) {
    return fail(Exit::unreachable, "the peer left after " + plural(arrived_, "message") + "; waited for " +
                                       std::to_string(options_.count));
  }
  if (!options_.listen && !feeder_->is_done() && !cli::is_terminal(0))
    return fail(Exit::unreachable, "the peer left before everything was sent");
  session_over(Exit::ok);
}

void Cat::on(const msrp::ContentArrived& event) {
  take(output_.add(event.message_id, event.content_type, event.octets));
}

void Cat::on(const msrp::ContentVoid& event) {
  const char* why =
      closed_ ? "the connection was lost in the middle of it" : "the peer abandoned it, or it was refused";
  cli::say("message " + event.message_id + ": " + why);
  worsen(closed_ ? Exit::unreachable : Exit::refused);
  if (take(output_.abandon(event.message_id))) check_done();
}

void Cat::on(const msrp::MessageArrived& event) {
  const auto& message = event.message;
  std::string type = message.content_type;
  if (!message.content.empty()) {
    std::string_view content = message.content;
    const auto cpim = options_.cpim && core::istarts_with(type, "message/cpim")
                          ? body::parse_cpim(content)
                          : core::Result<body::Cpim>(core::Error());
    if (cpim) {
      tell_envelope(message.message_id, *cpim);
      const auto inside = cpim->content.media_type();
      type = inside ? inside->to_string() : type;
      content = cpim->content.content;
    } else if (options_.cpim) {
      cli::say("message " + message.message_id + ": " + cpim.error().detail());
    }
    if (!take(output_.add(message.message_id, type, content))) return;
  }
  ++arrived_;
  if (take(output_.complete(message.message_id, type, message.length))) check_done();
}

/// Who says it to whom: in a chat room that is news.
void Cat::tell_envelope(const std::string& message_id, const body::Cpim& cpim) const {
  const auto uri = [](const std::optional<body::CpimAddress>& address) {
    return address ? address->uri : std::string();
  };
  report_.event("cpim", {{"message_id", message_id}, {"from", uri(cpim.from())}, {"to", uri(cpim.to())}});
}

void Cat::on(const msrp::MessageFate& event) {
  using Kind = msrp::MessageFate::Kind;
  const std::string code = event.code == 0 ? "" : std::to_string(event.code);
  switch (event.kind) {
    case Kind::sent:
      report_.event("sent", {{"message_id", event.message_id}});
      if (options_.success_report) return;
      break;
    case Kind::delivered:
      report_.event("delivered", {{"message_id", event.message_id}});
      break;
    case Kind::failed:
      report_.event("failed", {{"message_id", event.message_id}, {"code", code}, {"why", event.why}});
      progress_.clear();
      cli::say("message " + event.message_id + " failed: " + (code.empty() ? "" : code + " ") + event.why);
      worsen(exit_of(event.code));
      break;
    case Kind::unconfirmed:
      report_.event("unconfirmed", {{"message_id", event.message_id}});
      cli::say("message " + event.message_id + ": no report of success came");
      worsen(Exit::unreachable);
      break;
  }
  unsettled_.erase(event.message_id);
  feed();
}

void Cat::ask_nickname() {
  core::Result<void> asked;
  driver_->act([&](core::Instant now, msrp::Endpoint& endpoint, msrp::EndpointOutbox& out) {
    asked = endpoint.use_nickname(now, session_, options_.nickname, out);
  });
  take(asked);
}

void Cat::on(const msrp::NicknameAnswered& event) {
  if (event.code == 0) return;  // the session is lost, which is told too
  named_ = event.code == 200;
  if (named_) {
    report_.event("nickname", {{"nickname", event.nickname}});
    return feed();
  }
  cli::say("nickname " + core::quoted(event.nickname) + " refused: " + std::to_string(event.code) + " " +
           (event.why.empty() ? words_of_refusal(event.code) : event.why));
  session_over(exit_of(event.code));
}

void Cat::feed() {
  while (ready_ && is_named() && !done_ && unsettled_.size() < kMaxUnsettled) {
    auto message = feeder_->next();
    if (!message) break;
    send(std::move(*message));
  }
  if (feeder_->is_broken()) worsen(Exit::usage);
  check_done();
}

void Cat::go_on() {
  if (!ready_ || done_) return;
  driver_->act([this](core::Instant now, msrp::Endpoint& endpoint, msrp::EndpointOutbox& out) {
    endpoint.resume(now, session_, out);
  });
  feed();
}

void Cat::send(msrp::Outgoing message) {
  core::Result<std::string> id = core::Error();
  driver_->act([&](core::Instant now, msrp::Endpoint& endpoint, msrp::EndpointOutbox& out) {
    id = endpoint.send(now, session_, std::move(message), out);
    if (id) unsettled_.insert(*id);  // before its fate is told
  });
  if (id) return;
  cli::say(id.error().detail());
  const auto code = id.error().code();
  const Exit exit = code == core::Errc::unknown ? Exit::unreachable : Exit::refused;
  const bool this_one = code == core::Errc::too_large || code == core::Errc::malformed;
  this_one ? worsen(exit) : session_over(exit);  // others would fare no better
}

void Cat::check_done() {
  if (done_ || !ready_ || !is_named() || !feeder_->is_done() || !unsettled_.empty() ||
      arrived_ < options_.count)
    return;
  if (output_.is_partial()) return;
  if (options_.listen && options_.count == 0) return;  // its peer ends it
  session_over(Exit::ok);
}

/// Ends a wait in which nothing happens: for the peer, an answer, or a report.
void Cat::check_progress() {
  const auto limit = options_.common.timeout();
  const auto quiet = loop_.now() - active_;
  if (done_) return;
  // Who hands SDP over may be a person, whom nothing hurries but what was asked for.
  const bool by_hand = awaits_sdp() && !options_.limited;
  const bool waits = !by_hand && (!ready_ || !unsettled_.empty() || arrived_ < options_.count);
  if (waits && quiet >= limit) {
    char time[32];
    std::snprintf(time, sizeof(time), "%g s", options_.common.timeout_seconds);
    if (awaits_sdp()) {
      cli::say(std::string("timed out: no SDP of the peer within ") + time);
    } else if (!ready_) {
      cli::say(std::string("timed out: no peer within ") + time);
    } else {
      cli::say(std::string("timed out: nothing came for ") + time + "; waited for " +
               (unsettled_.empty() ? "messages of the peer"
                                   : "answers to " + plural(unsettled_.size(), "message")));
    }
    return finish(Exit::unreachable);
  }
  loop_.after(waits ? limit - quiet : limit, [this] { check_progress(); });
}

void Cat::show_progress() {
  const auto size = feeder_->size();
  if (!size || *size == 0) return;
  const double share = static_cast<double>(feeder_->taken()) / static_cast<double>(*size);
  const double elapsed = core::to_seconds(loop_.now().time_since_epoch());
  progress_.show(share, elapsed,
                 std::to_string(feeder_->taken() >> 20) + " of " + std::to_string(*size >> 20) + " MiB");
}

bool Cat::take(const core::Result<void>& result) {
  if (result) return true;
  finish(cli::fail(result.error()));
  return false;
}

void Cat::session_over(Exit exit) {
  worsen(exit);
  ready_ = false;
  driver_->act([this](core::Instant now, msrp::Endpoint& endpoint, msrp::EndpointOutbox& out) {
    endpoint.close(now, session_, out);
  });
  if (!options_.keep || done_) return finish(exit_);
  // The next peer has its own chance.
  exit_ = Exit::ok;
  named_ = false;
  unsettled_.clear();
  arrived_ = 0;
  loop_.post([this] {
    if (!done_) take(begin_session());
  });
}

/// The first failure is the one that counts.
void Cat::worsen(Exit exit) {
  if (exit_ == Exit::ok) exit_ = exit;
}

void Cat::finish(Exit exit) {
  worsen(exit);
  if (exit == Exit::interrupted) exit_ = exit;
  done_ = true;
}

/// What was written still leaves, and peers see an end in order.
void Cat::leave() {
  progress_.clear();
  driver_->act([this](core::Instant now, msrp::Endpoint& endpoint, msrp::EndpointOutbox& out) {
    endpoint.close(now, session_, out);
  });
  if (exit_ == Exit::interrupted) return;
  loop_.run_until([this] { return driver_->streams().connections() == 0; }, kLeaveTime);
}

}  // namespace rcs::cat
