// The far ends of relay_chunks.py, and the relay of ours that it measures, over plain TCP: TLS would cost
// both relays the same. `relay_load serve` is an msrp::Relay on sockets and prints its port. `relay_load
// drive PORT CHUNKS` is Bob, who gets a URI there (AUTH), and Alice, who sends him chunks of 2 KiB by it; he
// answers each 200, and so does the relay to her. At most kWindow chunks are under way, for a relay may drop
// a connection that it has to wait for. Octets that do not arrive as they were sent, or an answer that is
// missing, end it with status 1.

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/text.hpp"
#include "msrp/decoder.hpp"
#include "msrp/encoder.hpp"
#include "msrp/relay.hpp"
#include "msrp/relay_client.hpp"
#include "net/stream_driver.hpp"

namespace {

using namespace rcs;

constexpr std::size_t kChunk = 2048;
constexpr std::size_t kMessage = 512 * kChunk;
constexpr std::size_t kWindow = 128;  // chunks
constexpr std::size_t kRead = 64 << 10;
constexpr int kPatience = 60'000;  // ms without an octet
const std::string kUser = "bob";
const std::string kPassword = "open sesame";
const std::string kBobUri = "msrp://bob.example.com:7655/jihgfedcba9876543210;tcp";
const std::string kAliceUri = "msrp://alice.example.com:7654/0123456789abcdefghij;tcp";

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "relay_load: %s\n", why.c_str());
  std::exit(1);
}
void check(bool good, const char* what) {
  if (!good) fail(what);
}

int serve() {
  net::Loop loop;
  core::Random random(1);
  net::StreamDriver<msrp::Relay, msrp::RelayEvent> driver(loop, {}, [](const msrp::RelayEvent&) {});
  net::StreamListen listen;
  listen.bind = {"127.0.0.1", 0};
  msrp::RelayConfig config;
  config.uri.host = "127.0.0.1";
  config.uri.port = driver.streams().listen(std::move(listen)).value().port;
  config.uri.transport = "tcp";
  config.digest.realm = "relay.example.com";
  config.digest.secret = random.token(32);
  config.auth_without_tls = true;
  config.password_of = [](const std::string& name) {
    return name == kUser ? std::optional(kPassword) : std::nullopt;
  };
  std::printf("%u\n", static_cast<unsigned>(*config.uri.port));
  std::fflush(stdout);
  msrp::Relay relay(std::move(config), random);
  driver.attach(relay);
  loop.run();
  return 0;
}

/// A connection to the relay: what is to be written to it, and what has come.
class Line {
 public:
  explicit Line(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    check(connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0, "no connection to the relay");
    fcntl(socket_, F_SETFL, O_NONBLOCK);
  }
  ~Line() { close(socket_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  pollfd wish(bool writes) const {
    return {socket_, static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN), 0};
  }
  /// How many of these octets have left.
  std::size_t write_some(std::string_view octets) {
    const auto gone = write(socket_, octets.data(), octets.size());
    return gone > 0 ? static_cast<std::size_t>(gone) : 0;
  }
  void read_some() {
    const auto got = read(socket_, buffer_.data(), buffer_.size());
    check(got > 0, "the relay has ended the connection");
    decoder.feed({buffer_.data(), static_cast<std::size_t>(got)});
  }

  msrp::Decoder decoder;

 private:
  int socket_;
  std::string buffer_ = std::string(kRead, '\0');
};

/// All of `octets`, then waits for something to read.
void ask(Line& line, std::string_view octets) {
  while (!octets.empty()) octets.remove_prefix(line.write_some(octets));
  auto wait = line.wish(false);
  check(poll(&wait, 1, kPatience) == 1, "the relay does not answer AUTH");
  line.read_some();
}

/// The path by which Bob is reached.
std::string get_path(Line& line, std::uint16_t port, core::Random& random) {
  msrp::RelayLogin login;
  login.relay = msrp::parse_uri("msrp://127.0.0.1:" + std::to_string(port) + ";tcp").value();
  login.credentials = {kUser, kPassword};
  msrp::RelayClient client(login, msrp::parse_uri(kBobUri).value(), random);
  std::string request;
  client.start({}, request);
  for (;;) {
    ask(line, std::exchange(request, {}));
    while (const auto item = line.decoder.next()) {
      if (const auto* arrived = std::get_if<msrp::HeadArrived>(&*item))
        client.on_response({}, *arrived->head, request);
    }
    for (const auto& event : client.take_events()) {
      if (const auto* no = std::get_if<msrp::NoUsePath>(&event)) fail("AUTH: " + no->why);
      return std::get<msrp::UsePath>(event).relays.front().to_string() + " " + kBobUri;
    }
  }
}

/// What Alice sends, and where each chunk of it ends.
struct Stream {
  Stream(const std::string& path, std::size_t chunks, core::Random& random) : body(kMessage, ' ') {
    for (auto& c : body) c = static_cast<char>(random.below(256));
    msrp::Head head;
    head.method = "SEND";
    head.to_path = path;
    head.from_path = kAliceUri;
    head.content_type = "text/plain";
    head.has_body = true;
    for (std::size_t i = 0; i < chunks; ++i) {
      const auto from = i * kChunk % kMessage;
      if (from == 0) head.message_id = random.token(16);
      head.transaction_id = msrp::new_transaction_id(random);
      head.byte_range = msrp::ByteRange{from + 1, from + kChunk, kMessage};
      const bool is_last = i + 1 == chunks || from + kChunk == kMessage;
      octets += msrp::encode(head, std::string_view(body).substr(from, kChunk),
                             is_last ? msrp::Flag::last : msrp::Flag::more);
      ends.push_back(octets.size());
    }
  }

  std::string body;  // of every message
  std::string octets;
  std::vector<std::size_t> ends;
};

/// Bob's side of the exchange.
struct Taking {
  const std::string& body;
  msrp::Head head;
  std::uint64_t position = 0;  // in the content of the message
  std::size_t chunks = 0;
  std::string answers;

  void take(msrp::Decoder& decoder) {
    while (const auto item = decoder.next()) {
      if (const auto* arrived = std::get_if<msrp::HeadArrived>(&*item)) {
        head = *arrived->head;
        check(arrived->defect.empty() && head.method == "SEND" && head.byte_range, "expected a SEND for Bob");
        position = head.byte_range->start - 1;
      } else if (const auto* part = std::get_if<msrp::BodyPart>(&*item)) {
        check(body.compare(position, part->octets.size(), part->octets) == 0,
              "expected the octets that were sent");
        position += part->octets.size();
      } else {
        check(std::holds_alternative<msrp::End>(*item) && position % kChunk == 0, "expected a whole chunk");
        msrp::append_response(answers, head, 200, "OK");
        ++chunks;
      }
    }
  }
};

/// How many 200s have come to Alice.
std::size_t count_answers(msrp::Decoder& decoder) {
  std::size_t answers = 0;
  while (const auto item = decoder.next()) {
    const auto* arrived = std::get_if<msrp::HeadArrived>(&*item);
    if (arrived == nullptr) continue;
    check(arrived->head->status == 200, "expected 200 for every chunk");
    ++answers;
  }
  return answers;
}

int drive(std::uint16_t port, std::size_t chunks) {
  core::Random random(2);
  Line bob(port);
  const auto path = get_path(bob, port, random);
  const Stream stream(path, chunks, random);
  Line alice(port);
  Taking taking{stream.body};
  std::size_t sent = 0;
  std::size_t answered = 0;
  while (taking.chunks < chunks || answered < chunks || !taking.answers.empty()) {
    const auto until = stream.ends[std::min(chunks, taking.chunks + kWindow) - 1];
    std::array waits = {alice.wish(sent < until), bob.wish(!taking.answers.empty())};
    check(poll(waits.data(), waits.size(), kPatience) > 0, "expected more chunks or answers");
    if ((waits[0].revents & POLLOUT) != 0)
      sent += alice.write_some(std::string_view(stream.octets).substr(sent, until - sent));
    if ((waits[1].revents & POLLOUT) != 0) taking.answers.erase(0, bob.write_some(taking.answers));
    if ((waits[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      alice.read_some();
      answered += count_answers(alice.decoder);
    }
    if ((waits[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      bob.read_some();
      taking.take(bob.decoder);
    }
  }
  check(taking.chunks == chunks && answered == chunks, "expected each chunk and each answer once");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 && words[0] == "serve") return serve();
  if (words.size() == 3 && words[0] == "drive") {
    const auto port = core::parse_u32(words[1]).value_or(0);
    const auto chunks = core::parse_u32(words[2]).value_or(0);
    if (port > 0 && port <= 65535 && chunks > 0) return drive(static_cast<std::uint16_t>(port), chunks);
  }
  std::fprintf(stderr, "usage: relay_load serve | relay_load drive PORT CHUNKS\n");
  return 2;
}
