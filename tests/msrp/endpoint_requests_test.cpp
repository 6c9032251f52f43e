// What one endpoint says to requests, octet for octet as a peer writes them.

#include "msrp/endpoint_bench.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Errc;
using namespace std::chrono_literals;
namespace node = rcs::node;

namespace {

constexpr const char* kBob = "msrp://host.example:7000/bob;tcp";
constexpr const char* kAlice = "msrp://host.example:7000/alice;tcp";

/// A request to Bob with these further headers, one a line, and a body where one is given.
std::string request(const std::string& method, const std::string& to, const std::string& headers,
                    std::optional<std::string> body = std::nullopt, char flag = '$') {
  std::string out =
      "MSRP tid1abcd " + method + "\r\nTo-Path: " + to + "\r\nFrom-Path: " + kAlice + "\r\n" + headers;
  if (body) out += "\r\n" + *body + "\r\n";
  return out + "-------tid1abcd" + flag + "\r\n";
}

std::string send_request(const std::string& id, const std::string& body,
                         const std::string& type = "text/plain", const std::string& more = {},
                         char flag = '$') {
  return request("SEND", kBob, "Message-ID: " + id + "\r\n" + more + "Content-Type: " + type + "\r\n", body,
                 flag);
}

/// Bob, and a connection from Alice that is not yet bound.
struct Bob : Bench {
  explicit Bob(LocalEnd local = local_end("bob"), Direction direction = Direction::both) {
    session = open(std::move(local));
    auto remote = remote_end(local_end("alice"), false);
    remote.direction = direction;
    start(session, remote);
    connection = accept();
  }
  /// What is said to a request, in short: statuses, and REPORTs with theirs.
  std::string says(const std::string& octets) {
    feed(connection, octets);
    std::string all;
    for (const auto& each : seen(connection)) {
      const auto& head = each.head;
      all.append(all.empty() ? "" : ", ");
      all += head.is_request()
                 ? head.method + (head.report_status ? " " + std::to_string(head.report_status->code) : "")
                 : std::to_string(head.status);
    }
    return all;
  }

  SessionId session;
  ConnectionId connection;
};

}  // namespace

TEST_CASE("MSRP-50: a To-Path that is not one own URI is answered 481") {
  Bob bob;
  const std::string id = "Message-ID: abcd1\r\n";
  CHECK(bob.says(request("SEND", "msrp://host.example:7000/nobody;tcp", id)) == "481");
  CHECK(bob.says(request("SEND", "msrp://host.example:7000;tcp", id)) == "481");
  CHECK(bob.says(request("SEND", std::string(kBob) + " " + kBob, id)) == "481");
  CHECK(bob.says(request("SEND", "msrp://host.example:7000/bob;sctp", id)) == "481");
  CHECK(bob.says(request("SEND", "nonsense", id)) == "400");
  CHECK(bob.told().empty());
  CHECK(bob.says(request("SEND", kBob, id)) == "200");
  CHECK(bob.told() == "ready 1");
}

TEST_CASE("MSRP-50: what a middlebox may change in our URI does not matter, the session id does") {
  for (const std::string uri : {"msrps://host.example:7000/bob;tcp", "msrp://10.0.0.1:7000/bob;tcp",
                                "msrp://user@other.example:1/bob;TCP;x=y"}) {
    INFO(uri);
    Bob bob;
    CHECK(bob.says(request("SEND", uri, "Message-ID: abcd1\r\n")) == "200");
    CHECK(bob.told() == "ready 1");
  }
  Bob bob;
  CHECK(bob.says(request("SEND", "msrp://host.example:7000/BOB;tcp", "Message-ID: abcd1\r\n")) == "481");
}

TEST_CASE("MSRP-123: ws and wss are one transport, and the host of a browser is anything") {
  Bob bob(local_end("bob", true, "ws"));
  bob.connection = bob.accept(rcs::node::StreamKind::wss);
  CHECK(bob.says(request("SEND", "msrps://df7jal23ls0d.invalid:443/bob;wss", "Message-ID: abcd1\r\n")) ==
        "200");
}

TEST_CASE("MSRP-50, MSRP-70: sessions of one connection are told apart by their session ids alone") {
  Bob bob;
  const auto carol = bob.open(local_end("carol"));
  bob.start(carol, remote_end(local_end("alice2"), false));
  CHECK(bob.says(send_request("abcd1", "to Bob")) == "200");
  const std::string to_carol = "msrp://host.example:7000/carol;tcp";
  bob.feed(bob.connection,
           request("SEND", to_carol, "Message-ID: abcd1\r\nContent-Type: text/plain\r\n", "to Carol"));
  const auto seen = bob.seen(bob.connection);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].head.from_path == to_carol);
  CHECK(bob.told() == "ready 1, arrived 1 to Bob, ready 2, arrived 2 to Carol");
}

TEST_CASE(
    "MSRP-50: a session that is bound to a live connection answers 506 on another, until that is gone") {
  Bob bob;
  CHECK(bob.says(send_request("abcd1", "1")) == "200");
  const auto first = std::exchange(bob.connection, bob.accept());
  CHECK(bob.says(send_request("abcd2", "2")) == "506");
  bob.hear(first, node::Closed{});
  CHECK(bob.says(send_request("abcd2", "2")) == "481");
  bob.start(bob.session, remote_end(local_end("alice"), false));
  CHECK(bob.says(send_request("abcd2", "2")) == "200");
  CHECK(bob.told() == "ready 1, arrived 1 1, lost 1 0, ready 1, arrived 1 2");
}

TEST_CASE("MSRP-51: only a SEND binds; MSRP-75: a REPORT about nothing is ignored") {
  Bob bob;
  const std::string report = "Message-ID: abcd1\r\nStatus: 000 200 OK\r\nByte-Range: 1-5/5\r\n";
  CHECK(bob.says(request("REPORT", kBob, report)).empty());
  CHECK(bob.told().empty());
  CHECK(bob.says(send_request("abcd1", "x")) == "200");
  CHECK(bob.says(request("REPORT", kBob, report)).empty());
  CHECK(bob.says(request("REPORT", "msrp://host.example:7000/nobody;tcp", report)).empty());
  CHECK(bob.told() == "ready 1, arrived 1 x");
}

TEST_CASE("MSRP-12: an unknown method is answered 501, and what follows is read") {
  Bob bob;
  const auto strange = request("NICKNAME", kBob, "Use-Nickname: \"Bob\"\r\n");
  CHECK(bob.says(strange +
                 request("DANCE", "msrp://x.example:1/y;tcp", "X: y\r\nContent-Type: a/b\r\n", "body") +
                 send_request("abcd1", "x", "text/plain", "X-Unknown: y\r\n")) == "501, 501, 200");
  CHECK(bob.told() == "ready 1, arrived 1 x");
}

TEST_CASE("MSRP-12, MSRP-72: a defect is answered 400, but in a REPORT") {
  Bob bob;
  CHECK(bob.says(request("SEND", kBob, "")) == "400");
  CHECK(bob.says(request("SEND", kBob, "Message-ID: abcd1\r\nByte-Range: none\r\n")) == "400");
  CHECK(bob.says(request("REPORT", kBob, "Message-ID: abcd1\r\n")).empty());
  CHECK(bob.told().empty());
  bob.feed(bob.connection, "GET / HTTP/1.1\r\n");
  CHECK(bob.hung_up == std::set<ConnectionId>{bob.connection});
  CHECK(bob.timers.size() == 1);  // the session still waits for its peer
}

TEST_CASE("MSRP-60: a type that we do not take is answered 415, unless no failure is to be reported") {
  Bob bob;
  CHECK(bob.says(send_request("abcd1", "<b>", "text/html")) == "415");
  CHECK(bob.says(send_request("abcd2", "<b>", "text/html", "Failure-Report: partial\r\n")) == "415");
  CHECK(bob.says(send_request("abcd3", "<b>", "text/html", "Failure-Report: no\r\n")).empty());
  CHECK(bob.says(send_request("abcd4", "x", "TEXT/Plain; charset=utf-8")) == "200");
  CHECK(bob.told() == "ready 1, arrived 1 x");
}

TEST_CASE("MSRP-59: containers are always taken") {
  auto local = local_end("bob");
  local.types.accepted = {"text/plain"};
  Bob bob(local);
  for (const std::string type : {"message/cpim", "Message/CPIM", "multipart/mixed;boundary=x",
                                 "multipart/alternative", "multipart/signed"}) {
    INFO(type);
    CHECK(bob.says(send_request("id-" + std::to_string(bob.arrived.size()), "x", type)) == "200");
  }
  CHECK(bob.arrived.size() == 5);
}

TEST_CASE("MSRP-61: where no content is to come, content is refused, and what is about messages flows") {
  const std::string cpim = "From: <sip:a@x>\r\nTo: <sip:b@x>\r\n\r\nContent-Type: ";
  for (const bool ours : {true, false}) {
    INFO(ours);
    auto local = local_end("bob");
    local.types.accepted.push_back("application/im-iscomposing+xml");
    if (ours) local.direction = Direction::send_only;
    Bob bob(local, ours ? Direction::both : Direction::send_only);
    CHECK(bob.says(send_request("abcd1", "x")) == "403");
    CHECK(bob.says(send_request("abcd2", cpim + "text/plain\r\n\r\nx", "message/cpim")) == "403");
    CHECK(bob.arrived.empty());
    CHECK(bob.says(send_request("abcd3", cpim + "message/imdn+xml\r\n\r\n<imdn/>", "message/cpim")) == "200");
    CHECK(bob.says(send_request("abcd4", "<isComposing/>", "application/im-iscomposing+xml")) == "200");
    CHECK(bob.says(request("SEND", kBob, "Message-ID: abcd5\r\n")) == "200");
    CHECK(bob.arrived.size() == 2);

    bob.sent(bob.session, text("x"));
    bob.feed(bob.connection, "MSRP " + bob.seen(bob.connection).at(0).head.transaction_id +
                                 " 200 OK\r\nTo-Path: " + kBob + "\r\nFrom-Path: " + kAlice +
                                 "\r\n-------x$\r\n");
  }
}

TEST_CASE("MSRP-61: where the peer takes no content, none is sent, and what is about messages is") {
  Bob bob(local_end("bob"), Direction::receive_only);
  CHECK(bob.send(bob.session, text("x")).error().code() == Errc::refused);
  CHECK(
      bob.send(bob.session, text("From: <sip:a@x>\r\n\r\nContent-Type: text/plain\r\n\r\nx", "message/cpim"))
          .error()
          .code() == Errc::refused);
  CHECK(bob.send(bob.session,
                 text("From: <sip:a@x>\r\n\r\nContent-Type: message/imdn+xml\r\n\r\nx", "message/cpim")));
  CHECK(bob.send(bob.session, Outgoing()));
}

TEST_CASE("MSRP-41: only what the peer takes is sent, at the top and inside of a CPIM") {
  Bob bob;
  const auto code = [&](const std::string& content, const std::string& type) {
    const auto id = bob.send(bob.session, text(content, type));
    return id ? "" : id.error().code() == Errc::unsupported ? "unsupported" : "else";
  };
  const std::string cpim = "From: <sip:a@x>\r\n\r\nContent-Type: ";
  CHECK(code("x", "text/plain;charset=utf-8") == std::string());
  CHECK(code("x", "text/html") == std::string("unsupported"));
  CHECK(code(cpim + "text/plain\r\n\r\nx", "message/cpim") == std::string());
  CHECK(code(cpim + "Message/IMDN+xml\r\n\r\nx", "Message/CPIM") == std::string());
  CHECK(code(cpim + "image/png\r\n\r\nx", "message/cpim") == std::string("unsupported"));
  CHECK(code("what nobody can read", "message/cpim") == std::string());
  CHECK(bob.send(bob.session, text("x", "")).error().code() == Errc::malformed);
  auto bad_id = text("x");
  bad_id.message_id = "a b";
  CHECK(bob.send(bob.session, std::move(bad_id)).error().code() == Errc::malformed);
}

TEST_CASE("MSRP-41: types match without case and parameters, and by wildcards") {
  const Types types{{"text/*", "Message/CPIM"}, {"image/png"}};
  CHECK(types.takes("text/plain"));
  CHECK(types.takes("TEXT/html ;charset=utf-8"));
  CHECK_FALSE(types.takes("textual/plain"));
  CHECK(types.takes("message/cpim"));
  CHECK_FALSE(types.takes("image/png"));
  CHECK(types.takes_wrapped("image/PNG"));
  CHECK(types.takes_wrapped("text/plain"));
  CHECK_FALSE(types.takes_wrapped("image/gif"));
  CHECK(Types{{"*"}, {}}.takes("x/y"));
  CHECK(Types{{"message/cpim"}, {}}.takes_wrapped("x/y"));
  CHECK_FALSE(Types{{"message/cpim", "text/plain"}, {}}.takes_wrapped("x/y"));
}

TEST_CASE("MSRP-42: nothing over the max-size of the peer is sent, and nothing over ours is taken") {
  auto local = local_end("bob");
  local.limits.max_message = 10;
  Bob bob(local);
  auto remote = remote_end(local_end("alice"), false);
  remote.max_size = 5;
  bob.start(bob.session, remote);
  CHECK(bob.send(bob.session, text("123456")).error().code() == Errc::too_large);
  CHECK(bob.send(bob.session, text("12345")));
  const auto only_statuses = bob.says(send_request("abcd1", "12345678901", "text/plain", "", '+'));
  CHECK(only_statuses == "413, SEND");
  CHECK(bob.says(send_request("abcd1", "x", "text/plain", "Byte-Range: 12-12/12\r\n")) == "413");
  CHECK(bob.says(send_request("abcd2", "1234567890")) == "200");
}

TEST_CASE("MSRP-84: bodiless SENDs are answered and shown to nobody") {
  Bob bob;
  CHECK(bob.says(request("SEND", kBob, "Message-ID: abcd1\r\nSuccess-Report: no\r\nByte-Range: 1-0/0\r\n")) ==
        "200");
  CHECK(bob.says(request("SEND", kBob, "Message-ID: abcd2\r\nFailure-Report: no\r\n")).empty());
  CHECK(bob.told() == "ready 1");
}

TEST_CASE("MSRP-7: empty content is content") {
  Bob bob;
  CHECK(bob.says(send_request("abcd1", "", "text/plain", "Byte-Range: 1-0/0\r\n")) == "200");
  CHECK(bob.told() == "ready 1, arrived 1 ");
}

TEST_CASE("MSRP-58, MSRP-73: a repeated message is answered and reported again, and shown once") {
  Bob bob;
  const auto octets = send_request("abcd1", "x", "text/plain", "Success-Report: yes\r\n");
  CHECK(bob.says(octets) == "200, REPORT 200");
  CHECK(bob.says(octets) == "200, REPORT 200");
  CHECK(bob.told() == "ready 1, arrived 1 x");
}

TEST_CASE("MSRP-56: an abandoned message is answered, and shown to nobody") {
  Bob bob;
  CHECK(bob.says(send_request("abcd1", "half", "text/plain", "", '+')) == "200");
  CHECK(bob.says(send_request("abcd1", "", "text/plain", "Byte-Range: 5-*/*\r\n", '#')) == "200");
  CHECK(bob.told() == "ready 1");
}

TEST_CASE("held answers: the last chunk is answered and reported when its owner has the message safe") {
  auto local = local_end("bob");
  local.hold_answers = true;
  Bob bob(local);
  const std::string report = "Success-Report: yes\r\n";
  CHECK(bob.says(send_request("abcd1", "ab", "text/plain", report + "Byte-Range: 1-2/4\r\n", '+')) == "200");
  CHECK(bob.says(send_request("abcd1", "cd", "text/plain", report + "Byte-Range: 3-4/4\r\n")).empty());
  CHECK(bob.says(send_request("abcd2", "ef")).empty());
  REQUIRE(bob.told() == "ready 1, arrived 1 abcd, arrived 1 ef");
  REQUIRE(bob.arrived.size() == 2);
  CHECK(bob.arrived[0].ticket != bob.arrived[1].ticket);

  bob.answer(bob.session, bob.arrived[1].ticket, 200);
  CHECK(bob.seen(bob.connection).size() == 1);
  bob.answer(bob.session, bob.arrived[0].ticket, 200);
  const auto seen = bob.seen(bob.connection);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].head.status == 200);
  CHECK(seen[1].head.byte_range == ByteRange{1, 4, 4});
  bob.answer(bob.session, bob.arrived[0].ticket, 200);  // once
  CHECK(bob.seen(bob.connection).empty());
}

TEST_CASE("held answers: what its owner refuses is refused, and is a new message when it comes again") {
  auto local = local_end("bob");
  local.hold_answers = true;
  Bob bob(local);
  const auto octets = send_request("abcd1", "x", "text/plain", "Success-Report: yes\r\n");
  CHECK(bob.says(octets).empty());
  bob.answer(bob.session, bob.arrived.at(0).ticket, 403);
  const auto seen = bob.seen(bob.connection);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].head.status == 403);
  CHECK(bob.says(octets).empty());
  CHECK(bob.told() == "ready 1, arrived 1 x, arrived 1 x");
}

TEST_CASE("held answers: a repetition waits for the same answer, also on a new connection") {
  auto local = local_end("bob");
  local.hold_answers = true;
  Bob bob(local);
  const std::string report = "Success-Report: yes\r\n";
  CHECK(bob.says(send_request("abcd1", "ab", "text/plain", report)).empty());
  bob.hear(bob.connection, node::Closed{});
  bob.start(bob.session, remote_end(local_end("alice"), false));
  bob.connection = bob.accept();
  CHECK(bob.says(send_request("abcd1", "a", "text/plain", report + "Byte-Range: 1-1/2\r\n", '+')) == "200");
  CHECK(bob.says(send_request("abcd1", "b", "text/plain", report + "Byte-Range: 2-2/2\r\n")).empty());
  bob.answer(bob.session, bob.arrived.at(0).ticket, 200);
  const auto seen = bob.seen(bob.connection);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].head.status == 200);
  CHECK(seen[1].head.byte_range == ByteRange{1, 2, 2});
  CHECK(bob.told() == "ready 1, arrived 1 ab, lost 1 0, ready 1");
}

TEST_CASE("MSRP-76: close() refuses what is held, without a REPORT") {
  auto local = local_end("bob");
  local.hold_answers = true;
  Bob bob(local);
  CHECK(bob.says(send_request("abcd1", "x", "text/plain", "Success-Report: yes\r\n")).empty());
  bob.close(bob.session);
  const auto seen = bob.seen(bob.connection);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].head.status == 481);
  CHECK(bob.says(send_request("abcd2", "x")) == "481");
}

TEST_CASE("MSRP-50: the rest of a chunk whose session is closed is read, and refused once") {
  Bob bob;
  const auto octets = send_request("abcd1", "half of it");
  CHECK(bob.says(octets.substr(0, octets.size() - 20)).empty());
  bob.close(bob.session);
  CHECK(bob.seen(bob.connection).size() == 1);
  CHECK(bob.says(octets.substr(octets.size() - 20)).empty());
  CHECK(bob.says(octets) == "481");
}

TEST_CASE("MSRP-39, MSRP-40: a failure that the peer reports for a range ends the session") {
  Bob bob;
  CHECK(bob.says(send_request("abcd1", "x")) == "200");
  const auto id = bob.sent(bob.session, text("y"));
  bob.written(bob.connection);
  bob.feed(bob.connection,
           request("REPORT", kBob, "Message-ID: " + id + "\r\nByte-Range: 1-1/1\r\nStatus: 000 408\r\n"));
  CHECK(bob.told() == "ready 1, arrived 1 x, failed 1 408, lost 1 408");
  CHECK(bob.send(bob.session, text("z")).error().code() == Errc::unknown);
}

TEST_CASE("MSRP-71: success REPORTs tell delivery") {
  Bob bob;
  CHECK(bob.says(send_request("abcd1", "x")) == "200");
  auto message = text("hello");
  message.success_report = true;
  const auto id = bob.sent(bob.session, std::move(message));
  const auto seen = bob.seen(bob.connection);
  REQUIRE(seen.size() == 1);
  const auto& tid = seen[0].head.transaction_id;
  bob.feed(bob.connection, "MSRP " + tid + " 200 OK\r\nTo-Path: " + kBob + "\r\nFrom-Path: " + kAlice +
                               "\r\n-------" + tid + "$\r\n");
  bob.feed(bob.connection,
           request("REPORT", kBob, "Message-ID: " + id + "\r\nByte-Range: 1-5/5\r\nStatus: 000 200\r\n"));
  CHECK(bob.told() == "ready 1, arrived 1 x, sent 1, delivered 1");
}
