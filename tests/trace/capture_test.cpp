#include "trace/capture.hpp"

#include "support/catch.hpp"

using namespace rcs::trace;
using rcs::core::Instant;
using rcs::core::WallClock;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kPacketHeader = 16;

std::uint32_t little(const std::string& text, std::size_t at) {
  std::uint32_t out = 0;
  for (int i = 3; i >= 0; --i) out = out << 8 | static_cast<unsigned char>(text.at(at + i));
  return out;
}
std::uint32_t big(const std::string& text, std::size_t at, int octets) {
  std::uint32_t out = 0;
  for (int i = 0; i < octets; ++i) out = out << 8 | static_cast<unsigned char>(text.at(at + i));
  return out;
}

struct Packet {
  std::uint32_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  std::string octets;
  std::uint32_t sequence() const { return big(octets, 24, 4); }
  std::uint32_t acknowledged() const { return big(octets, 28, 4); }
  std::string tcp_content() const { return octets.substr(40); }
};

std::vector<Packet> read(const std::string& file) {
  REQUIRE(little(file, 0) == 0xa1b23c4d);
  REQUIRE(little(file, 20) == 101);
  std::vector<Packet> out;
  for (std::size_t at = kFileHeader; at < file.size();) {
    Packet packet{little(file, at), little(file, at + 4), {}};
    const auto size = little(file, at + 8);
    REQUIRE(little(file, at + 12) == size);
    packet.octets = file.substr(at + kPacketHeader, size);
    REQUIRE(packet.octets.size() == size);
    REQUIRE(big(packet.octets, 2, 2) == size);
    at += kPacketHeader + size;
    out.push_back(std::move(packet));
  }
  return out;
}

/// Over a header or a segment with its pseudo header, the sum with the checksum in it is all ones.
std::uint32_t folded(const std::string& octets) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); ++i)
    sum += static_cast<std::uint32_t>(static_cast<unsigned char>(octets[i])) << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

Record record(const std::string& from, const std::string& to, Protocol protocol, const std::string& transport,
              const std::string& content) {
  Record out;
  out.from = from;
  out.to = to;
  out.protocol = protocol;
  out.transport = transport;
  out.content = content;
  out.time = Instant(1500ms + 7ns);
  return out;
}

}  // namespace

TEST_CASE("a datagram has its time, ports, length and checksums") {
  const auto packets = read(
      to_pcap({record("alice", "o-cscf", Protocol::sip, "udp", "OPTIONS")}, WallClock{1'325'412'610'000}));
  REQUIRE(packets.size() == 1);
  const auto& packet = packets[0];
  CHECK(packet.seconds == 1'325'412'611);
  CHECK(packet.nanoseconds == 500'000'007);
  CHECK(folded(packet.octets.substr(0, 20)) == 0xffff);
  const auto segment = packet.octets.substr(20);
  CHECK(big(segment, 0, 2) == 5060);
  CHECK(big(segment, 2, 2) == 5060);
  CHECK(big(segment, 4, 2) == segment.size());
  CHECK(segment.substr(8) == "OPTIONS");
  const std::string pseudo = packet.octets.substr(12, 8) + std::string{0, 17} + segment.substr(4, 2);
  CHECK(folded(pseudo + segment) == 0xffff);
}

TEST_CASE("both directions of a stream are one connection, with sequence numbers that fit") {
  const auto packets = read(to_pcap({record("alice", "t-imas", Protocol::msrp, "tcp", "0123456789"),
                                     record("t-imas", "alice", Protocol::msrp, "tcp", "abc"),
                                     record("alice", "t-imas", Protocol::msrp, "tcp", "xyz")},
                                    {}));
  REQUIRE(packets.size() == 3);
  CHECK(big(packets[0].octets, 22, 2) == 2855);
  CHECK(big(packets[0].octets, 20, 2) == big(packets[1].octets, 22, 2));
  CHECK(packets[0].sequence() == 1);
  CHECK(packets[1].acknowledged() == 11);
  CHECK(packets[2].sequence() == 11);
  CHECK(packets[2].acknowledged() == 4);
  CHECK(packets[1].tcp_content() == "abc");
  const auto segment = packets[0].octets.substr(20);
  const std::string length{0, static_cast<char>(segment.size())};
  CHECK(folded(packets[0].octets.substr(12, 8) + std::string{0, 6} + length + segment) == 0xffff);
}

TEST_CASE("what is too long for a packet goes in several, and loses nothing") {
  const std::string content(200'001, 'x');
  const auto packets = read(to_pcap({record("a", "b", Protocol::msrp, "tcp", content)}, {}));
  REQUIRE(packets.size() == 4);
  std::string together;
  for (const auto& packet : packets) {
    CHECK(packet.sequence() == together.size() + 1);
    together += packet.tcp_content();
  }
  CHECK(together == content);
  // Nor is a datagram cut that no packet can hold.
  CHECK(read(to_pcap({record("a", "b", Protocol::sip, "udp", content)}, {})).size() == 4);
}

TEST_CASE("octets that were not kept are a gap in the sequence") {
  auto first = record("a", "b", Protocol::msrp, "tcp", "0123456789");
  first.size = 100;
  const auto packets = read(to_pcap({first, record("a", "b", Protocol::msrp, "tcp", "x")}, {}));
  REQUIRE(packets.size() == 2);
  CHECK(packets[1].sequence() == 101);
}

TEST_CASE("records without octets, and those of HTTP and events, are not in a capture") {
  CHECK(
      read(to_pcap({record("a", "b", Protocol::http, "tcp", "GET"),
                    record("a", "b", Protocol::event, "", "{}"), record("a", "b", Protocol::sip, "udp", "")},
                   {}))
          .empty());
}
