// The guard against drift: a run on Signals alone and a run in which every hop is rendered, encoded, decoded
// and projected again must lead the roles to the same decisions.
#include <functional>

#include "device.hpp"
#include "ims/role_subscriber.hpp"
#include "ims/signal_net.hpp"

using namespace rcs;
using namespace rcs::test;

namespace {

struct Plot {
  const char* name;
  ims::AnswerMode mode = ims::AnswerMode::store_and_forward;
  int answer = 200;
  bool rings = false;
  Duration answer_after{};
  bool receiver_registers_first = true;
  bool receiver_registers_later = false;
  bool sender_registers = true;
  Duration sender_cancels_after{};
  Duration sender_hangs_up_after{};
  const char* dead = "";
};

std::vector<std::string> run_with_text(const Plot& plot) {
  ims::CoreConfig config;
  config.answer_mode = plot.mode;
  config.record_steps = true;
  SipNet net(config);
  auto& sender = Device::add(net, "sender", "10.1.0.1", "01087654321");
  auto& receiver = Device::add(net, "receiver", "10.1.0.2", "01012345678");
  (void)net.core().directory().user(sender.uri());
  (void)net.core().directory().user(receiver.uri());
  receiver.answer = plot.answer;
  receiver.rings = plot.rings;
  receiver.answer_after = plot.answer_after;
  if (*plot.dead != 0) net.kill(plot.dead, true);
  if (plot.sender_registers) sender.send_register();
  net.run_until(Instant(1s));
  if (plot.receiver_registers_first) receiver.send_register();
  net.run_until(Instant(2s));
  sender.invite(receiver.uri());
  if (plot.sender_cancels_after > Duration{}) {
    net.run_until(Instant(2s) + plot.sender_cancels_after);
    sender.cancel();
  }
  if (plot.sender_hangs_up_after > Duration{}) {
    net.run_until(Instant(2s) + plot.sender_hangs_up_after);
    sender.bye();
  }
  net.run_until(Instant(100s));
  if (plot.receiver_registers_later) receiver.send_register();
  net.run_until(Instant(1000s));
  std::vector<std::string> lines;
  for (const auto& step : net.steps()) lines.push_back(describe(step, net.core().directory()));
  return lines;
}

std::vector<std::string> run_without_text(const Plot& plot) {
  ims::CoreConfig config;
  config.answer_mode = plot.mode;
  config = SipNet::with_addresses(config);
  ims::Directory directory(ims::DirectoryConfig{});
  for (std::size_t i = 0; i < ims::kCoreNodes.size(); ++i)
    directory.add_node(std::string(ims::kCoreNodes[i]), config.addresses[i]);
  auto roles = ims::make_roles(config, directory);
  ims::SignalNet net(SipNet::kLatency);
  for (std::size_t i = 0; i < roles.size(); ++i)
    net.add(directory.node_named(ims::kCoreNodes[i]), *roles[i], true);
  const auto entry = directory.node_named("o-cscf");
  const ims::NodeId sender_node{100};
  const ims::NodeId receiver_node{101};
  ims::SubscriberRole sender({.self = sender_node, .entry = entry, .user = ims::UserId{1}});
  ims::SubscriberRole receiver({.self = receiver_node,
                                .entry = entry,
                                .user = ims::UserId{2},
                                .answer = plot.answer,
                                .rings = plot.rings,
                                .answer_after = plot.answer_after});
  net.add(sender_node, sender, false);
  net.add(receiver_node, receiver, false);
  if (*plot.dead != 0) net.kill(directory.node_named(plot.dead));
  const auto act = [&](ims::NodeId node, const std::function<void(ims::RoleOutbox&)>& what) {
    ims::RoleOutbox out;
    what(out);
    net.carry_out(node, out);
  };
  if (plot.sender_registers) act(sender_node, [&](auto& out) { sender.register_now(out); });
  net.run_until(Instant(1s));
  if (plot.receiver_registers_first) act(receiver_node, [&](auto& out) { receiver.register_now(out); });
  net.run_until(Instant(2s));
  ims::CallKey call;
  act(sender_node, [&](auto& out) { call = sender.invite(ims::UserId{2}, out); });
  if (plot.sender_cancels_after > Duration{}) {
    net.run_until(Instant(2s) + plot.sender_cancels_after);
    act(sender_node, [&](auto& out) { sender.cancel(call, out); });
  }
  if (plot.sender_hangs_up_after > Duration{}) {
    net.run_until(Instant(2s) + plot.sender_hangs_up_after);
    act(sender_node, [&](auto& out) { sender.bye(call, out); });
  }
  net.run_until(Instant(100s));
  if (plot.receiver_registers_later) act(receiver_node, [&](auto& out) { receiver.register_now(out); });
  net.run_until(Instant(1000s));
  std::vector<std::string> lines;
  for (const auto& step : net.steps()) lines.push_back(describe(step, directory));
  return lines;
}

}  // namespace

TEST_CASE("SIM-15: with and without text the nodes decide the same") {
  const auto plot = GENERATE(
      Plot{.name = "accepted"}, Plot{.name = "rings, accepted later", .rings = true, .answer_after = 20s},
      Plot{.name = "declined", .answer = 603}, Plot{.name = "busy", .answer = 486},
      Plot{.name = "stored", .receiver_registers_first = false, .receiver_registers_later = true},
      Plot{.name = "sender unknown", .sender_registers = false},
      Plot{.name = "hangs up", .sender_hangs_up_after = 5s},
      Plot{.name = "never answers", .answer = 0, .rings = true}, Plot{.name = "no o-imas", .dead = "o-imas"},
      Plot{.name = "no t-imas", .dead = "t-imas"}, Plot{.name = "no t-cscf", .dead = "t-cscf"},
      Plot{.name = "proxied", .mode = ims::AnswerMode::proxied, .rings = true, .answer_after = 3s},
      Plot{.name = "proxied, failing", .mode = ims::AnswerMode::proxied, .answer = 503},
      Plot{.name = "proxied, declined", .mode = ims::AnswerMode::proxied, .answer = 603},
      Plot{.name = "proxied, nobody", .mode = ims::AnswerMode::proxied, .receiver_registers_first = false},
      Plot{.name = "proxied, cancelled",
           .mode = ims::AnswerMode::proxied,
           .answer = 0,
           .rings = true,
           .sender_cancels_after = 5s});
  CAPTURE(plot.name);
  const auto with_text = run_with_text(plot);
  const auto without_text = run_without_text(plot);
  CHECK(with_text.size() > 3);
  for (std::size_t i = 0; i < std::min(with_text.size(), without_text.size()); ++i) {
    CAPTURE(i);
    REQUIRE(with_text[i] == without_text[i]);
  }
  CHECK(with_text.size() == without_text.size());
}
