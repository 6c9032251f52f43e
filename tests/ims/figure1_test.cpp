// The main flow, message by message.
#include "device.hpp"

using namespace rcs;
using namespace rcs::test;

namespace {

const std::vector<std::string> kFigure1 = {
    "sender>o-cscf INVITE",       "o-cscf>o-imas INVITE",     "o-imas>o-cscf INVITE",
    "o-cscf>t-cscf INVITE",       "t-cscf>t-imas INVITE",     "t-imas>t-cscf 200 INVITE",
    "t-cscf>o-cscf 200 INVITE",   "o-cscf>o-imas 200 INVITE", "o-imas>o-cscf 200 INVITE",
    "o-cscf>sender 200 INVITE",   "t-imas>t-cscf INVITE",     "t-cscf>receiver INVITE",
    "receiver>t-cscf 200 INVITE", "t-cscf>t-imas 200 INVITE"};

}  // namespace

TEST_CASE("CHAT-1 CHAT-2 SIM-6 SIM-8 IFC-6: Figure 1, messages 1 to 14") {
  TwoUsers two;
  const bool with_text = GENERATE(false, true);
  two.sender.invite(two.receiver.uri(), with_text ? "id-1" : "");
  two.net.run_for(1s);
  CHECK(two.net.hops({"INVITE", "200 INVITE"}) == kFigure1);
  CHECK(two.sender.status_of("INVITE") == 200);
  REQUIRE(two.receiver.got("INVITE").size() == 1);
  CHECK(two.receiver.got("ACK").size() == 1);
  CHECK(two.net.count("o-cscf>sender UPDATE") == 1);

  const auto& first = two.net.find("sender>o-cscf INVITE")->message;
  const auto& last = *two.receiver.got("INVITE")[0];
  CHECK(first.call_id != last.call_id);
  CHECK(first.from_tag() != last.from_tag());
  CHECK(last.contacts[0].uri.host == two.net.core().address("t-imas").host);
}

TEST_CASE(
    "CHAT-2 CHAT-41: the second leg carries the sender, the subject and the CPIM part octet for octet") {
  TwoUsers two;
  two.sender.invite(two.receiver.uri(), "ASedjkffjksjldf", "title");
  two.net.run_for(1s);
  REQUIRE(two.receiver.got("INVITE").size() == 1);
  const auto& invite = *two.receiver.got("INVITE")[0];
  CHECK(invite.from.uri == two.sender.uri());
  CHECK(invite.to.uri == two.receiver.uri());
  CHECK(*invite.header("Subject") == "title");
  CHECK(*invite.header("Accept-Contact") == "*;+g.oma.sip-im;explicit;require");
  CHECK(*invite.header("P-Asserted-Identity") == "<sip:01087654321@domain.com>");
  CHECK(invite.header("Referred-By") == nullptr);
  CHECK(invite.body.find(cpim_text("ASedjkffjksjldf", "title")) != std::string::npos);
  CHECK(invite.body.find("a=setup:active") != std::string::npos);
  CHECK(invite.request_uri == two.receiver.contact_uri());
  CHECK(*invite.header("P-Called-Party-ID") == "<sip:01012345678@domain.com>");
}

TEST_CASE("CHAT-6 CHAT-10: the 200 of the network says who gave it, the UPDATE says who is there") {
  TwoUsers two;
  two.sender.invite(two.receiver.uri(), "id-1");
  two.net.run_for(1s);
  const auto& ok = two.net.find("o-cscf>sender 200 INVITE")->message;
  CHECK(*ok.header("P-Asserted-Identity") == "<sip:rcse-standfw@domain.com>");
  CHECK_FALSE(ok.to_tag().empty());
  CHECK(ok.contacts.size() == 1);
  CHECK(ok.record_routes.size() == 4);
  CHECK(ok.body.find("m=message 9 TCP/MSRP *") != std::string::npos);
  CHECK(ok.body.find("a=setup:active") != std::string::npos);
  const auto updates = two.sender.got("UPDATE");
  REQUIRE(updates.size() == 1);
  CHECK(*updates[0]->header("P-Asserted-Identity") == "<sip:01012345678@domain.com>");
}

TEST_CASE("IFC-5: requests within a dialog follow the route set past all filters") {
  TwoUsers two;
  two.sender.invite(two.receiver.uri());
  two.net.run_for(1s);
  const auto acks = two.net.hops({"ACK"});
  CHECK(std::count(acks.begin(), acks.end(), "sender>o-cscf ACK") == 1);
  CHECK(std::count(acks.begin(), acks.end(), "t-cscf>t-imas ACK") == 1);
  CHECK(std::count(acks.begin(), acks.end(), "t-imas>t-cscf ACK") == 1);
  two.net.wires().clear();
  two.sender.bye();
  two.net.run_for(1s);
  CHECK(two.sender.status_of("BYE") == 200);
  CHECK(two.receiver.got("BYE").size() == 1);
  CHECK(two.net.hops({"BYE"}) == std::vector<std::string>{"sender>o-cscf BYE", "o-cscf>o-imas BYE",
                                                          "o-imas>o-cscf BYE", "o-cscf>t-cscf BYE",
                                                          "t-cscf>t-imas BYE", "t-imas>t-cscf BYE",
                                                          "t-cscf>receiver BYE"});
}
