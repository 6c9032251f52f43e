// From StartChat over the wire to ChatInvited: what the web says arrives unchanged and can become nothing
// else.
#include <algorithm>
#include <set>

#include "chat/lab.hpp"
#include "core/text.hpp"

using namespace rcs;
using namespace rcs::chat;
using namespace rcs::chat::test;

namespace {

constexpr const char* kPieces[] = {"hello",
                                   " ",
                                   "\"",
                                   "'",
                                   "\\",
                                   "\r\n",
                                   "\n",
                                   "\r",
                                   "\r\n\r\n",
                                   "\t",
                                   "\b",
                                   "\x01",
                                   "\x1f",
                                   "\x7f",
                                   "<",
                                   ">",
                                   ";",
                                   ":",
                                   "%0d%0a",
                                   "\r\nVia: SIP/2.0/UDP evil;branch=z9hG4bKevil",
                                   "\r\nX-Injected: yes",
                                   "\r\nContent-Length: 0\r\n\r\n",
                                   "\r\nX-Injected: yes\r\n\r\n",
                                   "X-Injected: yes\r\n",
                                   "--boundary1--\r\n",
                                   "\r\n--",
                                   "\\n",
                                   "\\u000d\\u000a",
                                   "\xEC\x95\x88\xEB\x85\x95",
                                   "\xF0\x9F\x98\x80",
                                   "\xC3\xA9",
                                   "\xE2\x80\xA8",
                                   "Content-Type: text/html\r\n",
                                   "imdn.Message-ID: stolen\r\n",
                                   "BYE sip:x SIP/2.0\r\n",
                                   "=?utf-8?B?eA==?="};

std::string phrase(core::Random& random, std::size_t at_least) {
  std::string text;
  do {
    text += kPieces[random.below(std::size(kPieces))];
  } while (text.size() < at_least);
  return text;
}

std::string number(core::Random& random) {
  std::string n = "+8210";
  for (int i = 0; i < 8; ++i) n.push_back(static_cast<char>('0' + random.below(10)));
  return n;
}

std::string address(core::Random& random) {
  const auto n = number(random);
  switch (random.below(4)) {
    case 0:
      return "tel:" + n;
    case 1:
      return "sip:" + n + "@domain.com;user=phone";
    case 2:
      return "sip:0" + n.substr(3) + "@domain.com";
    default:
      return "sip:" + random.token(8) + "@example.org";
  }
}

/// The names of the header fields of a message on the wire, up to the first empty line.
std::multiset<std::string> field_names(const std::string& octets) {
  std::multiset<std::string> names;
  const auto end = octets.find("\r\n\r\n");
  std::string_view head(octets.data(), end == std::string::npos ? octets.size() : end);
  head.remove_prefix(std::min(head.size(), head.find("\r\n") + 2));
  while (!head.empty()) {
    const auto line = head.substr(0, head.find("\r\n"));
    names.insert(core::to_lower(line.substr(0, line.find(':'))));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
  }
  return names;
}

}  // namespace

TEST_CASE(
    "XLAT-1 XLAT-2 XLAT-3: any text, id, sender and recipient arrive byte for byte, and add no header") {
  core::Random random(20120101);
  std::multiset<std::string> names_of_plain;
  for (int i = 0; i < 300; ++i) {
    Pair p(static_cast<std::uint64_t>(i));
    StartChat start{outgoing_chat(1), address(random), address(random), phrase(random, random.below(200)),
                    body::ChatText{}};
    const std::size_t sizes[] = {1, 10, 100, 1000, 64 * 1024};
    start.text->text = i == 0 ? "x" : phrase(random, sizes[random.below(std::size(sizes))]);
    if (start.text->text.size() > 64 * 1024) start.text->text.resize(64 * 1024);
    start.text->message_id = random.token(1 + random.below(40));
    start.text->want_delivery = random.below(2) == 0;
    start.text->want_display = random.below(2) == 0;
    if (i == 0) start.subject = "plain";
    if (start.subject.find_first_not_of("\r\n\t\b\x01\x1f\x7f ") == std::string::npos) start.subject += "s";
    p.lab.command(p.alice, start);
    p.lab.run_for(200ms);

    const auto sent = p.lab.sent("INVITE", &p.alice);
    REQUIRE(sent.size() == 1);
    CAPTURE(i, start.from, start.to, core::quoted(start.subject, 300), core::quoted(start.text->text, 300),
            sent[0].octets.substr(0, 3000));
    const auto names = field_names(sent[0].octets);
    if (i == 0) names_of_plain = names;
    REQUIRE(names == names_of_plain);
    REQUIRE(p.bob.count<ChatInvited>() == 1);
    const auto invited = p.bob.only<ChatInvited>();
    REQUIRE(invited.from == start.from);
    REQUIRE(invited.user == start.to);
    REQUIRE_FALSE(core::has_control(invited.subject));
    REQUIRE(invited.subject.find("\xEF\xBF\xBD") == std::string::npos);
    REQUIRE(invited.text);
    const auto& text = *invited.text;
    REQUIRE(text.text == start.text->text);
    REQUIRE(text.message_id == start.text->message_id);
    REQUIRE(text.from == start.from);
    REQUIRE(text.to == start.to);
    REQUIRE(text.content_type == start.text->content_type);
    REQUIRE(text.want_delivery == start.text->want_delivery);
    REQUIRE(text.want_display == start.text->want_display);
    REQUIRE(text.date_time);
  }
}

TEST_CASE(
    "XLAT-1 XLAT-2: a subject keeps its characters; controls become one space, the rest over 1 KiB is cut") {
  const auto arrives = [](std::string subject) {
    Pair p;
    p.lab.command(p.alice, StartChat{outgoing_chat(1), "sip:a@d", "sip:b@d", std::move(subject), {}});
    p.lab.run_for(100ms);
    return p.bob.only<ChatInvited>().subject;
  };
  CHECK(arrives("title") == "title");
  CHECK(arrives("say \"hi\", \\ 'x' <sip:y>;z=1") == "say \"hi\", \\ 'x' <sip:y>;z=1");
  CHECK(arrives("\xEC\x95\x88\xEB\x85\x95 \xF0\x9F\x98\x80") == "\xEC\x95\x88\xEB\x85\x95 \xF0\x9F\x98\x80");
  CHECK(arrives("a\r\nRoute: <sip:evil>\r\n\r\nb") == "a Route: <sip:evil> b");
  std::string wide;
  for (int i = 0; i < 500; ++i) wide += "\xEC\x95\x88";
  CHECK(arrives(wide) == wide.substr(0, 1023));
  CHECK(arrives("").empty());
}

TEST_CASE("XLAT-2: a hostile message id stays one CPIM value") {
  Pair p;
  StartChat start{outgoing_chat(1), "sip:a@d", "sip:b@d", "s", body::ChatText{}};
  start.text->message_id = "id\r\nimdn.Disposition-Notification: none\r\nX: y";
  start.text->text = "t";
  p.lab.command(p.alice, start);
  p.lab.run_for(100ms);
  const auto invited = p.bob.only<ChatInvited>();
  REQUIRE(invited.text);
  CHECK(invited.text->message_id == start.text->message_id);
  CHECK(invited.text->text == "t");
  CHECK(invited.text->want_delivery);
}

TEST_CASE("XLAT-4: what a StartChat does not name is not in the message") {
  Pair p;
  p.call();
  p.lab.run_for(50ms);
  // Everything on the wire is made of the command and of generated values: no field is there that could carry
  // a token.
  const auto names = field_names(p.lab.sent("INVITE", &p.alice).at(0).octets);
  CHECK_FALSE(names.contains("authorization"));
  CHECK_FALSE(names.contains("proxy-authorization"));
}

TEST_CASE("XLAT-5: an INVITE with SDP alone, or with nothing, is an invitation without text") {
  Behind b;
  b.register_user();
  auto invite = b.core.invite();
  SECTION("SDP") {}
  SECTION("no body") {
    invite.remove_header("Content-Type");
    invite.body.clear();
  }
  b.core.send(invite);
  b.lab.run_for(100ms);
  const auto invited = b.agent.only<ChatInvited>();
  CHECK_FALSE(invited.text);
  CHECK(invited.from == "sip:alice@domain.com");
  CHECK(invited.user == "sip:bob@domain.com");
}
