#include "msrp-cat/anchor_server.hpp"

#include <cstdio>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "harness/entropy.hpp"
#include "msrp-cat/output.hpp"
#include "msrp-cat/report.hpp"
#include "msrp-cat/sdp.hpp"
#include "msrp-cat/tap.hpp"
#include "msrp/anchor.hpp"
#include "msrp/fingerprint.hpp"
#include "net/stream_driver.hpp"

namespace rcs::cat {
namespace {

using cli::Exit;
using Driver = net::StreamDriver<msrp::Anchor, msrp::AnchorEvent>;

constexpr core::Duration kByHand = std::chrono::hours(24);      // who carries SDP by hand is not hurried
constexpr core::Duration kLeaveTime = std::chrono::seconds(5);  // for the end of connections

std::string number(msrp::AnchorSessionId session) { return std::to_string(session.value); }

class AnchorRun {
 public:
  AnchorRun(net::Loop& loop, const Options& options, trace::Recorder* recorder)
      : loop_(loop),
        options_(options),
        report_(options.common),
        random_(harness::random_source(0).stream("msrp-anchor", "ids")),
        tap_(make_tap(recorder, "anchor")),
        anchor_(config(), random_) {}
  Exit run();

 private:
  msrp::AnchorConfig config() const;
  core::Result<void> open();
  core::Result<msrp::ListeningAt> listen(node::StreamKind kind, std::uint16_t port);
  void stop_listening(msrp::AnchorSessionId session);
  core::Result<void> read(const std::string& place, std::function<void(const body::Sdp&)> take);
  core::Result<void> read_offer();
  core::Result<void> take_offer(const body::Sdp& offer);
  core::Result<void> take_answer(const body::Sdp& answer);
  core::Result<void> tell(const char* to, const body::Sdp& sdp);
  void limit_wait();

  void on(const msrp::AnchorUp& event);
  void on(const msrp::AnchorFailed& event);
  void on(const msrp::AnchorEnded& event);
  void over(msrp::AnchorSessionId session, Exit exit);
  void take(const core::Result<void>& result);
  void finish(Exit exit);

  net::Loop& loop_;
  const Options& options_;
  Report report_;
  core::Random random_;
  std::unique_ptr<harness::MsrpTap> tap_;
  std::shared_ptr<const net::Tls> tls_;
  msrp::Anchor anchor_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<SdpReader> sdp_;
  std::uint16_t kept_port_ = 0;  // of the in legs of all sessions, where one was asked for
  std::map<msrp::AnchorSessionId, std::vector<std::uint16_t>> ports_;  // of sessions that are not up yet
  msrp::AnchorSessionId session_;                                      // whose answer is waited for
  std::size_t live_ = 0;
  bool no_more_ = false;  // offers
  bool done_ = false;
  Exit exit_ = Exit::ok;
};

msrp::AnchorConfig AnchorRun::config() const {
  msrp::AnchorConfig config;
  config.check_authority = !options_.insecure;
  config.answer_time = options_.limited ? options_.common.timeout() : kByHand;
  config.wait_time = options_.common.timeout();
  return config;
}

Exit AnchorRun::run() {
  loop_.on_interrupt([this](int) { finish(Exit::interrupted); });
  if (const auto opened = open(); !opened) return cli::fail(opened.error());
  limit_wait();
  loop_.run_until([this] { return done_; }, core::Duration::max());
  if (exit_ == Exit::interrupted) return exit_;
  // What was written still leaves, and peers see an end in order.
  loop_.run_until([this] { return driver_->streams().connections() == 0; }, kLeaveTime);
  return exit_;
}

core::Result<void> AnchorRun::open() {
  net::StreamsOptions streams;
  const auto& [in, out] = *options_.anchor;
  if (node::is_secure(in) || node::is_secure(out)) {
    net::TlsOptions tls;
    tls.certificate = options_.certificate;
    tls.key = options_.key;
    tls.authorities = options_.authorities;
    tls.name = options_.bind.host;
    RCS_TRY(tls_, net::Tls::make(tls));
    streams.tls = tls_;
  }
  streams.limits.dial_time = options_.common.timeout();
  driver_ = std::make_unique<Driver>(
      loop_, std::move(streams),
      [this](const msrp::AnchorEvent& event) {
        if (!done_) std::visit([this](const auto& what) { on(what); }, event);
      },
      watch_with<Driver>(loop_, tap_.get()));
  driver_->attach(anchor_);
  if (options_.bind.port != 0) {
    RCS_TRY(const auto at, listen(in, options_.bind.port));
    kept_port_ = at.port;
  }
  return read_offer();
}

/// Each leg has a port of its own, and before the SDP leaves that names it (MSRP-143).
core::Result<msrp::ListeningAt> AnchorRun::listen(node::StreamKind kind, std::uint16_t port) {
  net::StreamListen what;
  what.bind = {options_.bind.host, port};
  what.kind = kind;
  what.origins = options_.origins;
  what.has_resource = [this](std::string_view resource) { return anchor_.has_resource(resource); };
  msrp::ListeningAt at;
  at.host = options_.bind.host;
  at.kind = kind;
  at.port = kept_port_;
  if (node::is_secure(kind)) at.fingerprints.push_back(msrp::fingerprint_of(tls_->certificate()));
  if (port != 0 && port == kept_port_) return at;
  RCS_TRY(const auto got, driver_->streams().listen(std::move(what)));
  at.port = got.port;
  return at;
}

void AnchorRun::stop_listening(msrp::AnchorSessionId session) {
  const auto ports = ports_.extract(session);
  if (ports.empty()) return;
  for (const auto port : ports.mapped()) {
    if (port != kept_port_) driver_->streams().stop_listening(port);
  }
}

/// Whoever carries SDP here may take a while: sessions that there are go on meanwhile.
core::Result<void> AnchorRun::read(const std::string& place, std::function<void(const body::Sdp&)> take_it) {
  RCS_TRY(auto reader, SdpReader::open(loop_, place));
  sdp_ = std::move(reader);
  sdp_->read([this, take_it = std::move(take_it)](core::Result<body::Sdp> sdp) {
    // Later, for the reader may be replaced then.
    loop_.post([this, take_it, sdp = std::move(sdp)] {
      if (done_) return;
      no_more_ = options_.keep && !session_ && sdp_->is_empty();
      if (no_more_) return over({}, Exit::ok);
      if (!sdp) return take(sdp.error());
      take_it(*sdp);
    });
  });
  return {};
}

core::Result<void> AnchorRun::read_offer() {
  session_ = {};
  return read(options_.sdp.empty() ? "-" : options_.sdp,
              [this](const body::Sdp& offer) { take(take_offer(offer)); });
}

core::Result<void> AnchorRun::take_offer(const body::Sdp& offer) {
  RCS_TRY(auto in, listen(options_.anchor->first, kept_port_));
  RCS_TRY(auto out, listen(options_.anchor->second, 0));
  std::vector<std::uint16_t> ports{in.port, out.port};
  core::Result<msrp::Anchor::Offered> offered = core::Error();
  driver_->act([&](core::Instant now, msrp::Anchor& anchor, msrp::AnchorOutbox& outbox) {
    offered = anchor.take_offer(now, offer, std::move(in), std::move(out), outbox);
  });
  if (!offered) return offered.error();
  session_ = offered->session;
  ports_.emplace(session_, std::move(ports));
  ++live_;
  RCS_CHECK_OK(tell("answerer", offered->sdp));
  return read("-", [this](const body::Sdp& answer) { take(take_answer(answer)); });
}

core::Result<void> AnchorRun::take_answer(const body::Sdp& answer) {
  core::Result<body::Sdp> back = core::Error();
  driver_->act([&](core::Instant now, msrp::Anchor& anchor, msrp::AnchorOutbox& outbox) {
    back = anchor.take_answer(now, session_, answer, outbox);
  });
  if (!back) return back.error();
  RCS_CHECK_OK(tell("offerer", *back));
  if (!options_.keep) return {};
  return read_offer();
}

core::Result<void> AnchorRun::tell(const char* to, const body::Sdp& sdp) {
  const auto text = body::format_sdp(sdp);
  if (!options_.common.json) return write_out(text + "\r\n");
  report_.event("sdp", {{"session", number(session_)}, {"for", to}, {"sdp", text}});
  return {};
}

/// For the offer; the anchor itself looks after the time of what follows.
void AnchorRun::limit_wait() {
  if (!options_.limited) return;
  loop_.after(options_.common.timeout(), [this] {
    if (done_ || live_ > 0 || ports_.size() > 0 || session_) return;
    char time[32];
    std::snprintf(time, sizeof(time), "%g s", options_.common.timeout_seconds);
    cli::say(std::string("timed out: no SDP offer within ") + time);
    finish(Exit::unreachable);
  });
}

void AnchorRun::on(const msrp::AnchorUp& event) {
  stop_listening(event.session);
  report_.event("up", {{"session", number(event.session)}});
}

void AnchorRun::on(const msrp::AnchorFailed& event) {
  report_.event("failed", {{"session", number(event.session)}, {"why", event.why}});
  cli::say("session " + number(event.session) + ": " + event.why);
  over(event.session, Exit::unreachable);
}

void AnchorRun::on(const msrp::AnchorEnded& event) {
  report_.event(
      "ended", {{"session", number(event.session)}, {"by", event.by == msrp::AnchorSide::in ? "in" : "out"}});
  over(event.session, Exit::ok);
}

void AnchorRun::over(msrp::AnchorSessionId session, Exit exit) {
  stop_listening(session);
  if (session) --live_;
  // With -k each session has its own chance.
  if (!options_.keep || (no_more_ && live_ == 0)) finish(options_.keep ? Exit::ok : exit);
}

void AnchorRun::take(const core::Result<void>& result) {
  if (!result) finish(cli::fail(result.error()));
}

void AnchorRun::finish(Exit exit) {
  if (exit_ == Exit::ok || exit == Exit::interrupted) exit_ = exit;
  done_ = true;
}

}  // namespace

Exit run_anchor(net::Loop& loop, const Options& options, trace::Recorder* recorder) {
  AnchorRun run(loop, options, recorder);
  return run.run();
}

}  // namespace rcs::cat
