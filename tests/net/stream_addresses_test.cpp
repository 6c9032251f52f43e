// Names with several addresses. What a name means is up to the machine, so the look-up is answered here for
// the names of this test, and by the system for all others.

#include <dlfcn.h>
#include <netdb.h>

#include <cstring>

#include "net/raw_peer.hpp"
#include "net/stream_station.hpp"

using namespace std::chrono_literals;
using namespace rcs;
using node::StreamKind;
using test::lacks;
using Station = test::StreamStation;

namespace {

constexpr const char* kTwoAddresses = "two.addresses.example";  // 127.0.0.2, then 127.0.0.1

using LookUp = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

}  // namespace

/// Stands before the one of the system library.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  static const auto system = reinterpret_cast<LookUp>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (name == nullptr || std::strcmp(name, kTwoAddresses) != 0) return system(name, service, hints, found);
  if (const int failed = system("127.0.0.2", service, hints, found)) return failed;
  addrinfo* last = *found;
  while (last->ai_next != nullptr) last = last->ai_next;
  return system("127.0.0.1", service, hints, &last->ai_next);
}

namespace {

node::StreamTarget target(StreamKind kind, std::uint16_t port) {
  node::StreamTarget to;
  to.kind = kind;
  to.host = kTwoAddresses;
  to.port = port;
  to.check_authority = false;
  return to;
}

net::StreamsOptions with_tls() {
  net::StreamsOptions options;
  options.tls = *net::Tls::make({});
  return options;
}

}  // namespace

TEST_CASE("MSRP-25: when the first address of a name refuses, the next is tried") {
  const auto kind = GENERATE(StreamKind::tcp, StreamKind::tls, StreamKind::ws, StreamKind::wss);
  net::Loop loop;
  Station alice(loop, with_tls());
  Station bob(loop, with_tls());
  const auto port = bob.listen(kind).port;  // of 127.0.0.1
  const auto& line = alice.dial(target(kind, port));
  alice.write(alice.last, "hello");
  REQUIRE(
      loop.run_until([&] { return line.closed || (bob.guest() && bob.guest()->received == "hello"); }, 30s));
  CHECK(line.opened);
  CHECK_FALSE(line.closed);
}

TEST_CASE("MSRP-25: the first address that answers is taken") {
  net::Loop loop;
  Station alice(loop);
  Station first(loop);
  net::StreamListen what;
  what.bind.host = "127.0.0.2";
  const auto at = first.streams.listen(what);
  REQUIRE(at);
  Station second(loop);
  what.bind = {"127.0.0.1", at->port};
  REQUIRE(second.streams.listen(what));
  const auto& line = alice.dial(target(StreamKind::tcp, at->port));
  REQUIRE(loop.run_until([&] { return line.opened && first.guest() != nullptr; }, 30s));
  CHECK(second.guest() == nullptr);
}

TEST_CASE("MSRP-25: when all addresses refuse, the name and their number are told") {
  net::Loop loop;
  Station alice(loop);
  std::uint16_t dead = 0;
  {
    test::RawSocket gone(SOCK_STREAM);
    dead = gone.bind();
  }
  const auto& line = alice.dial(target(StreamKind::tcp, dead));
  REQUIRE(loop.run_until([&] { return line.closed; }, 30s));
  CHECK(lacks(line.why, {"tcp two.addresses.example:" + std::to_string(dead), "Connection refused",
                         "the last of 2 addresses"}) == "");
}
