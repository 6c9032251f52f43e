// One message for several, by the list server of its sender's network (RFC 5365).
#include "ims/list_server.hpp"

#include <algorithm>

#include "body/imdn.hpp"
#include "body/list_message.hpp"
#include "body/multipart.hpp"
#include "two_ways.hpp"

using namespace rcs;
using namespace rcs::test;
using body::CopyControl;
using body::Recipient;
using Uris = std::vector<std::string>;

namespace {

const std::string kRose = "sip:01012345678@domain.com";
const std::string kAnna = "sip:01055555555@domain.com";
const std::string kStranger = "sip:01000000000@domain.com";

ims::CoreConfig with_users() {
  ims::CoreConfig config;
  config.users = {"01087654321", "01012345678", "01055555555"};
  config.numbers.country_code = "82";
  return config;
}

Recipient to(const std::string& uri, CopyControl copy = CopyControl::to, bool anonymize = false) {
  return {uri, copy, anonymize, 1};
}

/// The sender, the receiver, and a third who may be away.
struct Lists {
  explicit Lists(bool third_registers = true, ims::CoreConfig config = with_users())
      : two(std::move(config)), third(Device::add(two.net, "third", "10.1.0.3", "01055555555")) {
    if (third_registers) come();
  }
  void come() {
    third.send_register();
    two.net.run_for(1s);
  }
  sip::Message make(const std::vector<Recipient>& recipients,
                    const std::string& notices = "positive-delivery, negative-delivery") {
    auto message = make_bare(sip::make_sip_uri("list", "domain.com"));
    message.add_header("Require", "recipient-list-message");
    const body::Part text{{{"Content-Type", "message/cpim"}}, cpim_text("id-1", "hello, all", notices)};
    auto made = body::make_list_message(text, recipients, random);
    message.add_header("Content-Type", made.content_type);
    message.body = std::move(made.content);
    return message;
  }
  sip::Message make_bare(const sip::Uri& target) {
    auto message = two.sender.request("MESSAGE", target);
    message.routes = two.sender.service_route;
    message.add_header("Conversation-ID", "0123456789abcdef0123456789abcdef");
    message.add_header("Contribution-ID", "fedcba9876543210fedcba9876543210");
    return message;
  }
  /// The answer that the sender has.
  int send(const sip::Message& message, Duration wait = 1s) {
    two.sender.responses.clear();
    two.sender.send(message);
    two.net.run_for(wait);
    return two.sender.status_of("MESSAGE");
  }
  int send(const std::vector<Recipient>& recipients) { return send(make(recipients)); }
  std::string refusal() const {
    const auto* why = two.sender.responses.back().header("Warning");
    return why == nullptr ? "" : *why;
  }
  /// Whom the sender was told it has failed for.
  Uris failed() const {
    Uris uris;
    for (const auto* message : two.sender.got("MESSAGE")) {
      const auto notices = body::read_imdn_cpim(*body::parse_cpim(message->body));
      REQUIRE(notices);
      for (const auto& notice : *notices) {
        CHECK(notice.status == body::ImdnStatus::failed);
        CHECK(notice.message_id == "id-1");
        uris.push_back(notice.recipient_uri);
      }
    }
    return uris;
  }
  void check_over() {
    two.net.run_for(200s);
    for (std::size_t i = 0; i < ims::Core::size(); ++i) CHECK(two.net.core().at(i).open() == 0);
  }

  TwoUsers two;
  Device& third;
  core::Random random{5};
};

const sip::Message& only_message(const Device& device) {
  REQUIRE(device.got("MESSAGE").size() == 1);
  return *device.got("MESSAGE").front();
}

std::vector<Recipient> history_of(const sip::Message& message) {
  const auto type = body::parse_media_type(*message.header("Content-Type"));
  REQUIRE(type);
  const auto parts = body::parse_multipart(message.body, type->param("boundary").value_or(""));
  REQUIRE(parts);
  REQUIRE(parts->size() == 2);
  CHECK(*body::find_mime(parts->back().headers, "Content-Disposition") ==
        "recipient-list-history;handling=optional");
  const auto list = body::parse_recipient_list(parts->back().content);
  REQUIRE(list);
  return *list;
}

}  // namespace

TEST_CASE("PGR-42 PGR-6: a message to a list is answered at once, and sent to each as a message of its own") {
  Lists lists;
  const auto sent = lists.make({to(kRose), to(kAnna, CopyControl::cc)});
  CHECK(lists.send(sent) == 202);
  CHECK(lists.two.net.count("o-imas>t-cscf MESSAGE") == 2);
  std::set<std::string> calls{sent.call_id};
  for (const auto* device : {&lists.two.receiver, &lists.third}) {
    const auto& message = only_message(*device);
    CHECK(calls.insert(message.call_id).second);
    CHECK(message.from == sent.from);
    CHECK(message.to.uri == device->uri());
    CHECK(message.to_tag().empty());
    CHECK(*message.header("P-Asserted-Identity") == "<sip:01087654321@domain.com>");
    CHECK(*message.header("Conversation-ID") == *sent.header("Conversation-ID"));
    CHECK(*message.header("Contribution-ID") == *sent.header("Contribution-ID"));
    CHECK(message.header("Require") == nullptr);
    CHECK(message.contacts.empty());
    CHECK(history_of(message) == std::vector<Recipient>{to(kRose), to(kAnna, CopyControl::cc)});
    const auto text = body::take_message_part(*message.header("Content-Type"), message.body);
    REQUIRE(text);
    CHECK((*text)->content == cpim_text("id-1", "hello, all", "positive-delivery, negative-delivery"));
  }
  CHECK(lists.failed().empty());
  lists.check_over();
}

TEST_CASE("PGR-43: who is not to be seen is in no history; without anybody in it the message goes alone") {
  Lists lists;
  CHECK(lists.send({to(kRose, CopyControl::bcc), to(kAnna, CopyControl::to, true)}) == 202);
  const std::vector<Recipient> shown = {{"sip:anonymous@anonymous.invalid", CopyControl::to, false, 1}};
  CHECK(history_of(only_message(lists.two.receiver)) == shown);
  CHECK(history_of(only_message(lists.third)) == shown);

  Lists blind;
  CHECK(blind.send({to(kRose, CopyControl::bcc), to(kAnna, CopyControl::bcc)}) == 202);
  const auto& alone = only_message(blind.third);
  CHECK(*alone.header("Content-Type") == "message/cpim");
  CHECK(alone.body == cpim_text("id-1", "hello, all", "positive-delivery, negative-delivery"));
}

TEST_CASE("PGR-43 SIM-14: each gets it once, in whatever forms it is named, and the sender too") {
  Lists lists;
  CHECK(lists.send({to(kRose, CopyControl::bcc), to("tel:+821012345678"), to("tel:010-1234-5678"),
                    to("im:01012345678@domain.com"), to("sip:01087654321@domain.com")}) == 202);
  CHECK(history_of(only_message(lists.two.receiver)) ==
        std::vector<Recipient>{to(kRose), to("sip:01087654321@domain.com")});
  CHECK(only_message(lists.two.sender).to.uri.user == "01087654321");
  lists.check_over();
}

TEST_CASE("PGR-19 PGR-43: what a URI of the list says about the request to make is not honoured") {
  Lists lists;
  CHECK(lists.send(
            {to("sip:01012345678@domain.com;method=INVITE?body=bye&Subject=sold&Route=%3Csip:x%3E")}) == 202);
  const auto& message = only_message(lists.two.receiver);
  CHECK(message.header("Subject") == nullptr);
  CHECK(message.body.find("bye") == std::string::npos);
  CHECK(message.to.uri.to_string() == kRose);
  CHECK(history_of(message) == std::vector<Recipient>{to(kRose)});
}

TEST_CASE("PGR-42: the list server does not send to itself") {
  Lists lists;
  CHECK(lists.send({to("sip:LIST@domain.com"), to(kRose), to("sip:list@10.0.0.2:5060")}) == 202);
  CHECK(lists.two.net.count("o-imas>t-cscf MESSAGE") == 1);
  CHECK(lists.send({to("sip:list@domain.com;user=phone")}) == 400);
  CHECK(lists.refusal().find("got nobody") != std::string::npos);
  lists.check_over();
}

TEST_CASE("PGR-42: what is no message to a list is refused with the reason, and nobody gets it") {
  Lists lists;
  auto plain = lists.make_bare(sip::make_sip_uri("list", "domain.com"));
  plain.add_header("Content-Type", "text/plain");
  plain.body = "hello";
  CHECK(lists.send(plain) == 400);
  CHECK(lists.refusal().find("expected multipart/mixed") != std::string::npos);

  CHECK(lists.send({to("mailto:rose@x.example")}) == 400);
  CHECK(lists.refusal().find("mailto:rose@x.example") != std::string::npos);

  std::vector<Recipient> many;
  for (std::size_t i = 0; i <= ims::kMaxListRecipients; ++i)
    many.push_back(to("sip:0101" + std::to_string(1000000 + i) + "@domain.com"));
  CHECK(lists.send(many) == 413);
  CHECK(lists.refusal().find("at most 100 recipients, got 101") != std::string::npos);

  const body::Part book{{{"Content-Type", "text/plain"}}, std::string(ims::kMaxCopyOctets, 'x')};
  auto large = lists.make({to(kRose)});
  auto made = body::make_list_message(book, {to(kRose)}, lists.random);
  large.set_header("Content-Type", made.content_type);
  large.body = std::move(made.content);
  CHECK(lists.send(large) == 413);
  CHECK(lists.refusal().find("at most 20480 octets") != std::string::npos);

  auto packed = lists.make({to(kRose)});
  packed.add_header("Content-Encoding", "br");
  CHECK(lists.send(packed) == 415);
  CHECK(lists.two.receiver.got("MESSAGE").empty());
  lists.check_over();
}

TEST_CASE("PGR-44: an option that is not known is refused, by the list server and by those that are none") {
  Lists lists;
  auto odd = lists.make({to(kRose)});
  odd.set_header("Require", "recipient-list-message, magic");
  CHECK(lists.send(odd) == 420);
  CHECK(*lists.two.sender.responses.back().header("Unsupported") == "magic");

  auto elsewhere = lists.make({to(kRose)});
  elsewhere.request_uri = lists.two.receiver.uri();
  CHECK(lists.send(elsewhere) == 420);
  CHECK(*lists.two.sender.responses.back().header("Unsupported") == "recipient-list-message");
  CHECK(lists.two.receiver.got("MESSAGE").empty());
}

TEST_CASE("IMDN-8 PGR-42: whom it could not be brought to, its sender is told, where that was asked for") {
  Lists lists;
  CHECK(lists.send({to(kRose), to(kStranger), to("sip:eve@elsewhere.example")}) == 202);
  lists.two.net.run_for(5s);
  CHECK(lists.failed() == Uris{kStranger, "sip:eve@elsewhere.example"});
  const auto& notice = *lists.two.sender.got("MESSAGE").front();
  CHECK(notice.from.uri.to_string() == kStranger);
  CHECK(*notice.header("Conversation-ID") == "0123456789abcdef0123456789abcdef");
  CHECK(lists.two.receiver.got("MESSAGE").size() == 1);
  lists.check_over();

  Lists quiet;
  CHECK(quiet.send(quiet.make({to(kRose), to(kStranger)}, "positive-delivery")) == 202);
  quiet.two.net.run_for(5s);
  CHECK(quiet.failed().empty());
  quiet.check_over();
}

TEST_CASE("PGR-42 CHAT-41: who is away gets it when it registers") {
  Lists lists(false);
  CHECK(lists.send({to(kRose), to(kAnna)}) == 202);
  CHECK(lists.third.got("MESSAGE").empty());
  lists.come();
  CHECK(history_of(only_message(lists.third)) == std::vector<Recipient>{to(kRose), to(kAnna)});
  CHECK(lists.failed().empty());
  lists.check_over();
}

TEST_CASE("PGR-42 PGR-12: until when it is worth something each of them is told, and by when") {
  Lists lists(false);
  auto sent = lists.make({to(kRose), to(kAnna)});
  sent.add_header("Expires", "60");
  CHECK(lists.send(sent) == 202);
  const auto& message = only_message(lists.two.receiver);
  CHECK(*message.header("Expires") == "60");
  CHECK(message.header("Date") != nullptr);
  lists.two.net.run_for(100s);
  lists.come();
  CHECK(lists.third.got("MESSAGE").empty());
  CHECK(lists.failed() == Uris{kAnna});
}

TEST_CASE("PGR-42 CHAT-41: in a chat of the two it goes without the history, which is for MESSAGE") {
  core::Random random(3);
  const auto listed = [&](TwoWays& both) {
    const body::Part text{{{"Content-Type", "message/cpim"}}, TwoWays::text("page-1")};
    auto made = body::make_list_message(text, {to(kRose)}, random);
    auto message = both.make(both.two.sender, made.content, made.content_type);
    message.request_uri = message.to.uri = sip::make_sip_uri("list", "domain.com");
    return message;
  };
  TwoWays open;
  open.invite("id-0");
  CHECK(open.page(open.two.sender, listed(open)) == 202);
  CHECK(open.receiver.contents == Ids{TwoWays::text("page-1")});
  CHECK(open.two.receiver.got("MESSAGE").empty());
  open.check_over();

  TwoWays opened;  // by the message itself
  opened.two.receiver.plain_answer = 405;
  CHECK(opened.page(opened.two.sender, listed(opened)) == 202);
  REQUIRE(opened.two.receiver.got("INVITE").size() == 1);
  const auto& invite = *opened.two.receiver.got("INVITE")[0];
  CHECK(invite.body.find(TwoWays::text("page-1")) != std::string::npos);
  CHECK(invite.body.find("recipient-list") == std::string::npos);
}

TEST_CASE("PGR-42: what is wrapped more than once goes to the device as it is") {
  core::Random random(3);
  const body::Part text{{{"Content-Type", "message/cpim"}}, TwoWays::text("page-1")};
  const auto once = body::add_list_history(text, {to(kRose)}, random);
  const auto twice =
      body::add_list_history({{{"Content-Type", once.content_type}}, once.content}, {to(kRose)}, random);
  TwoWays both;
  both.invite("id-0");
  CHECK(both.page(both.two.sender, both.make(both.two.sender, twice.content, twice.content_type)) == 200);
  CHECK(both.receiver.contents.empty());
  CHECK(TwoWays::bodies(both.two.receiver) == Ids{twice.content});
}

TEST_CASE("PGR-10: to one user one at a time, whatever lists name it") {
  Lists lists;
  lists.two.receiver.plain_answer = 0;  // the server answers for it after 8 s
  for (int i = 0; i < 3; ++i) CHECK(lists.send({to(kRose), to(kAnna)}) == 202);
  CHECK(lists.third.got("MESSAGE").size() == 3);
  CHECK(lists.two.net.count("o-imas>t-cscf MESSAGE") == 4);
  lists.two.net.run_for(8s);
  CHECK(lists.two.net.count("o-imas>t-cscf MESSAGE") == 6);
}

namespace {

ims::Signal copy_for(std::uint32_t user, std::uint64_t message) {
  ims::Signal copy;
  copy.method = ims::Method::message;
  copy.to = ims::UserId{user};
  copy.message = ims::MessageHandle{message};
  return copy;
}

/// The role alone: what it sends, and what it has done with.
struct Server {
  explicit Server(ims::ListServerConfig config)
      : role(config, {.self = {2}, .o_cscf = {1}, .o_imas = {2}, .t_cscf = {3}, .t_imas = {4}}) {}
  void list(std::vector<ims::Signal> copies) {
    ims::Signal request = copy_for(9, 0);
    (void)request.via.push(ims::NodeId{1});
    ims::RoleOutbox out;
    role.on_list(now, request, copies, out);
    take(out);
  }
  void answer(const ims::Signal& request, int status) {
    ims::Signal response = request;
    response.status = static_cast<std::uint16_t>(status);
    ims::RoleOutbox out;
    role.on_message(now, ims::NodeId{3}, response, out);
    take(out);
  }
  void take(ims::RoleOutbox& out) {
    for (auto& effect : out.take()) {
      if (const auto* send = std::get_if<ims::RoleOutbox::Send>(&effect)) {
        (send->message.status == 0 ? sent : answers).push_back(send->message);
      } else if (const auto* emit = std::get_if<ims::RoleOutbox::Emit>(&effect)) {
        notices.push_back(emit->event);
      }
    }
  }
  std::vector<std::uint64_t> told(ims::Notice::Kind kind) const {
    std::vector<std::uint64_t> messages;
    for (const auto& notice : notices) {
      if (notice.kind == kind) messages.push_back(notice.message.value);
    }
    return messages;
  }

  ims::ListServerRole role;
  Instant now{};
  std::vector<ims::Signal> sent;
  std::vector<ims::Signal> answers;
  std::vector<ims::Notice> notices;
};

using Messages = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("PGR-42: a bounded number is under way, and what can not be held is refused whole") {
  Server server({.parallel = 2, .max_copies = 4});
  server.list({copy_for(10, 1), copy_for(11, 2), copy_for(12, 3)});
  CHECK(server.answers.back().status == 202);
  REQUIRE(server.sent.size() == 2);
  server.list({copy_for(13, 4), copy_for(14, 5)});
  CHECK(server.answers.back().status == 600);
  CHECK(server.told(ims::Notice::Kind::message_done) == Messages{4, 5});
  server.answer(server.sent[1], 200);
  REQUIRE(server.sent.size() == 3);
  CHECK(server.sent[2].to == ims::UserId{12});
  server.answer(server.sent[0], 404);
  server.answer(server.sent[2], 202);
  CHECK(server.told(ims::Notice::Kind::message_lost) == Messages{1});
  CHECK(server.told(ims::Notice::Kind::message_done) == Messages{4, 5, 2, 1, 3});
  CHECK(server.role.open() == 0);
}

TEST_CASE("PGR-42: one sender does not take all places") {
  Server server({.parallel = 1, .max_copies_of_sender = 2});
  server.list({copy_for(10, 1), copy_for(11, 2)});
  CHECK(server.answers.back().status == 202);
  server.list({copy_for(12, 3)});
  CHECK(server.answers.back().status == ims::kListServerBusy);
  server.answer(server.sent[0], 200);
  server.list({copy_for(12, 4)});
  CHECK(server.answers.back().status == 202);
}

TEST_CASE("PGR-42: what has waited too long for those before it is lost") {
  Server server({.parallel = 1, .wait_at_most = 60s});
  server.list({copy_for(10, 1), copy_for(11, 2), copy_for(12, 3)});
  server.now += 59s;
  server.answer(server.sent.back(), 200);
  CHECK(server.sent.size() == 2);
  server.now += 1s;
  server.answer(server.sent.back(), 200);
  CHECK(server.sent.size() == 2);
  CHECK(server.told(ims::Notice::Kind::message_lost) == Messages{3});
  CHECK(server.role.open() == 0);
}
