// CPU of a server that receives MSRP: an msrp::Endpoint on sockets takes messages that were encoded
// beforehand and answers each chunk 200. Measured is user and system time of the server's process, from the
// connection's begin to its end. The reference in the same run is a server that reads the same octets 64 KiB
// at a time and writes back as many octets as the answers have. Then, without sockets: what a session costs
// that says nothing, and a message where few or very many sessions are open. A wrong count of messages,
// octets or answers ends it with status 1. Usage: msrp_receive [--smoke].

#include <arpa/inet.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "msrp/decoder.hpp"
#include "msrp/encoder.hpp"
#include "msrp/endpoint.hpp"
#include "net/stream_driver.hpp"

namespace {

using namespace rcs;

constexpr std::size_t kRead = 64 << 10;
constexpr int kRounds = 3;         // the median counts
constexpr int kPatience = 60'000;  // ms without an octet

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "msrp_receive: %s\n", why.c_str());
  std::exit(1);
}
void check(bool good, const char* what) {
  if (!good) fail(what);
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// --- what is sent

struct Load {
  const char* what;
  std::size_t chunk;   // octets of its body
  std::size_t chunks;  // of a message
  std::size_t messages;
};

struct Stream {
  std::string octets;
  std::string an_answer;  // to a chunk; all are as long
  std::size_t chunks = 0;
  std::size_t messages = 0;
  std::uint64_t content = 0;  // octets
  std::size_t answer_octets() const { return an_answer.size() * chunks; }
};

std::string uri_text(const std::string& host, const std::string& session_id) {
  return "msrp://" + host + ":2855/" + session_id + ";tcp";
}

msrp::Head head_for(const std::string& to_uri) {
  msrp::Head head;
  head.method = "SEND";
  head.to_path = to_uri;
  head.from_path = uri_text("alice.example.com", "alice0123456789abcdef");
  head.content_type = "text/plain";
  head.has_body = true;
  return head;
}

Stream encode(const Load& load) {
  core::Random random(1);
  std::string body(load.chunk, ' ');
  for (auto& c : body) c = static_cast<char>(random.below(256));
  auto head = head_for(uri_text("gateway.example.com", "bench"));
  Stream out;
  out.octets.reserve(load.messages * load.chunks * (load.chunk + 400));
  for (; out.messages < load.messages; ++out.messages) {
    head.message_id = random.token(16);
    for (std::size_t i = 0; i < load.chunks; ++i, ++out.chunks) {
      head.transaction_id = msrp::new_transaction_id(random);
      const auto from = i * load.chunk;
      head.byte_range = msrp::ByteRange{from + 1, from + load.chunk, load.chunks * load.chunk};
      msrp::append_head(out.octets, head);
      out.octets += body;
      msrp::append_end(out.octets, head, i + 1 < load.chunks ? msrp::Flag::more : msrp::Flag::last);
    }
  }
  out.content = static_cast<std::uint64_t>(out.chunks) * load.chunk;
  msrp::append_response(out.an_answer, head, 200, "OK");
  return out;
}

void check_answers(const std::string& answers, const Stream& stream) {
  msrp::Decoder decoder;
  decoder.feed(answers);
  std::size_t good = 0;
  while (auto item = decoder.next()) {
    const auto* arrived = std::get_if<msrp::HeadArrived>(&*item);
    good += arrived != nullptr && arrived->defect.empty() && arrived->head->status == 200 ? 1 : 0;
  }
  check(good == stream.chunks && decoder.between_messages(), "expected a 200 for every chunk");
}

// --- the servers, each in a process of its own

struct Verdict {
  double cpu = 0;
  std::uint64_t messages = 0;
  std::uint64_t content = 0;
};

msrp::LocalEnd local_end(const std::string& session_id) {
  msrp::LocalEnd out;
  out.uri = msrp::parse_uri(uri_text("gateway.example.com", session_id)).value();
  out.types.accepted = {"*"};
  return out;
}

Verdict serve_msrp(int ports, bool pass_on) {
  net::Loop loop;
  core::Random random(1);
  msrp::Endpoint endpoint({}, random);
  auto local = local_end("bench");
  local.pass_on = pass_on;
  const auto session = endpoint.open(std::move(local)).value();
  Verdict out;
  const auto on_event = [&](const msrp::EndpointEvent& event) {
    if (const auto* content = std::get_if<msrp::ContentArrived>(&event)) {
      out.content += content->octets.size();
    } else if (const auto* message = std::get_if<msrp::MessageArrived>(&event)) {
      ++out.messages;
      out.content += message->message.content.size();
    } else if (std::holds_alternative<msrp::SessionReady>(event)) {
      out.cpu = -cpu_seconds();
    } else if (std::holds_alternative<msrp::SessionLost>(event)) {
      loop.stop();
    }
  };
  net::StreamDriver<msrp::Endpoint, msrp::EndpointEvent> driver(loop, {}, on_event);
  driver.attach(endpoint);
  driver.act([&](core::Instant now, msrp::Endpoint& it, msrp::EndpointOutbox& to) {
    it.start(now, session, {}, to);
  });
  net::StreamListen listen;
  listen.bind = {"127.0.0.1", 0};
  const auto port = driver.streams().listen(listen).value().port;
  check(write(ports, &port, sizeof port) == sizeof port, "the port is not told");
  loop.run();
  out.cpu += cpu_seconds();
  return out;
}

Verdict serve_plain(int ports, std::size_t octets, std::size_t answers) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  check(bind(listener, reinterpret_cast<sockaddr*>(&at), size) == 0 && listen(listener, 1) == 0 &&
            getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) == 0,
        "no port for the reference");
  const std::uint16_t port = ntohs(at.sin_port);
  check(write(ports, &port, sizeof port) == sizeof port, "the port is not told");
  const int peer = accept(listener, nullptr, nullptr);
  Verdict out;
  out.cpu = -cpu_seconds();
  std::string buffer(kRead, '\0');
  const std::string answer(answers, '\0');
  std::size_t owed = 0;
  std::size_t given = 0;
  for (;;) {
    const auto got = read(peer, buffer.data(), buffer.size());
    if (got <= 0) break;
    out.content += static_cast<std::uint64_t>(got);
    owed = static_cast<std::size_t>(static_cast<double>(out.content) / static_cast<double>(octets) *
                                    static_cast<double>(answers));
    if (out.content == octets) owed = answers;
    while (given < owed) {
      const auto gone = write(peer, answer.data(), owed - given);
      check(gone > 0, "the reference can not write");
      given += static_cast<std::size_t>(gone);
    }
  }
  out.cpu += cpu_seconds();
  return out;
}

// --- the generator

int dial(std::uint16_t port) {
  const int line = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  check(connect(line, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0, "no connection to the server");
  fcntl(line, F_SETFL, O_NONBLOCK);
  return line;
}

/// Writes all of the stream and reads what is answered, until that is as long as it has to be.
std::string exchange(std::uint16_t port, const Stream& stream) {
  const int line = dial(port);
  std::string answers(stream.answer_octets() + 1, '\0');
  std::size_t sent = 0;
  std::size_t received = 0;
  while (received < stream.answer_octets()) {
    const bool writes = sent < stream.octets.size();
    pollfd wait{line, static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN), 0};
    check(poll(&wait, 1, kPatience) == 1, "expected more answers");
    if ((wait.revents & POLLOUT) != 0) {
      const auto gone =
          write(line, stream.octets.data() + sent, std::min(stream.octets.size() - sent, 4 * kRead));
      if (gone > 0) sent += static_cast<std::size_t>(gone);
    }
    if ((wait.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      const auto got = read(line, answers.data() + received, answers.size() - received);
      check(got > 0, "the server has ended the connection");
      received += static_cast<std::size_t>(got);
    }
  }
  check(sent == stream.octets.size() && received == stream.answer_octets(),
        "expected as many octets as answers have");
  close(line);
  answers.resize(received);
  return answers;
}

/// `serve` in a process of its own, and the generator in this one.
template <class Serve>
Verdict measure(const Stream& stream, bool is_msrp, Serve serve) {
  std::array<int, 2> pipe_ends{};
  check(pipe(pipe_ends.data()) == 0, "no pipe");
  std::fflush(stdout);
  const auto child = fork();
  check(child >= 0, "no process for the server");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // when the generator finds a fault
    const Verdict verdict = serve(pipe_ends[1]);
    _exit(write(pipe_ends[1], &verdict, sizeof verdict) == sizeof verdict ? 0 : 1);
  }
  close(pipe_ends[1]);
  std::uint16_t port = 0;
  check(read(pipe_ends[0], &port, sizeof port) == sizeof port, "the server has no port");
  const auto answers = exchange(port, stream);
  Verdict out;
  check(read(pipe_ends[0], &out, sizeof out) == sizeof out, "the server has no result");
  close(pipe_ends[0]);
  waitpid(child, nullptr, 0);
  if (is_msrp) {
    check_answers(answers, stream);
    check(out.messages == stream.messages && out.content == stream.content, "expected every message, whole");
  } else {
    check(out.content == stream.octets.size(), "expected every octet");
  }
  return out;
}

double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  return of[of.size() / 2];
}

void receive(const Load& load, bool pass_on, int rounds) {
  const auto stream = encode(load);
  std::vector<double> ours;
  std::vector<double> plain;
  for (int round = 0; round < rounds; ++round) {
    ours.push_back(measure(stream, true, [&](int ports) { return serve_msrp(ports, pass_on); }).cpu);
    plain.push_back(measure(stream, false, [&](int ports) {
                      return serve_plain(ports, stream.octets.size(), stream.answer_octets());
                    }).cpu);
  }
  const auto chunks = static_cast<double>(stream.chunks);
  const auto mebibytes = static_cast<double>(stream.octets.size()) / (1 << 20);
  const auto mine = median(ours);
  const auto theirs = median(plain);
  std::printf("%-34s %9.2f us  %9.2f us  %6.2f   (%.0f and %.0f MiB, %.0f and %.0f chunks a CPU second)\n",
              load.what, mine / chunks * 1e6, theirs / chunks * 1e6, mine / theirs, mebibytes / mine,
              mebibytes / theirs, chunks / mine, chunks / theirs);
}

// --- many sessions, without sockets

/// An endpoint to which `count` peers have come, on connections of their own or all on one.
class Crowd {
 public:
  Crowd(std::size_t count, bool alone) : alone_(alone) {
    const auto before = mallinfo2();
    if (!alone) take(node::accepted_connection(1), node::Accepted{node::StreamKind::tcp, 2855, {}, {}});
    for (std::size_t i = 0; i < count; ++i) {
      const auto id = endpoint_.open(local_end(name(i))).value();
      endpoint_.start({}, id, {}, out_);
      if (alone) take(connection(i), node::Accepted{node::StreamKind::tcp, 2855, {}, {}});
      auto head = head_for(uri_text("gateway.example.com", name(i)));
      head.has_body = false;
      head.content_type.clear();
      head.message_id = "opening0";
      head.transaction_id = "opening0";
      const auto opening = msrp::encode(head, {}, msrp::Flag::last);
      take(connection(i), node::Octets{opening});
    }
    const auto after = mallinfo2();
    octets = (after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / count;
    check(ready_ == count, "expected every session to be ready");
  }

  static std::string name(std::size_t i) { return "session-" + std::to_string(1'000'000 + i); }
  node::ConnectionId connection(std::size_t i) const { return node::accepted_connection(alone_ ? i + 1 : 1); }

  void take(node::ConnectionId id, const node::StreamNews& news) {
    endpoint_.on_stream({}, id, news, out_);
    bool has_written = false;
    for (const auto& effect : out_.take()) {
      if (const auto* emit = std::get_if<msrp::EndpointOutbox::Emit>(&effect)) {
        arrived += std::holds_alternative<msrp::MessageArrived>(emit->event) ? 1 : 0;
        ready_ += std::holds_alternative<msrp::SessionReady>(emit->event) ? 1 : 0;
      } else {
        has_written = has_written || std::holds_alternative<msrp::EndpointOutbox::Send>(effect);
      }
    }
    if (!has_written) return;
    ++answered;
    endpoint_.on_stream({}, id, node::Drained(), out_);
  }

  std::size_t octets = 0;  // of memory, for each session
  std::size_t arrived = 0;
  std::size_t answered = 0;

 private:
  bool alone_;
  std::size_t ready_ = 0;
  core::Random random_{1};
  msrp::EndpointOutbox out_;
  msrp::Endpoint endpoint_{{}, random_};
};

/// CPU seconds of a message to one of `count` sessions after another.
double cost_among(std::size_t count, bool alone, std::size_t messages) {
  auto crowd = std::make_unique<Crowd>(count, alone);
  core::Random random(2);
  std::vector<std::string> octets;
  std::vector<std::size_t> to;
  for (std::size_t i = 0; i < messages; ++i) {
    to.push_back(random.below(count));
    auto head = head_for(uri_text("gateway.example.com", Crowd::name(to.back())));
    head.message_id = random.token(16);
    head.transaction_id = msrp::new_transaction_id(random);
    octets.push_back(msrp::encode(head, std::string(200, 'x'), msrp::Flag::last));
  }
  const auto answered = crowd->answered;
  const auto begin = cpu_seconds();
  for (std::size_t i = 0; i < messages; ++i) crowd->take(crowd->connection(to[i]), node::Octets{octets[i]});
  const auto took = cpu_seconds() - begin;
  check(crowd->arrived == messages && crowd->answered - answered == messages,
        "expected every message, and its answer");
  return took / static_cast<double>(messages);
}

void among_many(std::size_t messages, std::size_t most) {
  std::printf("\n%-34s %9zu B\n", "an idle session and its connection", Crowd(most / 10, true).octets);
  std::printf("%-34s %9zu B\n", "an idle session on a shared one", Crowd(most / 10, false).octets);
  for (const bool alone : {true, false}) {
    const double few = cost_among(10, alone, messages);
    for (const std::size_t count : {most / 100, most}) {
      const double many = cost_among(count, alone, messages);
      std::printf(
          "a message, %6zu sessions%-10s %9.2f us  %9.2f us  %6.2f   (the reference has 10 sessions)\n",
          count, alone ? "" : " on one", many * 1e6, few * 1e6, many / few);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool smoke = argc > 1 && std::string_view(argv[1]) == "--smoke";
  if (argc > 2 || (argc == 2 && !smoke)) {
    std::fprintf(stderr, "usage: msrp_receive [--smoke]\n");
    return 2;
  }
  const std::size_t part = smoke ? 50 : 1;
  const int rounds = smoke ? 1 : kRounds;
  std::printf("%-34s %12s  %12s  %6s\n", "CPU of the server for a chunk", "ours", "reference", "ratio");
  receive({"2 KiB chunks of 1 MiB, passed on", 2048, 512, 400 / part}, true, rounds);
  receive({"2 KiB chunks of 1 MiB, collected", 2048, 512, 400 / part}, false, rounds);
  receive({"64 KiB chunks of 4 MiB, passed on", 65536, 64, 200 / part}, true, rounds);
  receive({"64 KiB chunks of 4 MiB, collected", 65536, 64, 200 / part}, false, rounds);
  receive({"messages of 200 octets", 200, 1, 300'000 / part}, false, rounds);
  among_many(200'000 / part, smoke ? 2000 : 100'000);
  return 0;
}
