// The load of the deliveries benchmark: N event connections, each of a user (channel) of its own, and
// publishers that send one event at a time to one of them. Drives our gateway (see event_server.cpp) and
// nginx with nchan alike; all that differs between the two is in the functions that write requests. Raw
// sockets and epoll, one thread.
//
//   event_readers gateway|nchan poll|sse|ws PORT PID READERS EVENTS WINDOW OCTETS
//
// WINDOW publishers at once; OCTETS of text an event. Prints one JSON object: CPU of process PID for an event
// published and delivered (a poll: answered, and asked anew), the time from the publish to the reader having
// it, and the resident octets of PID for each idle reader. Exit 1 when an event is lost, late by 10 s, or not
// the one that was published.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

enum class Server { gateway, nchan };
enum class Transport { poll, sse, ws };

struct Options {
  Server server = Server::gateway;
  Transport transport = Transport::poll;
  std::uint16_t port = 0;
  int pid = 0;
  int readers = 0;
  int events = 0;
  int window = 0;
  std::size_t octets = 0;
};

constexpr int kPatienceMs = 10'000;
constexpr int kConnectsAtOnce = 200;  // below the backlog of either server
constexpr std::size_t kSpareDescriptors = 64;

[[noreturn]] void fail(const std::string& words) {
  std::fprintf(stderr, "event_readers: %s\n", words.c_str());
  std::exit(1);
}

// --- the measured process ---

/// Nanoseconds on a processor, user and system: of its one thread.
std::int64_t cpu_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/schedstat");
  std::int64_t spent = 0;
  if (!(file >> spent)) fail("process " + std::to_string(pid) + " is gone");
  return spent;
}

std::int64_t resident_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  if (!(file >> size >> resident)) fail("process " + std::to_string(pid) + " is gone");
  return resident * sysconf(_SC_PAGESIZE);
}

/// Until it has had almost no processor for a while: it has done all that was asked of it.
void wait_until_idle(int pid) {
  constexpr auto kLook = std::chrono::milliseconds(10);
  constexpr std::int64_t kIdle = 500'000;  // ns in one look
  int idle = 0;
  for (auto before = cpu_of(pid); idle < 2;) {
    std::this_thread::sleep_for(kLook);
    const auto now = cpu_of(pid);
    idle = now - before < kIdle ? idle + 1 : 0;
    before = now;
  }
}

// --- the two servers' ways ---

std::string user_of(int index) { return "u" + std::to_string(index); }

struct Cursor {
  std::string id;    // RCS-Next-Cursor, or ETag
  std::string time;  // nchan: Last-Modified
};

std::string subscribe_request(const Options& options, int index, const Cursor& cursor) {
  const auto user = user_of(index);
  std::string head;
  if (options.server == Server::nchan) {
    constexpr const char* kPaths[] = {"/poll", "/sse", "/ws"};
    head = std::string("GET ") + kPaths[static_cast<int>(options.transport)] + "?id=" + user;
    head += " HTTP/1.1\r\nHost: localhost\r\n";
    if (!cursor.id.empty()) {
      head += "If-None-Match: " + cursor.id + "\r\n";
      head += "If-Modified-Since: " + cursor.time + "\r\n";
    }
  } else {
    constexpr const char* kModes[] = {"&timeout=60", "&mode=sse", "&mode=ws"};
    head = "GET /1.0/RCS/" + user + "/Event?device=d" + kModes[static_cast<int>(options.transport)];
    if (!cursor.id.empty()) head += "&since=" + cursor.id;
    head += " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer dev-" + user + "\r\n";
  }
  if (options.transport == Transport::sse) head += "Accept: text/event-stream\r\n";
  if (options.transport == Transport::ws) {
    head += "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    head += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  }
  return head + "\r\n";
}

std::string publish_request(const Options& options, int index, const std::string& text) {
  const auto* path = options.server == Server::nchan ? "/pub?id=" : "/publish?user=";
  return std::string("POST ") + path + user_of(index) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
}

// --- what comes back ---

/// A response at the front of `text`, by length; size 0: not whole yet.
struct Response {
  int status = 0;
  std::string_view head;
  std::size_t size = 0;
};

std::string field(std::string_view head, std::string_view name) {
  const auto at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size() + 4;
  return std::string(head.substr(begin, head.find("\r\n", begin) - begin));
}

Response read_response(std::string_view text) {
  Response out;
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos || text.size() < 12) return out;
  out.head = text.substr(0, end + 2);
  out.status = std::atoi(text.data() + 9);
  const auto length = field(out.head, "Content-Length");
  const auto whole = end + 4 + static_cast<std::size_t>(length.empty() ? 0 : std::atoi(length.c_str()));
  if (text.size() >= whole) out.size = whole;
  return out;
}

/// One unmasked frame of a server; size 0: not whole yet.
struct Frame {
  int opcode = 0;
  std::string_view payload;
  std::size_t size = 0;
};

Frame read_frame(std::string_view text) {
  Frame out;
  if (text.size() < 2) return out;
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t length = octet(1) & 0x7F;
  std::size_t head = 2;
  if (length == 127) fail("a frame of more than 64 KiB");
  if (length == 126) {
    if (text.size() < 4) return out;
    length = octet(2) * 256u + octet(3);
    head = 4;
  }
  if (text.size() < head + length) return out;
  out.opcode = octet(0) & 0x0F;
  out.payload = text.substr(head, length);
  out.size = head + length;
  return out;
}

// --- sockets ---

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    fail(std::string("connect: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

struct Peer {
  int fd = -1;
  std::string input;
};

/// All of ours are short and the peer reads: they fit into the socket at once.
void send_all(Peer& peer, std::string_view text) {
  if (::send(peer.fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    fail(std::string("send: ") + std::strerror(errno));
}

void receive(Peer& peer) {
  char octets[64 * 1024];
  const auto got = ::recv(peer.fd, octets, sizeof octets, 0);
  if (got == 0) fail("the server has closed a connection");
  if (got > 0) peer.input.append(octets, static_cast<std::size_t>(got));
}

struct Reader : Peer {
  Cursor cursor;
  int publisher = -1;  // whose event it waits for
  bool open = false;   // a stream: the server has answered
};

struct Publisher : Peer {
  std::string mark;  // in the event that is on its way
  Clock::time_point sent;
  bool answered = true;
  bool delivered = true;
};

class Load {
 public:
  explicit Load(Options options) : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  void run() {
    publishers_.resize(static_cast<std::size_t>(options_.window));
    for (std::size_t i = 0; i < publishers_.size(); ++i) add(publishers_[i], kPublisherBit | i);
    wait_until_idle(options_.pid);
    const auto before = resident_of(options_.pid);
    open_readers();
    const auto held = resident_of(options_.pid) - before;

    publish_many(std::min(options_.events / 4 + 1, options_.readers * 20));  // warms both sides up
    wait_until_idle(options_.pid);
    times_.clear();
    delivered_octets_ = 0;
    const auto spent = cpu_of(options_.pid);
    publish_many(options_.events);
    wait_until_idle(options_.pid);
    print(static_cast<double>(cpu_of(options_.pid) - spent) / 1e3 / options_.events,
          static_cast<double>(held) / options_.readers);
  }

 private:
  static constexpr std::uint64_t kPublisherBit = std::uint64_t{1} << 32;

  void add(Peer& peer, std::uint64_t tag) {
    peer.fd = connect_to(options_.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.fd, &event);
  }

  void subscribe(std::size_t index) {
    send_all(readers_[index], subscribe_request(options_, static_cast<int>(index), readers_[index].cursor));
  }

  void open_readers() {
    readers_.resize(static_cast<std::size_t>(options_.readers));
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      add(readers_[i], i);
      subscribe(i);
      if ((i + 1) % kConnectsAtOnce == 0) wait_until_idle(options_.pid);
    }
    wait_until_idle(options_.pid);
    if (options_.transport == Transport::poll) return;
    const auto all_open = [&] {
      return std::all_of(readers_.begin(), readers_.end(), [](const Reader& reader) { return reader.open; });
    };
    while (!all_open()) turn();
  }

  void publish_many(int count) {
    to_publish_ = count;
    to_finish_ = count;
    for (std::size_t i = 0; i < publishers_.size() && to_publish_ > 0; ++i) publish_next(i);
    while (to_finish_ > 0) turn();
  }

  void publish_next(std::size_t index) {
    auto& publisher = publishers_[index];
    const auto target = static_cast<std::size_t>(next_reader_++) % readers_.size();
    auto& reader = readers_[target];
    if (reader.publisher >= 0) fail("more publishers than readers");
    reader.publisher = static_cast<int>(index);
    --to_publish_;
    publisher.mark =
        "event " + std::to_string(++last_event_) + " for " + user_of(static_cast<int>(target)) + ".";
    auto text = publisher.mark;
    text.resize(std::max(text.size(), options_.octets), 'x');
    publisher.answered = publisher.delivered = false;
    const auto request = publish_request(options_, static_cast<int>(target), text);
    publisher.sent = Clock::now();
    send_all(publisher, request);
  }

  void turn() {
    epoll_event events[256];
    const int count = ::epoll_wait(epoll_, events, 256, kPatienceMs);
    if (count <= 0) fail("nothing came for 10 s: an event or an answer is lost");
    for (int i = 0; i < count; ++i) {
      const auto tag = events[i].data.u64;
      if ((tag & kPublisherBit) != 0) {
        on_publisher(static_cast<std::size_t>(tag & ~kPublisherBit));
      } else {
        on_reader(static_cast<std::size_t>(tag));
      }
    }
  }

  void on_publisher(std::size_t index) {
    auto& publisher = publishers_[index];
    receive(publisher);
    const auto response = read_response(publisher.input);
    if (response.size == 0) return;
    if (response.status < 200 || response.status > 202)
      fail("a publish was answered " + std::to_string(response.status));
    publisher.input.erase(0, response.size);
    publisher.answered = true;
    finish(index);
  }

  void on_reader(std::size_t index) {
    auto& reader = readers_[index];
    receive(reader);
    switch (options_.transport) {
      case Transport::poll:
        return read_poll(index);
      case Transport::sse:
        return read_stream(reader);
      case Transport::ws:
        return read_socket(reader);
    }
  }

  void read_poll(std::size_t index) {
    auto& reader = readers_[index];
    const auto response = read_response(reader.input);
    if (response.size == 0) return;
    if (response.status != 200 && response.status != 204)
      fail("a poll was answered " + std::to_string(response.status));
    const bool ours = options_.server == Server::gateway;
    reader.cursor.id = field(response.head, ours ? "RCS-Next-Cursor" : "Etag");
    if (!ours) reader.cursor.time = field(response.head, "Last-Modified");
    if (response.status == 200) {
      deliver(reader, std::string_view(reader.input).substr(response.head.size()), response.size);
    }
    reader.input.erase(0, response.size);
    subscribe(index);
    if (response.status == 200) finish_of(reader);
  }

  void read_stream(Reader& reader) {
    if (!reader.open) {
      const auto end = reader.input.find("\r\n\r\n");
      if (end == std::string::npos) return;
      if (!reader.input.starts_with("HTTP/1.1 200")) fail("a stream was refused: " + reader.input);
      reader.open = true;
      reader.input.erase(0, end + 4);
    }
    // An event ends with an empty line; before the first of ours come the server's own.
    const auto mark = reader.input.find("event ");
    if (reader.publisher < 0 || mark == std::string::npos) return;
    if (reader.input.find("\n\n", reader.input.find(" for u")) == std::string::npos) return;
    deliver(reader, reader.input, reader.input.size());
    reader.input.clear();
    finish_of(reader);
  }

  void read_socket(Reader& reader) {
    if (!reader.open) {
      const auto end = reader.input.find("\r\n\r\n");
      if (end == std::string::npos) return;
      if (!reader.input.starts_with("HTTP/1.1 101")) fail("a WebSocket was refused: " + reader.input);
      reader.open = true;
      reader.input.erase(0, end + 4);
    }
    for (auto frame = read_frame(reader.input); frame.size > 0; frame = read_frame(reader.input)) {
      if (frame.opcode == 9) send_all(reader, std::string_view("\x8a\x80\0\0\0\0", 6));
      const bool text = frame.opcode == 1;
      if (text) deliver(reader, frame.payload, frame.size);
      reader.input.erase(0, frame.size);
      if (text) finish_of(reader);
    }
  }

  void deliver(Reader& reader, std::string_view text, std::size_t octets) {
    if (reader.publisher < 0) fail("an event that nobody published: " + std::string(text));
    auto& publisher = publishers_[static_cast<std::size_t>(reader.publisher)];
    if (text.find(publisher.mark) == std::string_view::npos)
      fail("expected \"" + publisher.mark + "\", got " + std::string(text));
    times_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - publisher.sent).count());
    delivered_octets_ += octets;
    publisher.delivered = true;
  }

  void finish_of(Reader& reader) { finish(static_cast<std::size_t>(std::exchange(reader.publisher, -1))); }

  void finish(std::size_t index) {
    const auto& publisher = publishers_[index];
    if (!publisher.answered || !publisher.delivered) return;
    --to_finish_;
    if (to_publish_ > 0) publish_next(index);
  }

  void print(double cpu, double held) {
    std::sort(times_.begin(), times_.end());
    const auto at = [&](double part) {
      return times_[static_cast<std::size_t>(part * static_cast<double>(times_.size() - 1))];
    };
    std::printf(
        "{\"cpu_us\": %.2f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"idle_octets\": %.0f, \"event_octets\": "
        "%.0f}\n",
        cpu, at(0.5), at(0.99), held, static_cast<double>(delivered_octets_) / options_.events);
  }

  const Options options_;
  const int epoll_;
  std::vector<Reader> readers_;
  std::vector<Publisher> publishers_;
  std::vector<double> times_;  // microseconds, publish to reader
  std::size_t delivered_octets_ = 0;
  int to_publish_ = 0;
  int to_finish_ = 0;
  int next_reader_ = 0;
  int last_event_ = 0;
};

Options read_options(char** argv) {
  Options out;
  const std::string_view server = argv[1];
  const std::string_view transport = argv[2];
  out.server = server == "nchan" ? Server::nchan : Server::gateway;
  out.transport = transport == "ws" ? Transport::ws : transport == "sse" ? Transport::sse : Transport::poll;
  out.port = static_cast<std::uint16_t>(std::atoi(argv[3]));
  out.pid = std::atoi(argv[4]);
  out.readers = std::atoi(argv[5]);
  out.events = std::atoi(argv[6]);
  out.window = std::min(std::atoi(argv[7]), out.readers);
  out.octets = static_cast<std::size_t>(std::atoi(argv[8]));
  return out;
}

void raise_descriptor_limit(const Options& options) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto needed = static_cast<std::size_t>(options.readers) + kSpareDescriptors;
  if (limit.rlim_cur < needed) fail("needs " + std::to_string(needed) + " descriptors (ulimit -Hn)");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9) fail("expected gateway|nchan poll|sse|ws PORT PID READERS EVENTS WINDOW OCTETS");
  const auto options = read_options(argv);
  raise_descriptor_limit(options);
  Load(options).run();
}
