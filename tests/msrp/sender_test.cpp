#include "msrp/sender.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "msrp/events.hpp"
#include "msrp/sources.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Errc;
using rcs::core::Random;

namespace {

constexpr std::size_t kAll = SIZE_MAX;

struct Line {
  explicit Line(SenderOptions options = {}) : sender(random, options) {}

  MessageKey add(Outgoing message) {
    const MessageKey key{++keys};
    const auto added = sender.add(key, std::move(message));
    if (!added) FAIL(added.error().detail());
    return key;
  }
  std::string take(std::size_t budget = kAll, std::size_t chunks = kAll) {
    std::string out;
    written.clear();
    sender.append(out, budget, chunks, written);
    octets += out;
    return out;
  }
  /// All that was taken, which has to be well formed.
  std::vector<Seen> seen() const {
    auto all = decode_all(octets);
    CHECK(all.error == "");
    for (const auto& message : all.messages) CHECK(message.defect == "");
    return all.messages;
  }

  Random random{1};
  Sender sender;
  std::uint64_t keys = 0;
  std::vector<Written> written;
  std::string octets;
};

std::string text(std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>('a' + i % 23);
  return out;
}

const std::string kReport =
    "MSRP d93kswow 200 OK\r\nTo-Path: msrp://b.example:1/bob;tcp\r\nFrom-Path: "
    "msrp://a.example:2/alice;tcp\r\n-------d93kswow$\r\n";

}  // namespace

TEST_CASE("MSRP-32: a small message is one chunk that says where it ends") {
  Line line;
  auto message = outgoing(1, "aaaa", "Hello");
  message.success_report = true;
  message.failure_report = FailureReport::partial;
  message.others = {{"Content-ID", "<1@a>"}};
  line.add(std::move(message));
  line.take();
  const auto seen = line.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].body == "Hello");
  CHECK(seen[0].end == Flag::last);
  CHECK(seen[0].head.byte_range == ByteRange{1, 5, 5});
  CHECK(seen[0].head.success_report == true);
  CHECK(seen[0].head.failure_report == FailureReport::partial);
  CHECK(seen[0].head.others == std::vector<Header>{{"Content-ID", "<1@a>"}});
  CHECK(line.sender.idle());
  REQUIRE(line.written.size() == 1);
  CHECK(line.written[0].kind == Written::Kind::ended);
  CHECK(line.written[0].range == ByteRange{1, 5, 5});
  CHECK(line.written[0].transaction_id == seen[0].head.transaction_id);
}

TEST_CASE("MSRP-32: empty content is 1-0/0, and what is pulled without a size has no total") {
  Line line;
  line.add(outgoing(1, "aaaa", ""));
  TextSource::Text pulled{text(10)};
  line.add(outgoing(1, "bbbb", pulled));
  TextSource::Text nothing;
  line.add(outgoing(1, "cccc", nothing));
  line.take();
  const auto seen = line.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].head.byte_range == ByteRange{1, 0, 0});
  CHECK(seen[0].head.has_body);
  CHECK(seen[1].head.byte_range == ByteRange{1, {}, {}});
  CHECK(seen[1].body == text(10));
  CHECK(seen[1].end == Flag::last);
  CHECK(seen[2].body == "");
  CHECK(seen[2].end == Flag::last);
}

TEST_CASE("MSRP-81, MSRP-84: a bodiless SEND has no range, no type and no body") {
  Line line;
  line.add(bodiless(1, "aaaa"));
  CHECK(line.take().find("Content-Type") == std::string::npos);
  const auto seen = line.seen();
  REQUIRE(seen.size() == 1);
  CHECK_FALSE(seen[0].head.has_body);
  CHECK_FALSE(seen[0].head.byte_range);
  CHECK(seen[0].end == Flag::last);
}

TEST_CASE("MSRP-33: over 2048 octets the end is open, up to them it is told") {
  Line line;
  line.add(outgoing(1, "aaaa", text(2048)));
  line.add(outgoing(1, "bbbb", text(2049)));
  line.take();
  const auto seen = line.seen();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].head.byte_range == ByteRange{1, 2048, 2048});
  CHECK(seen[1].head.byte_range == ByteRange{1, {}, 2049});
}

TEST_CASE("MSRP-33: with nobody else a big message is one chunk, whatever the buffers") {
  Line line;
  line.add(outgoing(1, "aaaa", text(300'000)));
  while (!line.sender.idle()) {
    const auto piece = line.take(1000);
    CHECK((piece.size() >= 1000 || line.sender.idle()));
    CHECK(piece.size() < 1500);
  }
  const auto seen = line.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].body == text(300'000));
}

TEST_CASE("MSRP-33, MSRP-35: chunks of a fixed size") {
  for (const std::uint64_t size : {1, 100, 2048, 5000}) {
    CAPTURE(size);
    Line line({.chunk_size = size});
    line.add(outgoing(1, "aaaa", text(12'000)));
    TextSource::Text pulled{text(12'000)};
    pulled.size = 12'000;
    line.add(outgoing(2, "bbbb", pulled));
    line.take();
    std::map<std::string, std::string> bodies;
    std::set<std::string> ids;
    for (const auto& chunk : line.seen()) {
      auto& body = bodies[chunk.head.message_id];
      CHECK(chunk.head.byte_range->start == body.size() + 1);
      CHECK(chunk.head.byte_range->total == 12'000);
      body += chunk.body;
      CHECK(chunk.body.size() == std::min(size, 12'000 - (chunk.head.byte_range->start - 1)));
      CHECK((chunk.end == Flag::last) == (body.size() == 12'000));
      ids.insert(chunk.head.transaction_id);
    }
    CHECK(bodies["aaaa"] == text(12'000));
    CHECK(bodies["bbbb"] == text(12'000));
    CHECK(ids.size() == 2 * ((12'000 + size - 1) / size));
  }
}

TEST_CASE("MSRP-34, MSRP-35: a response interrupts a long chunk, which goes on under a new transaction") {
  Line line;
  line.add(outgoing(1, "aaaa", text(100'000)));
  line.take(5000);
  REQUIRE(line.written.size() == 1);
  CHECK(line.written[0].kind == Written::Kind::begun);
  REQUIRE(line.sender.add_control(kReport));
  line.take(600);
  REQUIRE(line.written.size() >= 1);
  CHECK(line.written[0].kind == Written::Kind::ended);
  line.take();
  const auto seen = line.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].end == Flag::more);
  CHECK(seen[0].body.size() < 5000);
  CHECK(seen[1].head.status == 200);
  CHECK(seen[2].head.message_id == "aaaa");
  CHECK(seen[2].head.transaction_id != seen[0].head.transaction_id);
  CHECK(seen[2].head.byte_range == ByteRange{seen[0].body.size() + 1, {}, 100'000});
  CHECK(seen[0].body + seen[2].body == text(100'000));
}

TEST_CASE("MSRP-33, MSRP-34: no chunk is interrupted before 2048 octets") {
  Line line;
  line.add(outgoing(1, "aaaa", text(10'000)));
  line.take(300);
  REQUIRE(line.sender.add_control(kReport));
  line.take();
  const auto seen = line.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].body.size() == 2048);
  CHECK(seen[1].head.status == 200);
}

TEST_CASE("MSRP-34: responses may be cut by the buffer, and nothing gets in between") {
  Line line;
  line.add(outgoing(1, "aaaa", text(10)));
  REQUIRE(line.sender.add_control(kReport + kReport));
  for (std::size_t i = 0; i < 2 * kReport.size(); ++i) CHECK(line.take(1).size() == 1);
  CHECK(line.octets == kReport + kReport);
  line.take();
  CHECK(line.seen().size() == 3);
}

TEST_CASE("MSRP-34: a small message waits for a big one no longer than a quantum") {
  for (const std::uint64_t session : {1, 2}) {
    CAPTURE(session);
    Line line({.quantum = 8192});
    line.add(outgoing(1, "aaaa", text(1'000'000)));
    line.take(200'000);  // alone until now
    const auto before = line.octets.size();
    line.add(outgoing(session, "bbbb", "small"));
    line.take(12'000);
    const auto at = line.octets.find("Message-ID: bbbb");
    REQUIRE(at != std::string::npos);
    CHECK(at - before < 8192 + 1000);
    while (!line.sender.idle()) line.take(12'000);
    const auto seen = line.seen();
    REQUIRE(seen.size() == 3);
    CHECK(seen[0].body + seen[2].body == text(1'000'000));
  }
}

TEST_CASE("MSRP-34: sessions take turns, however many messages each of them has") {
  Line line({.quantum = 4096});
  for (int i = 0; i < 100; ++i) line.add(outgoing(1, "many" + std::to_string(i), text(2000)));
  line.add(outgoing(2, "bbbb", text(50'000)));
  line.add(outgoing(3, "cccc", text(50'000)));
  line.take(60'000);
  std::map<char, std::size_t> octets;
  for (const auto& chunk : decode_all(line.octets).messages)
    octets[chunk.head.message_id.front()] += chunk.body.size();
  for (const char first : {'m', 'b', 'c'}) {
    CAPTURE(first);
    CHECK(octets[first] > 15'000);
    CHECK(octets[first] < 25'000);
  }
  line.take();
  std::string order;
  for (const auto& chunk : line.seen()) {
    if (chunk.head.message_id.starts_with("many")) order += chunk.head.message_id.substr(4) + " ";
  }
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += std::to_string(i) + " ";
  CHECK(order == expected);  // small messages of a session keep their order
}

TEST_CASE("MSRP-34: of many large messages of a session only a few are begun and not ended at once") {
  Line line;
  constexpr int kMessages = 40;
  for (int i = 0; i < kMessages; ++i)
    line.add(
        outgoing(1, "big" + std::to_string(100 + i), text(50'000 + 1000 * static_cast<std::size_t>(i % 3))));
  std::set<std::string> begun;
  std::set<std::string> ended;
  std::vector<std::string> order;
  std::size_t most = 0;
  line.take();
  for (const auto& seen : line.seen()) {
    const auto& id = seen.head.message_id;
    CHECK_FALSE(ended.contains(id));
    if (begun.insert(id).second) order.push_back(id);
    most = std::max(most, begun.size());
    if (seen.end != Flag::last) continue;
    begun.erase(id);
    ended.insert(id);
  }
  CHECK(most == kMaxInterleaved);
  CHECK(ended.size() == kMessages);
  CHECK(std::is_sorted(order.begin(), order.end()));  // each begins in its turn
}

TEST_CASE("MSRP-9: content that holds the end-line of its own chunk") {
  // What the generator will give is known here, as nobody knows it outside.
  for (const bool is_pulled : {false, true}) {
    Random same(1);
    auto content = text(3000);
    for (int i = 0; i < 3; ++i) content += "\r\n-------" + new_transaction_id(same) + "$\r\n" + text(2500);
    TextSource::Text pulled{content};
    pulled.most = 777;
    Line line;
    line.add(is_pulled ? outgoing(1, "aaaa", pulled) : outgoing(1, "aaaa", content));
    line.take();
    const auto seen = line.seen();
    CHECK(seen.size() == 4);
    std::string joined;
    for (const auto& chunk : seen) joined += chunk.body;
    CHECK(joined == content);
  }
  Random same(1);
  const auto small = "\r\n-------" + new_transaction_id(same) + "$\r\n";
  Line line;
  line.add(outgoing(1, "aaaa", small));
  line.take();
  REQUIRE(line.seen().size() == 1);
  CHECK(line.seen()[0].body == small);
}

TEST_CASE("MSRP-40: an aborted message ends with #, at once or in a chunk of its own") {
  Line line({.quantum = 4096});
  const auto open = line.add(outgoing(1, "aaaa", text(100'000)));
  line.take(3000);
  line.sender.abort(open);
  line.take();
  CHECK(line.sender.idle());
  auto seen = line.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].end == Flag::abandoned);

  const auto first = line.add(outgoing(1, "bbbb", text(100'000)));
  const auto unbegun = line.add(outgoing(2, "cccc", text(100'000)));
  line.take(3000);
  line.sender.abort(unbegun);
  CHECK(line.sender.messages() == 1);
  line.add(outgoing(2, "dddd", text(9'000)));
  line.take(3000);  // into the turn of the second session
  line.sender.abort(first);
  line.take();
  seen = line.seen();
  REQUIRE(line.sender.idle());
  const auto& last_of_first = *std::find_if(
      seen.rbegin(), seen.rend(), [](const Seen& chunk) { return chunk.head.message_id == "bbbb"; });
  CHECK(last_of_first.end == Flag::abandoned);
  CHECK(last_of_first.body == "");
  CHECK(last_of_first.head.byte_range->start > 1);
  CHECK(line.octets.find("cccc") == std::string::npos);
}

TEST_CASE("MSRP-40: nothing more is written for a session that is dropped, but the end of its chunk") {
  Line line;
  line.add(outgoing(1, "aaaa", text(100'000)));
  line.add(outgoing(1, "bbbb", "x"));
  line.add(outgoing(2, "cccc", "y"));
  line.take(3000);
  line.sender.drop(SessionId{1});
  line.sender.drop(SessionId{9});
  line.take();
  const auto seen = line.seen();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].end == Flag::abandoned);
  CHECK(seen[1].head.message_id == "cccc");
  line.add(outgoing(3, "dddd", "z"));
  line.sender.drop(SessionId{3});
  CHECK(line.sender.idle());
  CHECK(line.take().empty());
}

TEST_CASE("MSRP-35: a source that runs dry keeps its chunk while it is alone, and makes way for others") {
  Line line;
  TextSource::Text pulled{text(100)};
  pulled.after = Source::State::dry;
  line.add(outgoing(1, "aaaa", pulled));
  line.take();
  CHECK(line.take().empty());
  pulled.octets += text(50);
  CHECK(line.take() == text(50));
  line.add(outgoing(1, "bbbb", "x"));
  line.take();
  REQUIRE(line.written.size() == 2);
  CHECK(line.take().empty());
  CHECK_FALSE(line.sender.idle());
  pulled.octets += "end";
  pulled.after = Source::State::end;
  line.take();
  CHECK(line.sender.idle());
  const auto seen = line.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].body == text(100) + text(50));
  CHECK(seen[0].end == Flag::more);
  CHECK(seen[1].head.message_id == "bbbb");
  CHECK(seen[2].body == "end");
  CHECK(seen[2].end == Flag::last);
}

TEST_CASE("MSRP-35: behind messages that are dry every other one is found") {
  Line line;
  std::vector<TextSource::Text> dry(4);
  for (std::size_t i = 0; i < dry.size(); ++i) {
    dry[i].after = Source::State::dry;
    line.add(outgoing(i == 3 ? 2 : 1, "dry" + std::to_string(i), dry[i]));
  }
  line.add(outgoing(1, "aaaa", "x"));
  line.take();
  REQUIRE(line.seen().size() == 1);
  CHECK(line.seen()[0].head.message_id == "aaaa");
}

TEST_CASE("MSRP-40: a source that breaks, or ends before its size, abandons its message") {
  for (const auto how : {Source::State::broken, Source::State::end}) {
    Line line;
    TextSource::Text pulled{text(5000)};
    pulled.size = 6000;
    pulled.after = how;
    line.add(outgoing(1, "aaaa", pulled));
    line.take();
    const auto seen = line.seen();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].end == Flag::abandoned);
    CHECK(line.written.back().broken);

    TextSource::Text nothing{"", 0, SIZE_MAX, how, 6000};
    line.add(outgoing(1, "bbbb", nothing));
    CHECK(line.take().empty());
    REQUIRE(line.written.size() == 1);
    CHECK(line.written[0].kind == Written::Kind::dropped);
    CHECK(line.sender.idle());
  }
}

TEST_CASE("MSRP-32: a source is held to the size it has told") {
  Line line;
  TextSource::Text pulled{text(5000)};
  pulled.size = 3000;
  line.add(outgoing(1, "aaaa", pulled));
  line.take();
  REQUIRE(line.seen().size() == 1);
  CHECK(line.seen()[0].body == text(3000));
  CHECK(line.seen()[0].end == Flag::last);
}

TEST_CASE("MSRP-36: no more chunks are begun than are allowed") {
  Line line({.chunk_size = 2048});
  line.add(outgoing(1, "aaaa", text(20'480)));
  line.take(kAll, 3);
  CHECK(line.seen().size() == 3);
  CHECK(line.take(kAll, 0).empty());
  REQUIRE(line.sender.add_control(kReport));
  CHECK(line.take(kAll, 0) == kReport);
  line.take();
  CHECK(line.seen().size() == 11);
}

TEST_CASE("MSRP-36: what waits has limits") {
  Line line({.max_messages = 2, .max_content = 10, .max_control = 8});
  line.add(outgoing(1, "aaaa", "12345"));
  const auto too_long = line.sender.add(MessageKey{8}, outgoing(1, "bbbb", "123456"));
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().code() == Errc::too_large);
  CHECK(too_long.error().detail() == "MSRP connection: more than 10 octets of content wait to be written");
  line.add(outgoing(1, "bbbb", "12345"));
  CHECK(line.sender.add(MessageKey{8}, outgoing(1, "cccc", "")).error().code() == Errc::too_large);
  CHECK(line.sender.add_control("12345678"));
  CHECK(line.sender.add_control("9").error().code() == Errc::too_large);
  line.octets.clear();
  line.take();
  line.add(outgoing(1, "cccc", "1234567890"));
  auto untyped = outgoing(1, "dddd", "");
  untyped.content_type.clear();
  CHECK(line.sender.add(MessageKey{9}, std::move(untyped)).error().code() == Errc::malformed);
}

TEST_CASE("MSRP-121: one by one, each append is one whole response or chunk, responses first") {
  Line line({.chunk_size = 2048, .one_by_one = true});
  line.add(outgoing(1, "aaaa", text(5000)));
  REQUIRE(line.sender.add_control(kReport + kReport));
  CHECK(line.take(1) == kReport);
  CHECK(line.take(1) == kReport);
  REQUIRE(line.sender.add_control(kReport));
  CHECK(line.take(1) == kReport);
  for (const std::size_t size : {2048, 2048, 904}) {
    const auto one = decode_all(line.take(1)).messages;
    REQUIRE(one.size() == 1);
    CHECK(one[0].body.size() == size);
    CHECK(one[0].end == (size == 904 ? Flag::last : Flag::more));
    REQUIRE(line.written.size() == 1);
    CHECK(line.written[0].kind == Written::Kind::ended);
  }
  CHECK(line.take().empty());
}

TEST_CASE("MSRP-121: one by one, no chunk is left open, and what is given up leaves nothing behind") {
  Line line({.one_by_one = true});
  TextSource::Text dry{"first", 0, 2, Source::State::dry, std::nullopt};
  TextSource::Text broken{"", 0, SIZE_MAX, Source::State::broken, std::nullopt};
  const auto key = line.add(outgoing(1, "aaaa", dry));
  line.add(outgoing(2, "bbbb", broken));
  auto one = decode_all(line.take()).messages;
  REQUIRE(one.size() == 1);
  CHECK(one[0].body == "first");
  CHECK(one[0].end == Flag::more);
  CHECK(line.take().empty());
  REQUIRE(line.written.size() == 1);
  CHECK(line.written[0].kind == Written::Kind::dropped);
  line.sender.abort(key);
  one = decode_all(line.take()).messages;
  REQUIRE(one.size() == 1);
  CHECK(one[0].end == Flag::abandoned);
  CHECK(line.sender.idle());
}
