// Connections in virtual time.
#include "harness/virtual_streams.hpp"

#include <string>
#include <variant>
#include <vector>

#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using harness::VirtualStreams;

namespace {

struct Net {
  explicit Net(sim::LinkModel model = {{sim::DelayModel::Shape::constant, 10ms, 10ms}, 0.5})
      : links(model, 1), streams(wheel, links) {}
  sim::Wheel wheel;
  sim::Links links;
  VirtualStreams streams;
};

/// A node that writes down what it hears.
struct Actor {
  Actor(Net& net_in, const std::string& host)
      : net(net_in),
        port(net.streams.attach(host, [this](node::ConnectionId id, const node::StreamNews& news) {
          last = id;
          heard.push_back(words(news));
          times.push_back(net.wheel.now());
          if (on_news) on_news(id, news);
        })) {}
  static std::string words(const node::StreamNews& news) {
    if (std::holds_alternative<node::Opened>(news)) return "opened";
    if (std::holds_alternative<node::Accepted>(news)) return "accepted";
    if (const auto* octets = std::get_if<node::Octets>(&news)) return "got " + std::string(octets->octets);
    if (std::holds_alternative<node::Drained>(news)) return "drained";
    return "closed: " + std::get<node::Closed>(news).why;
  }
  void dial(const std::string& host, std::uint16_t to) {
    mine = node::dialled_connection(1);
    node::StreamTarget target;
    target.host = host;
    target.port = to;
    port->act(mine, node::Dial{target});
  }
  void write(node::ConnectionId id, const std::string& octets) { port->act(id, node::Write{octets, false}); }

  Net& net;
  std::vector<std::string> heard;
  std::vector<core::Instant> times;
  node::ConnectionId last;
  node::ConnectionId mine;
  std::function<void(node::ConnectionId, const node::StreamNews&)> on_news;
  std::unique_ptr<VirtualStreams::Port> port;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("streams: dialled, accepted, octets both ways in order, whatever the links lose") {
  Net net({{sim::DelayModel::Shape::uniform, 1ms, 90ms}, 0.5});
  Actor a(net, "a");
  Actor b(net, "b");
  b.port->listen(2855);
  a.dial("b", 2855);
  net.wheel.run_for(1s);
  CHECK(a.heard == Words{"opened"});
  CHECK(b.heard == Words{"accepted"});
  Words expected = {"accepted"};
  for (int i = 0; i < 50; ++i) {
    a.write(a.mine, std::to_string(i));
    expected.push_back("got " + std::to_string(i));
  }
  net.wheel.run_for(10s);
  CHECK(b.heard == expected);
  CHECK(a.heard == Words{"opened", "drained"});  // once, when the last has arrived
  b.write(b.last, "back");
  net.wheel.run_for(1s);
  CHECK(a.heard.back() == "got back");
}

TEST_CASE("streams: a connection takes a way there and back, octets the delay of the link") {
  Net net;
  Actor a(net, "a");
  Actor b(net, "b");
  b.port->listen(2855);
  const auto start = net.wheel.now();
  a.dial("b", 2855);
  net.wheel.run_for(1s);
  CHECK(b.times.at(0) - start == 10ms);
  CHECK(a.times.at(0) - start == 20ms);
}

TEST_CASE("streams: nobody listens, or listens for something else: refused") {
  Net net;
  Actor a(net, "a");
  Actor b(net, "b");
  b.port->listen(2855, node::StreamKind::tls);
  a.dial("b", 2856);
  net.wheel.run_for(1s);
  CHECK(a.heard == Words{"closed: b:2856: connection refused"});
  a.heard.clear();
  a.dial("b", 2855);
  net.wheel.run_for(1s);
  CHECK(a.heard == Words{"closed: b:2855: expected another kind of connection"});
  CHECK(b.heard.empty());
  CHECK(a.port->connections() == 0);
}

TEST_CASE("streams: who hangs up has its octets arrive first, and hears no more") {
  Net net;
  Actor a(net, "a");
  Actor b(net, "b");
  b.port->listen(2855);
  a.dial("b", 2855);
  net.wheel.run_for(1s);
  a.write(a.mine, "last words");
  a.port->act(a.mine, node::HangUp{});
  b.write(b.last, "too late");
  net.wheel.run_for(1s);
  CHECK(b.heard == Words{"accepted", "got last words", "closed: "});
  CHECK(a.heard == Words{"opened"});
  CHECK(a.port->connections() + b.port->connections() == 0);
  b.write(b.last, "to nobody");  // it may not have heard yet that it is closed
  net.wheel.run_for(1s);
  CHECK(a.heard == Words{"opened"});
}

TEST_CASE("streams: a node hangs up while it hears something") {
  Net net;
  Actor a(net, "a");
  Actor b(net, "b");
  b.port->listen(2855);
  b.on_news = [&](node::ConnectionId id, const node::StreamNews& news) {
    if (std::holds_alternative<node::Octets>(news)) b.port->act(id, node::HangUp{});
  };
  a.dial("b", 2855);
  net.wheel.run_for(1s);
  a.write(a.mine, "x");
  a.write(a.mine, "y");
  net.wheel.run_for(1s);
  CHECK(b.heard == Words{"accepted", "got x"});
  CHECK(a.heard == Words{"opened", "closed: "});
}

TEST_CASE("streams: a cut connection is told to both; what was under way is lost") {
  Net net;
  Actor a(net, "a");
  Actor b(net, "b");
  b.port->listen(2855);
  a.dial("b", 2855);
  net.wheel.run_for(1s);
  b.write(b.last, "under way");
  a.port->cut();
  net.wheel.run_for(1s);
  CHECK(a.heard == Words{"opened", "closed: connection reset"});
  CHECK(b.heard == Words{"accepted", "closed: connection reset"});
  a.dial("b", 2855);  // the next one is fine
  net.wheel.run_for(1s);
  CHECK(a.heard.back() == "opened");
}

TEST_CASE("streams: a node that dies takes its connections and its listener with it") {
  Net net;
  Actor a(net, "a");
  auto b = std::make_unique<Actor>(net, "b");
  b->port->listen(2855);
  a.dial("b", 2855);
  net.wheel.run_for(1s);
  b.reset();
  net.wheel.run_for(1s);
  CHECK(a.heard == Words{"opened", "closed: connection reset"});
  a.dial("b", 2855);
  net.wheel.run_for(1s);
  CHECK(a.heard.back() == "closed: b:2855: connection refused");
}

TEST_CASE("streams: a connection breaks before, within or after a piece, as a test wants it") {
  using Fault = harness::StreamFault;
  const auto run = [](Fault wanted) {
    Net net;
    Actor a(net, "a");
    Actor b(net, "b");
    b.port->listen(2855);
    a.dial("b", 2855);
    net.wheel.run_for(1s);
    net.streams.set_faults([&](const std::string& from, const std::string& to, std::string_view octets) {
      CHECK(from == "a");
      CHECK(to == "b");
      return octets == "second" ? wanted : Fault::none;
    });
    for (const auto* piece : {"first", "second", "third"}) a.write(a.mine, piece);
    net.wheel.run_for(1s);
    CHECK(a.heard == Words{"opened", "closed: connection reset"});
    return b.heard;
  };
  const std::string end = "closed: connection reset";
  CHECK(run(Fault::before) == Words{"accepted", "got first", end});
  CHECK(run(Fault::within) == Words{"accepted", "got first", "got sec", end});
  CHECK(run(Fault::after) == Words{"accepted", "got first", "got second", end});
}

TEST_CASE("streams: a piece is lost or comes twice on a connection that goes on, as a test wants it") {
  using Fault = harness::StreamFault;
  const auto run = [](Fault wanted) {
    Net net;
    Actor a(net, "a");
    Actor b(net, "b");
    b.port->listen(2855);
    a.dial("b", 2855);
    net.wheel.run_for(1s);
    net.streams.set_faults(
        [&](const auto&, const auto&, auto octets) { return octets == "second" ? wanted : Fault::none; });
    for (const auto* piece : {"first", "second", "third"}) a.write(a.mine, piece);
    net.wheel.run_for(1s);
    CHECK(a.heard == Words{"opened", "drained"});
    return b.heard;
  };
  CHECK(run(Fault::lost) == Words{"accepted", "got first", "got third"});
  CHECK(run(Fault::twice) == Words{"accepted", "got first", "got second", "got second", "got third"});
}
