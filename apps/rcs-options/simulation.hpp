#pragma once
// --sim: a core and some registered users in this process, so that there is somebody to ask about.

#include <map>
#include <memory>
#include <string>

#include "chat/capabilities.hpp"
#include "core/result.hpp"
#include "harness/live_agent.hpp"
#include "harness/live_core.hpp"
#include "net/loop.hpp"
#include "rcs-options/options.hpp"
#include "trace/recorder.hpp"

namespace rcs::options {

/// A user of --online.
struct OnlineUser {
  std::string id;
  std::optional<chat::ServiceSet> services;  ///< none: what every client offers
};
/// "bob" or "bob=Chat,FileTransfer". Errors: malformed, names the service that there is none of and those
/// there are.
core::Result<OnlineUser> parse_online(const std::string& text);

class Simulation {
 public:
  /// Starts the core and registers who is online. Errors: unreachable, timed_out, malformed. SAFETY: loop,
  /// options and recorder outlive it; `recorder` may be null.
  static core::Result<std::unique_ptr<Simulation>> open(net::Loop& loop, const Options& options,
                                                        trace::Recorder* recorder);
  /// For --core.
  std::string core_uri() const;
  /// A node of the core, "devices" or, for everybody else, the asking user.
  std::string name_of(const sip::Hop& hop) const;

 private:
  explicit Simulation(const Options& options)
      : options_(options), random_(harness::random_source(options.seed).stream("rcs-options", "devices")) {}
  core::Result<void> open_core(net::Loop& loop, trace::Recorder* recorder);
  core::Result<void> register_users(net::Loop& loop, trace::Recorder* recorder);

  const Options& options_;
  core::Random random_;
  std::unique_ptr<harness::LiveCore> core_;
  std::unique_ptr<harness::LiveAgent> devices_;
  std::map<std::string, bool> registered_;  ///< by URI
  std::string trouble_;
};

}  // namespace rcs::options
