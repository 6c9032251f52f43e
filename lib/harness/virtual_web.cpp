#include "harness/virtual_web.hpp"

#include <set>

namespace rcs::harness {

void VirtualWeb::to_server(const std::string& client, std::function<void()> work) {
  wheel_.after(links_.stream(wheel_.now(), client, kGatewayEnd) - wheel_.now(), std::move(work));
}

core::WebId VirtualWeb::open(const std::string& client, core::WebRequest request, OnAction on_action) {
  const core::WebId id{++last_};
  exchanges_[id] = {client, std::move(on_action)};
  to_server(client, [this, id, request = std::move(request)] {
    const auto found = exchanges_.find(id);
    if (found == exchanges_.end()) return;
    if (server_.on_request) return server_.on_request(id, request);
    const auto refused = std::move(found->second.on_action);
    exchanges_.erase(found);
    refused(core::Error(core::Errc::unreachable, "gateway: connection refused"));
  });
  return id;
}

void VirtualWeb::text(core::WebId id, std::string text) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  to_server(found->second.client, [this, id, text = std::move(text)] {
    if (server_.on_text && exchanges_.count(id) == 1) server_.on_text(id, text);
  });
}

void VirtualWeb::forget(core::WebId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  const auto client = found->second.client;
  exchanges_.erase(found);
  to_server(client, [this, id] {
    if (server_.on_gone) server_.on_gone(id);
  });
}

void VirtualWeb::act(core::WebId id, core::WebAction action) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  const auto arrival = links_.stream(wheel_.now(), kGatewayEnd, found->second.client);
  wheel_.after(arrival - wheel_.now(), [this, id, action = std::move(action)] {
    const auto exchange = exchanges_.find(id);
    if (exchange == exchanges_.end()) return;
    const bool last = std::holds_alternative<core::WebReply>(action) ||
                      std::holds_alternative<core::WebEnd>(action) ||
                      std::holds_alternative<core::WebClose>(action);
    const auto on_action = last ? std::move(exchange->second.on_action) : exchange->second.on_action;
    if (last) exchanges_.erase(exchange);
    on_action(action);
  });
}

void VirtualWeb::stop() {
  server_ = {};
  for (auto& [id, exchange] : std::exchange(exchanges_, {})) {
    wheel_.after(links_.stream(wheel_.now(), kGatewayEnd, exchange.client) - wheel_.now(),
                 [on_action = std::move(exchange.on_action)] {
                   on_action(core::Error(core::Errc::unreachable, "gateway: connection reset"));
                 });
  }
}

class VirtualWebPort final : public WebPort {
 public:
  VirtualWebPort(VirtualWeb& web, std::string client) : web_(web), client_(std::move(client)) {}
  ~VirtualWebPort() override {
    for (const auto id : open_) web_.forget(id);
  }

  void request(Lane, core::WebRequest request, core::Duration timeout, OnReply on_reply) override {
    const auto shared = std::make_shared<OnReply>(std::move(on_reply));
    const auto ticket = std::make_shared<sim::Wheel::Ticket>();
    const auto id =
        web_.open(client_, std::move(request),
                  guarded([this, shared, ticket](core::WebId me, core::Result<core::WebAction> action) {
                    open_.erase(me);
                    web_.wheel_.cancel(*ticket);
                    if (!action) return (*shared)(action.error());
                    if (auto* reply = std::get_if<core::WebReply>(&*action))
                      return (*shared)(std::move(*reply));
                    (*shared)(core::malformed("expected one answer, got a stream"));
                  }));
    open_.insert(id);
    *ticket = web_.wheel_.after(
        timeout, alive([this, shared, id] {
          open_.erase(id);
          web_.forget(id);
          (*shared)(core::Error(core::Errc::timed_out, "no answer from the gateway in time"));
        }));
  }

  std::unique_ptr<WebChannel> open_stream(core::WebRequest request, ChannelHandlers handlers) override {
    return open_channel(std::move(request), std::move(handlers));
  }
  std::unique_ptr<WebChannel> open_socket(core::WebRequest request, std::string subprotocol,
                                          ChannelHandlers handlers) override {
    request.upgrade = true;
    request.headers.emplace_back("Sec-WebSocket-Protocol", std::move(subprotocol));
    return open_channel(std::move(request), std::move(handlers));
  }
  void after(core::Duration delay, std::function<void()> work) override {
    web_.wheel_.after(delay, alive(std::move(work)));
  }

 private:
  class Channel final : public WebChannel {
   public:
    Channel(VirtualWebPort& port, std::shared_ptr<bool> open)
        : port_(port), open_(std::move(open)), port_alive_(port.alive_) {}
    ~Channel() override {
      *open_ = false;
      if (port_alive_.expired()) return;
      port_.open_.erase(id_);
      port_.web_.forget(id_);
    }
    void send(std::string text) override { port_.web_.text(id_, std::move(text)); }
    void set_id(core::WebId id) { id_ = id; }

   private:
    VirtualWebPort& port_;
    std::shared_ptr<bool> open_;
    std::weak_ptr<const bool> port_alive_;
    core::WebId id_;
  };

  std::unique_ptr<WebChannel> open_channel(core::WebRequest request, ChannelHandlers handlers) {
    const auto open = std::make_shared<bool>(true);
    auto channel = std::make_unique<Channel>(*this, open);
    const auto id = web_.open(client_, std::move(request),
                              guarded([this, open, handlers = std::move(handlers)](
                                          core::WebId me, core::Result<core::WebAction> action) {
                                if (*open) on_channel_action(me, handlers, action);
                              }));
    open_.insert(id);
    channel->set_id(id);
    return channel;
  }

  void on_channel_action(core::WebId id, const ChannelHandlers& handlers,
                         const core::Result<core::WebAction>& action) {
    if (!action) {
      open_.erase(id);
      return handlers.on_end(action.error());
    }
    if (const auto* head = std::get_if<core::WebStreamHead>(&*action)) {
      handlers.on_open(head->status, head->headers);
    } else if (std::holds_alternative<core::WebAccept>(*action)) {
      handlers.on_open(101, {});
    } else if (const auto* chunk = std::get_if<core::WebChunk>(&*action)) {
      handlers.on_data(chunk->bytes);
    } else if (const auto* text = std::get_if<core::WebText>(&*action)) {
      handlers.on_data(text->text);
    } else if (const auto* reply = std::get_if<core::WebReply>(&*action)) {
      open_.erase(id);
      handlers.on_open(reply->status, reply->headers);
    } else if (const auto* close = std::get_if<core::WebClose>(&*action)) {
      open_.erase(id);
      handlers.on_end(
          core::Error(core::Errc::unreachable, "WebSocket closed with " + std::to_string(close->code)));
    } else {
      open_.erase(id);
      handlers.on_end({});
    }
  }

  std::function<void()> alive(std::function<void()> work) {
    return [alive = std::weak_ptr<const bool>(alive_), work = std::move(work)] {
      if (!alive.expired()) work();
    };
  }
  /// An exchange's handler that knows its own id and is silent once the port is gone.
  template <class Handler>
  VirtualWeb::OnAction guarded(Handler handler) {
    const core::WebId next{web_.last_ + 1};
    return [alive = std::weak_ptr<const bool>(alive_), next,
            handler = std::move(handler)](core::Result<core::WebAction> action) {
      if (!alive.expired()) handler(next, std::move(action));
    };
  }

  VirtualWeb& web_;
  std::string client_;
  std::set<core::WebId> open_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

std::unique_ptr<WebPort> VirtualWeb::make_port(const std::string& client) {
  return std::make_unique<VirtualWebPort>(*this, client);
}

}  // namespace rcs::harness
