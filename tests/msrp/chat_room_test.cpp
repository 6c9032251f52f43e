#include "msrp/chat_room.hpp"

#include "msrp/chat_room_hall.hpp"
#include "msrp/offer.hpp"

using namespace rcs::msrp;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("MSRP-161: a room lists message/cpim alone, and refuses offers without it") {
  ChatRoomConfig config;
  config.uri = kRoom;
  ListeningAt at;
  at.port = 2855;
  rcs::core::Random random(1);
  auto local = make_local_end(at, {}, random);
  make_room_end(local, config);
  const auto ours = offer_media(local, at);
  CHECK(ours.accept_types == "message/cpim");
  CHECK(ours.chat_room == rcs::body::SdpChatRoom{true, true});  // MSRP-160
  auto theirs = ours;
  theirs.path = "msrp://a.example:9000/b;tcp";
  theirs.address = "a.example";
  theirs.port = 9000;
  theirs.chat_room = rcs::body::SdpChatRoom{true, false};
  const auto answered = answer_offer(theirs, local, at);
  REQUIRE(answered);
  // MSRP-160: each end declares what it knows, whatever the other does.
  CHECK(answered->remote.chat_room == rcs::body::SdpChatRoom{true, false});
  CHECK(answered->media.chat_room == rcs::body::SdpChatRoom{true, true});
  theirs.accept_types = "text/plain multipart/mixed";
  CHECK_FALSE(answer_offer(theirs, local, at));
}

TEST_CASE("MSRP-161: what is not wrapped in CPIM is answered 415") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  CHECK(hall.says(alice, "hello", "text/plain") == "415");
  CHECK(hall.says(alice, "--b\r\n\r\nhello\r\n--b--\r\n", "multipart/mixed;boundary=b") == "415");
  CHECK(hall.says(alice, "no CPIM") == "400");
  CHECK(hall.heard(bob).empty());
  const auto refused = hall.told<RoomRefused>();
  REQUIRE(refused.size() == 2);  // the first one by the endpoint
  CHECK(refused[0].status == 415);
  CHECK(refused[0].session == alice.session);
}

TEST_CASE("MSRP-162: what is for the room goes to all but the sender, octet by octet") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  auto& carol = hall.join("carol");
  const auto text = cpim(uri_of("alice"), kRoom, std::string(5000, 'x') + "\r\n\0\xff"s);
  CHECK(hall.says(alice, text) == "200");
  CHECK(hall.heard(alice).empty());
  CHECK(hall.heard(bob) == Texts{text});
  CHECK(hall.heard(carol) == Texts{text});
  const auto passed = hall.told<RoomPassed>();
  REQUIRE(passed.size() == 1);
  CHECK(passed[0].from == alice.session);
  CHECK(passed[0].sessions == 2);
  CHECK_FALSE(passed[0].is_private);
}

TEST_CASE("MSRP-162, CPIM-14: the room may be named with other spelling, or not at all") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  for (const auto* to :
       {"SIP:room@EXAMPLE.com", "sip:room@example.com;transport=tcp", "sip:anonymous@anonymous.invalid"}) {
    CAPTURE(to);
    CHECK(hall.says(alice, cpim("sip:alice@Example.COM;user=phone", to, "x")) == "200");
    CHECK(hall.heard(bob).size() == 1);
  }
  CHECK(hall.says(alice, cpim(uri_of("alice"), "sip:Room@example.com", "x")) == "404");
}

TEST_CASE("MSRP-162: a message to a participant goes to all sessions of that one, and nobody else") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  auto& phone = hall.join("phone", {uri_of("bob"), true});
  auto& carol = hall.join("carol");
  const auto text = cpim(uri_of("alice"), uri_of("bob"), "psst");
  CHECK(hall.says(alice, text) == "200");
  CHECK(hall.heard(bob) == Texts{text});
  CHECK(hall.heard(phone) == Texts{text});
  CHECK(hall.heard(carol).empty());
  const auto passed = hall.told<RoomPassed>();
  REQUIRE(passed.size() == 1);
  CHECK(passed[0].is_private);
}

TEST_CASE("MSRP-162: unknown is 404, without support 428, several To 403, none 400, and nothing goes on") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob", {uri_of("bob"), false});
  CHECK(hall.says(alice, cpim(uri_of("alice"), uri_of("dan"), "x")) == "404");
  CHECK(hall.says(alice, cpim(uri_of("alice"), uri_of("alice"), "x")) == "404");
  CHECK(hall.says(alice, cpim(uri_of("alice"), uri_of("bob"), "x")) == "428");
  CHECK(hall.says(alice, "To: <" + kRoom + ">\r\n" + cpim(uri_of("alice"), uri_of("bob"), "x")) == "403");
  CHECK(hall.says(alice, "From: <" + uri_of("alice") + ">\r\n\r\nContent-Type: text/plain\r\n\r\nx") ==
        "400");
  CHECK(hall.heard(bob).empty());
  CHECK(hall.told<RoomRefused>().size() == 5);
  CHECK(hall.says(alice, cpim(uri_of("alice"), kRoom, "x")) == "200");
}

TEST_CASE("MSRP-162: a room without private messages answers 428 to all of them") {
  ChatRoomConfig config;
  config.private_messages = false;
  Hall hall(config);
  auto& alice = hall.join("alice");
  hall.join("bob");
  CHECK(hall.says(alice, cpim(uri_of("alice"), uri_of("bob"), "x")) == "428");
}

TEST_CASE("MSRP-162: a false From is 403, also an anonymous one") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  CHECK(hall.says(alice, cpim(uri_of("bob"), kRoom, "x")) == "403");
  CHECK(hall.says(alice, cpim("sip:anonymous@anonymous.invalid", kRoom, "x")) == "403");
  CHECK(hall.says(alice, "From: <" + uri_of("bob") + ">\r\n" + cpim(uri_of("alice"), kRoom, "x")) == "400");
  CHECK(hall.heard(bob).empty());
}

TEST_CASE("MSRP-162: who came without a URI has that of the first message, which must be nobody else's") {
  Hall hall;
  auto& alice = hall.join("alice", {"", true});
  auto& bob = hall.join("bob");
  CHECK(hall.says(alice, cpim(uri_of("bob"), kRoom, "x")) == "403");
  CHECK(hall.says(alice, cpim(kRoom, kRoom, "x")) == "403");
  CHECK(hall.told<RoomNamed>().empty());
  CHECK(hall.says(alice, cpim(uri_of("alice"), kRoom, "x")) == "200");
  const auto named = hall.told<RoomNamed>();
  REQUIRE(named.size() == 1);
  CHECK(named[0].uri == uri_of("alice"));
  CHECK(hall.says(alice, cpim(uri_of("carol"), kRoom, "x")) == "403");
  CHECK(hall.says(bob, cpim(uri_of("bob"), uri_of("alice"), "x")) == "200");
  CHECK(hall.heard(alice).size() == 1);
}

TEST_CASE("MSRP-162: several may be anonymous") {
  Hall hall;
  const std::string nobody = "sip:anonymous@anonymous.invalid";
  auto& one = hall.join("one", {"", true});
  auto& two = hall.join("two", {"", true});
  CHECK(hall.says(one, cpim(nobody, nobody, "1")) == "200");
  CHECK(hall.says(two, cpim(nobody, nobody, "2")) == "200");
  CHECK(hall.heard(one) == Texts{cpim(nobody, nobody, "2")});
  CHECK(hall.heard(two) == Texts{cpim(nobody, nobody, "1")});
}

TEST_CASE(
    "MSRP-163: a nickname is granted, and asked for anew by others refused with 425 until it is given up") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  CHECK(hall.wants(alice, "\"The Great\"") == "200");
  CHECK(hall.room.nickname(alice.session) == "The Great");
  CHECK(hall.wants(bob, "\" the  GREAT \"") == "425");
  CHECK(hall.room.nickname(bob.session).empty());
  CHECK(hall.wants(alice, "\"the great\"") == "200");  // her own, otherwise spelt
  CHECK(hall.wants(alice, "\"\"") == "200");
  CHECK(hall.room.nickname(alice.session).empty());
  CHECK(hall.wants(bob, "\"The Great\"") == "200");
  CHECK(hall.told<RoomNicknamed>().size() == 4);
}

TEST_CASE("MSRP-163: the old nickname stays until the new one is granted") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  CHECK(hall.wants(alice, "\"Al\"") == "200");
  CHECK(hall.wants(bob, "\"Bo\"") == "200");
  CHECK(hall.wants(bob, "\"Al\"") == "425");
  CHECK(hall.room.nickname(bob.session) == "Bo");
  CHECK(hall.wants(alice, "\"Bo\"") == "425");
  CHECK(hall.wants(bob, "\"Bob\"") == "200");
  CHECK(hall.wants(alice, "\"Bo\"") == "200");
}

TEST_CASE("MSRP-163: a malformed nickname is 424, one against the policy 403") {
  ChatRoomConfig config;
  config.permits = [](const std::string& uri, const std::string& nickname) {
    return uri == uri_of("bob") || nickname != "Admin";
  };
  Hall hall(config);
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  for (const auto* value : {"", "Alice", "\"A", "\"A\"B\"", "\"  \""}) {
    CAPTURE(value);
    CHECK(hall.wants(alice, value) == "424");
  }
  CHECK(hall.wants(alice, "\"" + std::string(1024, 'x') + "\"") == "424");
  CHECK(hall.wants(alice, "\"" + std::string(1023, 'x') + "\"") == "200");
  CHECK(hall.wants(alice, "\"Admin\"") == "403");
  CHECK(hall.wants(bob, "\"Admin\"") == "200");
}

TEST_CASE("MSRP-163: who is here twice may have one nickname on both, and it is free when both have left") {
  Hall hall;
  auto& bob = hall.join("bob");
  auto& phone = hall.join("phone", {uri_of("bob"), true});
  auto& alice = hall.join("alice");
  CHECK(hall.wants(bob, "\"B\"") == "200");
  CHECK(hall.wants(phone, "\"b\"") == "200");
  hall.leave_at_once(bob);
  CHECK(hall.wants(alice, "\"B\"") == "425");
  hall.leave_at_once(phone);
  CHECK(hall.wants(alice, "\"B\"") == "200");
}

TEST_CASE("MSRP-163: NICKNAME goes to a session that a SEND has bound, and is unknown where there are none") {
  ChatRoomConfig config;
  Hall hall(config);
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  auto head = hall.request(bob, "NICKNAME");
  head.use_nickname = "\"Bob\"";
  CHECK(hall.says(alice, head) == "506");  // by another's connection
  head.to_path = "msrp://room.example:7000/nobody;tcp";
  CHECK(hall.says(alice, head) == "481");
  hall.room_config.nicknames = false;
  auto& carol = hall.join("carol");
  CHECK(hall.wants(carol, "\"C\"") == "501");
  CHECK(hall.says(carol, cpim(uri_of("carol"), kRoom, "still here")) == "200");
}

TEST_CASE("MSRP-164: recipients are asked for no reports, and the sender's reports come from the room") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  bob.answers_sends = false;
  auto head = hall.request(alice, "SEND");
  head.content_type = "message/cpim";
  head.has_body = true;
  head.success_report = true;
  CHECK(hall.says(alice, head, cpim(uri_of("alice"), kRoom, "x")) == "200");
  CHECK(hall.heard(alice) == Texts{"REPORT 200"});
  CHECK(hall.heard(bob).size() == 1);
  // A report of Bob's about it reaches nobody.
  auto report = hall.request(bob, "REPORT");
  report.message_id = head.message_id;
  report.report_status = ReportStatus{200, ""};
  CHECK(hall.says(bob, report).empty());
  CHECK(hall.heard(alice).empty());
}

TEST_CASE("MSRP-164: a half message is dropped when nothing of it has come for 540 s, and its rest refused") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  const auto text = cpim(uri_of("alice"), kRoom, "in two halves");
  const auto half = [&](std::size_t from, std::size_t octets, const std::string& id, Flag flag) {
    auto head = hall.request(alice, "SEND");
    head.message_id = id;
    head.byte_range = ByteRange{from + 1, {}, text.size()};
    head.content_type = "message/cpim";
    head.has_body = true;
    return hall.says(alice, head, text.substr(from, octets), flag);
  };
  CHECK(half(0, 20, "early", Flag::more) == "200");
  CHECK(half(0, 20, "late1", Flag::more) == "200");
  hall.wait(300s);
  CHECK(half(20, 10, "early", Flag::more) == "200");  // it has come on
  hall.wait(500s);
  CHECK(half(30, 1000, "early", Flag::last) == "200");
  CHECK(hall.heard(bob) == Texts{text});
  CHECK(half(20, 1000, "late1", Flag::last) == "413");
  CHECK(hall.heard(bob).empty());
  CHECK(half(0, 20, "early2", Flag::more) == "200");
  hall.wait(539s);
  CHECK(half(20, 1000, "early2", Flag::last) == "200");
  CHECK(hall.heard(bob) == Texts{text});
}

TEST_CASE("MSRP chat room: a participant that takes nothing is dropped, and the others go on") {
  ChatRoomConfig config;
  config.max_waiting = 200'000;
  Hall hall(config);
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  auto& carol = hall.join("carol");
  bob.drains = false;
  const auto text = cpim(uri_of("alice"), kRoom, std::string(90'000, 'x'));
  for (int i = 0; i < 3; ++i) {
    CHECK(hall.says(alice, text) == "200");
    CHECK(hall.heard(carol) == Texts{text});
  }
  CHECK(hall.told<RoomLeft>().empty());
  CHECK(hall.says(alice, text) == "200");
  const auto left = hall.told<RoomLeft>();
  REQUIRE(left.size() == 1);
  CHECK(left[0].uri == uri_of("bob"));
  CHECK(hall.heard(carol) == Texts{text});
  CHECK(hall.room.participants() == 2);
  CHECK(hall.endpoint.sessions() == 2);
  CHECK(hall.says(alice, cpim(uri_of("alice"), uri_of("bob"), "x")) == "404");
}

TEST_CASE("MSRP chat room: many small messages that nobody answers are too many as well") {
  ChatRoomConfig config;
  config.max_waiting_messages = 3;
  Hall hall(config);
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  bob.answers_sends = false;
  for (int i = 0; i < 3; ++i) CHECK(hall.says(alice, cpim(uri_of("alice"), kRoom, "x")) == "200");
  CHECK(hall.heard(bob).size() == 3);
  CHECK(hall.told<RoomLeft>().empty());
  CHECK(hall.says(alice, cpim(uri_of("alice"), kRoom, "x")) == "200");
  CHECK(hall.told<RoomLeft>().size() == 1);
}

TEST_CASE(
    "MSRP chat room: who writes is answered when all have caught up, and who stalls is dropped in time") {
  ChatRoomConfig config;
  config.calm = 50'000;
  config.stall_time = 10s;
  Hall hall(config);
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  auto& carol = hall.join("carol");
  bob.answers_sends = false;
  const auto text = cpim(uri_of("alice"), kRoom, std::string(40'000, 'x'));
  CHECK(hall.says(alice, text) == "200");
  CHECK(hall.says(alice, text).empty());  // Bob is behind
  CHECK(hall.says(carol, cpim(uri_of("carol"), kRoom, "me too")).empty());
  CHECK(hall.heard(carol).size() == 2);  // what she hears does not wait for him
  hall.answer_all(bob);
  CHECK(alice.answers == Texts{"200"});
  CHECK(carol.answers == Texts{"200"});
  alice.answers.clear();
  carol.answers.clear();
  hall.wait(60s);
  CHECK(hall.told<RoomLeft>().empty());  // he is there again
  CHECK(hall.says(alice, text) == "200");
  CHECK(hall.says(alice, text).empty());
  hall.wait(9s);
  CHECK(hall.room.participants() == 3);
  hall.wait(2s);
  CHECK(alice.answers == Texts{"200"});
  const auto left = hall.told<RoomLeft>();
  REQUIRE(left.size() == 1);
  CHECK(left[0].session == bob.session);
}

TEST_CASE("MSRP chat room: who is behind, but moves, is not dropped") {
  ChatRoomConfig config;
  config.calm = 10'000;
  config.stall_time = 10s;
  Hall hall(config);
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  bob.answers_sends = false;
  const auto text = cpim(uri_of("alice"), kRoom, std::string(20'000, 'x'));
  for (int i = 0; i < 4; ++i) CHECK(hall.says(alice, text).empty());
  for (int i = 0; i < 3; ++i) {
    hall.wait(9s);
    hall.answer_first(bob);
    CHECK(alice.answers.empty());
  }
  CHECK(hall.told<RoomLeft>().empty());
  hall.answer_first(bob);
  CHECK(alice.answers.size() == 4);
}

TEST_CASE("MSRP chat room: who does not wait for answers is refused before the others are dropped for it") {
  ChatRoomConfig config;
  config.calm = 10'000;
  config.max_waiting = 200'000;
  Hall hall(config);
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  bob.answers_sends = false;
  const auto text = cpim(uri_of("alice"), kRoom, std::string(60'000, 'x'));
  CHECK(hall.says(alice, text).empty());
  CHECK(hall.says(alice, text).empty());
  for (int i = 0; i < 5; ++i) CHECK(hall.says(alice, text) == "413");
  CHECK(hall.told<RoomLeft>().empty());
  hall.answer_all(bob);
  CHECK(alice.answers.size() == 2);
}

TEST_CASE("MSRP chat room: who leaves without a word is gone, in the middle of a message too") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  auto& carol = hall.join("carol");
  auto head = hall.request(bob, "SEND");
  head.content_type = "message/cpim";
  head.has_body = true;
  hall.feed(bob, encode(head, cpim(uri_of("bob"), kRoom, "half"), Flag::last).substr(0, 150));
  hall.leave_at_once(bob);
  const auto left = hall.told<RoomLeft>();
  REQUIRE(left.size() == 1);
  CHECK(left[0].session == bob.session);
  CHECK(hall.heard(alice).empty());
  CHECK(hall.says(alice, cpim(uri_of("alice"), kRoom, "x")) == "200");
  CHECK(hall.heard(carol).size() == 1);
}

TEST_CASE("MSRP chat room: two senders may choose the same Message-ID") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  auto& carol = hall.join("carol");
  carol.answers_sends = false;  // both are under way at once
  for (auto* person : {&alice, &bob}) {
    auto head = hall.request(*person, "SEND");
    head.message_id = "same";
    head.content_type = "message/cpim";
    head.has_body = true;
    const auto from = person == &alice ? uri_of("alice") : uri_of("bob");
    CHECK(hall.says(*person, head, cpim(from, kRoom, "x")) == "200");
  }
  CHECK(hall.heard(carol).size() == 2);
}

TEST_CASE("MSRP chat room: it has an end") {
  ChatRoomConfig config;
  config.max_participants = 2;
  Hall hall(config);
  auto& alice = hall.join("alice");
  hall.join("bob");
  CHECK_FALSE(hall.room.join(SessionId{99}, {}, hall.out));
  hall.room.leave(hall.now, alice.session, hall.endpoint, hall.out);
  hall.settle();
  CHECK(hall.endpoint.sessions() == 1);
  CHECK(hall.told<RoomLeft>().empty());
  CHECK(hall.room.join(SessionId{99}, {}, hall.out));
}

TEST_CASE("MSRP chat room: a message passes by who does not take its type") {
  Hall hall;
  auto& alice = hall.join("alice");
  auto& bob = hall.join("bob");
  RemoteEnd remote;
  remote.path = {parse_uri(bob.own).value()};
  remote.types.accepted = {"message/cpim"};
  remote.types.wrapped = {"image/png"};
  hall.endpoint.start(hall.now, bob.session, remote, hall.out);
  CHECK(hall.says(alice, cpim(uri_of("alice"), kRoom, "x")) == "200");
  CHECK(hall.heard(bob).empty());
  const auto missed = hall.told<RoomMissed>();
  REQUIRE(missed.size() == 1);
  CHECK(missed[0].session == bob.session);
}
