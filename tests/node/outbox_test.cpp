#include "node/outbox.hpp"

#include <memory>
#include <string>

#include "support/catch.hpp"

using namespace rcs::node;
using namespace std::chrono_literals;

namespace {

using Inner = Outbox<std::string, int, int>;
using Outer = Outbox<std::string, int, std::string>;

// One word per effect, so that an order reads at a glance.
template <class Box>
std::string story(const Box& box) {
  std::string out;
  for (const auto& effect : box.effects()) {
    if (const auto* send = std::get_if<typename Box::Send>(&effect))
      out += "send " + std::to_string(send->to) + " " + send->message;
    if (const auto* arm = std::get_if<typename Box::Arm>(&effect)) {
      out += "arm " + std::to_string(arm->key.kind) + "/" + std::to_string(arm->key.id) + " " +
             std::to_string(rcs::core::to_ms(arm->after));
    }
    if (const auto* cancel = std::get_if<typename Box::Cancel>(&effect))
      out += "cancel " + std::to_string(cancel->key.kind) + "/" + std::to_string(cancel->key.id);
    if (std::get_if<typename Box::Emit>(&effect)) out += "emit";
    out += "; ";
  }
  return out;
}

}  // namespace

TEST_CASE("Effects come out in the order they were asked for") {
  Outer box;
  CHECK(box.empty());
  box.arm({1, 2}, 500ms);
  box.send(7, "hello");
  box.cancel({1, 2});
  box.emit("done");
  CHECK(story(box) == "arm 1/2 500; send 7 hello; cancel 1/2; emit; ");
  CHECK(box.take().size() == 4);
  CHECK(box.empty());
  CHECK(box.take().empty());
}

TEST_CASE("An outbox carries what can only be moved") {
  Outbox<std::unique_ptr<int>, int> box;
  box.send(1, std::make_unique<int>(3));
  auto effects = box.take();
  CHECK(*std::get<0>(effects.at(0)).message == 3);
}

TEST_CASE("drain passes sends and timers on and events to the owner, in order") {
  Inner inner;
  Outer outer;
  inner.send(1, "a");
  inner.emit(5);
  inner.arm({2, 3}, 1s);
  inner.cancel({4, 5});
  drain(inner, outer, [&](int event) { outer.emit("event " + std::to_string(event)); });
  CHECK(inner.empty());
  CHECK(story(outer) == "send 1 a; emit; arm 2/3 1000; cancel 4/5; ");
  CHECK(std::get<Outer::Emit>(outer.effects()[1]).event == "event 5");
}

TEST_CASE("drain goes on until an owner that asks for more has asked for no more") {
  Inner inner;
  Outer outer;
  inner.emit(3);
  inner.send(0, "after the first event");
  drain(inner, outer, [&](int event) {
    outer.send(event, "seen");
    if (event > 1) {
      inner.emit(event - 1);
      inner.send(event, "asked");
    }
  });
  CHECK(inner.empty());
  CHECK(story(outer) ==
        "send 3 seen; send 0 after the first event; send 2 seen; send 3 asked; send 1 seen; send 2 asked; ");
}

TEST_CASE("Timer keys are told apart by kind and by id") {
  CHECK(TimerKey{1, 2} == TimerKey{1, 2});
  CHECK(TimerKey{1, 2} != TimerKey{2, 1});
  CHECK(TimerKey{1, 9} < TimerKey{2, 0});
  CHECK(std::hash<TimerKey>()({1, 2}) != std::hash<TimerKey>()({2, 2}));
  CHECK(std::hash<TimerKey>()({1, 2}) != std::hash<TimerKey>()({1, 3}));
}
