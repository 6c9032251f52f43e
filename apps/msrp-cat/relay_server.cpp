#include "msrp-cat/relay_server.hpp"

#include <memory>
#include <utility>

#include "harness/entropy.hpp"
#include "msrp-cat/report.hpp"
#include "msrp-cat/tap.hpp"
#include "msrp/relay.hpp"
#include "net/stream_driver.hpp"

namespace rcs::cat {
namespace {

using Driver = net::StreamDriver<msrp::Relay, msrp::RelayEvent>;

std::string number(node::ConnectionId connection) { return std::to_string(connection.value); }

void tell(const Report& report, const msrp::RelayGranted& event) {
  report.event(event.renewed ? "renewed" : "granted",
               {{"connection", number(event.connection)}, {"user", event.username}, {"uri", event.uri}});
}
void tell(const Report& report, const msrp::RelayRefused& event) {
  report.event("refused",
               {{"connection", number(event.connection)}, {"user", event.username}, {"why", event.why}});
}
void tell(const Report& report, const msrp::RelayHungUp& event) {
  report.event("closed", {{"connection", number(event.connection)}, {"why", event.why}});
}

msrp::RelayConfig config_for(const Options& options, core::Random& random) {
  msrp::RelayConfig config;
  config.uri.secure = true;
  config.uri.host =
      options.bind.host.find(':') == std::string::npos ? options.bind.host : "[" + options.bind.host + "]";
  config.uri.transport = options.websocket ? "ws" : "tcp";
  config.digest.realm = options.bind.host;
  config.digest.secret = random.token(32);
  config.check_authority = !options.insecure;
  config.dial_time = options.common.timeout();
  config.password_of = [&options](const std::string& name) {
    return name == options.user ? std::optional(options.password) : std::nullopt;
  };
  return config;
}

}  // namespace

cli::Exit run_relay_server(net::Loop& loop, const Options& options, trace::Recorder* recorder) {
  const Report report(options.common);
  const auto tap = make_tap(recorder, "relay");
  net::TlsOptions tls;
  tls.certificate = options.certificate;
  tls.key = options.key;
  tls.authorities = options.authorities;
  tls.name = options.bind.host;
  auto made = net::Tls::make(tls);
  if (!made) return cli::fail(made.error());
  net::StreamsOptions streams;
  streams.tls = std::move(*made);

  Driver driver(
      loop, std::move(streams),
      [&report](const msrp::RelayEvent& event) {
        std::visit([&report](const auto& what) { tell(report, what); }, event);
      },
      watch_with<Driver>(loop, tap.get()));
  net::StreamListen listen;
  listen.bind = options.bind;
  listen.origins = options.origins;
  listen.kind = options.websocket ? node::StreamKind::wss : node::StreamKind::tls;
  const auto at = driver.streams().listen(std::move(listen));
  if (!at) return cli::fail(at.error());
  auto random = harness::random_source(0).stream("msrp-relay", "ids");
  auto config = config_for(options, random);
  config.uri.port = at->port;
  report.tell("relay", "uri", config.uri.to_string());
  msrp::Relay relay(std::move(config), random);
  driver.attach(relay);
  loop.on_interrupt([&loop](int) { loop.stop(); });
  loop.run();
  return cli::Exit::interrupted;
}

}  // namespace rcs::cat
