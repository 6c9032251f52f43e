// "Is typing" by SIP MESSAGE (RFC 3994 in page mode).
#include "chat/pager.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

/// bob has a thread in which alice has written.
struct Written : Pager {
  Written() {
    open();
    REQUIRE(status(message("text/plain", "hello")) == 200);
  }
  void type(bool active = true, std::optional<std::uint32_t> refresh = {}) {
    lab.command(agent, SendComposing{outgoing_chat(1), active, refresh, "text/plain"});
    lab.run_for(50ms);
  }
  void grant(int status = 200) {
    core.reply(core.last("MESSAGE"), status);
    lab.run_for(50ms);
  }
  /// Requests, each counted once however often it was repeated.
  std::size_t sent() const {
    std::set<std::string> ids;
    for (const auto& message : core.all("MESSAGE")) ids.insert(message.call_id);
    return ids.size();
  }
  int show(const std::string& xml) { return status(message(std::string(body::kComposingType), xml)); }
};

}  // namespace

TEST_CASE("ISC-5: who only opens a thread is not heard typing; who replies is") {
  Pager p;
  p.open();
  p.lab.command(p.agent, SendComposing{outgoing_chat(1), true, {}, {}});
  p.lab.run_for(50ms);
  CHECK(p.core.all("MESSAGE").empty());
  CHECK(p.status(p.message("text/plain", "hello")) == 200);
  p.lab.command(p.agent, SendComposing{outgoing_chat(1), true, {}, {}});
  p.lab.run_for(50ms);
  CHECK(p.core.all("MESSAGE").size() == 1);
}

TEST_CASE("ISC-7: typing asks for no notification and is not kept for later") {
  Written w;
  w.type();
  const auto message = w.core.last("MESSAGE");
  CHECK(*message.header("Content-Type") == body::kComposingType);
  CHECK(*message.header("Expires") == "0");
  CHECK(message.header("Conversation-ID") != nullptr);
  CHECK(message.body.find("imdn") == std::string::npos);
  const auto composing = body::parse_composing(message.body);
  REQUIRE(composing);
  CHECK(composing->active);
}

TEST_CASE("ISC-5, PGR-17: after a 415 typing is not told any more") {
  Written w;
  w.type();
  w.grant(415);
  w.lab.run_for(60s);
  w.type();
  w.type(false);
  w.lab.run_for(60s);
  CHECK(w.sent() == 1);
  w.text("m1", "words go on");
  CHECK(w.sent() == 2);
}

TEST_CASE("ISC-2: `active` once, `idle` after 15 seconds, nothing while idle") {
  Written w;
  w.type();
  w.grant();
  w.type();
  w.lab.run_for(10s);
  w.type();
  w.lab.run_for(14s);
  CHECK(w.sent() == 1);
  w.lab.run_for(2s);
  REQUIRE(w.sent() == 2);
  CHECK_FALSE(body::parse_composing(w.core.last("MESSAGE").body)->active);
  w.grant();
  w.lab.run_for(600s);
  CHECK(w.sent() == 2);
}

TEST_CASE("ISC-1: a refresh is told with 60 seconds at least, and goes on at that pace") {
  Written w;
  w.type(true, 10);
  w.grant();
  CHECK(body::parse_composing(w.core.last("MESSAGE").body)->refresh == 60);
  for (int i = 0; i < 13; ++i) {
    w.lab.run_for(5s);
    w.type(true, 10);
  }
  CHECK(w.sent() == 2);
}

TEST_CASE("ISC-3: any number of `active` is one; a text or 120 seconds end it") {
  Written w;
  const std::string active =
      "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state></isComposing>";
  for (int i = 0; i < 3; ++i) CHECK(w.show(active) == 200);
  CHECK(typing_of(w.agent) == "active");
  w.lab.run_for(119s);
  CHECK(typing_of(w.agent) == "active");
  w.lab.run_for(2s);
  CHECK(typing_of(w.agent) == "active idle");
  CHECK(w.show(active) == 200);
  CHECK(w.status(w.message("text/plain", "done")) == 200);
  CHECK(typing_of(w.agent) == "active idle active idle");
  CHECK(w.agent.count<TextArrived>() == 2);
}

TEST_CASE("ISC-6: any namespace prefix, unknown elements and odd states are taken") {
  Written w;
  CHECK(w.show("<?xml version=\"1.0\"?><c:isComposing xmlns:c=\"urn:ietf:params:xml:ns:im-iscomposing\" "
               "xmlns:x=\"urn:x\"><c:state>active</c:state><x:mood>good</x:mood></c:isComposing>") == 200);
  CHECK(typing_of(w.agent) == "active");
  CHECK(w.show("<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>dreaming</state>"
               "</isComposing>") == 200);
  CHECK(typing_of(w.agent) == "active idle");
  CHECK(w.show("no xml") == 400);
}

TEST_CASE("ISC-4: by MESSAGE typing is understood bare and inside of CPIM") {
  Written w;
  CHECK(w.show(kTyping) == 200);
  body::ChatText wrapped;
  wrapped.content_type = body::kComposingType;
  wrapped.text =
      "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>idle</state></isComposing>";
  CHECK(w.status(w.message("message/cpim", body::format_cpim(body::make_chat_cpim(wrapped)))) == 200);
  CHECK(typing_of(w.agent) == "active idle");
  CHECK(w.agent.count<TextArrived>() == 1);
}

TEST_CASE("ISC-7: who only types, without a thread, is not told of") {
  Pager p;
  CHECK(p.status(p.message(std::string(body::kComposingType), kTyping)) == 200);
  CHECK(p.agent.events.empty());
}
