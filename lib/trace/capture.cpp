#include "trace/capture.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace rcs::trace {
namespace {

constexpr std::uint32_t kNanosecondMagic = 0xa1b23c4d;
constexpr std::uint32_t kRawIp = 101;  // LINKTYPE_RAW
constexpr std::size_t kIpHeader = 20;
constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kMaxPacket = 65'535;   // of IPv4
constexpr std::size_t kMaxSegment = 60'000;  // of a stream: what is longer goes in several
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint16_t kSipPort = 5060;
constexpr std::uint16_t kMsrpPort = 2855;
constexpr std::uint16_t kFirstClientPort = 40'000;
constexpr std::uint16_t kClientPorts = 20'000;
constexpr std::int64_t kNanosecondsInSecond = 1'000'000'000;

void put(std::string& out, std::uint64_t value, int octets) {
  while (octets-- > 0) out += static_cast<char>(value >> (8 * octets));
}

/// The file's own numbers are little-endian.
void put_file(std::string& out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i));
}

/// RFC 1071.
std::uint16_t checksum(std::string_view octets) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const auto octet = static_cast<unsigned char>(octets[i]);
    sum += i % 2 == 0 ? octet << 8 : octet;
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

struct Place {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
};

/// One direction of a stream.
struct Lane {
  Place from;
  Place to;
  std::uint32_t next = 1;
};

class Writer {
 public:
  Writer(const std::vector<Record>& records, core::WallClock wall) : wall_(wall) {
    put_file(out_, kNanosecondMagic);
    put_file(out_, 2 | 4 << 16);  // version 2.4
    put_file(out_, 0);            // UTC
    put_file(out_, 0);
    put_file(out_, kMaxPacket);
    put_file(out_, kRawIp);
    for (const auto& record : records) add(record);
  }
  std::string take() { return std::move(out_); }

 private:
  void add(const Record& record) {
    const bool known = record.protocol == Protocol::sip || record.protocol == Protocol::msrp;
    if (!known || record.content.empty()) return;
    const bool datagram = record.protocol == Protocol::sip && record.transport == "udp";
    if (datagram && record.content.size() <= kMaxPacket - kIpHeader - kUdpHeader) return add_datagram(record);
    add_stream(record);
  }

  std::uint32_t address(const std::string& actor) {
    const auto [found, is_new] = addresses_.emplace(actor, 0);
    if (is_new) found->second = 0x0a000000u + static_cast<std::uint32_t>(addresses_.size());
    return found->second;
  }

  void add_datagram(const Record& record) {
    const Place from{address(record.from), kSipPort};
    const Place to{address(record.to), kSipPort};
    std::string udp;
    put(udp, from.port, 2);
    put(udp, to.port, 2);
    put(udp, kUdpHeader + record.content.size(), 2);
    put(udp, 0, 2);
    udp += record.content;
    set_checksum(udp, 6, from, to, kUdp);
    add_packet(record.time, from, to, kUdp, udp);
  }

  void add_stream(const Record& record) {
    Lane& lane = lane_of(record);
    const Lane& back = lanes_.at({record.to, record.from, record.protocol});
    std::string_view rest = record.content;
    while (!rest.empty()) {
      const auto piece = rest.substr(0, kMaxSegment);
      rest.remove_prefix(piece.size());
      std::string tcp;
      put(tcp, lane.from.port, 2);
      put(tcp, lane.to.port, 2);
      put(tcp, lane.next, 4);
      put(tcp, back.next, 4);
      put(tcp, kTcpHeader / 4 << 12 | 0x18, 2);  // PSH and ACK
      put(tcp, 0xffff, 2);
      put(tcp, 0, 4);  // checksum, urgent pointer
      tcp += piece;
      set_checksum(tcp, 16, lane.from, lane.to, kTcp);
      add_packet(record.time, lane.from, lane.to, kTcp, tcp);
      lane.next += static_cast<std::uint32_t>(piece.size());
    }
    // What was not kept of the octets is a gap, so that what follows is not read as the rest of it.
    if (record.size > record.content.size())
      lane.next += record.size - static_cast<std::uint32_t>(record.content.size());
  }

  Lane& lane_of(const Record& record) {
    const auto found = lanes_.find({record.from, record.to, record.protocol});
    if (found != lanes_.end()) return found->second;
    const auto client = static_cast<std::uint16_t>(kFirstClientPort + lanes_.size() / 2 % kClientPorts);
    const Place from{address(record.from), client};
    const Place to{address(record.to), record.protocol == Protocol::sip ? kSipPort : kMsrpPort};
    lanes_[{record.to, record.from, record.protocol}] = {to, from, 1};
    return lanes_[{record.from, record.to, record.protocol}] = {from, to, 1};
  }

  static void set_checksum(std::string& segment, std::size_t at, Place from, Place to,
                           std::uint8_t protocol) {
    std::string pseudo;
    put(pseudo, from.address, 4);
    put(pseudo, to.address, 4);
    put(pseudo, protocol, 2);
    put(pseudo, segment.size(), 2);
    const auto sum = checksum(pseudo + segment);
    segment[at] = static_cast<char>(sum >> 8);
    segment[at + 1] = static_cast<char>(sum);
  }

  void add_packet(core::Instant time, Place from, Place to, std::uint8_t protocol, std::string_view segment) {
    std::string ip;
    put(ip, 0x4500, 2);
    put(ip, kIpHeader + segment.size(), 2);
    put(ip, ++packets_ & 0xffff, 2);
    put(ip, 0x4000, 2);  // not to be fragmented
    put(ip, 64, 1);
    put(ip, protocol, 1);
    put(ip, 0, 2);
    put(ip, from.address, 4);
    put(ip, to.address, 4);
    const auto sum = checksum(ip);
    ip[10] = static_cast<char>(sum >> 8);
    ip[11] = static_cast<char>(sum);

    const std::int64_t at =
        wall_.unix_ms_at_zero * 1'000'000 + core::Duration(time.time_since_epoch()).count();
    put_file(out_, static_cast<std::uint32_t>(at / kNanosecondsInSecond));
    put_file(out_, static_cast<std::uint32_t>(at % kNanosecondsInSecond));
    const auto size = static_cast<std::uint32_t>(ip.size() + segment.size());
    put_file(out_, size);
    put_file(out_, size);
    out_.append(ip).append(segment);
  }

  core::WallClock wall_;
  std::string out_;
  std::uint32_t packets_ = 0;
  std::map<std::string, std::uint32_t> addresses_;
  std::map<std::tuple<std::string, std::string, Protocol>, Lane> lanes_;
};

}  // namespace

std::string to_pcap(const std::vector<Record>& records, core::WallClock wall) {
  return Writer(records, wall).take();
}

}  // namespace rcs::trace
