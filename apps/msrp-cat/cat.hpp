#pragma once
// One run of msrp-cat: connections, sessions one after the other, what goes out and what comes in.

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "body/cpim.hpp"
#include "cli/progress.hpp"
#include "core/random.hpp"
#include "harness/msrp_tap.hpp"
#include "msrp-cat/feeder.hpp"
#include "msrp-cat/options.hpp"
#include "msrp-cat/output.hpp"
#include "msrp-cat/report.hpp"
#include "msrp-cat/sdp.hpp"
#include "msrp/endpoint.hpp"
#include "msrp/listening.hpp"
#include "net/stream_driver.hpp"
#include "trace/recorder.hpp"

namespace rcs::cat {

class Cat {
 public:
  /// `recorder` may be null. SAFETY: all outlive this.
  Cat(net::Loop& loop, const Options& options, trace::Recorder* recorder);

  /// To its end.
  cli::Exit run();

 private:
  using Driver = net::StreamDriver<msrp::Endpoint, msrp::EndpointEvent>;

  // --- setting up
  core::Result<void> open();
  core::Result<void> open_streams();
  core::Result<void> listen();
  Driver::Watch watch();
  msrp::EndpointConfig endpoint_config() const;
  core::Result<void> begin_session();
  msrp::LocalEnd make_local();
  core::Result<void> start_session();
  void start_with(msrp::RemoteEnd remote);
  void tell_where();
  msrp::RemoteEnd anybody() const;
  msrp::RemoteEnd named_remote() const;
  core::Result<void> exchange_sdp();
  core::Result<void> tell_sdp(body::MsrpMedia media);
  core::Result<void> take_sdp(const core::Result<body::MsrpMedia>& theirs);
  bool awaits_sdp() const { return sdp_ && !sdp_->is_done(); }
  void take_whoever_answers(msrp::RemoteEnd& remote) const;

  // --- what happens
  void on_event(msrp::EndpointEvent event);
  void on(const msrp::SessionReady& event);
  void on(const msrp::SessionLost& event);
  void on(const msrp::MessageArrived& event);
  void on(const msrp::ContentArrived& event);
  void on(const msrp::ContentVoid& event);
  void on(const msrp::MessageFate& event);
  void on(const msrp::RelayReady& event);
  void on(const msrp::NicknameAnswered& event);
  void on(const msrp::SessionEntered&) {}  // of a door, which this has none
  void on(const msrp::NicknameAsked&) {}   // of a room, which this is none

  // --- sending and ending
  void tell_envelope(const std::string& message_id, const body::Cpim& cpim) const;
  void ask_nickname();
  /// Nothing is said under another name.
  bool is_named() const { return options_.nickname.empty() || named_; }
  void feed();
  void go_on();
  void send(msrp::Outgoing message);
  void check_done();
  void check_progress();
  void show_progress();
  /// False when it is not ok, and the run ends by that.
  bool take(const core::Result<void>& result);
  void session_over(cli::Exit exit);
  void worsen(cli::Exit exit);
  void finish(cli::Exit exit);
  void leave();

  net::Loop& loop_;
  const Options& options_;
  Report report_;
  core::Random random_;
  std::unique_ptr<harness::MsrpTap> tap_;
  std::shared_ptr<const net::Tls> tls_;
  std::unique_ptr<msrp::Endpoint> endpoint_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Feeder> feeder_;
  std::unique_ptr<SdpReader> sdp_;  // of the peer's
  cli::Progress progress_;
  Output output_;
  msrp::ListeningAt at_;
  msrp::LocalEnd local_;
  msrp::SessionId session_;
  std::string told_;                   // where peers find us
  std::set<std::string> unsettled_;    // messages that were sent, and of which more will be told
  std::uint64_t arrived_ = 0;          // messages
  std::uint64_t dumped_[2] = {0, 0};   // octets, by direction
  core::Instant active_{};             // something went over a connection
  std::optional<std::string> closed_;  // why the connection was, where it was; empty: in order
  bool started_ = false;
  bool ready_ = false;
  bool named_ = false;  // in this session, as --nickname wants
  bool done_ = false;
  cli::Exit exit_ = cli::Exit::ok;
};

}  // namespace rcs::cat
