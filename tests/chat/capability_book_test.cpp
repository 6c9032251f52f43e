// What is known of contacts: what replaces what, how long it holds, and what makes room.
#include "chat/capability_book.hpp"

#include <string>

#include "support/catch.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace std::chrono_literals;
using Answer = CapabilityRecord::Answer;
using Kind = CapabilityNews::Kind;
using Use = CapabilityBook::Use;

namespace {

const core::Instant kStart{1000s};

CapabilityNews capable(ServiceSet services, bool automata = false) {
  CapabilityNews news{Kind::capable, {}};
  news.capabilities.services = services;
  news.capabilities.automata = automata;
  return news;
}
CapabilityNews published(ServiceSet services, core::Instant told_at) {
  CapabilityNews news;
  news.kind = Kind::published;
  news.capabilities.services = services;
  news.names_rcs = true;
  news.told_at = told_at;
  return news;
}

CapabilityNews plain(int status) { return {kind_of_answer(status), {}}; }

CapabilityRecord known() { return apply({}, capable({Service::chat, Service::image_share}), kStart); }

}  // namespace

TEST_CASE("CAP-22 a 200 replaces all capabilities and sets the time") {
  auto record = known();
  CHECK(record.rcs_user == Answer::yes);
  CHECK(record.registered == Answer::yes);
  CHECK(record.capabilities_at == kStart);
  record = apply(record, capable({Service::chat, Service::file_transfer}), kStart + 5s);
  CHECK(record.capabilities.services == ServiceSet{Service::chat, Service::file_transfer});
  CHECK(record.capabilities_at == kStart + 5s);
  CHECK(record.asked_at == kStart + 5s);
}

TEST_CASE("CAP-22 a 200 of the network is of a user who is away, one without chat of none") {
  const auto away = apply(known(), capable({Service::chat}, true), kStart + 1s);
  CHECK(away.rcs_user == Answer::yes);
  CHECK(away.registered == Answer::no);
  CHECK(away.capabilities.services == ServiceSet{Service::chat});
  const auto silent = apply({}, capable({}, true), kStart);
  CHECK(silent.rcs_user == Answer::yes);
  CHECK(silent.registered == Answer::no);
  const auto phone = apply(known(), capable({Service::ip_voice_call}), kStart + 1s);
  CHECK(phone.rcs_user == Answer::no);
  CHECK(phone.registered == Answer::unknown);
  CHECK(phone.capabilities == Capabilities{});
}

TEST_CASE("CAP-20 480 and 408 keep what is known, 404 does not") {
  for (const int status : {480, 408}) {
    const auto away = apply(known(), plain(status), kStart + 9s);
    CHECK(away.rcs_user == Answer::yes);
    CHECK(away.registered == Answer::no);
    CHECK(away.capabilities == known().capabilities);
    CHECK(away.capabilities_at == kStart);
    CHECK(away.asked_at == kStart + 9s);
    const auto unknown = apply({}, plain(status), kStart);
    CHECK(unknown.rcs_user == Answer::unknown);
    CHECK(unknown.registered == Answer::no);
  }
  const auto stranger = apply(known(), plain(404), kStart + 9s);
  CHECK(stranger.rcs_user == Answer::no);
  CHECK(stranger.registered == Answer::unknown);
  CHECK(stranger.capabilities == Capabilities{});
}

TEST_CASE("CAP-21 other answers change nothing") {
  for (const int status : {302, 400, 401, 403, 407, 481, 486, 500, 503, 600, 603, 604}) {
    CHECK(kind_of_answer(status) == Kind::none);
    CHECK(apply(known(), plain(status), kStart + 9s) == known());
  }
  CapabilityBook book({}, 1);
  const auto change = book.learn({1, "bob@d"}, plain(500), kStart);
  CHECK_FALSE(change.changed);
  CHECK(book.find({1, "bob@d"}) == nullptr);
}

TEST_CASE("CAP-53 the newest wins, and each user has a view of its own") {
  CapabilityBook book({}, 1);
  auto change = book.learn({1, "bob@d"}, capable({Service::chat}), kStart + 10s);
  CHECK(change.changed);
  CHECK_FALSE(change.was_known);
  change = book.learn({1, "bob@d"}, plain(404), kStart + 9s);
  CHECK_FALSE(change.changed);
  CHECK(change.record.rcs_user == Answer::yes);
  change = book.learn({1, "bob@d"}, capable({Service::chat}), kStart + 11s);
  CHECK(change.was_known);
  CHECK_FALSE(change.changed);
  change = book.learn({1, "bob@d"}, plain(480), kStart + 12s);
  CHECK(change.changed);
  CHECK(book.find({2, "bob@d"}) == nullptr);
  CHECK(book.find({1, "bob@e"}) == nullptr);
}

TEST_CASE("CAP-53 what was published counts from the time it was told, and not again") {
  CapabilityBook book({}, 1);
  const CapabilityBook::Key bob{1, "bob@d"};
  book.learn(bob, plain(480), kStart + 100s);
  auto change = book.learn(bob, published({Service::file_transfer}, kStart + 99s), kStart + 200s);
  CHECK_FALSE(change.changed);
  CHECK(change.record.rcs_user == Answer::unknown);
  CHECK(change.record.asked_at == kStart + 200s);
  change = book.learn(bob, published({Service::chat}, kStart + 150s), kStart + 300s);
  CHECK(change.changed);
  CHECK(change.record.registered == Answer::yes);
  CHECK(change.record.capabilities_at == kStart + 150s);
  CHECK(change.record.asked_at == kStart + 300s);
  // Told earlier than we asked, but later than what was published.
  change = book.learn(bob, plain(480), kStart + 200s);
  CHECK(change.record.registered == Answer::no);
  CHECK(change.record.capabilities.services == ServiceSet{Service::chat});
  change = book.learn(bob, published({Service::chat}, kStart + 199s), kStart + 400s);
  CHECK(change.record.registered == Answer::no);
}

TEST_CASE("CAP-50 what is published tells of users, of services and of who is there") {
  CapabilityNews news;
  news.kind = Kind::published;
  auto record = apply({}, news, kStart);
  CHECK(record.rcs_user == Answer::unknown);
  CHECK(record.registered == Answer::unknown);
  news.names_rcs = true;
  record = apply({}, news, kStart);
  CHECK(record.rcs_user == Answer::yes);
  CHECK(record.registered == Answer::unknown);
  news.capabilities.services = {Service::file_transfer};
  record = apply({}, news, kStart);
  CHECK(record.registered == Answer::yes);
  CHECK(record.capabilities.services == ServiceSet{Service::file_transfer});
  // A voice call alone: somebody is there, of RCS nothing is said.
  news.names_rcs = false;
  news.capabilities.services = {Service::ip_voice_call};
  record = apply({}, news, kStart);
  CHECK(record.rcs_user == Answer::unknown);
  CHECK(record.registered == Answer::yes);
  CHECK(record.capabilities.services.empty());
}

TEST_CASE("CAP-61 the answer that there is nothing to tell holds as long as the guard") {
  CapabilityBook book({.expiry = 100s, .guard = 1s}, 1);
  const CapabilityBook::Key bob{1, "bob@d"};
  CapabilityNews nothing;
  nothing.kind = Kind::silent;
  CHECK_FALSE(book.learn(bob, nothing, kStart).changed);
  const auto use = [&](core::Duration after, bool fresh) {
    return book.use_of(*book.find(bob), kStart + after, fresh);
  };
  CHECK(use(999ms, true) == Use::known);
  CHECK(use(999ms, false) == Use::known);
  CHECK(use(1s, false) == Use::ask);
  book.learn(bob, capable({Service::chat}), kStart + 2s);
  CHECK_FALSE(book.learn(bob, nothing, kStart + 50s).changed);
  CHECK(book.find(bob)->record.capabilities.services == ServiceSet{Service::chat});
  CHECK(use(149s, false) == Use::known);
}

TEST_CASE("CAP-61 the expiry and the guard decide whether to ask") {
  CapabilityBook book({.expiry = 100s, .guard = 1s}, 1);
  const CapabilityBook::Key bob{1, "bob@d"};
  book.learn(bob, capable({Service::chat}), kStart);
  const auto use = [&](core::Duration after, bool fresh) {
    return book.use_of(*book.find(bob), kStart + after, fresh);
  };
  CHECK(use(999ms, true) == Use::known);
  CHECK(use(1s, true) == Use::ask);
  CHECK(use(99s, false) == Use::known);
  CHECK(use(100s, false) == Use::ask);

  // A failure keeps what is known and holds the next question back, no longer than the guard.
  book.note_failure(bob, 503, kStart + 50s);
  CHECK(book.find(bob)->record.rcs_user == Answer::yes);
  CHECK(use(50s, false) == Use::known);
  CHECK(use(50500ms, true) == Use::failed);
  CHECK(use(51s, true) == Use::ask);
  book.note_failure(bob, 503, kStart + 200s);
  CHECK(use(200500ms, false) == Use::failed);
  CHECK(use(201s, false) == Use::ask);

  book.note_failure({1, "carol@d"}, 408, kStart);
  CHECK(book.use_of(*book.find({1, "carol@d"}), kStart + 500ms, false) == Use::failed);
  CHECK(book.use_of(*book.find({1, "carol@d"}), kStart + 1s, false) == Use::ask);
  book.learn(bob, capable({Service::chat}), kStart + 300s);
  CHECK(use(300500ms, true) == Use::known);
}

TEST_CASE("CAP-61 the contact that was not heard of longest makes room") {
  CapabilityBook book({}, 7, 3);
  for (const char* name : {"a", "b", "c"}) book.learn({1, name}, capable({Service::chat}), kStart);
  book.learn({1, "a"}, plain(480), kStart + 1s);
  book.learn({1, "d"}, capable({Service::chat}), kStart + 2s);
  CHECK(book.size() == 3);
  CHECK(book.find({1, "b"}) == nullptr);
  REQUIRE(book.find({1, "a"}) != nullptr);
  CHECK(book.find({1, "a"})->record.registered == Answer::no);
  for (int i = 0; i < 1000; ++i) book.learn({2, "x" + std::to_string(i)}, plain(404), kStart + 3s);
  CHECK(book.size() == 3);
  CHECK(book.find({2, "x999"}) != nullptr);
  CHECK(book.find({2, "x996"}) == nullptr);
}
