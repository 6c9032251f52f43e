#include "harness/live_media.hpp"

#include <utility>
#include <variant>

namespace rcs::harness {

LiveMedia::LiveMedia(net::Loop& loop, LiveMediaOptions options)
    : loop_(loop),
      streams_(loop, {}, [this](node::ConnectionId id, const node::StreamNews& news) { hear(id, news); }) {
  if (options.recorder == nullptr) return;
  if (!options.names) {
    options.names = [](const std::string& host, std::uint16_t port) {
      return host + ":" + std::to_string(port);
    };
  }
  tap_ = std::make_unique<MsrpTap>(*options.recorder, std::move(options.actor), std::move(options.names));
}

core::Result<std::unique_ptr<LiveMedia>> LiveMedia::open(net::Loop& loop, LiveMediaOptions options) {
  net::StreamListen listen;
  listen.bind = options.bind;
  std::unique_ptr<LiveMedia> media(new LiveMedia(loop, std::move(options)));
  RCS_TRY(media->local_, media->streams_.listen(std::move(listen)));
  return media;
}

msrp::ListeningAt LiveMedia::at() const {
  msrp::ListeningAt at;
  at.host = local_.host;
  at.port = local_.port;
  return at;
}

void LiveMedia::hear(node::ConnectionId connection, const node::StreamNews& news) {
  if (std::holds_alternative<node::Closed>(news)) {
    open_.erase(connection);
  } else {
    open_.insert(connection);
  }
  if (tap_) tap_->on_news(loop_.now(), connection, news);
  if (on_news_) on_news_(connection, news);
  if (tap_) tap_->done();
}

void LiveMedia::act(node::StreamEffect effect) {
  if (tap_) tap_->on_action(loop_.now(), effect.connection, effect.action);
  if (std::holds_alternative<node::HangUp>(effect.action)) open_.erase(effect.connection);
  streams_.act(effect.connection, std::move(effect.action));
}

void LiveMedia::cut() {
  for (const auto connection : std::exchange(open_, {})) {
    streams_.act(connection, node::HangUp{});
    hear(connection, node::Closed{"connection reset"});
  }
}

}  // namespace rcs::harness
