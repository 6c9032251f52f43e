// CPU of the MSRP relay for a chunk that it passes on: the SEND decoded and written anew, the 200 to its
// sender, and the 200 of the next hop. Requests come 64 KiB at a time, as from a socket. The reference in the
// same run is a plain copy of the same octets. A chunk that does not arrive as it was sent, or an answer that
// is missing, ends the program.

#include <benchmark/benchmark.h>
#include <time.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/digest_client.hpp"
#include "core/random.hpp"
#include "msrp/decoder.hpp"
#include "msrp/encoder.hpp"
#include "msrp/relay.hpp"

namespace {

using namespace rcs;

/// Seconds of CPU of this thread: the machine may have other things to do.
double cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

constexpr std::size_t kRead = 65536;  // octets that a read gives at most
constexpr auto kAlice = node::accepted_connection(1);
const std::string kAliceUri = "msrps://alice.example.com:7654/0123456789abcdefghij;tcp";
const std::string kRelayUri = "msrps://relay.example.com:2855;tcp";
const std::string kBobUri = "msrp://bob.example.com:7655/jihgfedcba9876543210;tcp";

/// A relay with a client that has a URI, and what it writes to whom.
class Stage {
 public:
  Stage() : relay_(config(), random_) {
    node::Accepted accepted;
    accepted.kind = node::StreamKind::tls;
    tell(kAlice, accepted);
    core::DigestClient client({"alice", "pw"}, random_);
    for (int i = 0; i < 2; ++i) {
      msrp::Head head;
      head.transaction_id = "auth" + std::to_string(i);
      head.method = "AUTH";
      head.to_path = kRelayUri;
      head.from_path = kAliceUri;
      if (auto text = client.authorize({"AUTH", kRelayUri, {}}))
        head.others.push_back({"Authorization", *text});
      const auto octets = msrp::encode(head, {}, msrp::Flag::last);
      tell(kAlice, node::Octets{octets});
      msrp::Decoder decoder;
      decoder.feed(to_alice);
      const auto item = decoder.next();
      for (const auto& field : std::get<msrp::HeadArrived>(*item).head->others) {
        if (field.name == "WWW-Authenticate") RCS_ASSERT(client.challenged(field.value));
        if (field.name == "Use-Path") path = field.value;
      }
      to_alice.clear();
    }
    RCS_ASSERT(!path.empty());
  }

  void tell(node::ConnectionId id, const node::StreamNews& news) {
    const auto begin = cpu_time();
    relay_.on_stream(core::Instant{}, id, news, out_);
    spent += cpu_time() - begin;
    for (auto& effect : out_.take()) {
      auto* send = std::get_if<msrp::RelayOutbox::Send>(&effect);
      if (send == nullptr) continue;
      if (std::holds_alternative<node::Dial>(send->message)) {
        bob = send->to;
        dialled = true;
      }
      if (auto* write = std::get_if<node::Write>(&send->message))
        (send->to == kAlice ? to_alice : to_bob) += write->octets;
    }
  }

  double spent = 0;
  std::string path;
  std::string to_alice;
  std::string to_bob;
  node::ConnectionId bob;
  bool dialled = false;

 private:
  static msrp::RelayConfig config() {
    msrp::RelayConfig out;
    out.uri = msrp::parse_uri(kRelayUri).value();
    out.digest.realm = "relay.example.com";
    out.digest.secret = "secret";
    out.password_of = [](const std::string&) { return std::optional<std::string>("pw"); };
    return out;
  }
  core::Random random_{1};
  msrp::RelayOutbox out_;
  msrp::Relay relay_;
};

void relayed_chunks(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  Stage stage;
  core::Random random(2);
  std::string stream;
  std::size_t chunks = 0;
  for (; stream.size() < kRead * 16; ++chunks) {
    msrp::Head head;
    head.method = "SEND";
    head.to_path = stage.path + " " + kBobUri;
    head.from_path = kAliceUri;
    head.content_type = "text/plain";
    head.has_body = true;
    std::string body(size, ' ');
    for (auto& c : body) c = static_cast<char>(random.below(256));
    head.transaction_id = msrp::new_transaction_id(random, body);
    head.message_id = random.token(16);
    head.byte_range = msrp::ByteRange{1, size, size};
    stream += msrp::encode(head, body, msrp::Flag::last);
  }
  std::size_t passed = 0;
  for (auto _ : state) {
    stage.spent = 0;
    std::size_t octets = 0;
    std::size_t answered = 0;
    msrp::Decoder decoder;  // of the next hop
    msrp::Head head;
    for (std::string_view rest = stream; !rest.empty();) {
      const auto piece = rest.substr(0, kRead);
      rest.remove_prefix(piece.size());
      stage.tell(kAlice, node::Octets{piece});
      if (std::exchange(stage.dialled, false)) stage.tell(stage.bob, node::Opened{});
      stage.tell(stage.bob, node::Drained{});
      stage.tell(kAlice, node::Drained{});
      std::string answers;
      decoder.feed(stage.to_bob);
      while (const auto item = decoder.next()) {
        if (const auto* arrived = std::get_if<msrp::HeadArrived>(&*item)) {
          head = *arrived->head;
        } else if (const auto* part = std::get_if<msrp::BodyPart>(&*item)) {
          octets += part->octets.size();
        } else {
          msrp::append_response(answers, head, 200, "OK");
          ++passed;
        }
      }
      RCS_ASSERT(decoder.framed());
      stage.to_bob.clear();
      if (!answers.empty()) stage.tell(stage.bob, node::Octets{answers});
      for (std::size_t at = 0; (at = stage.to_alice.find(" 200 OK\r\n", at)) != std::string::npos; ++at)
        ++answered;
      stage.to_alice.clear();
    }
    RCS_ASSERT(octets == size * chunks && answered == chunks);
    state.SetIterationTime(stage.spent);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(passed));
  state.SetBytesProcessed(static_cast<std::int64_t>(stream.size() * state.iterations()));
}
BENCHMARK(relayed_chunks)->Arg(200)->Arg(2048)->UseManualTime();

void copied_octets(benchmark::State& state) {
  const std::string from(kRead * 16, 'x');
  std::string to(from.size(), ' ');
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(from.size() * state.iterations()));
}
BENCHMARK(copied_octets);

}  // namespace
