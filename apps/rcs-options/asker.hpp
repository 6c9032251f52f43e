#pragma once
// Who asks about contacts: through a gateway's API or straight over SIP, with the same answers.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat/capabilities.hpp"
#include "cli/tool.hpp"
#include "core/result.hpp"
#include "net/loop.hpp"
#include "net/sip_tap.hpp"
#include "rcs-options/options.hpp"
#include "trace/recorder.hpp"

namespace rcs::options {

using Said = chat::CapabilityRecord::Answer;

/// What is known of a contact after it was asked for.
struct Answer {
  Said rcs_user = Said::unknown;
  Said registered = Said::unknown;
  std::vector<std::string> services;  ///< ids: "Chat", "FileTransfer"
  std::vector<std::string> tags;      ///< that stand for no service
  std::vector<std::string> raw_tags;  ///< all of the answer just had, as they came
  std::optional<double> age;          ///< seconds since it was told
  int status = 0;                     ///< of the network's answer, where it is told
  std::string error;                  ///< why nothing was learned; the rest is what was known before
  cli::Exit exit = cli::Exit::ok;     ///< what that error means

  bool knows_something() const { return rcs_user != Said::unknown || registered != Said::unknown; }
};

/// An error that is no answer of the network about the contact (CAP-21).
inline Answer failed(int status, std::string error, cli::Exit exit) {
  Answer out;
  out.status = status;
  out.error = std::move(error);
  out.exit = exit;
  return out;
}

class Asker {
 public:
  using OnAnswer = std::function<void(Answer)>;
  virtual ~Asker() = default;
  /// `on_answer` is called once, later or within the call.
  virtual void ask(const std::string& contact, bool fresh, OnAnswer on_answer) = 0;
  /// Says what still has to be said before the process ends; waits for it, but not long.
  virtual void leave() {}
};

/// Through a gateway's API. Errors: malformed (the URL). SAFETY: loop, options and recorder outlive the
/// asker; `recorder` may be null.
core::Result<std::unique_ptr<Asker>> make_gateway_asker(net::Loop& loop, const Options& options,
                                                        trace::Recorder* recorder);
/// As a standard client straight over SIP. Errors: malformed (an address); unreachable.
core::Result<std::unique_ptr<Asker>> make_sip_asker(net::Loop& loop, const Options& options,
                                                    trace::Recorder* recorder, net::ActorNames names = {});

}  // namespace rcs::options
