#include "harness/live_load_port.hpp"

#include <string>
#include <utility>

#include "harness/live_web_port.hpp"

namespace rcs::harness {
namespace {

class LoadPort final : public WebPort {
 public:
  LoadPort(net::Loop& loop, const http::Url& server, ConnectionPool& pool, std::function<void()> on_channel)
      : own_(make_live_web_port(loop, server)), pool_(pool), on_channel_(std::move(on_channel)) {}

  void request(Lane lane, core::WebRequest request, core::Duration timeout, OnReply on_reply) override {
    if (lane == Lane::command || request.method == "HEAD")
      return pool_.request(std::move(request), timeout, std::move(on_reply));
    own_->request(lane, std::move(request), timeout, std::move(on_reply));
  }
  std::unique_ptr<WebChannel> open_stream(core::WebRequest request, ChannelHandlers handlers) override {
    return own_->open_stream(std::move(request), watched(std::move(handlers)));
  }
  std::unique_ptr<WebChannel> open_socket(core::WebRequest request, std::string subprotocol,
                                          ChannelHandlers handlers) override {
    return own_->open_socket(std::move(request), std::move(subprotocol), watched(std::move(handlers)));
  }
  void after(core::Duration delay, std::function<void()> work) override {
    own_->after(delay, std::move(work));
  }

 private:
  ChannelHandlers watched(ChannelHandlers handlers) const {
    handlers.on_open = [told = std::move(handlers.on_open), on_channel = on_channel_](
                           int status, const core::WebHeaders& headers) {
      told(status, headers);
      if (status == 200 || status == 101) on_channel();
    };
    return handlers;
  }

  std::unique_ptr<WebPort> own_;
  ConnectionPool& pool_;
  std::function<void()> on_channel_;
};

}  // namespace

ConnectionPool::ConnectionPool(net::Loop& loop, const http::Url& server, std::size_t most)
    : loop_(loop), server_(server), most_(most) {}

void ConnectionPool::request(core::WebRequest request, core::Duration timeout, WebPort::OnReply on_reply) {
  if (busy_.size() >= most_) {
    loop_.post([alive = std::weak_ptr<const bool>(alive_), on_reply = std::move(on_reply), most = most_] {
      if (alive.expired()) return;
      on_reply(core::Error(core::Errc::too_large, std::to_string(most) + " requests have no answer yet"));
    });
    return;
  }
  auto client = idle_.empty() ? std::make_unique<http::Client>(loop_, server_) : std::move(idle_.back());
  if (!idle_.empty()) idle_.pop_back();
  auto& used = *client;
  const auto id = ++last_;
  busy_.emplace(id, std::move(client));
  used.request(std::move(request), timeout,
               [this, id, on_reply = std::move(on_reply)](core::Result<core::WebReply> reply) {
                 const auto found = busy_.find(id);
                 idle_.push_back(std::move(found->second));
                 busy_.erase(found);
                 on_reply(std::move(reply));
               });
}

std::unique_ptr<WebPort> make_load_port(net::Loop& loop, const http::Url& server, ConnectionPool& pool,
                                        std::function<void()> on_channel) {
  return std::make_unique<LoadPort>(loop, server, pool, std::move(on_channel));
}

}  // namespace rcs::harness
