#include "harness/event_stream.hpp"

#include "core/random.hpp"
#include "support/catch.hpp"

using rcs::harness::EventStream;
using rcs::harness::EventTransport;

namespace {

/// Feeds `octets` in pieces of random sizes.
std::vector<std::string> in_pieces(EventTransport transport, const std::string& octets, std::uint64_t seed,
                                   std::size_t most) {
  rcs::core::Random random(seed);
  EventStream stream(transport);
  std::vector<std::string> out;
  for (std::size_t at = 0; at < octets.size();) {
    const auto n = 1 + random.below(most);
    const auto events = stream.feed(std::string_view(octets).substr(at, n));
    REQUIRE(events.has_value());
    out.insert(out.end(), events->begin(), events->end());
    at += n;
  }
  return out;
}

const std::string kEvent1 = R"({"type":"chat","data":{"status":"initiate","message":"a } \" { </scr"}})";
const std::string kEvent2 = R"({"type":"chat","data":{"status":"trying"}})";

std::string framed(EventTransport transport) {
  switch (transport) {
    case EventTransport::sse:
      return ":ok\nretry: 2000\nid: e.0\ndata:\n\nid: e.1\nevent: chat\ndata: " + kEvent1 +
             "\n\n:hb\n\nid: e.2\ndata: " + kEvent2 + "\r\n\r\n";
    case EventTransport::ndjson:
      return "\n" + kEvent1 + "\n\n\n" + kEvent2 + "\r\n";
    default:
      return "<!doctype html><html><body><!--   --><script nonce=\"x\">parent.rcsEvent(" + kEvent1 +
             ");document.currentScript.remove()</script>\n<!-- -->" + "<script nonce=\"x\">parent.rcsEvent(" +
             kEvent2 + ");document.currentScript.remove()</script>";
  }
}

}  // namespace

TEST_CASE("every framing gives the same events whole, octet by octet and in random pieces") {
  const auto transport = GENERATE(EventTransport::sse, EventTransport::ndjson, EventTransport::iframe);
  INFO(std::string(rcs::harness::name(transport)));
  const std::vector<std::string> expected{kEvent1, kEvent2};
  CHECK(in_pieces(transport, framed(transport), 1, 100000) == expected);
  CHECK(in_pieces(transport, framed(transport), 1, 1) == expected);
  for (std::uint64_t seed = 0; seed < 50; ++seed)
    CHECK(in_pieces(transport, framed(transport), seed, 40) == expected);
}

TEST_CASE("SSE: the id of a block without data primes the cursor") {
  EventStream stream(EventTransport::sse);
  REQUIRE(stream.feed("id: e.7\ndata:\n\n")->empty());
  CHECK(stream.last_id() == "e.7");
}

TEST_CASE("an event that never ends is refused at its bound") {
  EventStream stream(EventTransport::ndjson);
  const std::string block(65536, 'x');
  rcs::core::Result<std::vector<std::string>> last = std::vector<std::string>{};
  for (int i = 0; i < 20 && last; ++i) last = stream.feed(block);
  REQUIRE_FALSE(last);
  CHECK(last.error().code() == rcs::core::Errc::too_large);
}

TEST_CASE("members are read by their path, strings plain and others as JSON") {
  const std::string json = R"({"a":{"b":"text","n":5},"c":[1]})";
  CHECK(rcs::harness::json_member(json, "a.b") == "text");
  CHECK(rcs::harness::json_member(json, "a.n") == "5");
  CHECK(rcs::harness::json_member(json, "c") == "[1]");
  CHECK_FALSE(rcs::harness::json_member(json, "a.b.c"));
  CHECK_FALSE(rcs::harness::json_member("no json", "a"));
}
