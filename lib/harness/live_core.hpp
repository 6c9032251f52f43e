#pragma once
// The simulated core on loopback sockets: its nodes, each on a port of its own, on one loop.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harness/entropy.hpp"
#include "harness/live_media.hpp"
#include "ims/core.hpp"
#include "net/loop.hpp"
#include "net/sip_driver.hpp"
#include "trace/recorder.hpp"

namespace rcs::harness {

struct LiveCoreOptions {
  std::string host = "127.0.0.1";
  ims::ByCoreNode<std::uint16_t> ports{};  ///< 0: any
  std::string domain = "domain.com";
  ims::NumberPlan numbers;
  std::vector<std::string> users;  ///< empty: everybody of the domain
  ims::Profile profile = ims::default_profile();
  ims::AnswerMode answer_mode = ims::AnswerMode::store_and_forward;
  ims::OptionsMode options_mode = ims::OptionsMode::device;
  bool interworking = true;                                 ///< as in ims::CoreConfig
  std::optional<ims::AuthenticationConfig> authentication;  ///< none: no device needs a password
  std::optional<net::Address> msrp;  ///< where t-imas takes MSRP connections, port 0: any; none: no messages
  net::SipTls tls;                   ///< where o-cscf takes devices over TLS, if anywhere
  sip::TimerValues timers;
  core::RandomSource random = random_source(0);
  trace::Recorder* recorder = nullptr;
  net::ActorNames names;  ///< with a recorder
  MsrpNames msrp_names;   ///< with a recorder
  std::function<void(const ims::Notice&, const ims::Directory&)> on_notice;
  std::function<void(const std::string&)> on_warning;
};

class LiveCore {
 public:
  /// Errors: unreachable, names the address that could not be bound. SAFETY: loop and recorder outlive the
  /// core.
  static core::Result<std::unique_ptr<LiveCore>> open(net::Loop& loop, LiveCoreOptions options);
  ~LiveCore();

  /// Where devices send their requests.
  sip::Hop entry() const;
  /// The same over TLS; port 0: nowhere.
  sip::Hop tls_entry() const;
  const ims::NodeAddress& address(std::string_view node) const { return core_.address(node); }
  /// The node at an address; empty for none.
  std::string name_of(const sip::Hop& hop) const;
  /// Where t-imas takes MSRP connections; port 0: nowhere.
  const net::Address& msrp() const { return msrp_; }
  void cut_media() {
    if (media_) media_->cut();
  }

  /// Kills a node: its sockets close and its state is gone. Errors: unknown.
  core::Result<void> stop(std::string_view node);
  /// Starts it again on its old port, empty. Errors: unknown, unreachable.
  core::Result<void> start(std::string_view node);

 private:
  using Driver = net::SipDriver<ims::SipNode, ims::NodeEvent>;
  LiveCore(net::Loop& loop, LiveCoreOptions options);
  core::Result<void> bind(std::size_t index, std::uint16_t port);
  core::Result<void> bind_media(const net::Address& at);

  net::Loop& loop_;
  LiveCoreOptions options_;
  ims::Core core_;
  ims::ByCoreNode<std::unique_ptr<net::SipTap>> taps_;
  ims::ByCoreNode<std::unique_ptr<Driver>> drivers_;
  std::unique_ptr<LiveMedia> media_;  ///< of t-imas
  net::Address msrp_;
};

}  // namespace rcs::harness
