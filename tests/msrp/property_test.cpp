// The codec over generated messages: however the octets are cut, the decoder says the same, and it says what
// was encoded.

#include "msrp/encoder.hpp"
#include "msrp/events.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Random;

namespace {

template <std::size_t N>
std::string one_of(Random& random, const char* const (&choices)[N]) {
  return choices[random.below(N)];
}

/// Full of what a decoder could stumble over; without the end-line itself.
std::string generate_body(Random& random, const std::string& id) {
  const std::string tricky[] = {"\r\n",
                                "\r",
                                "\n",
                                std::string(1, '\0'),
                                "-------",
                                "\r\n-------",
                                "\r\n-------" + id.substr(0, id.size() - 1),
                                "\r\n-------" + id + "x",
                                "\r\n-------" + id + "$\r",
                                "\r\n-------other123$\r\n",
                                "$\r\n",
                                "MSRP abcd SEND\r\n",
                                "text",
                                "\xff\xfe"};
  std::string body;
  for (;;) {
    body.clear();
    const auto pieces = random.below(12);
    for (std::uint64_t i = 0; i < pieces; ++i) body += tricky[random.below(std::size(tricky))];
    // Two pieces may have made one; a body whose own end-line is whole is not to be sent at all.
    const auto begin = "\r\n" + body + "\r\n-------" + id;
    bool clean = true;
    for (const auto* end : {"$\r\n", "+\r\n", "#\r\n"})
      clean = clean && begin.find("\r\n-------" + id + end) == std::string::npos;
    if (clean) return body;
  }
}

Seen generate(Random& random) {
  Seen out;
  auto& head = out.head;
  head.transaction_id = random.token(4 + random.below(29));
  head.to_path =
      one_of(random, {"msrp://b.example:1/b;tcp", "msrps://r.example:1/x;tcp msrp://b.example:1/b;tcp"});
  head.from_path = one_of(random, {"msrp://a.example:2/a;tcp", "msrp://[::1]:2/a;ws"});
  out.end = static_cast<Flag>(one_of(random, {"$", "+", "#"}).front());
  if (random.below(4) == 0) {
    head.status = static_cast<int>(200 + random.below(300));
    head.comment = one_of(random, {"", "OK", "a b: c"});
    return out;
  }
  head.method = one_of(random, {"SEND", "SEND", "SEND", "REPORT", "AUTH", "NICKNAME", "X"});
  if (head.method == "SEND" || head.method == "REPORT") head.message_id = random.token(12);
  if (head.method == "REPORT") head.report_status = ReportStatus{200, one_of(random, {"", "OK"})};
  if (head.method == "NICKNAME")
    head.use_nickname = one_of(random, {"", "\"\"", "\"Al \\\" \"", "no quotes"});
  if (random.below(2) == 0) head.success_report = random.below(2) == 0;
  if (random.below(2) == 0) head.failure_report = static_cast<FailureReport>(random.below(3));
  if (random.below(2) == 0) {
    head.byte_range = ByteRange{1 + (random.next() >> random.below(63)) / 2, {}, {}};
    if (random.below(2) == 0) head.byte_range->end = random.next();
    if (random.below(2) == 0) head.byte_range->total = random.next();
  }
  for (auto n = random.below(4); n > 0; --n)
    head.others.push_back(
        {one_of(random, {"X-Own", "Use-Path", "Expires"}), one_of(random, {"", " a", "b\tc: d"})});
  if (random.below(4) == 0) return out;
  head.content_type = one_of(random, {"text/plain", "message/cpim; charset=utf-8"});
  head.has_body = true;
  out.body = generate_body(random, head.transaction_id);
  return out;
}

}  // namespace

TEST_CASE("MSRP-10: generated messages, whole, octet by octet and in random pieces") {
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Transcript expected;
    std::string octets;
    for (auto n = 1 + random.below(4); n > 0; --n) {
      expected.messages.push_back(generate(random));
      const auto& message = expected.messages.back();
      octets += encode(message.head, message.body, *message.end);
    }
    CAPTURE(octets);
    REQUIRE(decode_all(octets) == expected);
    REQUIRE(decode_in_pieces(octets, 1) == expected);
    REQUIRE(decode_in_random_pieces(octets, random) == expected);
  }
}

TEST_CASE("MSRP-10: damaged messages, whole, octet by octet and in random pieces") {
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    std::string octets;
    for (int n = 0; n < 2; ++n) {
      const auto message = generate(random);
      octets += encode(message.head, message.body, *message.end);
    }
    for (int n = 0; n < 3; ++n) {
      const auto at = random.below(octets.size());
      if (random.below(2) == 0) {
        octets.erase(at, 1 + random.below(3));
      } else {
        octets[at] = one_of(random, {"\r", "\n", "-", "$", " ", ":", "x", "\x01"}).front();
      }
    }
    CAPTURE(octets);
    const auto whole = decode_all(octets);
    REQUIRE(decode_in_pieces(octets, 1) == whole);
    REQUIRE(decode_in_random_pieces(octets, random) == whole);
  }
}
