#pragma once
// The trace of a mode that is a server: what its connections say, where --trace asks for it.

#include <memory>
#include <string>
#include <utility>

#include "harness/msrp_tap.hpp"
#include "net/address.hpp"
#include "net/loop.hpp"
#include "trace/recorder.hpp"

namespace rcs::cat {

/// Null without a recorder. SAFETY: it outlives the tap.
inline std::unique_ptr<harness::MsrpTap> make_tap(trace::Recorder* recorder, std::string actor) {
  if (recorder == nullptr) return nullptr;
  const auto address = [](const std::string& host, std::uint16_t port) {
    return net::Address{host, port}.to_string();
  };
  return std::make_unique<harness::MsrpTap>(*recorder, std::move(actor), address);
}

/// `Driver` is a net::StreamDriver. SAFETY: both outlive it.
template <class Driver>
typename Driver::Watch watch_with(net::Loop& loop, harness::MsrpTap* tap) {
  typename Driver::Watch watch;
  if (tap == nullptr) return watch;
  watch.on_news = [&loop, tap](node::ConnectionId connection, const node::StreamNews& news) {
    tap->on_news(loop.now(), connection, news);
  };
  watch.on_action = [&loop, tap](node::ConnectionId connection, const node::StreamAction& action) {
    tap->on_action(loop.now(), connection, action);
  };
  return watch;
}

}  // namespace rcs::cat
