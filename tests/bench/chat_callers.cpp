// The load of the chat set-up benchmark: PAIRS senders and receivers, each with an event stream (SSE) held
// open, and chats opened between them at a steady rate. Drives a running gateway through its API as any
// client does.
//
//   chat_callers GATEWAY_URL PID PAIRS SETUPS RATE
//
// Two rounds of SETUPS each: POST until sender (trying) and receiver (initiate) have their event; and the
// same, the receiver answering by PUT, until both have `accepted`. Prints one JSON object a round: CPU of
// process PID (user and system) for a set-up, and how long a set-up took. A transaction ends up to 32 s after
// its set-up: what that costs falls into the round only where the round lasts as long. Exit 1 when a set-up
// is lost, refused, or not the one asked for.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "harness/event_stream.hpp"
#include "http/client.hpp"

namespace {

using namespace rcs;
using core::Duration;
using core::Instant;
using namespace std::chrono_literals;

constexpr Duration kPatience = 20s;  // for what must come; never a pause
constexpr Duration kTick = 2ms;      // how often is looked which set-ups are due
constexpr std::uint64_t kFirstUser = 1'000'000'000;

[[noreturn]] void fail(const std::string& words) {
  std::fprintf(stderr, "chat_callers: %s\n", words.c_str());
  std::exit(1);
}

/// Seconds on a processor of all threads of a process.
double cpu_of(pid_t pid) {
  clockid_t clock{};
  timespec spent{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0)
    fail("process " + std::to_string(pid) + " is gone");
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

struct Options {
  http::Url gateway;
  pid_t pid = 0;
  std::size_t pairs = 0;
  std::size_t setups = 0;
  double rate = 0;
};

/// What has come of one set-up.
struct Setup {
  Instant posted{};
  bool answered = false;  ///< the POST
  bool trying = false;
  bool invited = false;
  int accepted = 0;  ///< how many of the two know it

  bool told() const { return answered && trying && invited; }
};

/// One user: a connection for requests, one for events.
struct User {
  User(net::Loop& loop, const http::Url& gateway, std::uint64_t number)
      : id("0" + std::to_string(number)), requests(loop, gateway), events(loop, gateway) {}

  core::WebRequest request(std::string method, std::string target, std::string body) const {
    core::WebRequest out;
    out.method = std::move(method);
    out.target = std::move(target);
    out.headers = {{"Authorization", "Bearer dev-" + id}};
    if (!body.empty()) out.headers.emplace_back("Content-Type", "application/json");
    out.body = std::move(body);
    return out;
  }

  std::string id;
  http::Client requests;
  http::Client events;
  harness::EventStream stream{harness::EventTransport::sse};
};

class Callers {
 public:
  explicit Callers(Options options) : options_(std::move(options)) {
    for (std::size_t i = 0; i < 2 * options_.pairs; ++i)
      users_.push_back(std::make_unique<User>(loop_, options_.gateway, kFirstUser + i));
  }

  void connect() {
    std::size_t open = 0;
    for (auto& user : users_) {
      auto request = user->request("GET", "/1.0/RCS/" + user->id + "/Event?mode=sse", {});
      user->events.stream(
          std::move(request),
          [&open](int status, const core::WebHeaders&) {
            if (status != 200) fail("event stream: answered " + std::to_string(status));
            ++open;
          },
          [this, &user = *user](std::string_view octets) { on_octets(user, octets); },
          [](const core::Result<void>&) { fail("event stream: ended"); });
    }
    if (!loop_.run_until([&] { return open == users_.size(); }, kPatience))
      fail("event streams: not all were opened");
  }

  void round(const char* name, std::size_t setups, bool accept) {
    setups_.assign(setups, {});
    took_ms_.clear();
    accept_ = accept;
    ++round_;
    const double before = cpu_of(options_.pid);
    begun_ = loop_.now();
    posted_ = 0;
    post_due();
    const auto limit = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(static_cast<double>(setups) / options_.rate));
    const bool done = loop_.run_until([&] { return took_ms_.size() == setups; }, limit + kPatience);
    const double used = cpu_of(options_.pid) - before;
    if (!done)
      fail(std::string(name) + ": " + std::to_string(setups - took_ms_.size()) + " of " +
           std::to_string(setups) + " set-ups were lost");
    if (name[0] == '\0') return;
    std::sort(took_ms_.begin(), took_ms_.end());
    std::printf("{\"round\":\"%s\",\"setups\":%zu,\"cpu_us\":%.1f,\"median_ms\":%.2f,\"p99_ms\":%.2f}\n",
                name, setups, used * 1e6 / static_cast<double>(setups), took_ms_[setups / 2],
                took_ms_[setups * 99 / 100]);
    std::fflush(stdout);
  }

 private:
  /// Starts what the rate makes due, then looks again a tick later.
  void post_due() {
    const auto due = static_cast<std::size_t>(core::to_seconds(loop_.now() - begun_) * options_.rate) + 1;
    while (posted_ < std::min(due, setups_.size())) post(posted_++);
    if (posted_ < setups_.size()) loop_.after(kTick, [this] { post_due(); });
  }

  std::string text_of(std::size_t setup) const { return "Hello, this is chat " + message_id(setup); }
  std::string message_id(std::size_t setup) const {
    return "r" + std::to_string(round_) + "-" + std::to_string(setup);
  }

  void post(std::size_t setup) {
    auto& sender = *users_[setup % options_.pairs * 2];
    const auto& receiver = *users_[setup % options_.pairs * 2 + 1];
    setups_[setup].posted = loop_.now();
    const std::string body = R"({"data":{"message_id":")" + message_id(setup) + R"(","recipient":[")" +
                             receiver.id + R"("],"subject":")" + text_of(setup) + "\"}}";
    sender.requests.request(sender.request("POST", "/1.0/RCS/" + sender.id + "/Chat", body), kPatience,
                            [this, setup](const core::Result<core::WebReply>& reply) {
                              expect_200("POST", reply);
                              setups_[setup].answered = true;
                              if (!accept_ && setups_[setup].told()) finish(setup);
                            });
  }

  static void expect_200(const char* what, const core::Result<core::WebReply>& reply) {
    if (!reply) fail(std::string(what) + ": " + reply.error().detail());
    if (reply->status != 200)
      fail(std::string(what) + ": answered " + std::to_string(reply->status) + " " + reply->body);
  }

  void on_octets(User& user, std::string_view octets) {
    const auto events = user.stream.feed(octets);
    if (!events) fail(events.error().detail());
    for (const auto& json : *events) on_event(user, json);
  }

  void on_event(User& user, const std::string& json) {
    const auto event = harness::read_event(json);
    if (!event) fail(event.error().detail());
    const auto id = harness::json_member(json, "data.message_id").value_or("");
    const auto prefix = "r" + std::to_string(round_) + "-";
    if (!id.starts_with(prefix)) return;  // of a round before
    const auto setup = core::parse_u64(std::string_view(id).substr(prefix.size()));
    if (!setup || *setup >= setups_.size()) fail("event of a set-up that was not asked for: " + json);
    auto& of = setups_[*setup];
    const auto side = static_cast<std::size_t>(event->status == "initiate");
    if (event->status == "trying" || event->status == "initiate") {
      bool& told = side == 0 ? of.trying : of.invited;
      if (std::exchange(told, true) || &user != users_[*setup % options_.pairs * 2 + side].get())
        fail("wrong event: " + json);
    }
    if (event->status == "initiate") {
      if (harness::json_member(json, "data.message") != text_of(*setup)) fail("wrong text: " + json);
      if (accept_) accept(user, event->instance);
    }
    if (event->status == "accepted" && ++of.accepted == 2) return finish(*setup);
    if (!accept_ && event->status != "accepted" && of.told()) finish(*setup);
  }

  void accept(User& user, const std::string& instance) {
    const auto path = instance.find("/1.0/");
    if (path == std::string::npos) fail("instance: expected a URL, got " + instance);
    user.requests.request(user.request("PUT", instance.substr(path), R"({"data":{"status":"accept"}})"),
                          kPatience,
                          [](const core::Result<core::WebReply>& reply) { expect_200("PUT", reply); });
  }

  void finish(std::size_t setup) {
    took_ms_.push_back(core::to_seconds(loop_.now() - setups_[setup].posted) * 1e3);
  }

  Options options_;
  net::Loop loop_;
  std::vector<std::unique_ptr<User>> users_;
  std::vector<Setup> setups_;
  std::vector<double> took_ms_;  ///< of set-ups that are done
  Instant begun_{};
  std::size_t posted_ = 0;
  int round_ = 0;
  bool accept_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) fail("expected GATEWAY_URL PID PAIRS SETUPS RATE");
  auto url = http::parse_url(argv[1]);
  if (!url) fail(url.error().detail());
  Options options{*url, static_cast<pid_t>(std::atoi(argv[2])), static_cast<std::size_t>(std::atoi(argv[3])),
                  static_cast<std::size_t>(std::atoi(argv[4])), std::atof(argv[5])};
  if (options.pid <= 0 || options.pairs == 0 || options.setups == 0 || options.rate <= 0)
    fail("expected numbers above 0");
  Callers callers(options);
  callers.connect();
  callers.round("", options.pairs, true);  // registers every user and opens every connection
  callers.round("POST to both events", options.setups, false);
  callers.round("with accept", options.setups, true);
  std::fflush(stdout);
  std::_Exit(0);  // the streams are cut, which their handlers would take for a failure
}
