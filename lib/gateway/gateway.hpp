#pragma once
// The meaning of the web API, pure: HTTP exchanges as values and chat events come in, replies, stream chunks
// and chat commands go out. The resources and rules are listed in the man page rcsgw-serve(1); the event log
// of each user lives in the store it is handed.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/command.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "core/web.hpp"
#include "gateway/config.hpp"
#include "node/outbox.hpp"
#include "store/event_log.hpp"

namespace rcs::gateway {

using core::Instant;
using core::WebId;
/// Sends are actions on an exchange; events are commands to the chat client.
using GatewayOutbox = node::Outbox<core::WebAction, WebId, chat::Command>;

class Gateway {
 public:
  /// SAFETY: `random` and `log` outlive the gateway.
  Gateway(Config config, core::Random& random, store::EventLog& log);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  void on_request(Instant now, WebId id, const core::WebRequest& request, GatewayOutbox& out);
  /// A text message of the client on an accepted WebSocket.
  void on_text(Instant now, WebId id, std::string_view text, GatewayOutbox& out);
  /// The client is gone or its connection was cut; nothing more can be sent on this exchange.
  void on_gone(Instant now, WebId id, GatewayOutbox& out);
  void on_chat_event(Instant now, const chat::Event& event, GatewayOutbox& out);
  void on_timer(Instant now, node::TimerKey key, GatewayOutbox& out);
  /// The server is about to end: event connections are ended with advice when to come again (CMT-59), and
  /// from now on requests get 503. A POST that waits for the network is still answered when its answer comes.
  void shut_down(Instant now, GatewayOutbox& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rcs::gateway
