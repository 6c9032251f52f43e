#include "msrp/reassembly.hpp"

#include "core/random.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Errc;
using rcs::core::Random;
using rcs::core::Result;

namespace {

Head head(const std::string& id, std::optional<ByteRange> range = {}) {
  Head out;
  out.method = "SEND";
  out.message_id = id;
  out.content_type = "text/plain";
  out.has_body = true;
  out.byte_range = range;
  return out;
}

Result<ChunkEnd> chunk(Reassembly& to, const std::string& id, std::uint64_t start, std::string_view octets,
                       char flag) {
  RCS_CHECK_OK(to.begin(head(id, ByteRange{start, {}, {}})));
  for (; !octets.empty(); octets.remove_prefix(std::min<std::size_t>(3, octets.size())))
    RCS_CHECK_OK(to.add(octets.substr(0, 3)));
  return to.end(static_cast<Flag>(flag));
}

ChunkResult result(Reassembly& to, const std::string& id, std::uint64_t start, std::string_view octets,
                   char flag) {
  const auto end = chunk(to, id, start, octets, flag);
  INFO(start << " " << octets << flag);
  REQUIRE(end);
  return end->result;
}

std::string content(const Result<ChunkEnd>& end) {
  REQUIRE(end);
  REQUIRE(end->result == ChunkResult::whole);
  return end->message->content;
}

struct Collected : Reassembly::Sink {
  std::string octets;
  std::vector<std::string> voided;
  void on_content(const std::string&, std::string_view part) override { octets += part; }
  void on_void(const std::string& id) override { voided.push_back(id); }
};

}  // namespace

TEST_CASE("MSRP-52: a whole message in one request, with and without Byte-Range") {
  Reassembly all;
  REQUIRE(all.begin(head("aaaa")));
  REQUIRE(all.add("Hello"));
  const auto end = all.end(Flag::last);
  CHECK(content(end) == "Hello");
  CHECK(end->message->message_id == "aaaa");
  CHECK(end->message->content_type == "text/plain");
  CHECK(content(chunk(all, "bbbb", 1, "Hello", '$')) == "Hello");
  CHECK(all.pending() == 0);
  CHECK(all.held() == 0);
}

TEST_CASE("MSRP-7: an empty body is a message, no body is none") {
  Reassembly all;
  const auto end = chunk(all, "aaaa", 1, "", '$');
  CHECK(content(end).empty());
  CHECK(end->message->length == 0);
  auto keep_alive = head("bbbb");
  keep_alive.has_body = false;
  REQUIRE(all.begin(keep_alive));
  CHECK(all.end(Flag::last)->result == ChunkResult::no_content);
  CHECK(result(all, "cccc", 1, "ab", '+') == ChunkResult::pending);
  auto between = head("cccc");
  between.has_body = false;
  REQUIRE(all.begin(between));
  CHECK(all.end(Flag::last)->result == ChunkResult::no_content);
  CHECK(content(chunk(all, "cccc", 3, "c", '$')) == "abc");
}

TEST_CASE("MSRP-53: the length of a chunk is what arrived, not what its header says") {
  Reassembly all;
  REQUIRE(all.begin(head("aaaa", ByteRange{1, 38, 38})));
  REQUIRE(all.add("This is 20 long text"));
  const auto end = all.end(Flag::last);
  CHECK(content(end).size() == 20);
  CHECK(end->message->length == 20);
}

TEST_CASE("MSRP-54: chunks in any order, the last one fixes the total") {
  const std::vector<std::tuple<std::uint64_t, std::string, char>> chunks = {
      {1, "one ", '+'}, {5, "two ", '+'}, {9, "three ", '+'}, {15, "four", '$'}};
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    Reassembly all;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto& [start, octets, flag] = chunks[order[i]];
      const auto end = chunk(all, "aaaa", start, octets, flag);
      REQUIRE(end);
      CHECK(end->result == (i == 3 ? ChunkResult::whole : ChunkResult::pending));
      if (i == 3) CHECK(content(end) == "one two three four");
    }
    CHECK(all.held() == 0);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("MSRP-54: two ends, or octets past the end, refuse the message") {
  Reassembly all;
  CHECK(result(all, "aaaa", 5, "xx", '$') == ChunkResult::pending);
  CHECK(chunk(all, "aaaa", 7, "y", '+').error().code() == Errc::malformed);
  CHECK(all.pending() == 0);
  CHECK(result(all, "bbbb", 5, "xx", '$') == ChunkResult::pending);
  CHECK(chunk(all, "bbbb", 3, "y", '$').error().code() == Errc::malformed);
  CHECK(result(all, "cccc", 1, "abcdef", '+') == ChunkResult::pending);
  CHECK(chunk(all, "cccc", 1, "abc", '$').error().code() == Errc::malformed);
  CHECK(all.pending() == 0);
  CHECK(content(chunk(all, "dddd", 1, "next", '$')) == "next");
}

TEST_CASE("MSRP-55: of an overlap the last received wins") {
  Reassembly all;
  CHECK(result(all, "aaaa", 1, "aaaaaaaa", '+') == ChunkResult::pending);
  CHECK(result(all, "aaaa", 3, "bbb", '+') == ChunkResult::pending);
  CHECK(content(chunk(all, "aaaa", 7, "cccc", '$')) == "aabbbacccc");
  // Behind a gap too, and over it.
  CHECK(result(all, "bbbb", 5, "aaaa", '+') == ChunkResult::pending);
  CHECK(result(all, "bbbb", 11, "aa", '$') == ChunkResult::pending);
  CHECK(result(all, "bbbb", 7, "bbbbb", '+') == ChunkResult::pending);
  CHECK(content(chunk(all, "bbbb", 1, "ccccc", '+')) == "cccccabbbbba");
}

TEST_CASE("MSRP-56: an abandoned message is dropped, and may be sent again") {
  Reassembly all;
  CHECK(result(all, "aaaa", 1, "half", '+') == ChunkResult::pending);
  CHECK(result(all, "aaaa", 5, "x", '#') == ChunkResult::abandoned);
  CHECK(all.pending() == 0);
  CHECK(content(chunk(all, "aaaa", 1, "whole", '$')) == "whole");
}

TEST_CASE("MSRP-57: nothing is allocated for what is announced") {
  Reassembly all;
  REQUIRE(all.begin(head("aaaa", ByteRange{1, {}, UINT64_MAX})));
  REQUIRE(all.add("x"));
  CHECK(all.held() == 1);
  CHECK(all.end(Flag::more)->result == ChunkResult::pending);
}

TEST_CASE("MSRP-57: room is made for what is announced, but for eight times what has arrived at most") {
  Reassembly all;
  const std::string piece(10'000, 'x');
  const auto capacity_after = [&](const std::string& id, int pieces) {
    REQUIRE(all.begin(head(id, ByteRange{1, {}, 1'000'000})));
    for (int i = 0; i < pieces; ++i) REQUIRE(all.add(piece));
    const auto end = all.end(Flag::last);
    REQUIRE(content(end) == std::string(pieces * piece.size(), 'x'));
    return end->message->content.capacity();
  };
  CHECK(capacity_after("aaaa", 100) < 1'000'100);
  CHECK(capacity_after("bbbb", 20) > 999'900);
  CHECK(capacity_after("cccc", 1) < 80'100);
  CHECK(capacity_after("dddd", 10) < 800'100);
}

TEST_CASE("MSRP-57: each limit ends the message, and the rest of it is refused") {
  ReassemblyLimits limits;
  limits.max_message = 10;
  limits.max_early = 4;
  limits.max_gaps = 2;
  limits.max_pending = 2;
  Reassembly all(limits);
  CHECK(content(chunk(all, "full", 1, "0123456789", '$')).size() == 10);
  const auto long_one = chunk(all, "aaaa", 1, "0123456789a", '$');
  CHECK(long_one.error().code() == Errc::too_large);
  CHECK(long_one.error().detail() == "MSRP message aaaa: its octets are too many, at most 10 are taken");
  CHECK(result(all, "aaaa", 12, "x", '+') == ChunkResult::refused);
  CHECK(content(chunk(all, "aaaa", 1, "again", '$')) == "again");
  CHECK(chunk(all, "bbbb", 3, "01234", '+').error().code() == Errc::too_large);
  CHECK(result(all, "cccc", 3, "x", '+') == ChunkResult::pending);
  CHECK(result(all, "cccc", 5, "x", '+') == ChunkResult::pending);
  CHECK(chunk(all, "cccc", 7, "x", '+').error().code() == Errc::too_large);
  CHECK(result(all, "dddd", 1, "x", '+') == ChunkResult::pending);
  CHECK(result(all, "eeee", 1, "x", '+') == ChunkResult::pending);
  CHECK(chunk(all, "ffff", 1, "x", '+').error().code() == Errc::too_large);
  CHECK(all.pending() == 2);
  CHECK(chunk(all, "dddd", UINT64_MAX, "x", '+').error().code() == Errc::too_large);
  CHECK(chunk(all, "eeee", UINT64_MAX, "", '$').error().code() == Errc::too_large);
  CHECK(all.pending() == 0);
  CHECK(all.held() == 0);
}

TEST_CASE("MSRP-57: a chunk behind a gap is one piece, and touching ones are") {
  ReassemblyLimits limits;
  limits.max_gaps = 2;
  Reassembly all(limits);
  CHECK(result(all, "aaaa", 3, "aaabbbcccddd", '+') == ChunkResult::pending);
  CHECK(result(all, "aaaa", 21, "xx", '+') == ChunkResult::pending);
  CHECK(result(all, "aaaa", 15, "gggggg", '+') == ChunkResult::pending);
  CHECK(result(all, "aaaa", 31, "y", '$') == ChunkResult::pending);
  CHECK(result(all, "aaaa", 23, "zzzzzzzz", '+') == ChunkResult::pending);
  CHECK(content(chunk(all, "aaaa", 1, "..", '+')) == "..aaabbbcccdddggggggxxzzzzzzzzy");
}

TEST_CASE("MSRP-57: after an error the rest of its chunk is refused, not the next message") {
  ReassemblyLimits limits;
  limits.max_message = 4;
  Reassembly all(limits);
  REQUIRE(all.begin(head("aaaa")));
  REQUIRE_FALSE(all.add("12345"));
  CHECK(all.add("6"));
  CHECK(all.end(Flag::last)->result == ChunkResult::refused);
  CHECK(content(chunk(all, "bbbb", 1, "1234", '$')) == "1234");
}

TEST_CASE("MSRP-58: a repeated message is told apart, as long as it is remembered") {
  ReassemblyLimits limits;
  limits.max_known = 3;
  Reassembly all(limits);
  CHECK(content(chunk(all, "aaaa", 1, "Hello", '$')) == "Hello");
  CHECK(result(all, "aaaa", 1, "Hello", '$') == ChunkResult::repeated);
  CHECK(result(all, "aaaa", 1, "Hel", '+') == ChunkResult::repeated);
  CHECK(result(all, "aaaa", 4, "lo", '$') == ChunkResult::repeated);
  for (const std::string id : {"bbbb", "cccc", "dddd"}) CHECK(content(chunk(all, id, 1, "x", '$')) == "x");
  CHECK(result(all, "bbbb", 1, "x", '$') == ChunkResult::repeated);
  CHECK(content(chunk(all, "aaaa", 1, "Hello", '$')) == "Hello");
  CHECK(result(all, "dddd", 1, "x", '$') == ChunkResult::repeated);
  for (const std::string id : {"bbbb", "cccc", "dddd"}) CHECK(content(chunk(all, id, 1, "x", '$')) == "x");
  CHECK(result(all, "bbbb", 1, "x", '$') == ChunkResult::repeated);
  CHECK(content(chunk(all, "aaaa", 1, "Hello", '$')) == "Hello");
}

TEST_CASE("MSRP-58: where nothing is remembered every message is a new one") {
  ReassemblyLimits limits;
  limits.max_known = 0;
  Reassembly all(limits);
  for (int i = 0; i < 3; ++i) CHECK(content(chunk(all, "aaaa", 1, "Hello", '$')) == "Hello");
}

TEST_CASE("MSRP-54: messages take turns") {
  Reassembly all;
  CHECK(result(all, "aaaa", 1, "one ", '+') == ChunkResult::pending);
  CHECK(result(all, "bbbb", 1, "uno ", '+') == ChunkResult::pending);
  CHECK(content(chunk(all, "aaaa", 5, "two", '$')) == "one two");
  CHECK(content(chunk(all, "bbbb", 5, "due", '$')) == "uno due");
}

TEST_CASE("MSRP-54: content that is in order is passed on at once, what came early when its gap closes") {
  Collected sink;
  Reassembly pass({}, sink);
  REQUIRE(pass.begin(head("aaaa")));
  REQUIRE(pass.add("abc"));
  CHECK(sink.octets == "abc");
  CHECK(pass.held() == 0);
  CHECK(pass.end(Flag::more)->result == ChunkResult::pending);
  CHECK(result(pass, "aaaa", 7, "ghi", '$') == ChunkResult::pending);
  CHECK(sink.octets == "abc");
  CHECK(pass.held() == 3);
  const auto end = chunk(pass, "aaaa", 3, "CDEF", '+');
  CHECK(sink.octets == "abcDEFghi");  // what was passed on stays
  REQUIRE(end->result == ChunkResult::whole);
  CHECK(end->message->length == 9);
  CHECK(end->message->content.empty());
  CHECK(sink.voided.empty());
}

TEST_CASE("MSRP-56: what was passed on of a dropped message is void") {
  Collected sink;
  Reassembly pass({}, sink);
  CHECK(result(pass, "aaaa", 1, "x", '+') == ChunkResult::pending);
  CHECK(result(pass, "aaaa", 2, "y", '#') == ChunkResult::abandoned);
  CHECK(result(pass, "bbbb", 1, "x", '+') == ChunkResult::pending);
  pass.drop("bbbb");
  pass.drop("cccc");
  CHECK(sink.voided == std::vector<std::string>{"aaaa", "bbbb"});
}

TEST_CASE("MSRP-57: octets behind a gap count as long as they wait, and once") {
  ReassemblyLimits limits;
  limits.max_early = 4;
  Reassembly all(limits);
  for (std::uint64_t at = 1; at < 40; at += 4) {
    CAPTURE(at);
    CHECK(result(all, "aaaa", at + 2, "cd", '+') == ChunkResult::pending);
    CHECK(all.held() == at + 1);
    CHECK(result(all, "aaaa", at, "ab", '+') == ChunkResult::pending);
    CHECK(all.held() == at + 3);
  }
  CHECK(result(all, "bbbb", 5, "xx", '+') == ChunkResult::pending);
  CHECK(result(all, "bbbb", 3, "yyyy", '+') == ChunkResult::pending);
  CHECK(result(all, "bbbb", 3, "zzzz", '+') == ChunkResult::pending);
  CHECK(chunk(all, "bbbb", 7, "x", '+').error().code() == Errc::too_large);
}

TEST_CASE("MSRP-57: a message may be dropped in the middle of a chunk") {
  Reassembly all;
  REQUIRE(all.begin(head("aaaa")));
  REQUIRE(all.add("one"));
  all.drop("aaaa");
  CHECK(all.held() == 0);
  REQUIRE(all.add("two"));
  CHECK(all.held() == 0);
  CHECK(all.end(Flag::last)->result == ChunkResult::refused);
  CHECK(content(chunk(all, "aaaa", 1, "again", '$')) == "again");
}

TEST_CASE("MSRP-54, MSRP-55: random chunks give what writing them into one array gives") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const auto size = 1 + random.below(60);
    std::string expected(size, '?');
    std::vector<bool> written(size);
    Reassembly all;
    Collected sink;
    Reassembly pass({}, sink);
    bool ended = false;
    for (int step = 0;; ++step) {
      REQUIRE(step < 10000);
      const auto start = random.below(size);
      const auto length = random.below(std::min<std::uint64_t>(size - start, 12) + 1);
      std::string octets;
      for (std::uint64_t i = 0; i < length; ++i) {
        octets += static_cast<char>('a' + random.below(26));
        expected[start + i] = octets.back();
        written[start + i] = true;
      }
      const bool last = start + length == size;
      ended = ended || last;
      const auto collected = chunk(all, "aaaa", start + 1, octets, last ? '$' : '+');
      const auto passed = chunk(pass, "aaaa", start + 1, octets, last ? '$' : '+');
      REQUIRE(collected);
      REQUIRE(passed);
      const bool whole = ended && std::find(written.begin(), written.end(), false) == written.end();
      REQUIRE((collected->result == ChunkResult::whole) == whole);
      REQUIRE(passed->result == collected->result);
      if (!whole) continue;
      REQUIRE(collected->message->content == expected);
      REQUIRE(passed->message->length == size);
      REQUIRE(sink.octets.size() == size);
      break;
    }
  }
}

TEST_CASE("MSRP-57: all that is begun is dropped at once") {
  Collected sink;
  Reassembly pass({}, sink);
  CHECK(result(pass, "aaaa", 1, "x", '+') == ChunkResult::pending);
  CHECK(result(pass, "bbbb", 1, "x", '+') == ChunkResult::pending);
  pass.drop_all();
  CHECK(pass.pending() == 0);
  CHECK(sink.voided == std::vector<std::string>{"aaaa", "bbbb"});
}

TEST_CASE("MSRP-58: a whole message that its owner could not take is a new one when it comes again") {
  Reassembly all;
  CHECK(result(all, "aaaa", 1, "xyz", '$') == ChunkResult::whole);
  CHECK(result(all, "aaaa", 1, "xyz", '$') == ChunkResult::repeated);
  all.disown("aaaa");
  all.disown("bbbb");                                                // which it does not know
  CHECK(result(all, "aaaa", 2, "yz", '$') == ChunkResult::refused);  // of the old attempt
  CHECK(content(chunk(all, "aaaa", 1, "xyz", '$')) == "xyz");
}
