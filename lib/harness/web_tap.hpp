#pragma once
// The trace decorators of HTTP: one at the gateway, one around an API client's port. Requests and answers
// become records, and each event becomes a record of its own whatever transport carried it. Tokens and
// tickets are blanked. The two ends find each other's record by the X-Request-Id field that the client side
// adds.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/time.hpp"
#include "core/web.hpp"
#include "harness/event_stream.hpp"
#include "harness/web_port.hpp"
#include "trace/recorder.hpp"

namespace rcs::harness {

/// The actor behind an RCS ID: "jack" for 01087654321; the id itself for a stranger.
using UserNames = std::function<std::string(const std::string& rcs_id)>;

class WebTap {
 public:
  /// SAFETY: `recorder` outlives the tap.
  WebTap(trace::Recorder& recorder, std::string actor, UserNames names);

  /// Call done() on the recorder when the request is handled.
  void on_request(core::Instant now, core::WebId id, const core::WebRequest& request);
  void on_action(core::Instant now, core::WebId id, const core::WebAction& action);
  void on_gone(core::WebId id) { exchanges_.erase(id); }

 private:
  struct Exchange {
    std::string key;
    std::string client;
    std::string method;
    EventTransport transport = EventTransport::poll;
    bool is_event_channel = false;
    std::unique_ptr<EventStream> stream;
  };
  void sent_event(core::Instant now, const Exchange& exchange, std::string_view json, std::string_view key);
  void sent_reply(core::Instant now, const Exchange& exchange, int status, std::string_view body);

  trace::Recorder& recorder_;
  std::string actor_;
  UserNames names_;
  std::unordered_map<core::WebId, Exchange> exchanges_;
};

/// A port whose requests and received answers are recorded as `actor` speaking with `gateway`.
/// SAFETY: `recorder` outlives the port.
std::unique_ptr<WebPort> make_traced_web_port(std::unique_ptr<WebPort> port, trace::Recorder& recorder,
                                              std::string actor, std::string gateway,
                                              std::function<core::Instant()> now);

/// A request as it is kept in a record: tokens and tickets blanked.
std::string traced_content(const core::WebRequest& request);

}  // namespace rcs::harness
