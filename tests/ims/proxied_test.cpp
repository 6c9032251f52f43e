// The mode in which the receiver's own answers reach the sender.
#include "device.hpp"

using namespace rcs;
using namespace rcs::test;

namespace {

ims::CoreConfig proxied() {
  ims::CoreConfig config;
  config.answer_mode = ims::AnswerMode::proxied;
  return config;
}

}  // namespace

TEST_CASE("SIM-8: proxied, ringing and the receiver's 200 reach the sender") {
  TwoUsers two(proxied());
  two.receiver.rings = true;
  two.receiver.answer_after = 5s;
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(4s);
  CHECK(two.net.count("o-cscf>sender 180 INVITE") == 1);
  CHECK(two.sender.status_of("INVITE") == 0);
  two.net.run_for(4s);
  CHECK(two.sender.status_of("INVITE") == 200);
  const auto& ok = two.net.find("o-cscf>sender 200 INVITE")->message;
  CHECK(*ok.header("P-Asserted-Identity") == "<sip:01012345678@domain.com>");
  CHECK(two.receiver.got("ACK").size() == 1);
  CHECK(two.sender.got("UPDATE").empty());
  CHECK(two.net.count("t-imas>t-cscf 200 INVITE") == 1);  // acknowledged, so not repeated
  two.sender.bye();
  two.net.run_for(1s);
  CHECK(two.receiver.got("BYE").size() == 1);
}

TEST_CASE("the status table of section 9: proxied, every refusal reaches the sender") {
  const int status = GENERATE(404, 408, 480, 486, 488, 600, 603);
  TwoUsers two(proxied());
  two.receiver.answer = status;
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(1s);
  CHECK(two.sender.status_of("INVITE") == status);
  CHECK(two.net.core().stored_for(two.receiver.uri()) == 0);
}

TEST_CASE("SIM-7: proxied, nobody registered is 480, a dead device 408 or 503") {
  TwoUsers nobody(proxied(), false);
  nobody.sender.invite(nobody.receiver.uri());
  nobody.net.run_for(1s);
  CHECK(nobody.sender.status_of("INVITE") == 480);

  const bool refuses = GENERATE(false, true);
  TwoUsers two(proxied());
  two.net.kill("receiver", refuses);
  two.sender.invite(two.receiver.uri());
  two.net.run_for(60s);
  CHECK(two.sender.status_of("INVITE") == (refuses ? 503 : 408));
}

TEST_CASE("CHAT-13: CANCEL before the answer ends in 487 and reaches the receiver") {
  TwoUsers two(proxied());
  two.receiver.rings = true;
  two.receiver.answer = 0;
  two.sender.invite(two.receiver.uri());
  two.net.run_for(2s);
  two.sender.cancel();
  two.net.run_for(2s);
  CHECK(two.sender.status_of("INVITE") == 487);
  CHECK(two.net.count("o-cscf>sender 200 CANCEL") == 1);
  CHECK(two.receiver.got("CANCEL").size() == 1);
  two.net.run_for(100s);
  for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(two.net.core().at(i).open() == 0);
}

TEST_CASE("CHAT-13: a receiver that answers while it is cancelled is let go") {
  TwoUsers two(proxied());
  two.receiver.rings = true;
  two.receiver.answer_after = 1999ms;  // crosses the CANCEL on its last hop
  two.sender.invite(two.receiver.uri());
  two.net.run_for(2s);
  two.sender.cancel();
  two.net.run_for(10s);
  CHECK(two.sender.status_of("INVITE") == 487);
  CHECK(two.net.find("t-cscf>receiver BYE") != nullptr);
  CHECK(two.receiver.got("ACK").size() == 1);
}

TEST_CASE("proxied, who never answers is cancelled after the ringing time") {
  TwoUsers two(proxied());
  two.receiver.rings = true;
  two.receiver.answer = 0;
  two.sender.invite(two.receiver.uri());
  two.net.run_for(310s);
  CHECK(two.receiver.got("CANCEL").size() == 1);
  CHECK(two.sender.status_of("INVITE") == 480);
}
