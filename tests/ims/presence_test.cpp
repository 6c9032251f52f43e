// The presence server on Signals: what is in force, and who is told when.
#include "ims/role_presence.hpp"

#include <map>
#include <set>

#include "ims/core.hpp"
#include "ims/signal_net.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace std::chrono_literals;
using core::Instant;
using ims::CallKey;
using ims::Flag;
using ims::MessageHandle;
using ims::Method;
using ims::NodeId;
using ims::Notice;
using ims::RoleOutbox;
using ims::Signal;
using ims::UserId;

namespace {

constexpr NodeId kServer{9};
constexpr NodeId kCscf{8};
constexpr NodeId kDevice{100};
constexpr UserId kAlice{1};
constexpr UserId kBob{2};
constexpr UserId kCarol{3};

/// The role alone, with the time and the timers in hand.
struct Bench {
  explicit Bench(ims::PresenceConfig config = {}) : role(config, {.self = kServer, .t_cscf = kCscf}) {}

  Signal request(Method method, UserId from, UserId to, std::uint32_t expires) {
    Signal signal;
    signal.method = method;
    signal.from = from;
    signal.to = to;
    signal.expires = expires;
    signal.flags = Flag::trusted | Flag::to_local;
    (void)signal.via.push(kDevice);
    (void)signal.via.push(kCscf);
    return signal;
  }
  /// The status of the answer.
  int hear(const Signal& signal) {
    answer = Signal{};
    RoleOutbox out;
    role.on_message(now, kCscf, signal, out);
    take(out);
    const int status = answer.status;
    take_notifies();
    return status;
  }
  int publish(UserId user, std::uint32_t size, std::uint32_t expires = 3600, MessageHandle version = {}) {
    auto signal = request(Method::publish, user, user, expires);
    signal.size = size;
    signal.message = version;
    return hear(signal);
  }
  int subscribe(UserId from, UserId to, CallKey call, std::uint32_t expires = 3600) {
    auto signal = request(Method::subscribe, from, to, expires);
    signal.call = call;
    return hear(signal);
  }
  int resubscribe(CallKey call, std::uint32_t expires) {
    auto signal = request(Method::subscribe, kBob, kAlice, expires);
    signal.call = call;
    signal.set(Flag::in_dialog);
    return hear(signal);
  }
  /// What the watcher says to the last NOTIFY.
  void reply(int status) {
    REQUIRE_FALSE(told.empty());
    RoleOutbox out;
    role.on_message(now, kCscf, ims::make_answer(told.back(), kDevice, status), out);
    take(out);
  }
  void run_for(core::Duration span) {
    const Instant end = now + span;
    for (;;) {
      auto next = timers.end();
      for (auto at = timers.begin(); at != timers.end(); ++at) {
        if (at->second <= end && (next == timers.end() || at->second < next->second)) next = at;
      }
      if (next == timers.end()) break;
      const auto key = next->first;
      now = next->second;
      timers.erase(next);
      RoleOutbox out;
      role.on_timer(now, key, out);
      take(out);
      take_notifies();
    }
    now = end;
  }
  /// The watchers answer at once.
  void take_notifies() {
    for (; watchers_answer && taken < told.size(); ++taken) {
      RoleOutbox out;
      role.on_message(now, kCscf, ims::make_answer(told[taken], kDevice, 200), out);
      take(out);
    }
  }
  void take(RoleOutbox& out) {
    for (auto& effect : out.take()) {
      if (const auto* send = std::get_if<RoleOutbox::Send>(&effect)) {
        if (send->message.is_request()) {
          told.push_back(send->message);
          told_at.push_back(now);
        } else {
          answer = send->message;
        }
      } else if (const auto* arm = std::get_if<RoleOutbox::Arm>(&effect)) {
        timers[arm->key] = now + arm->after;
      } else if (const auto* cancel = std::get_if<RoleOutbox::Cancel>(&effect)) {
        timers.erase(cancel->key);
      } else {
        notices.push_back(std::get<RoleOutbox::Emit>(effect).event);
      }
    }
  }
  /// The versions that went out of force, in order.
  std::vector<std::uint64_t> gone() const {
    std::vector<std::uint64_t> versions;
    for (const auto& notice : notices) {
      if (notice.kind == Notice::Kind::message_done) versions.push_back(notice.message.value);
    }
    return versions;
  }

  ims::PresenceRole role;
  Instant now{};
  Signal answer;
  std::vector<Signal> told;
  std::vector<Instant> told_at;
  bool watchers_answer = true;
  std::size_t taken = 0;
  std::map<node::TimerKey, Instant> timers;
  std::vector<Notice> notices;
};

}  // namespace

TEST_CASE("PRES-2 PRES-3: each version has a name of its own, and only the last one counts") {
  Bench bench;
  CHECK(bench.publish(kAlice, 100) == 200);
  const auto first = bench.answer.message;
  CHECK(bench.answer.expires == 3600);
  CHECK(bench.publish(kAlice, 0, 3600, first) == 200);
  const auto second = bench.answer.message;
  CHECK(second != first);
  CHECK(bench.publish(kAlice, 0, 3600, first) == 412);
  CHECK(bench.publish(kBob, 0, 3600, second) == 412);
  CHECK(bench.publish(kAlice, 0, 0, second) == 200);
  CHECK(bench.answer.message != second);
  CHECK(bench.answer.expires == 0);
  CHECK(bench.gone() == std::vector<std::uint64_t>{second.value});
  CHECK(bench.publish(kAlice, 0, 0, second) == 412);
  CHECK(bench.timers.empty());
}

TEST_CASE("PRES-8: what runs out is gone by itself, and nothing else is") {
  Bench bench;
  CHECK(bench.publish(kAlice, 100, 600) == 200);
  const auto first = bench.answer.message;
  CHECK(bench.publish(kAlice, 100, 900) == 200);
  const auto second = bench.answer.message;
  CHECK(bench.subscribe(kBob, kAlice, CallKey{1}) == 200);
  bench.run_for(599s);
  CHECK(bench.gone().empty());
  bench.run_for(2s);
  CHECK(bench.gone() == std::vector<std::uint64_t>{first.value});
  CHECK(bench.told.size() == 2);
  bench.run_for(299s);
  CHECK(bench.gone() == std::vector<std::uint64_t>{first.value, second.value});
  CHECK(bench.told.size() == 3);
  CHECK(bench.publish(kAlice, 0, 600, second) == 412);
}

TEST_CASE("PRES-1 PRES-5: only the user itself publishes, only what is there") {
  Bench bench;
  auto foreign = bench.request(Method::publish, kBob, kAlice, 3600);
  foreign.size = 100;
  CHECK(bench.hear(foreign) == 403);
  auto stranger = bench.request(Method::publish, kAlice, kAlice, 3600);
  stranger.size = 100;
  stranger.set(Flag::trusted, false);
  CHECK(bench.hear(stranger) == 403);
  stranger.set(Flag::trusted);
  stranger.set(Flag::to_local, false);
  CHECK(bench.hear(stranger) == 404);
  CHECK(bench.publish(kAlice, 0) == 400);
  CHECK(bench.publish(kAlice, 100, 0) == 400);
  CHECK(bench.hear(bench.request(Method::message, kAlice, kAlice, 0)) == 405);
  auto dialog = bench.request(Method::publish, kAlice, kAlice, 3600);
  dialog.set(Flag::in_dialog);
  CHECK(bench.hear(dialog) == 481);
  CHECK(bench.hear(bench.request(Method::ack, kAlice, kAlice, 0)) == 0);
  CHECK(bench.timers.empty());
}

TEST_CASE("PRES-4 PRES-22: too short a time is refused with the shortest, a long one is cut") {
  Bench bench({.min_expires = 30, .max_expires = 100});
  CHECK(bench.publish(kAlice, 10, 29) == 423);
  CHECK(bench.answer.expires == 30);
  CHECK(bench.publish(kAlice, 10, 30) == 200);
  CHECK(bench.publish(kAlice, 10, 101) == 200);
  CHECK(bench.answer.expires == 100);
  CHECK(bench.subscribe(kBob, kAlice, CallKey{1}, 29) == 423);
  CHECK(bench.answer.expires == 30);
  CHECK(bench.told.empty());
  CHECK(bench.subscribe(kBob, kAlice, CallKey{1}, 101) == 200);
  CHECK(bench.answer.expires == 100);
  CHECK(bench.told.at(0).expires == 100);
  CHECK(bench.resubscribe(CallKey{1}, 5) == 423);
}

TEST_CASE("PRES-8: what a user published longest ago gives way to what is new") {
  Bench bench({.max_publications_per_user = 2, .max_octets_per_user = 1000});
  CHECK(bench.publish(kAlice, 100) == 200);
  const auto first = bench.answer.message;
  CHECK(bench.publish(kAlice, 100) == 200);
  const auto second = bench.answer.message;
  CHECK(bench.publish(kAlice, 0, 3600, first) == 200);  // now the newer of the two
  const auto renewed = bench.answer.message;
  CHECK(bench.publish(kAlice, 100) == 200);
  const auto third = bench.answer.message;
  CHECK(bench.gone() == std::vector<std::uint64_t>{second.value});
  CHECK(bench.publish(kAlice, 950) == 200);
  CHECK(bench.gone() == std::vector<std::uint64_t>{second.value, renewed.value, third.value});
  CHECK(bench.publish(kBob, 100) == 200);
  CHECK(bench.gone().size() == 3);
}

TEST_CASE("PRES-8: what all users publish has an end, and what goes makes place") {
  Bench bench({.max_octets = 1000});
  CHECK(bench.publish(kAlice, 600) == 200);
  const auto version = bench.answer.message;
  CHECK(bench.publish(kBob, 500) == 503);
  CHECK(bench.publish(kAlice, 900, 3600, version) == 200);  // in place of the other
  const auto larger = bench.answer.message;
  CHECK(bench.publish(kAlice, 0, 0, larger) == 200);
  CHECK(bench.publish(kBob, 1000) == 200);
}

TEST_CASE("PRES-20 PRES-21 PRES-23: a NOTIFY follows each SUBSCRIBE, along the route to who sent it") {
  Bench bench;
  CHECK(bench.subscribe(kBob, kAlice, CallKey{7}, 600) == 200);
  REQUIRE(bench.told.size() == 1);
  const auto& notify = bench.told[0];
  CHECK(notify.method == Method::notify);
  CHECK(notify.from == kAlice);
  CHECK(notify.to == kBob);
  CHECK(notify.call == CallKey{7});
  CHECK(notify.expires == 600);
  CHECK(notify.target == kDevice);
  CHECK(notify.has(Flag::in_dialog));
  bench.run_for(100s);
  CHECK(bench.resubscribe(CallKey{7}, 600) == 200);
  bench.run_for(599s);
  CHECK(bench.told.size() == 2);
  bench.run_for(1s);
  REQUIRE(bench.told.size() == 3);
  CHECK(bench.told[2].expires == 0);
  CHECK(bench.role.watches() == 0);
  CHECK(bench.timers.empty());
  CHECK(bench.resubscribe(CallKey{7}, 600) == 481);
  CHECK(bench.subscribe(kBob, kAlice, CallKey{8}, 0) == 200);
  CHECK(bench.told.back().expires == 0);
  CHECK(bench.role.watches() == 0);
  REQUIRE(bench.notices.size() == 2);
  CHECK(bench.notices[1].kind == Notice::Kind::leg_done);
  CHECK(bench.notices[1].call == CallKey{8});
}

TEST_CASE("PRES-29: 5 s between two NOTIFYs that nobody asked for, in which the latest state wins") {
  Bench bench;
  CHECK(bench.publish(kAlice, 100) == 200);
  auto version = bench.answer.message;
  const auto change = [&] {
    CHECK(bench.publish(kAlice, 100, 3600, version) == 200);
    version = bench.answer.message;
  };
  CHECK(bench.subscribe(kBob, kAlice, CallKey{1}) == 200);
  CHECK(bench.subscribe(kCarol, kAlice, CallKey{2}) == 200);
  bench.run_for(1s);
  change();
  change();
  CHECK(bench.told.size() == 2);
  bench.run_for(4s);
  CHECK(bench.told.size() == 4);  // each once
  CHECK(bench.told[2].to == kBob);
  CHECK(bench.told[3].to == kCarol);
  CHECK(bench.told_at[3] == Instant(5s));
  bench.run_for(10s);
  CHECK(bench.told.size() == 4);
  change();
  CHECK(bench.told.size() == 6);  // nothing was said for long
  change();
  CHECK(bench.resubscribe(CallKey{1}, 600) == 200);
  CHECK(bench.told.size() == 7);  // who asks is told at once, and has been told then
  bench.run_for(5s);
  CHECK(bench.told.size() == 8);
  CHECK(bench.told.back().to == kCarol);
  CHECK(bench.publish(kAlice, 0, 3600, version) == 200);  // refreshed: no news
  bench.run_for(10s);
  CHECK(bench.told.size() == 8);
}

TEST_CASE("PRES-27: some answers to a NOTIFY end the subscription, others do not") {
  const std::set<int> ends = {404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604};
  for (const int status : {200, 202, 400, 401, 404, 405, 408, 410, 416, 480, 481,
                           482, 483, 484, 485, 486, 489, 500, 501, 503, 600, 604}) {
    CAPTURE(status);
    Bench bench;
    bench.watchers_answer = false;
    CHECK(bench.subscribe(kBob, kAlice, CallKey{1}) == 200);
    bench.reply(status);
    CHECK(bench.role.watches() == (ends.contains(status) ? 0 : 1));
    CHECK(bench.timers.empty() == ends.contains(status));
    bench.run_for(10s);
    CHECK(bench.publish(kAlice, 100) == 200);
    CHECK(bench.told.size() == (ends.contains(status) ? 1 : 2));
  }
}

TEST_CASE("PRES-29: who has not answered is told nothing more, and then the latest") {
  Bench bench;
  bench.watchers_answer = false;
  CHECK(bench.subscribe(kBob, kAlice, CallKey{1}) == 200);
  bench.run_for(10s);
  for (int n = 0; n < 5; ++n) {
    CHECK(bench.publish(kAlice, 100) == 200);
    bench.run_for(10s);
  }
  CHECK(bench.told.size() == 1);
  bench.reply(200);
  CHECK(bench.told.size() == 2);
  CHECK(bench.publish(kAlice, 100) == 200);
  bench.reply(200);
  CHECK(bench.told.size() == 2);  // 5 s are not over
  bench.run_for(5s);
  CHECK(bench.told.size() == 3);
  bench.reply(408);
  CHECK(bench.role.watches() == 0);
}

TEST_CASE("PRES-20: nobody takes all places of those who may watch a user") {
  Bench bench({.max_watches_of_watcher = 2});
  for (std::uint64_t call = 1; call <= 2; ++call) CHECK(bench.subscribe(kBob, kAlice, CallKey{call}) == 200);
  CHECK(bench.subscribe(kBob, kAlice, CallKey{3}) == 503);
  CHECK(bench.subscribe(kCarol, kAlice, CallKey{4}) == 200);
  CHECK(bench.subscribe(kBob, kCarol, CallKey{5}) == 200);
}

TEST_CASE("PRES-20: subscriptions have an end, of one user and of all") {
  Bench bench({.max_watches_per_user = 2, .max_watches = 3});
  CHECK(bench.subscribe(kBob, kAlice, CallKey{1}) == 200);
  CHECK(bench.subscribe(kBob, kAlice, CallKey{2}) == 200);
  CHECK(bench.subscribe(kBob, kAlice, CallKey{3}) == 503);
  CHECK(bench.subscribe(kAlice, kBob, CallKey{4}) == 200);
  CHECK(bench.subscribe(kAlice, kCarol, CallKey{5}) == 503);
  CHECK(bench.resubscribe(CallKey{1}, 0) == 200);
  CHECK(bench.subscribe(kAlice, kCarol, CallKey{5}) == 200);
}

// --- through the CSCFs
// ---------------------------------------------------------------------------------------------------

namespace {

/// A device that remembers what it hears, and takes each request.
class Phone final : public ims::Role {
 public:
  Phone(NodeId self, NodeId entry, UserId user) : self_(self), entry_(entry), user_(user) {}

  void ask(Method method, UserId to, RoleOutbox& out) {
    Signal request;
    request.method = method;
    request.from = user_;
    request.to = to;
    request.flags = Flag::from_local | Flag::to_local;
    request.expires = 3600;
    request.cseq = 1;
    request.contact = method == Method::register_ ? ims::ContactId{self_.value} : ims::ContactId{};
    request.target = method == Method::register_ ? self_ : NodeId{};
    request.call = CallKey{self_.value};
    request.size = method == Method::publish ? 100 : 0;
    (void)request.via.push(self_);
    out.send(entry_, request);
  }
  void on_message(core::Instant, NodeId, const Signal& signal, RoleOutbox& out) override {
    heard.push_back(signal);
    if (!signal.is_request()) return;
    const auto reply = ims::make_answer(signal, self_, 200);
    out.send(reply.via.top(), reply);
  }
  void on_timer(core::Instant, node::TimerKey, RoleOutbox&) override {}

  std::vector<Signal> heard;

 private:
  NodeId self_;
  NodeId entry_;
  UserId user_;
};

}  // namespace

TEST_CASE("PRES-20 IFC-1: the criteria lead to the presence server, and the route back to the watcher") {
  const ims::CoreConfig config;
  ims::Directory directory(ims::DirectoryConfig{});
  for (std::size_t i = 0; i < ims::kCoreNodes.size(); ++i)
    directory.add_node(std::string(ims::kCoreNodes[i]), config.addresses[i]);
  auto roles = ims::make_roles(config, directory);
  ims::SignalNet net(1ms);
  for (std::size_t i = 0; i < roles.size(); ++i)
    net.add(directory.node_named(ims::kCoreNodes[i]), *roles[i], true);
  const auto entry = directory.node_named("o-cscf");
  Phone alice(kDevice, entry, kAlice);
  Phone bob(NodeId{101}, entry, kBob);
  net.add(kDevice, alice, false);
  net.add(NodeId{101}, bob, false);
  const auto act = [&](NodeId node, Phone& phone, Method method, UserId to) {
    RoleOutbox out;
    phone.ask(method, to, out);
    net.carry_out(node, out);
    net.run_until(net.now() + 10s);
  };
  act(kDevice, alice, Method::register_, kAlice);
  act(NodeId{101}, bob, Method::register_, kBob);
  act(NodeId{101}, bob, Method::subscribe, kAlice);
  REQUIRE(bob.heard.size() == 3);
  CHECK(bob.heard[1].status == 200);
  CHECK(bob.heard[2].method == Method::notify);
  act(kDevice, alice, Method::publish, kAlice);
  REQUIRE(bob.heard.size() == 4);
  CHECK(bob.heard[3].method == Method::notify);
  std::vector<std::string> way;
  for (const auto& step : net.steps()) {
    if (step.heard.method == Method::publish && step.heard.is_request())
      way.push_back(directory.name(step.node));
  }
  CHECK(way == std::vector<std::string>{"o-cscf", "t-cscf", "ps"});
}
