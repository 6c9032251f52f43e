// Messages without a session at the receiver's application server: passed on, or kept until the receiver
// registers.
#include <algorithm>

#include "body/imdn.hpp"
#include "core/date.hpp"
#include "device.hpp"
#include "ims/pager.hpp"

using namespace rcs;
using namespace rcs::test;
using Kind = ims::Notice::Kind;
using Ids = std::vector<std::string>;

namespace {

/// Asks to be told of a failure, too.
std::string careful_text(const std::string& id) {
  auto text = cpim_text(id, "text of " + id);
  const std::string asked = "positive-delivery, display";
  return text.replace(text.find(asked), asked.size(), "positive-delivery, negative-delivery");
}

std::string notice_about(const std::string& id) {
  return "From: <sip:01087654321@domain.com>\r\nTo: <sip:01012345678@domain.com>\r\nNS: imdn "
         "<urn:ietf:params:imdn>\r\nimdn.Message-ID: n-" +
         id +
         "\r\n\r\nContent-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n"
         "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>" +
         id +
         "</message-id><datetime>2012-01-01T10:10:10Z</datetime><display-notification><status><displayed/>"
         "</status></display-notification></imdn>";
}

const std::string kComposing =
    "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state></isComposing>";

struct Pages {
  explicit Pages(bool receiver_registers, ims::CoreConfig config = {})
      : two(std::move(config), receiver_registers) {}

  sip::Message make(const std::string& body, const std::string& type = "message/cpim") {
    auto message = two.sender.request("MESSAGE", two.receiver.uri());
    message.add_header("Content-Type", type);
    message.body = body;
    return message;
  }
  /// The answer that its sender has within the time.
  int send(const sip::Message& message, Duration wait = 1s) {
    two.sender.responses.clear();
    two.sender.send(message);
    two.net.run_for(wait);
    return two.sender.status_of("MESSAGE");
  }
  int send(const std::string& body) { return send(make(body)); }
  void come() {
    two.receiver.send_register();
    two.net.run_for(1s);
  }
  std::vector<std::string> taken() const {
    std::vector<std::string> bodies;
    for (const auto* message : two.receiver.got("MESSAGE")) bodies.push_back(message->body);
    return bodies;
  }
  /// The messages of which their sender was told that they failed.
  std::vector<std::string> failed() const {
    std::vector<std::string> ids;
    for (const auto* message : two.sender.got("MESSAGE")) {
      const auto cpim = body::parse_cpim(message->body);
      REQUIRE(cpim);
      const auto notices = body::read_imdn_cpim(*cpim);
      REQUIRE(notices);
      for (const auto& notice : *notices) {
        CHECK(notice.status == body::ImdnStatus::failed);
        ids.push_back(notice.message_id);
      }
    }
    return ids;
  }
  std::size_t waiting() { return two.net.core().stored_for(two.receiver.uri()); }
  void check_over() {
    two.net.run_for(100s);
    for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(two.net.core().at(i).open() == 0);
  }

  TwoUsers two;
};

}  // namespace

TEST_CASE("PGR-5 PGR-34: a device that is there answers itself") {
  Pages pages(true);
  CHECK(pages.send(careful_text("id-1")) == 200);
  CHECK(pages.taken() == Ids{careful_text("id-1")});
  CHECK(pages.two.net.find("o-cscf>sender 200 MESSAGE")->message.vias.size() == 1);
  CHECK(pages.two.sender.responses.back().to_tag() == "callee");
  CHECK(pages.waiting() == 0);
  pages.check_over();
}

TEST_CASE("PGR-7 PGR-17: what a device refuses is refused, with its words") {
  const int status = GENERATE(415, 403, 410, 486, 603);
  Pages pages(true);
  pages.two.receiver.plain_answer = status;
  pages.two.receiver.on_plain_answer = [](sip::Message& m) { m.add_header("Accept", "text/plain"); };
  CHECK(pages.send(careful_text("id-1")) == status);
  REQUIRE(pages.two.sender.responses.back().header("Accept") != nullptr);
  CHECK(*pages.two.sender.responses.back().header("Accept") == "text/plain");
  pages.come();
  CHECK(pages.taken().size() == 1);
  CHECK(pages.failed().empty());  // the sender knows by the answer (IMDN-9)
  pages.check_over();
}

TEST_CASE("PGR-5 PGR-6 PGR-10 CHAT-41: kept for who is away, delivered once, in order, one at a time") {
  Pages pages(false);
  std::vector<std::string> sent;
  for (int i = 0; i < 5; ++i) {
    sent.push_back(careful_text("id-" + std::to_string(i)));
    CHECK(pages.send(sent.back()) == 202);
  }
  CHECK(pages.waiting() == 5);
  CHECK(pages.two.net.notices_of(Kind::message_kept) == 5);
  pages.come();
  CHECK(pages.taken() == sent);
  int pending = 0;
  for (const auto& hop : pages.two.net.hops()) {
    if (hop == "t-cscf>receiver MESSAGE") CHECK(++pending == 1);
    if (hop == "receiver>t-cscf 200 MESSAGE") --pending;
  }
  const auto& first = *pages.two.receiver.got("MESSAGE")[0];
  CHECK(*first.header("P-Asserted-Identity") == "<sip:01087654321@domain.com>");
  CHECK(first.from.uri == pages.two.sender.uri());
  CHECK(pages.waiting() == 0);
  pages.come();
  CHECK(pages.taken().size() == 5);
  CHECK(pages.failed().empty());
  pages.check_over();
}

TEST_CASE("PGR-6 PGR-51: a device that can not take it now gets it at its next registration") {
  const int status = GENERATE(404, 480, 408, 500, 503);
  Pages pages(true);
  pages.two.receiver.plain_answer = status;
  CHECK(pages.send(careful_text("id-1")) == 202);
  pages.two.receiver.plain_answer = 200;
  CHECK(pages.taken().size() == 1);
  pages.two.net.run_for(60s);
  CHECK(pages.taken().size() == 1);
  pages.come();
  CHECK(pages.taken() == Ids(2, careful_text("id-1")));
  pages.come();
  CHECK(pages.taken().size() == 2);
  pages.check_over();
}

TEST_CASE("PGR-6: the sender of a message to a silent device has its answer before it gives up") {
  Pages pages(true);
  pages.two.net.kill("receiver");
  CHECK(pages.send(pages.make(careful_text("id-1")), 7s) == 0);
  pages.two.net.run_for(2s);
  CHECK(pages.two.sender.status_of("MESSAGE") == 202);
  pages.two.net.run_for(60s);
  pages.two.net.revive("receiver");
  pages.come();
  CHECK(pages.taken() == Ids{careful_text("id-1")});
  pages.check_over();
}

TEST_CASE("PGR-18: a device whose answers were lost has the same request once more, and not a third time") {
  Pages pages(true);
  pages.two.net.lose = [](const Wire& wire, std::size_t) {
    return wire.from == "receiver" && wire.label == "200 MESSAGE";
  };
  CHECK(pages.send(pages.make(careful_text("id-1")), 60s) == 202);
  CHECK(pages.taken().size() == 1);
  pages.two.net.lose = nullptr;
  pages.come();
  const auto got = pages.two.receiver.got("MESSAGE");
  REQUIRE(got.size() == 2);
  CHECK(got[0]->call_id == got[1]->call_id);
  CHECK(got[0]->cseq == got[1]->cseq);
  CHECK(got[0]->from_tag() == got[1]->from_tag());
  CHECK(got[0]->vias.front().branch() != got[1]->vias.front().branch());
  pages.come();
  CHECK(pages.taken().size() == 2);
  pages.check_over();
}

TEST_CASE("PGR-18: a late answer of the device is the end of it") {
  Pages pages(true);
  bool is_slow = true;
  pages.two.net.lose = [&](const Wire& wire, std::size_t) {
    return is_slow && wire.from == "receiver" && wire.label == "200 MESSAGE";
  };
  CHECK(pages.send(pages.make(careful_text("id-1")), 15s) == 202);
  CHECK(pages.waiting() == 1);
  is_slow = false;  // the next repetition is answered
  pages.two.net.run_for(5s);
  CHECK(pages.waiting() == 0);
  pages.come();
  CHECK(pages.taken().size() == 1);
  pages.check_over();
}

TEST_CASE("CHAT-41: a message goes behind those of its sender that wait") {
  Pages pages(true);
  pages.two.receiver.plain_answer = 480;
  CHECK(pages.send(careful_text("id-1")) == 202);
  pages.two.receiver.plain_answer = 200;
  CHECK(pages.send(careful_text("id-2")) == 202);
  CHECK(pages.taken() == Ids{careful_text("id-1"), careful_text("id-1"), careful_text("id-2")});
  CHECK(pages.waiting() == 0);
  pages.check_over();
}

TEST_CASE("CHAT-41: somebody else's message does not wait") {
  Pages pages(true);
  auto& other = Device::add(pages.two.net, "other", "10.1.0.3", "01055555555");
  other.send_register();
  pages.two.receiver.plain_answer = 480;
  CHECK(pages.send(careful_text("id-1")) == 202);
  pages.two.receiver.plain_answer = 200;
  auto message = other.request("MESSAGE", pages.two.receiver.uri());
  message.add_header("Content-Type", "text/plain");
  message.body = "hello";
  other.send(std::move(message));
  pages.two.net.run_for(1s);
  CHECK(other.status_of("MESSAGE") == 200);
  // The device can take messages again, and so has what waits as well.
  CHECK(pages.taken() == Ids{careful_text("id-1"), "hello", careful_text("id-1")});
  CHECK(pages.waiting() == 0);
}

TEST_CASE("PGR-12: a message is worth nothing after its time: Date and Expires, or reception") {
  ims::CoreConfig config;
  config.wall.unix_ms_at_zero = 1325412610000;
  Pages pages(false, config);
  const auto now = [&] { return config.wall.at(pages.two.net.now()); };
  auto dated = pages.make(careful_text("dated"));
  dated.add_header("Expires", "100");
  dated.add_header("Date", core::format_date({now().value - 60'000}));
  CHECK(pages.send(dated) == 202);
  auto undated = pages.make(careful_text("undated"));
  undated.add_header("Expires", "100");
  const auto came = core::format_date(now());
  CHECK(pages.send(undated) == 202);
  auto old = pages.make(careful_text("old"));
  old.add_header("Expires", "10");
  old.add_header("Date", *dated.header("Date"));
  CHECK(pages.send(old) == 480);  // there is nothing to keep
  pages.two.net.run_for(50s);
  CHECK(pages.waiting() == 1);
  CHECK(pages.two.net.notices_of(Kind::message_lost) == 1);
  CHECK(pages.failed() == Ids{"dated"});  // IMDN-8
  pages.come();
  REQUIRE(pages.taken().size() == 1);
  const auto& got = *pages.two.receiver.got("MESSAGE")[0];
  CHECK(got.body == careful_text("undated"));
  CHECK(*got.header("Expires") == "100");
  CHECK(*got.header("Date") == came);
  pages.check_over();
}

TEST_CASE("PGR-12: without a time of its own it is kept for a day") {
  Pages pages(false);
  CHECK(pages.send(careful_text("id-1")) == 202);
  pages.two.net.run_for(23h);
  pages.two.sender.send_register();
  pages.two.net.run_for(30min);
  CHECK(pages.waiting() == 1);
  pages.two.net.run_for(31min);
  CHECK(pages.waiting() == 0);
  CHECK(pages.failed() == Ids{"id-1"});
}

TEST_CASE("ISC-7: what is true only now is never kept") {
  Pages pages(false);
  CHECK(pages.send(pages.make(kComposing, "application/im-iscomposing+xml")) == 480);
  CHECK(pages.send("From: <sip:a@b.c>\r\nTo: <sip:d@e.f>\r\n\r\nContent-Type: "
                   "application/im-iscomposing+xml\r\n\r\n" +
                   kComposing) == 480);
  auto deflated = pages.make("octets", "message/cpim");
  deflated.add_header("Content-Encoding", "deflate");
  deflated.add_header("Expires", "0");
  CHECK(pages.send(deflated) == 480);
  CHECK(pages.waiting() == 0);
  pages.two.receiver.plain_answer = 503;
  pages.come();
  CHECK(pages.send(deflated) == 503);
  CHECK(pages.taken().size() == 1);
  pages.check_over();
}

TEST_CASE("IMDN-8 PGR-41: a refusal after our 202 is told, where that was asked for") {
  Pages pages(false);
  auto careful = pages.make(careful_text("id-1"));
  careful.add_header("Conversation-ID", "f81d4fae7dec11d0a76500a0c91e6bf6");
  CHECK(pages.send(careful) == 202);
  CHECK(pages.send(cpim_text("id-2", "do not mind")) == 202);
  CHECK(pages.send(pages.make("bare", "text/plain")) == 202);
  pages.two.receiver.plain_answer = 603;
  pages.come();
  CHECK(pages.taken().size() == 3);
  REQUIRE(pages.two.sender.got("MESSAGE").size() == 1);
  const auto& told = *pages.two.sender.got("MESSAGE")[0];
  CHECK(pages.failed() == Ids{"id-1"});
  CHECK(*told.header("Conversation-ID") == "f81d4fae7dec11d0a76500a0c91e6bf6");
  CHECK(told.from.uri == pages.two.receiver.uri());
  pages.come();
  CHECK(pages.taken().size() == 3);
  pages.check_over();
}

TEST_CASE("IMDN-5 IMDN-13: a notification waits like a text, and its loss is nobody's business") {
  Pages pages(false);
  CHECK(pages.send(notice_about("id-1")) == 202);
  pages.come();
  CHECK(pages.taken() == Ids{notice_about("id-1")});
  pages.two.receiver.send_register(0);
  pages.two.net.run_for(1s);
  CHECK(pages.send(notice_about("id-2")) == 202);
  pages.two.receiver.plain_answer = 403;
  pages.come();
  CHECK(pages.taken().size() == 2);
  CHECK(pages.two.sender.got("MESSAGE").empty());
  pages.check_over();
}

TEST_CASE("IMDN-8: the notification that a message is lost waits for its sender, too") {
  Pages pages(false);
  auto brief = pages.make(careful_text("id-1"));
  brief.add_header("Expires", "30");
  CHECK(pages.send(brief) == 202);
  pages.two.sender.send_register(0);
  pages.two.net.run_for(60s);
  CHECK(pages.failed().empty());
  pages.two.sender.send_register();
  pages.two.net.run_for(1s);
  CHECK(pages.failed() == Ids{"id-1"});
  pages.check_over();
}

TEST_CASE("CHAT-41: the places of a receiver are for chats and messages together") {
  ims::CoreConfig config;
  config.max_stored_per_user = 3;
  Pages pages(false, config);
  pages.two.sender.invite(pages.two.receiver.uri(), "chat-1");
  pages.two.net.run_for(1s);
  CHECK(pages.send(careful_text("id-1")) == 202);
  CHECK(pages.send(careful_text("id-2")) == 202);
  CHECK(pages.waiting() == 3);
  CHECK(pages.send(careful_text("id-3")) == 480);
  pages.two.sender.invite(pages.two.receiver.uri(), "chat-2");
  pages.two.net.run_for(1s);
  CHECK(pages.two.net.notices_of(Kind::chat_lost) == 1);
  CHECK(pages.waiting() == 3);
}

TEST_CASE("PGR-15: of two devices one gets it, once, also when both register at a time") {
  Pages pages(false);
  auto& second = Device::add(pages.two.net, "second", "10.1.0.9", "01012345678");
  CHECK(pages.send(careful_text("id-1")) == 202);
  pages.two.receiver.send_register();
  second.send_register();
  pages.two.net.run_for(60s);
  CHECK(pages.taken().size() + second.got("MESSAGE").size() == 1);
  CHECK(pages.send(careful_text("id-2")) == 200);
  CHECK(pages.taken().size() + second.got("MESSAGE").size() == 2);
  pages.check_over();
}

TEST_CASE("PGR-6: where the network does not answer for receivers, it does not keep messages") {
  ims::CoreConfig config;
  config.answer_mode = ims::AnswerMode::proxied;
  Pages pages(false, config);
  CHECK(pages.send(careful_text("id-1")) == 480);
  pages.come();
  CHECK(pages.taken().empty());
  CHECK(pages.send(careful_text("id-2")) == 200);
  pages.check_over();
}

TEST_CASE("PGR-1: a MESSAGE in a dialog of the devices passes as it did") {
  Pages pages(true);
  auto invite = pages.two.sender.make_invite(pages.two.receiver.uri());
  invite.remove_header("Accept-Contact");
  pages.two.sender.send(std::move(invite));
  pages.two.net.run_for(1s);
  REQUIRE(pages.two.sender.dialog);
  auto message = pages.two.sender.dialog->make_request("MESSAGE");
  message.add_header("Content-Type", "text/plain");
  message.body = "inside";
  pages.two.sender.send(std::move(message));
  pages.two.net.run_for(1s);
  CHECK(pages.two.sender.status_of("MESSAGE") == 200);
  CHECK(pages.taken() == Ids{"inside"});
  CHECK(pages.two.net.count("t-cscf>t-imas MESSAGE") == 0);
}

TEST_CASE("IFC-4: without its application server a message goes to the device all the same") {
  Pages pages(true);
  pages.two.net.kill("t-imas", true);
  CHECK(pages.send(careful_text("id-1")) == 200);
  CHECK(pages.taken().size() == 1);
}

// --- on Signals alone
// ------------------------------------------------------------------------------------------------------------

namespace {

constexpr ims::NodeId kServer{9};
constexpr ims::UserId kReceiver{2};

struct NoChats final : ims::PagerChats {
  std::size_t kept_in_chats(ims::UserId) const override { return 0; }
  std::optional<ims::ChatWay> way_for(const ims::Signal&) override { return std::nullopt; }
  bool may_open_chat() const override { return false; }
  void open_chat_for(const ims::Signal&, ims::Duration, ims::RoleOutbox&) override {}
  void on_pages_moved(ims::UserId, ims::RoleOutbox&) override {}
};

struct Bench {
  NoChats chats;
  ims::Pager pager{{.max_messages = 3}, {.self = kServer, .t_cscf = ims::NodeId{8}}, chats};
  ims::RoleOutbox out;

  ims::Signal message(std::uint64_t txn, ims::SessionCase session_case = ims::SessionCase::terminating) {
    ims::Signal signal;
    signal.method = ims::Method::message;
    signal.from = ims::UserId{1};
    signal.to = kReceiver;
    signal.session_case = session_case;
    signal.set(ims::Flag::trusted);
    signal.set(ims::Flag::to_local);
    signal.txn = ims::TxnKey{txn};
    signal.message = ims::MessageHandle{txn};
    (void)signal.via.push(ims::NodeId{8});
    return signal;
  }
  /// What went out: requests to the device, and statuses.
  struct Said {
    std::vector<ims::Signal> asked;
    std::vector<int> answered;
    std::size_t done = 0;
  };
  Said take() {
    Said said;
    for (const auto& effect : out.take()) {
      if (const auto* send = std::get_if<ims::RoleOutbox::Send>(&effect)) {
        if (send->message.is_request()) said.asked.push_back(send->message);
        if (!send->message.is_request()) said.answered.push_back(send->message.status);
      } else if (const auto* emitted = std::get_if<ims::RoleOutbox::Emit>(&effect)) {
        said.done += emitted->event.kind == Kind::message_done ? 1 : 0;
      }
    }
    return said;
  }
  void respond(ims::Signal asked, int status) {
    asked.status = static_cast<std::uint16_t>(status);
    pager.on_response({}, asked, out);
  }
};

}  // namespace

TEST_CASE("CHAT-41: who has registered while its device was asked is asked again at once") {
  Bench bench;
  bench.pager.on_request({}, bench.message(1), bench.out);
  const auto first = bench.take();
  REQUIRE(first.asked.size() == 1);
  bench.pager.on_registered({}, kReceiver, 3600, bench.out);
  CHECK(bench.take().asked.empty());
  bench.respond(first.asked[0], 480);
  const auto second = bench.take();
  CHECK(second.answered == std::vector<int>{202});
  REQUIRE(second.asked.size() == 1);
  bench.respond(second.asked[0], 200);
  bench.pager.on_registered({}, kReceiver, 3600, bench.out);
  const auto last = bench.take();
  CHECK(last.asked.empty());
  CHECK(last.answered.empty());
  CHECK(last.done == 1);
  CHECK(bench.pager.open() == 0);
}

TEST_CASE("CHAT-41: the word of the registration counts, not what was said before it") {
  Bench bench;
  bench.pager.on_registered({}, kReceiver, 3600, bench.out);
  bench.pager.on_request({}, bench.message(1, ims::SessionCase::terminating_unregistered), bench.out);
  CHECK(bench.take().asked.size() == 1);
  bench.pager.on_registered({}, kReceiver, 0, bench.out);
  bench.pager.on_request({}, bench.message(2, ims::SessionCase::terminating_unregistered), bench.out);
  const auto said = bench.take();
  CHECK(said.asked.empty());
  CHECK(said.answered == std::vector<int>{202});
}

TEST_CASE("PGR-6: a pager that is full says so, and lets go of the text") {
  Bench bench;
  for (std::uint64_t i = 1; i <= 3; ++i)
    bench.pager.on_request({}, bench.message(i, ims::SessionCase::terminating_unregistered), bench.out);
  CHECK(bench.take().answered == std::vector<int>{202, 202, 202});
  bench.pager.on_request({}, bench.message(4, ims::SessionCase::terminating_unregistered), bench.out);
  const auto full = bench.take();
  CHECK(full.answered == std::vector<int>{503});
  CHECK(full.done == 1);
  CHECK(bench.pager.open() == 3);
}

TEST_CASE("REG-36: nobody from outside speaks to the server itself") {
  Bench bench;
  auto forged = bench.message(1);
  forged.set(ims::Flag::trusted, false);
  bench.pager.on_request({}, forged, bench.out);
  auto stranger = bench.message(2);
  stranger.set(ims::Flag::to_local, false);
  bench.pager.on_request({}, stranger, bench.out);
  const auto said = bench.take();
  CHECK(said.answered == std::vector<int>{403, 404});
  CHECK(said.done == 2);
  CHECK(bench.pager.open() == 0);
}
