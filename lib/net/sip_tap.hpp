#pragma once
// The trace decorator of one SIP actor: turns what it sends and receives into records. Used by the live
// driver and by the virtual one.

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "node/outbox.hpp"
#include "sip/hop.hpp"
#include "sip/message.hpp"
#include "trace/recorder.hpp"

namespace rcs::net {

/// Who speaks at a hop: "t-cscf", "gateway", or the address itself for a stranger.
using ActorNames = std::function<std::string(const sip::Hop&)>;

/// The key under which a message is found again at its receiver: call, CSeq, top branch, status, attempt
/// count left out.
std::string record_key(const sip::Message& message);
/// "INVITE", "200 INVITE": what counts and expectations compare.
std::string label_of(const sip::Message& message);
/// The record of a message, without ids, cause and time.
trace::Record make_record(const sip::Message& message, std::string_view octets, sip::Transport transport);

class SipTap {
 public:
  /// SAFETY: `recorder` outlives the tap.
  SipTap(trace::Recorder& recorder, std::string actor, ActorNames names);

  void on_sent(core::Instant now, const sip::Hop& to, const sip::Message& message, std::string_view octets);
  void on_received(const sip::Hop& from, const sip::Message& message, std::string_view octets,
                   core::Instant now = {});
  /// Timers remember the record that armed them, so that what they cause keeps its cause.
  void armed(node::TimerKey key);
  void cancelled(node::TimerKey key);
  void on_timer(node::TimerKey key);
  void done() { recorder_.done(); }

 private:
  trace::Recorder& recorder_;
  std::string actor_;
  ActorNames names_;
  std::unordered_map<node::TimerKey, trace::RecordId> armed_by_;
};

}  // namespace rcs::net
