// What an open chat costs in memory, at either end of its dialog: octets of heap in use (mallinfo2) for each
// of N chats that are set up, accepted and left alone until every transaction has ended. Ours: two
// chat::Agents in virtual time, each message encoded and decoded between them; the two live timers of a
// session (net::NodeTimers) are counted. Reference in the same run: sofia-sip's nua with its media part
// switched off, two processes over loopback UDP, one handle a dialog, the same INVITE body, session timer on,
// transaction timers short so that they end soon.
//
//   dialog_memory [N [alone]]
//
// Takes most of a minute whatever N is: sofia-sip's transactions end in real time. With `alone` the reference
// is left out.
//
// Exit 1 when a chat is lost on either stack.

#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "chat/agent.hpp"
#include "dialog_memory_sofia.hpp"
#include "net/loop.hpp"
#include "sim/wheel.hpp"
#include "sip/codec.hpp"

namespace {

using namespace rcs;
using namespace std::chrono_literals;

constexpr core::Duration kHop = 1ms;
constexpr core::Duration kPatience = 5s;       // of virtual time, for one set-up
constexpr core::Duration kUntilSettled = 60s;  // past the last timer of a transaction (64*T1, then T4)

[[noreturn]] void fail(const std::string& words) {
  std::fprintf(stderr, "dialog_memory: %s\n", words.c_str());
  std::exit(1);
}

double heap_in_use() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

/// An agent, and a driver of the smallest kind: what it sends arrives at its peer.
class Side {
 public:
  Side(sim::Wheel& wheel, std::uint16_t port, std::uint16_t peer_port, std::uint64_t seed)
      : wheel_(wheel),
        self_{sip::Transport::udp, "127.0.0.1", port, {}},
        random_(seed),
        agent_(std::make_unique<chat::Agent>(config(port, peer_port), random_)),
        timers_(wheel, [this](core::Instant now, node::TimerKey key) {
          chat::AgentOutbox out;
          agent_->on_timer(now, key, out);
          carry_out(out);
        }) {}

  void meet(Side& peer) { peer_ = &peer; }

  void execute(chat::Command command) {
    chat::AgentOutbox out;
    agent_->execute(wheel_.now(), std::move(command), out);
    carry_out(out);
  }

  std::size_t connected() const { return connected_; }
  std::size_t armed() const { return timers_.armed(); }
  std::size_t open() const { return agent_->open_chats(); }
  /// Octets that the agent gives back.
  double drop() {
    const double before = heap_in_use();
    agent_.reset();
    return before - heap_in_use();
  }

 private:
  static chat::AgentConfig config(std::uint16_t port, std::uint16_t peer_port) {
    chat::AgentConfig config;
    config.port = port;
    config.core = {sip::Transport::udp, "127.0.0.1", peer_port, {}};
    config.expect_registered = false;
    config.accept_unknown_users = true;
    return config;
  }

  void carry_out(chat::AgentOutbox& out) {
    for (auto& effect : out.take()) {
      if (auto* send = std::get_if<chat::AgentOutbox::Send>(&effect)) {
        auto from = self_;
        from.transport = send->to.transport;
        wheel_.after(kHop,
                     [peer = peer_, from, octets = sip::encode(send->message)] { peer->take(from, octets); });
      } else if (auto* arm = std::get_if<chat::AgentOutbox::Arm>(&effect)) {
        timers_.arm(arm->key, arm->after);
      } else if (auto* cancel = std::get_if<chat::AgentOutbox::Cancel>(&effect)) {
        timers_.cancel(cancel->key);
      } else {
        on_event(std::get<chat::AgentOutbox::Emit>(effect).event);
      }
    }
  }

  void take(const sip::Hop& from, const std::string& octets) {
    auto message = sip::decode(octets);
    if (!message) fail(message.error().detail());
    chat::AgentOutbox out;
    agent_->on_message(wheel_.now(), from, std::move(*message), out);
    carry_out(out);
  }

  void on_event(const chat::Event& event) {
    if (const auto* invited = std::get_if<chat::ChatInvited>(&event))
      execute(chat::AcceptChat{invited->chat});
    if (std::holds_alternative<chat::ChatConnected>(event)) ++connected_;
  }

  sim::Wheel& wheel_;
  sip::Hop self_;
  core::Random random_;
  std::unique_ptr<chat::Agent> agent_;
  sim::NodeTimers timers_;
  Side* peer_ = nullptr;
  std::size_t connected_ = 0;
};

/// Octets of one armed timer of the live driver.
double timer_octets(std::size_t count) {
  net::Loop loop;
  const double before = heap_in_use();
  net::NodeTimers timers(loop, [](core::Instant, node::TimerKey) {});
  for (std::size_t i = 0; i < count; ++i) timers.arm({chat::kAgentSessionTimers, i}, 900s);
  return (heap_in_use() - before) / static_cast<double>(count);
}

bench::DialogOctets ours(std::size_t count) {
  sim::Wheel wheel;
  Side caller(wheel, 5070, 5080, 1);
  Side callee(wheel, 5080, 5070, 2);
  caller.meet(callee);
  callee.meet(caller);
  for (std::size_t i = 1; i <= count; ++i) {
    const auto text = bench::text_of(i);
    body::ChatText first;
    first.message_id = "m" + std::to_string(i);
    first.text = text;
    caller.execute(chat::StartChat{chat::outgoing_chat(i), "sip:" + bench::caller_of(i) + "@domain.com",
                                   "sip:" + bench::callee_of(i) + "@domain.com", text, std::move(first)});
    if (!wheel.run_until([&] { return caller.connected() == i && callee.connected() == i; }, kPatience))
      fail("chat " + std::to_string(i) + " was not set up");
  }
  wheel.run_for(kUntilSettled);
  if (caller.open() != count || callee.open() != count) fail("chats were lost");
  const double timer = timer_octets(2 * count);
  const auto each = static_cast<double>(count);
  bench::DialogOctets octets;
  octets.caller = (caller.drop() + timer * static_cast<double>(caller.armed())) / each;
  octets.callee = (callee.drop() + timer * static_cast<double>(callee.armed())) / each;
  return octets;
}

void print(const char* name, double reference, double own) {
  std::printf("  %-10s reference: sofia-sip nua %6.0f   ours %6.0f   ratio %.2f\n", name, reference, own,
              own / reference);
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 10'000;
  if (count < 1) fail("expected a number of chats above 0");
  const bool alone = argc > 2 && std::string_view(argv[2]) == "alone";
  bench::DialogOctets reference{};
  if (!alone) reference = bench::sofia_dialogs(static_cast<std::size_t>(count));
  const auto own = ours(static_cast<std::size_t>(count));
  std::printf("%ld open chats, octets of heap for each:\n", count);
  if (alone) {
    std::printf("  caller %6.0f\n  callee %6.0f\n", own.caller, own.callee);
    return 0;
  }
  print("caller", reference.caller, own.caller);
  print("callee", reference.callee, own.callee);
}
