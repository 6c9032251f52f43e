// Both halves of MSRP against each other: what one side writes, in whatever buffers and chunks, the other
// puts together to the same messages, and its answers and REPORTs bring every message to its end.

#include <deque>
#include <map>
#include <optional>

#include "msrp/decoder.hpp"
#include "msrp/outbound.hpp"
#include "msrp/reassembly.hpp"
#include "msrp/reports.hpp"
#include "msrp/sources.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Instant;
using rcs::core::Random;
using rcs::core::Result;
using Kind = MessageFate::Kind;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kSessions = 3;

/// One end of a connection with a few sessions.
struct Side {
  explicit Side(std::uint64_t seed, OutboundOptions options) : random(seed), outbound(random, options) {
    for (std::uint64_t i = 1; i <= kSessions; ++i) {
      ReassemblyLimits limits;
      limits.max_pending = 64;
      sessions.emplace(SessionId{i}, limits);
    }
  }

  void feed(std::string_view octets) {
    decoder.feed(octets);
    while (auto item = decoder.next()) {
      if (const auto* arrived = std::get_if<HeadArrived>(&*item)) {
        RCS_ASSERT(arrived->defect.empty());
        on_head(*arrived->head);
      } else if (const auto* part = std::get_if<BodyPart>(&*item)) {
        reports.add(part->octets);
        if (result) result = session->add(part->octets);
      } else if (const auto* end = std::get_if<End>(&*item)) {
        on_end(end->flag);
      } else {
        FAIL(std::get<rcs::core::Error>(*item).detail());
      }
    }
  }

  void on_head(const Head& head) {
    is_send = head.method == "SEND";
    if (!head.is_request()) {
      outbound.on_response(head);
      return;
    }
    const SessionId id{std::stoull(head.to_path.substr(std::string_view("msrp://b.example:1/").size()))};
    if (!is_send) {
      outbound.on_report(id, head);
      return;
    }
    session = &sessions.at(id);
    reports.begin(head);
    result = session->begin(head);
    ++chunks;
  }

  void on_end(Flag flag) {
    if (!is_send) return;
    std::string owed;
    if (!result) {
      reports.end(owed, result.error());
    } else {
      auto end = session->end(flag);
      if (end && end->message) messages[end->message->message_id] = end->message->content;
      reports.end(owed, end);
    }
    REQUIRE(outbound.add_control(owed));
  }

  Random random;
  Outbound outbound;
  Decoder decoder;
  Reports reports{random};
  std::map<SessionId, Reassembly> sessions;
  Reassembly* session = nullptr;
  Result<void> result;
  bool is_send = false;
  std::size_t chunks = 0;
  std::map<std::string, std::string> messages;
};

/// Full of what looks like an end, also like ends that `guess` will make.
std::string content(Random& random, std::uint64_t guess) {
  Random same(guess);
  const auto size = random.below(3) == 0 ? random.below(40'000) : random.below(300);
  std::string out;
  while (out.size() < size) {
    const auto id = new_transaction_id(same);
    const std::string pieces[] = {"\r\n-------" + id + "$\r\n",
                                  "\r\n-------" + id.substr(1),
                                  "-------" + id,
                                  std::string(1, '\0'),
                                  "\r\n",
                                  std::string(random.below(900), 'x'),
                                  "\xff-----",
                                  "MSRP abcd SEND\r\n"};
    out += pieces[random.below(std::size(pieces))];
  }
  return out;
}

OutboundOptions options(Random& random) {
  OutboundOptions out;
  out.sender.quantum = 2048 + random.below(8000);
  const std::uint64_t sizes[] = {0, 0, 2048, 2049, 100 + random.below(6000)};
  out.sender.chunk_size = sizes[random.below(std::size(sizes))];
  out.max_unanswered = 1 + random.below(50);
  return out;
}

/// Up to this many octets at once from one side to the other, cut anew.
std::size_t carry(Side& from, Side& to, Random& random, std::size_t most) {
  std::string out;
  from.outbound.append(Instant(), out, 1 + random.below(most));
  for (std::string_view rest = out; !rest.empty();) {
    const std::string piece(rest.substr(0, 1 + random.below(3000)));
    to.feed(piece);
    rest.remove_prefix(piece.size());
  }
  return out.size();
}

}  // namespace

TEST_CASE(
    "MSRP-9, MSRP-33, MSRP-34, MSRP-54: random messages both ways arrive as they were, and are reported") {
  std::size_t chunks = 0;
  std::size_t messages = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Side a(seed * 2, options(random));
    Side b(seed * 2 + 1, options(random));
    std::map<std::string, std::string> sent[2];
    std::deque<TextSource::Text> texts;
    std::map<std::string, std::string> expected;  // the last event of each message
    std::map<std::string, std::string> told;
    const auto watch = [&](Side& side) {
      for (const auto& fate : side.outbound.take_events())
        told[fate.message_id] = fate.kind == Kind::sent        ? "sent"
                                : fate.kind == Kind::delivered ? "delivered"
                                                               : "failed " + fate.why;
    };
    auto left = 2 + random.below(20);
    for (int quiet = 0; quiet < 3;) {
      if (left > 0 && random.below(3) == 0) {
        --left;
        const auto side = random.below(2);
        auto& from = side == 0 ? a : b;
        const auto id = "m" + std::to_string(left) + (side == 0 ? "aa" : "bb");
        auto text = content(random, seed * 2 + side);
        auto message = outgoing(1 + random.below(kSessions), id, text);
        if (random.below(2) == 0) {
          texts.push_back({text, 0, 1 + random.below(5000)});
          if (random.below(2) == 0) texts.back().size = text.size();
          message.content = std::make_unique<TextSource>(texts.back());
        }
        message.to_path = "msrp://b.example:1/" + std::to_string(message.session.value) + ";tcp";
        message.from_path = message.to_path;
        message.failure_report = static_cast<FailureReport>(random.below(3));
        message.success_report = random.below(2) == 0;
        expected[id] = message.success_report ? "delivered" : "sent";
        sent[side].emplace(id, std::move(text));
        REQUIRE(from.outbound.send(std::move(message)));
      }
      const auto carried = carry(a, b, random, 9000) + carry(b, a, random, 9000);
      watch(a);
      watch(b);
      quiet = carried == 0 && left == 0 ? quiet + 1 : 0;
    }
    REQUIRE(b.messages == sent[0]);
    REQUIRE(a.messages == sent[1]);
    REQUIRE(told == expected);
    REQUIRE(a.outbound.idle());
    REQUIRE(b.outbound.idle());
    for (const auto* side : {&a, &b}) {
      for (const auto& [id, session] : side->sessions) REQUIRE(session.held() == 0);
    }
    chunks += a.chunks + b.chunks;
    messages += sent[0].size() + sent[1].size();
  }
  CHECK(chunks > 2 * messages);  // or nothing was interrupted
}

TEST_CASE(
    "MSRP-40, MSRP-56: messages that are aborted anywhere leave nothing behind, and no other is harmed") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Side a(seed * 2, options(random));
    Side b(seed * 2 + 1, options(random));
    std::map<std::string, std::string> kept;
    for (int i = 0; i < 8; ++i) {
      const auto id = "id" + std::to_string(i) + "x";
      auto message = outgoing(1 + random.below(kSessions), id, content(random, seed * 2));
      message.to_path = "msrp://b.example:1/" + std::to_string(message.session.value) + ";tcp";
      message.from_path = message.to_path;
      const auto session = message.session;
      const auto text = std::get<std::string>(message.content);
      REQUIRE(a.outbound.send(std::move(message)));
      for (auto n = random.below(4); n > 0; --n) {
        carry(a, b, random, 5000);
        carry(b, a, random, 5000);
      }
      if (random.below(2) == 0) {
        a.outbound.abort(session, id);
        // It may have been whole before.
        if (b.messages.contains(id)) kept[id] = text;
      } else {
        kept[id] = text;
      }
    }
    while (carry(a, b, random, 5000) + carry(b, a, random, 5000) > 0) {
    }
    for (const auto& [id, text] : kept) REQUIRE(b.messages[id] == text);
    for (const auto& [id, session] : b.sessions) REQUIRE(session.pending() == 0);
    REQUIRE(a.outbound.idle());
    REQUIRE_FALSE(a.outbound.next_deadline());
  }
}

TEST_CASE("MSRP-32, MSRP-53: content of more than 4 GiB keeps its positions") {
  struct Zeros : Source {
    std::uint64_t left = (std::uint64_t{1} << 32) + 5;
    std::optional<std::uint64_t> size() const override { return left; }
    Pulled pull(std::span<char> into) override {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left, into.size()));
      left -= n;
      return {n, left == 0 ? State::end : State::more};
    }
  };
  // Nothing is decoded here: that octets arrive is shown above.
  Random random(1);
  Sender sender(random, {.chunk_size = 1 << 30});
  auto message = outgoing(1, "aaaa", "");
  message.content = std::make_unique<Zeros>();
  REQUIRE(sender.add(MessageKey{1}, std::move(message)));
  std::vector<Written> written;
  for (std::string out; !sender.idle(); out.clear()) sender.append(out, 4 << 20, 100, written);
  std::erase_if(written, [](const Written& one) { return one.kind != Written::Kind::ended; });
  REQUIRE(written.size() == 5);
  CHECK(written[4].range ==
        ByteRange{(std::uint64_t{1} << 32) + 1, (std::uint64_t{1} << 32) + 5, (std::uint64_t{1} << 32) + 5});
  CHECK(written[4].flag == Flag::last);
}
