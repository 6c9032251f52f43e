// Discovery by presence: what an agent asks a presence server the test plays, and what it makes of the
// answer.
#include "chat/fetching.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;
using Answer = CapabilityRecord::Answer;

namespace {

constexpr const char* kListType = "multipart/related;type=\"application/rlmi+xml\";boundary=\"b\"";

std::string list_body(const std::string& instance, const std::string& document = {}) {
  std::string out =
      "--b\r\nContent-Type: application/rlmi+xml\r\nContent-ID: <root@ps>\r\n\r\n"
      "<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:l@domain.com\" version=\"0\" "
      "fullState=\"true\"><resource uri=\"sip:dave@domain.com\"><instance id=\"1\" state=\"terminated\" "
      "reason=\"noresource\"/></resource><resource uri=\"sip:carol@domain.com;x=1\">" +
      instance + "</resource></list>\r\n";
  if (!document.empty())
    out += "--b\r\nContent-Type: application/pidf+xml\r\nContent-ID: <c1@ps>\r\n\r\n" + document + "\r\n";
  return out + "--b--\r\n";
}

}  // namespace

TEST_CASE("PRES-23 PRES-24 PRES-100 CAP-50: a fetch is one SUBSCRIBE that ends with its NOTIFY") {
  Fetching f;
  f.ask(1);
  const auto subscribe = f.core.last("SUBSCRIBE");
  CHECK(subscribe.request_uri.to_string() == kCarol);
  CHECK(subscribe.to.uri.to_string() == kCarol);
  CHECK(subscribe.to_tag().empty());
  CHECK(subscribe.from.uri.to_string() == kBob);
  CHECK(*subscribe.header("P-Preferred-Identity") == "<sip:bob@domain.com>");
  CHECK(*subscribe.header("Event") == "presence");
  CHECK(subscribe.expires() == 0);
  for (const auto* type : {"application/pidf+xml", "multipart/related", "application/rlmi+xml"})
    CHECK(subscribe.lists("Accept", type));
  CHECK(subscribe.lists("Supported", "eventlist"));
  CHECK(subscribe.lists("Allow", "NOTIFY"));
  REQUIRE(subscribe.contacts.size() == 1);
  CHECK(subscribe.contacts.front().uri.to_string() == "sip:bob@192.0.2.10:5070");
  CHECK_FALSE(f.is_answered(1));

  f.notify(kEnded, pidf({tuple_of(kChatId), tuple_of(kFileId, false), tuple_of("org.example:Chess")}));
  CHECK(f.answer_to_notify().status == 200);
  const auto found = f.found(1);
  CHECK(found.asked);
  CHECK(found.status == 200);
  CHECK(found.error.empty());
  CHECK(found.record.rcs_user == Answer::yes);
  CHECK(found.record.registered == Answer::yes);
  CHECK(found.record.capabilities.services == ServiceSet{Service::chat});
  CHECK(found.record.capabilities.other_tags == std::vector<std::string>{"org.example:Chess 1.0"});
  f.lab.run_for(60s);
  CHECK(f.core.all("SUBSCRIBE").size() == 1);
  CHECK(f.agent.count<CapabilitiesFound>() == 1);
}

TEST_CASE("CAP-50: a service that is closed, or not there, is not available any more") {
  Fetching f;
  f.ask(1);
  f.notify(kEnded, pidf({tuple_of(kChatId), tuple_of(kFileId)}));
  CHECK(f.found(1).record.capabilities.services == ServiceSet{Service::chat, Service::file_transfer});
  f.lab.run_for(2s);
  f.ask(2);
  f.notify(kEnded, pidf({tuple_of(kChatId, false)}));
  CHECK(f.found(2).record.rcs_user == Answer::yes);
  CHECK(f.found(2).record.capabilities.services.empty());
  CHECK(f.agent.only<CapabilitiesChanged>().contact == kCarol);
}

TEST_CASE("PRES-25: a NOTIFY may be faster than the 200; one that belongs to nothing gets 481") {
  Fetching f;
  f.core.on_other = [&](const Message& m) {
    if (m.method == "SUBSCRIBE") f.core.send(f.make_notify(m, kEnded, pidf({tuple_of(kChatId)})));
  };
  f.ask(1);
  CHECK(f.found(1).record.rcs_user == Answer::yes);
  const auto subscribe = f.core.last("SUBSCRIBE");
  f.accept(subscribe);
  f.notify(kEnded, pidf({}));
  CHECK(f.answer_to_notify().status == 481);

  f.core.on_other = [&](const Message& m) {
    if (m.method == "SUBSCRIBE") f.accept(m);
  };
  f.lab.run_for(2s);
  f.ask(2);
  auto stranger = f.make_notify(f.core.last("SUBSCRIBE"), "active;expires=60");
  sip::set_param(stranger.to.params, "tag", "guessed");
  f.core.send(stranger);
  f.lab.run_for(50ms);
  CHECK(f.answer_to_notify().status == 481);
  f.notify("pending;expires=60");
  CHECK(f.answer_to_notify().status == 200);
  auto forked = f.make_notify(f.core.last("SUBSCRIBE"), kEnded);
  sip::set_param(forked.from.params, "tag", "another-server");
  f.core.send(forked);
  f.lab.run_for(50ms);
  CHECK(f.answer_to_notify().status == 481);
  auto late = f.make_notify(f.core.last("SUBSCRIBE"), kEnded);
  late.cseq.number = 1;
  f.core.send(late);
  f.lab.run_for(50ms);
  CHECK(f.answer_to_notify().status == 500);
  CHECK_FALSE(f.is_answered(2));
}

TEST_CASE("PRES-24 PRES-25: a NOTIFY of another package gets 489, what can not be read 400 or 415") {
  Fetching f;
  f.ask(1);
  auto other = f.make_notify(f.core.last("SUBSCRIBE"), "active;expires=60");
  other.set_header("Event", "reg");
  f.core.send(other);
  f.lab.run_for(50ms);
  CHECK(f.answer_to_notify().status == 489);
  CHECK(*f.answer_to_notify().header("Allow-Events") == "presence");
  CHECK_FALSE(f.is_answered(1));

  f.notify(kEnded, "<presence");
  CHECK(f.answer_to_notify().status == 400);
  CHECK_FALSE(f.found(1).error.empty());
  CHECK(f.found(1).record == CapabilityRecord{});
  f.lab.run_for(2s);
  f.ask(2);
  f.notify(kEnded, "words", "text/plain");
  CHECK(f.answer_to_notify().status == 415);
  CHECK(f.answer_to_notify().lists("Accept", "application/pidf+xml"));
  CHECK(f.found(2).status == 415);
  f.lab.run_for(2s);
  f.ask(3);
  f.notify("");
  CHECK(f.answer_to_notify().status == 400);
  f.lab.run_for(2s);
  f.ask(4);
  f.notify(kEnded, "--b\r\n\r\nno list\r\n--b--\r\n", kListType);
  CHECK(f.answer_to_notify().status == 400);
  CHECK_FALSE(f.found(4).error.empty());
}

TEST_CASE("PRES-26 CAP-21: without a NOTIFY within 64*T1 the question has failed, and nothing changes") {
  Fetching f;
  f.ask(1);
  f.notify(kEnded, pidf({tuple_of(kChatId)}));
  f.lab.run_for(2s);
  f.ask(2);
  f.lab.run_for(31s);
  CHECK_FALSE(f.is_answered(2));
  f.lab.run_for(2s);
  CHECK(f.found(2).status == 408);
  CHECK_FALSE(f.found(2).error.empty());
  CHECK(f.found(2).record == f.found(1).record);
  f.notify(kEnded, pidf({}));
  CHECK(f.answer_to_notify().status == 481);

  f.core.on_other = [](const Message&) {};
  f.ask(3, Discovery::presence, "sip:dave@domain.com");
  f.lab.run_for(60s);
  CHECK(f.found(3).status == 408);
  CHECK(f.agent.count<CapabilitiesFound>() == 3);
}

TEST_CASE("CAP-51: 404 is no RCS user; 403 and rejected are no answer, and what was known stays") {
  Fetching f;
  f.ask(1);
  f.notify(kEnded, pidf({tuple_of(kChatId)}));
  f.lab.run_for(2s);
  f.ask(2);
  f.notify("terminated;reason=rejected");
  CHECK(f.found(2).status == 403);
  CHECK_FALSE(f.found(2).error.empty());
  CHECK(f.found(2).record == f.found(1).record);
  f.refuse(403);
  f.lab.run_for(2s);
  f.ask(3);
  CHECK(f.found(3).status == 403);
  CHECK(f.found(3).record == f.found(1).record);
  // Once it was tried whether a core that was restarted does not know us.
  CHECK(f.core.all("REGISTER").size() == 2);
  CHECK(f.core.all("SUBSCRIBE").size() == 4);
  f.refuse(480);
  f.lab.run_for(2s);
  f.ask(4);
  CHECK(f.found(4).record == f.found(1).record);
  f.refuse(404);
  f.lab.run_for(2s);
  f.ask(5);
  CHECK(f.found(5).error.empty());
  CHECK(f.found(5).status == 404);
  CHECK(f.found(5).record.rcs_user == Answer::no);
  CHECK(f.found(5).record.capabilities.services.empty());
}

TEST_CASE("CAP-51: a NOTIFY without a document is waited over; when none comes nothing is learned") {
  Fetching f;
  f.ask(1);
  f.notify("pending;expires=60");
  CHECK_FALSE(f.is_answered(1));
  f.notify("active;expires=60", pidf({tuple_of(kChatId)}));
  CHECK(f.found(1).record.rcs_user == Answer::yes);
  CHECK(f.core.responses("NOTIFY", 200).size() == 2);

  const std::string dave = "sip:dave@domain.com";
  f.ask(2, Discovery::presence, dave);
  f.notify(kEnded);
  CHECK(f.found(2).error.empty());
  CHECK(f.found(2).asked);
  CHECK(f.found(2).record.empty());
  f.ask(3, Discovery::presence, dave);
  CHECK_FALSE(f.found(3).asked);
  f.lab.run_for(2s);
  f.ask(4, Discovery::presence, dave, false);
  CHECK(f.core.all("SUBSCRIBE").size() == 3);
  f.notify("pending;expires=60");
  f.lab.run_for(33s);
  CHECK(f.found(4).error.empty());
  CHECK(f.found(4).record.empty());
}

TEST_CASE("CAP-52: noresource, alone or of a member of a list, is no RCS user") {
  const bool in_list = GENERATE(false, true);
  Fetching f;
  f.ask(1);
  if (in_list) {
    f.notify("active;expires=60",
             list_body("<instance id=\"1\" state=\"terminated\" reason=\"noresource\"/>"), kListType);
  } else {
    f.notify("terminated;reason=noresource");
  }
  CHECK(f.answer_to_notify().status == 200);
  CHECK(f.found(1).error.empty());
  CHECK(f.found(1).record.rcs_user == Answer::no);
}

TEST_CASE("PRES-101 PRES-103: the document of a member of a list") {
  Fetching f;
  f.ask(1);
  f.notify("active;expires=60",
           list_body("<instance id=\"1\" state=\"active\" cid=\"c1@ps\"/>", pidf({tuple_of(kChatId)})),
           kListType);
  CHECK(f.found(1).record.rcs_user == Answer::yes);
  CHECK(f.found(1).record.capabilities.services == ServiceSet{Service::chat});

  f.lab.run_for(2s);
  f.ask(2);
  f.notify("active;expires=60", list_body("<instance id=\"1\" state=\"pending\"/>"), kListType);
  CHECK_FALSE(f.is_answered(2));
  f.notify("active;expires=60", list_body("<instance id=\"1\" state=\"terminated\" reason=\"rejected\"/>"),
           kListType);
  CHECK(f.found(2).status == 403);
  CHECK(f.found(2).record == f.found(1).record);
}

TEST_CASE("CAP-53: of OPTIONS and presence the newest wins, by the times of the tuples") {
  Fetching f;
  const auto at = [&](Duration ago) { return f.agent_time(ago); };
  f.lab.run_for(1h);
  f.tell_by_options({Service::chat, Service::standalone});
  f.lab.run_for(10min);

  f.ask(1);
  f.notify(kEnded, pidf({tuple_of(kFileId, true, at(11min)), tuple_of(kChatId, true, at(30min))}));
  CHECK(f.found(1).error.empty());
  CHECK(f.found(1).record.capabilities.services == ServiceSet{Service::chat, Service::standalone});
  f.ask(2);
  CHECK_FALSE(f.found(2).asked);  // CAP-61: it was asked a moment ago all the same

  f.lab.run_for(2s);
  f.ask(3);
  f.notify(kEnded, pidf({tuple_of(kFileId, true, at(5min)), tuple_of(kChatId, true, at(30min))}));
  CHECK(f.found(3).record.capabilities.services == ServiceSet{Service::chat, Service::file_transfer});
  CHECK(f.lab.now - f.found(3).record.capabilities_at >= 5min);

  f.lab.run_for(2s);
  f.tell_by_options({Service::chat});
  f.ask(4, Discovery::options, kCarol, false);
  CHECK(f.found(4).record.capabilities.services == ServiceSet{Service::chat});
}

TEST_CASE("CAP-53: a time that has not come yet is now, and the year 1 is long ago") {
  Fetching f;
  f.ask(1);
  f.notify(kEnded, pidf({tuple_of(kFileId, true, f.agent_time(-24h))}));
  CHECK(f.found(1).record.capabilities.services == ServiceSet{Service::file_transfer});
  f.lab.run_for(2s);
  f.tell_by_options({Service::chat});
  f.ask(2, Discovery::presence, kCarol, false);
  CHECK(f.found(2).record.capabilities.services == ServiceSet{Service::chat});
  f.lab.run_for(2s);
  f.ask(3);
  f.notify(kEnded, pidf({tuple_of(kFileId, true, core::UnixMs{-62'000'000'000'000})}));
  CHECK(f.found(3).record.capabilities.services == ServiceSet{Service::chat});
}

TEST_CASE("CAP-60: one SUBSCRIBE for a contact, whose answer all share, beside an OPTIONS") {
  Fetching f([](AgentConfig& c) { c.parallel_inquiries = 2; });
  f.ask(1);
  f.ask(2);
  f.ask(3, Discovery::options);
  f.ask(4, Discovery::presence, "sip:dave@domain.com");
  CHECK(f.core.all("SUBSCRIBE").size() == 1);
  CHECK(f.core.all("OPTIONS").size() == 1);
  f.notify(kEnded, pidf({tuple_of(kChatId)}));
  CHECK(f.found(1).record == f.found(2).record);
  CHECK(f.core.all("SUBSCRIBE").size() == 2);
  f.notify(kEnded, pidf({}));
  CHECK(f.found(4).error.empty());
  f.ask(5, Discovery::presence, "sip:erin@domain.com");
  CHECK(f.core.all("SUBSCRIBE").size() == 3);
}

TEST_CASE("PRES-22 PRES-23: a server may send away once, and may ask for a longer time once") {
  Fetching f;
  f.ask(1);
  f.notify("terminated;reason=deactivated");
  CHECK(f.core.all("SUBSCRIBE").size() == 2);
  CHECK(f.core.all("SUBSCRIBE")[0].call_id != f.core.all("SUBSCRIBE")[1].call_id);
  f.notify("terminated;reason=deactivated");
  CHECK(f.core.all("SUBSCRIBE").size() == 2);
  CHECK(f.found(1).status == 503);
  f.lab.run_for(2s);
  f.ask(2);
  f.notify("terminated;reason=giveup;retry-after=5");
  CHECK_FALSE(f.found(2).error.empty());

  f.refuse(423, [](Message& m) { m.add_header("Min-Expires", "60"); });
  f.lab.run_for(2s);
  f.ask(3);
  REQUIRE(f.core.all("SUBSCRIBE").size() == 5);
  CHECK(f.core.all("SUBSCRIBE")[3].expires() == 0);
  CHECK(f.core.all("SUBSCRIBE")[4].expires() == 60);
  CHECK(f.found(3).status == 423);
}

TEST_CASE("CAP-63: who is not registered asks nobody by presence either") {
  Fetching f;
  f.core.on_register = [&](const Message& m) { f.core.reply(m, 403); };
  f.lab.command(f.agent,
                QueryCapabilities{QueryId{9}, "sip:eve@domain.com", kCarol, true, {}, Discovery::presence});
  f.lab.run_for(100ms);
  CHECK(f.found(9).status == 403);
  CHECK(f.core.all("SUBSCRIBE").empty());
}

TEST_CASE("PRES-25 REG-4: a challenged SUBSCRIBE goes again, and its NOTIFY still finds it") {
  Fetching f(with_login);
  f.core.on_other = [&](const Message& m) {
    if (m.method == "SUBSCRIBE" && !challenge(f.core, m)) f.accept(m);
  };
  f.ask(1);
  const auto sent = f.core.all("SUBSCRIBE");
  REQUIRE(sent.size() == 2);
  CHECK(sent[1].call_id == sent[0].call_id);
  CHECK(sent[1].from_tag() == sent[0].from_tag());
  CHECK(sent[1].cseq.number == 2);
  f.notify(kEnded, pidf({tuple_of(kChatId)}));
  CHECK(f.found(1).record.rcs_user == Answer::yes);
}
