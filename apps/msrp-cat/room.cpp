#include "msrp-cat/room.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "harness/entropy.hpp"
#include "msrp-cat/report.hpp"
#include "msrp-cat/tap.hpp"
#include "msrp/chat_room.hpp"
#include "msrp/fingerprint.hpp"
#include "msrp/offer.hpp"
#include "net/stream_driver.hpp"

namespace rcs::cat {
namespace {

constexpr std::uint64_t kMaxMessage = 1 << 20;  // where --max-size says nothing: it is held for everybody
constexpr std::uint64_t kMostMessage = 64 << 20;
constexpr std::uint64_t kMessagesWaiting = 4;  // of the longest

std::string number(msrp::SessionId session) { return std::to_string(session.value); }

/// A room with a door, as one node.
class RoomNode {
 public:
  using Outbox = node::Outbox<node::StreamAction, node::ConnectionId, msrp::ChatRoomEvent>;

  /// SAFETY: `random` outlives this.
  RoomNode(msrp::ChatRoomConfig room, core::Random& random) : room_(std::move(room)), endpoint_({}, random) {}

  /// Errors: those of msrp::Endpoint::open().
  core::Result<void> open(core::Instant now, msrp::LocalEnd door, Outbox& out) {
    RCS_TRY(const auto session, endpoint_.open(std::move(door)));
    msrp::RemoteEnd anybody;
    anybody.types.accepted = {"*"};
    anybody.types.wrapped = {"*"};
    Inner inner;
    endpoint_.start(now, session, std::move(anybody), inner);
    settle(now, inner, out);
    return {};
  }
  void on_stream(core::Instant now, node::ConnectionId connection, const node::StreamNews& news,
                 Outbox& out) {
    Inner inner;
    endpoint_.on_stream(now, connection, news, inner);
    settle(now, inner, out);
  }
  void on_timer(core::Instant now, node::TimerKey key, Outbox& out) {
    Inner inner;
    endpoint_.on_timer(now, key, inner);
    room_.on_timer(now, key, endpoint_, inner);
    settle(now, inner, out);
  }

 private:
  using Inner = msrp::EndpointOutbox;

  void settle(core::Instant now, Inner& inner, Outbox& out) {
    node::drain(inner, out, [&](msrp::EndpointEvent&& event) {
      if (const auto* entered = std::get_if<msrp::SessionEntered>(&event)) {
        if (!room_.join(entered->session, {}, inner)) endpoint_.close(now, entered->session, inner);
      } else {
        room_.on_event(now, event, endpoint_, inner);
      }
      for (auto& told : room_.take_events()) out.emit(std::move(told));
    });
  }

  msrp::ChatRoom room_;
  msrp::Endpoint endpoint_;
};

using Driver = net::StreamDriver<RoomNode, msrp::ChatRoomEvent>;

// --- what it tells

void tell(const Report& report, const msrp::RoomNamed& event) {
  report.event("named", {{"session", number(event.session)}, {"uri", event.uri}});
}
void tell(const Report& report, const msrp::RoomPassed& event) {
  report.event(event.is_private ? "passed_privately" : "passed", {{"session", number(event.from)},
                                                                  {"message_id", event.message_id},
                                                                  {"to", std::to_string(event.sessions)}});
}
void tell(const Report& report, const msrp::RoomMissed& event) {
  report.event("missed", {{"session", number(event.session)}, {"why", event.why}});
}
void tell(const Report& report, const msrp::RoomRefused& event) {
  report.event("refused", {{"session", number(event.session)},
                           {"what", event.what},
                           {"code", std::to_string(event.status)},
                           {"why", event.why}});
}
void tell(const Report& report, const msrp::RoomNicknamed& event) {
  report.event("nickname", {{"session", number(event.session)}, {"nickname", event.nickname}});
}
void tell(const Report& report, const msrp::RoomLeft& event) {
  report.event("left", {{"session", number(event.session)}, {"uri", event.uri}, {"why", event.why}});
}

// --- setting up

node::StreamKind kind_of(const Options& options) {
  if (options.websocket) return options.tls ? node::StreamKind::wss : node::StreamKind::ws;
  return options.tls ? node::StreamKind::tls : node::StreamKind::tcp;
}

/// With our fingerprint in `at`, where the room is on TLS.
core::Result<net::StreamsOptions> streams_for(const Options& options, msrp::ListeningAt& at) {
  net::StreamsOptions streams;
  if (!options.tls) return streams;
  net::TlsOptions tls;
  tls.certificate = options.certificate;
  tls.key = options.key;
  tls.authorities = options.authorities;
  tls.name = options.bind.host;
  RCS_TRY(streams.tls, net::Tls::make(tls));
  at.fingerprints.push_back(msrp::fingerprint_of(streams.tls->certificate()));
  return streams;
}

core::Result<void> listen(Driver& driver, const Options& options, msrp::ListeningAt& at) {
  net::StreamListen what;
  what.bind = options.bind;
  what.kind = at.kind;
  what.origins = options.origins;
  RCS_TRY(const auto got, driver.streams().listen(std::move(what)));
  at.port = got.port;
  return {};
}

core::Result<void> serve(net::Loop& loop, const Options& options, harness::MsrpTap* tap) {
  const Report report(options.common);
  msrp::ListeningAt at;
  at.kind = kind_of(options);
  at.host = options.bind.host;
  RCS_TRY(auto streams, streams_for(options, at));
  Driver driver(
      loop, std::move(streams),
      [&report](const msrp::ChatRoomEvent& event) {
        std::visit([&report](const auto& what) { tell(report, what); }, event);
      },
      watch_with<Driver>(loop, tap));
  RCS_CHECK_OK(listen(driver, options, at));

  auto random = harness::random_source(0).stream("msrp-room", "ids");
  const auto max_message = std::min(options.max_size > 0 ? options.max_size : kMaxMessage, kMostMessage);
  msrp::ChatRoomConfig config;
  config.uri = options.room;
  config.max_waiting = std::max(config.max_waiting, kMessagesWaiting * max_message);
  config.stall_time = options.common.timeout() / 3;  // who waits for an answer has to get it in time
  auto door = msrp::make_local_end(at, {}, random);
  msrp::make_room_end(door, config);
  door.is_door = true;
  door.limits.max_message = max_message;
  const auto uri = door.uri.to_string();

  RoomNode room(std::move(config), random);
  driver.attach(room);
  core::Result<void> opened;
  driver.act([&](core::Instant now, RoomNode& node, RoomNode::Outbox& out) {
    opened = node.open(now, std::move(door), out);
  });
  RCS_CHECK_OK(opened);
  report.tell("listening", "uri", uri);
  for (const auto& print : at.fingerprints)
    report.tell("fingerprint", "fingerprint", print.hash + " " + print.value);
  loop.on_interrupt([&loop](int) { loop.stop(); });
  loop.run();
  return {};
}

}  // namespace

cli::Exit run_room(net::Loop& loop, const Options& options, trace::Recorder* recorder) {
  const auto tap = make_tap(recorder, "room");
  const auto served = serve(loop, options, tap.get());
  return served ? cli::Exit::interrupted : cli::fail(served.error());
}

}  // namespace rcs::cat
