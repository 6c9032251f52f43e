// Steps inside of a chat, the media of a network and how a client sends its first text.

#include "scenario/steps.hpp"

using namespace std::chrono_literals;
using namespace rcs::scenario::test;
using rcs::scenario::Action;
using rcs::scenario::parse_scenario;

namespace {

/// Jack has the chat c1, rose c2; what follows begins in line 8.
const StepFile kFile("  - jack: {chat: {to: rose, text: hi, as: c1}}\n  - rose: {expect-invite: {as: c2}}\n");

}  // namespace

TEST_CASE("send says a text in a chat of its actor, of either kind") {
  const auto send =
      kFile.step("  - jack: {send: {chat: c1, text: hello, type: text/html, message-id: m2}}\n");
  CHECK(send.action == Action::send);
  CHECK(send.chat == "c1");
  CHECK(send.text == "hello");
  CHECK(send.content_type == "text/html");
  CHECK(send.message_id == "m2");
  CHECK(kFile.step("  - rose: {send: {chat: c2, text: yes}}\n").content_type.empty());
  CHECK(kFile.step("  - rose: {send: {chat: c2, text: \"ab\", repeat: 3}}\n").text == "ababab");
  kFile.complains("  - jack: {send: {chat: c2, text: x}}\n",
                  "s.yaml:8: send.chat: expected a chat that an earlier step of jack");
  kFile.complains("  - jack: {send: {text: x}}\n",
                  "s.yaml:8: send.chat: expected the name of a chat, got nothing");
  kFile.complains("  - jack: {send: {chat: c1}}\n", "send.text: expected what to say, got nothing");
  kFile.complains("  - jack: {send: c1}\n", "send: expected a map with the keys chat, text");
  kFile.complains("  - jack: {send: {chat: c1, text: x, type: html}}\n",
                  "send.type: expected text or a media type");
  kFile.complains("  - jack: {send: {chat: c1, text: x, message-id: \"a b\"}}\n",
                  "send.message-id: expected at most 128");
  kFile.complains("  - jack: {send: {chat: c1, text: x, repeat: 0}}\n",
                  "send.repeat: expected a whole number from 1");
  kFile.complains("  - jack: {send: {chat: c1, text: \"0123456789\", repeat: 2000000}}\n",
                  "send.repeat: expected at most 16777216 octets of text in all, got \"2000000\"");
}

TEST_CASE("display names the message, typing the state") {
  const auto display = kFile.step("  - rose: {display: {chat: c2, message-id: m1}}\n");
  CHECK(display.action == Action::display);
  CHECK(display.message_id == "m1");
  kFile.complains("  - rose: {display: c2}\n", "display: expected a map");
  kFile.complains("  - rose: {display: {chat: c2}}\n", "display.message-id: expected the id of a message");

  CHECK(kFile.step("  - jack: {typing: c1}\n").state == "active");
  const auto typing = kFile.step("  - jack: {typing: {chat: c1, state: idle, refresh: 90, type: text}}\n");
  CHECK(typing.action == Action::typing);
  CHECK(typing.state == "idle");
  CHECK(typing.refresh == 90);
  CHECK(typing.content_type == "text");
  kFile.complains("  - jack: {typing: {chat: c1, state: busy}}\n", "typing.state: expected active or idle");
  kFile.complains("  - jack: {typing: {chat: c1, refresh: 59}}\n",
                  "typing.refresh: expected a whole number from 60 to 86400");
}

TEST_CASE("an expected message and expected typing are for standard clients") {
  CHECK(kFile.step("  - rose: expect-message\n").fields.empty());
  const auto message = kFile.step(
      "  - rose: {expect-message: {chat: c2, message: \"ab\", repeat: 2, message-id: m2, type: text, size: "
      "4, "
      "within: 1m}}\n");
  CHECK(message.action == Action::expect_message);
  CHECK(message.chat == "c2");
  CHECK(message.fields == Pairs{{"message", "abab"}, {"type", "text"}, {"message_id", "m2"}, {"size", "4"}});
  CHECK(message.within == 1min);
  CHECK(kFile.step("  - rose: {expect-composing: c2}\n").state == "active");
  CHECK(kFile.step("  - rose: {expect-composing: {chat: c2, state: idle, within: 2m}}\n").state == "idle");
  kFile.complains("  - jack: expect-message\n",
                  "expect-message: expected an actor of kind sip, got jack of kind api");
  kFile.complains("  - jack: {expect-composing: c1}\n", "expect-composing: expected an actor of kind sip");
  kFile.complains("  - rose: {expect-message: {text: x}}\n",
                  "expect-message: expected one of the keys chat, message");
}

TEST_CASE("an expected event may be one of a chat that has a name") {
  const auto event = kFile.step("  - jack: {expect-event: {status: message, chat: c1, truncated: true}}\n");
  CHECK(event.chat == "c1");
  CHECK(event.fields == Pairs{{"status", "message"}, {"truncated", "true"}});
  kFile.complains("  - jack: {expect-event: {status: message, chat: c2}}\n",
                  "expect-event.chat: expected a chat that");
}

TEST_CASE("an expected state is one of the chat, or of a text in it") {
  const auto state =
      kFile.step("  - rose: {expect-state: {chat: c2, message-id: m2, state: displayed, within: 5s}}\n");
  CHECK(state.message_id == "m2");
  CHECK(state.state == "displayed");
  CHECK(kFile.step("  - rose: {expect-state: {chat: c2, message-id: m2, state: failed, code: 415}}\n").code ==
        415);
  CHECK(kFile.step("  - rose: {expect-state: {chat: c2, state: failed}}\n").message_id.empty());
  kFile.complains("  - rose: {expect-state: {chat: c2, state: sent}}\n",
                  "s.yaml:8: expect-state.message-id: expected the text that is to be sent, got nothing");
  kFile.complains(
      "  - rose: {expect-state: {chat: c2, state: ended, message-id: m2}}\n",
      "expect-state.state: expected a state of a text beside message-id: sent, delivered, displayed or "
      "failed, got \"ended\"");
  kFile.complains("  - rose: {expect-state: {chat: c2, state: delivred}}\n", "did you mean \"delivered\"?");
}

TEST_CASE("hang cuts the connections of its actor") {
  CHECK(kFile.step("  - rose: hang\n").action == Action::hang);
  CHECK(kFile.step("  - jack: hang\n").action == Action::hang);
  kFile.complains("  - rose: {hang: c2}\n", "hang: expected nothing after it, got \"c2\"");
}

TEST_CASE("a network carries messages unless it says otherwise") {
  const auto network = [](const std::string& text) {
    return parse_scenario("scenario: x\nactors: {a: {kind: sip, id: x}}\nsteps: [{wait: 1s}]\n" + text,
                          "s.yaml");
  };
  CHECK(network("").scenario.network.msrp);
  CHECK(network("network: {media: msrp}\n").scenario.network.msrp);
  CHECK_FALSE(network("network: {media: none}\n").scenario.network.msrp);
  CHECK(format_diagnostics(network("network: {media: rtp}\n").diagnostics)
            .find("network.media: expected none or msrp, got \"rtp\"") != std::string::npos);
}

TEST_CASE("a standard client sends its first text in the INVITE or by MSRP") {
  const auto actor = [](const std::string& text) {
    return parse_scenario("scenario: x\nactors: {a: {" + text + ", id: x}}\nsteps: [{wait: 1s}]\n", "s.yaml");
  };
  CHECK(actor("kind: sip").scenario.actors[0].text_in_invite);
  CHECK(actor("kind: sip, first-text: invite").scenario.actors[0].text_in_invite);
  CHECK_FALSE(actor("kind: sip, first-text: msrp").scenario.actors[0].text_in_invite);
  CHECK(format_diagnostics(actor("kind: sip, first-text: mail").diagnostics)
            .find("a.first-text: expected invite or msrp, got \"mail\"") != std::string::npos);
  CHECK(format_diagnostics(actor("kind: api, first-text: msrp").diagnostics)
            .find("a.first-text: expected an actor of kind sip, got a of kind api") != std::string::npos);
}
