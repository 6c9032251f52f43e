// The two machines of RFC 3994, alone.
#include "chat/composing_receiver.hpp"
#include "chat/composing_sender.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace std::chrono_literals;

namespace {

core::Instant at(core::Duration since) { return core::Instant{} + since; }

}  // namespace

TEST_CASE("ISC-2: typing is told once, its end after 15 s without input") {
  ComposingSender sender;
  CHECK_FALSE(sender.next_deadline());
  CHECK(sender.on_input(at(0s), {}) == ComposingState::active);
  CHECK_FALSE(sender.on_input(at(5s), {}));
  CHECK_FALSE(sender.on_input(at(14s), {}));
  CHECK(sender.next_deadline() == at(29s));
  CHECK_FALSE(sender.on_time(at(28s)));
  CHECK(sender.on_time(at(29s)) == ComposingState::idle);
  CHECK_FALSE(sender.next_deadline());
  CHECK_FALSE(sender.on_time(at(100s)));
  CHECK(sender.on_input(at(101s), {}) == ComposingState::active);
}

TEST_CASE("ISC-2: what goes on is told again at each refresh, and never while idle") {
  ComposingSender sender;
  CHECK(sender.on_input(at(0s), 60) == ComposingState::active);
  int told = 0;
  for (int second = 1; second <= 179; ++second) {
    CHECK_FALSE(sender.on_input(at(std::chrono::seconds(second)), 60));
    if (const auto news = sender.on_time(at(std::chrono::seconds(second)))) {
      CHECK(*news == ComposingState::active);
      CHECK(second % 60 == 0);
      ++told;
    }
  }
  CHECK(told == 2);
  CHECK(sender.next_deadline() == at(180s));
  CHECK(sender.on_time(at(194s)) == ComposingState::idle);
  CHECK_FALSE(sender.on_time(at(300s)));
}

TEST_CASE("ISC-1: a refresh is a minute at least, and none means that nothing is told again") {
  ComposingSender hasty;
  hasty.on_input(at(0s), 5);
  CHECK(hasty.refresh() == 60U);
  ComposingSender patient;
  patient.on_input(at(0s), 3600);
  CHECK(patient.refresh() == 3600U);
  ComposingSender silent;
  silent.on_input(at(0s), {});
  CHECK_FALSE(silent.refresh());
  for (int second = 1; second <= 600; ++second) {
    silent.on_input(at(std::chrono::seconds(second)), {});
    CHECK_FALSE(silent.on_time(at(std::chrono::seconds(second))));
  }
}

TEST_CASE("ISC-2: a message that leaves ends typing without a word, a user who stops with one") {
  ComposingSender sender;
  sender.on_input(at(0s), {});
  sender.on_content_sent();
  CHECK(sender.state() == ComposingState::idle);
  CHECK_FALSE(sender.next_deadline());
  CHECK_FALSE(sender.on_stop());
  sender.on_input(at(1s), {});
  CHECK(sender.on_stop() == ComposingState::idle);
  CHECK_FALSE(sender.on_stop());
}

TEST_CASE("ISC-3: any number of actives is one typing, believed for its refresh and a little, or 120 s") {
  ComposingReceiver receiver;
  CHECK_FALSE(receiver.on_idle());
  CHECK(receiver.on_active(at(0s), {}));
  CHECK(receiver.next_deadline() == at(120s));
  CHECK_FALSE(receiver.on_active(at(100s), 60));
  CHECK_FALSE(receiver.on_active(at(101s), 60));
  CHECK(receiver.next_deadline() == at(161s + kComposingGrace));
  CHECK_FALSE(receiver.on_time(at(161s)));
  CHECK(receiver.active());
  CHECK(receiver.on_time(at(161s + kComposingGrace)));
  CHECK_FALSE(receiver.active());
  CHECK_FALSE(receiver.on_time(at(170s)));
}

TEST_CASE("ISC-3: idle and any content end typing, once") {
  ComposingReceiver receiver;
  receiver.on_active(at(0s), {});
  SECTION("idle") { CHECK(receiver.on_idle()); }
  SECTION("content") { CHECK(receiver.on_content()); }
  CHECK_FALSE(receiver.on_content());
  CHECK_FALSE(receiver.on_idle());
  CHECK_FALSE(receiver.next_deadline());
}

TEST_CASE("ISC-3: a refresh that no one would believe is bounded") {
  ComposingReceiver receiver;
  receiver.on_active(at(0s), 0);
  CHECK(receiver.next_deadline() == at(1s + kComposingGrace));
  receiver.on_active(at(0s), 4'294'967'295U);
  CHECK(receiver.next_deadline() == at(3600s + kComposingGrace));
}
