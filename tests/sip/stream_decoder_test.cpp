#include <fstream>
#include <iterator>

#include "core/random.hpp"
#include "sip/codec.hpp"
#include "support/catch.hpp"

using namespace rcs::sip;
using rcs::core::Errc;
using rcs::core::Error;

namespace {

std::string read(const std::string& name) {
  std::ifstream in(std::string(RCS_SOURCE_DIR) + "/tests/data/sip/" + name + ".dat", std::ios::binary);
  std::string out{std::istreambuf_iterator<char>(in), {}};
  REQUIRE_FALSE(out.empty());
  return out;
}

std::string message(const std::string& length_line, const std::string& body) {
  return "MESSAGE sip:bob@b SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: <sip:alice@a>;tag=1\r\n"
         "To: <sip:bob@b>\r\nCall-ID: c1\r\nCSeq: 1 MESSAGE\r\n" +
         length_line + "\r\n" + body;
}

// One letter an item, and the body of a message: "M(hello)", "K", "E".
std::string drain(StreamDecoder& stream) {
  std::string out;
  while (auto item = stream.next()) {
    if (const auto* m = std::get_if<Message>(&*item)) {
      out += "M(" + m->body + ")";
      const auto alone = decode(stream.last_octets());
      REQUIRE(alone);
      CHECK(*alone == *m);
    } else {
      out += std::holds_alternative<StreamDecoder::KeepAlive>(*item) ? "K" : "E";
    }
  }
  return out;
}

std::string in_pieces(std::string_view octets, rcs::core::Random& random, std::uint64_t most) {
  StreamDecoder stream;
  std::string out;
  while (!octets.empty()) {
    const auto n = std::min<std::size_t>(octets.size(), 1 + random.below(most));
    stream.feed(octets.substr(0, n));
    octets.remove_prefix(n);
    out += drain(stream);
  }
  return out;
}

std::string whole(std::string_view octets) {
  StreamDecoder stream;
  stream.feed(octets);
  return drain(stream);
}

Error error_of(std::string_view octets) {
  StreamDecoder stream;
  stream.feed(octets);
  auto item = stream.next();
  REQUIRE(item);
  REQUIRE(std::holds_alternative<Error>(*item));
  return std::get<Error>(*item);
}

}  // namespace

TEST_CASE("a stream: several messages in one feed, compact length too") {
  CHECK(whole(message("Content-Length: 5\r\n", "hello") + message("l: 0\r\n", "") +
              message("l : 2\r\n", "\r\n")) == "M(hello)M()M(\r\n)");
}

TEST_CASE("a stream: keep-alives between messages, other empty lines mean nothing") {
  const auto one = message("l: 1\r\n", "x");
  CHECK(whole("\r\n\r\n") == "K");
  CHECK(whole("\r\n") == "");
  CHECK(whole("\r\n\r\n\r\n\r\n") == "KK");
  CHECK(whole("\r\n" + one) == "M(x)");
  CHECK(whole("\r\n\r\n" + one + "\r\n" + one + "\r\n\r\n\r\n" + one) == "KM(x)M(x)KM(x)");
  CHECK(whole("\n\n" + one) == "M(x)");
  StreamDecoder stream;
  stream.feed("\r\n\r\n");
  REQUIRE(stream.next());
  CHECK(stream.last_octets() == "\r\n\r\n");
}

TEST_CASE("a stream gives the same items whole, byte by byte and in random pieces") {
  rcs::core::Random random(3);
  std::vector<std::string> streams = {
      read("stream_with_keep_alives"), read("chat_invite") + "\r\n\r\n" + read("register"),
      message("l: 3\r\n", "a\r\n") + "\r\n\r\n" + message("", "no length") + message("l: 0\r\n", ""),
      message("l: 1\r\nnot a field\r\n", "x") + message("l: 1\r\n", "y"),
      message("l: 1\r\nMax-Forwards: 999\r\n", "x") + message("l: 1\r\n", "y")};
  for (const auto& octets : streams) {
    const auto expected = whole(octets);
    CHECK(in_pieces(octets, random, 1) == expected);
    for (int i = 0; i < 50; ++i) CHECK(in_pieces(octets, random, 1 + random.below(300)) == expected);
  }
}

TEST_CASE("a stream: a message that is bad within its frame leaves the stream usable") {
  StreamDecoder stream;
  const auto bad = message("l: 1\r\nMax-Forwards: 999\r\n", "x");
  stream.feed(bad + message("l: 1\r\n", "y"));
  auto first = stream.next();
  REQUIRE(first);
  REQUIRE(std::holds_alternative<Error>(*first));
  CHECK(stream.framed());
  CHECK(stream.last_octets() == bad);
  CHECK(bad_request_response(stream.last_octets(), "why"));
  CHECK(drain(stream) == "M(y)");
}

TEST_CASE("a stream: without a length its end is lost") {
  for (const std::string line :
       {"", "l: x\r\n", "l: -1\r\n", "l: 1\r\nContent-Length: 2\r\n", "l: 99999999\r\n", "no field\r\n"}) {
    CAPTURE(line);
    StreamDecoder stream;
    stream.feed(message(line, "abc"));
    auto item = stream.next();
    REQUIRE(item);
    CHECK(std::holds_alternative<Error>(*item));
    CHECK_FALSE(stream.framed());
    CHECK_FALSE(stream.last_octets().empty());
    stream.feed(message("l: 0\r\n", ""));
    CHECK_FALSE(stream.next());
  }
  CHECK(error_of(message("", "")).detail().find("Content-Length") != std::string::npos);
  CHECK(error_of(message("l: 99999999\r\n", "")).code() == Errc::too_large);
}

TEST_CASE("a stream: a header without an end is refused at its limit, fed in any way") {
  StreamDecoder stream;
  const std::string line = "x: " + std::string(997, 'y') + "\r\n";
  std::size_t fed = 0;
  std::optional<StreamDecoder::Item> item;
  while (!item && fed < 2 * kMaxHeaderBytes) {
    stream.feed(line);
    fed += line.size();
    item = stream.next();
  }
  REQUIRE(item);
  REQUIRE(std::holds_alternative<Error>(*item));
  CHECK(std::get<Error>(*item).code() == Errc::too_large);
  CHECK(fed <= kMaxHeaderBytes + line.size());
  CHECK(error_of(std::string(kMaxHeaderBytes + 1, 'a')).code() == Errc::too_large);
  CHECK(error_of(message("Subject: " + std::string(kMaxHeaderBytes, 'a') + "\r\nl: 0\r\n", "")).code() ==
        Errc::too_large);
}

TEST_CASE("a stream: the largest body comes through, byte by byte") {
  const auto octets =
      message("l: " + std::to_string(kMaxBodyBytes) + "\r\n", std::string(kMaxBodyBytes, '\n'));
  StreamDecoder stream;
  std::size_t messages = 0;
  for (const char c : octets) {
    stream.feed(std::string_view(&c, 1));
    while (stream.next()) ++messages;
  }
  CHECK(messages == 1);
}
