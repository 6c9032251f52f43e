#include "harness/live_load_run.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "harness/api_client.hpp"
#include "harness/entropy.hpp"
#include "harness/live_load_port.hpp"
#include "harness/live_load_schedule.hpp"

namespace rcs::harness {
namespace {

using core::Duration;

constexpr std::uint64_t kFirstUser = 1'000'000'000;
constexpr std::size_t kOpeningAtOnce = 50;  // below what any server lets wait for its accept
constexpr std::size_t kBegunAtOnce = 100;   // of overdue sessions, then the loop may look at answers
constexpr Duration kTick = std::chrono::milliseconds(100);
constexpr std::size_t kOtherDescriptors = 64;  // files, the loop, the terminal
constexpr std::size_t kLeastConnections = 64;  // for requests, beside the event channels
// A request's own limit lies behind its session's, so that it is the session that is told as timed out.
constexpr Duration kAfterTimeout = std::chrono::seconds(1);

/// How many descriptors this process may have, after asking for all it can get.
std::size_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    auto wish = limit;
    wish.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &wish) == 0) limit = wish;
  }
  return limit.rlim_cur;
}

std::string answer_text(const core::WebReply& reply) {
  return std::to_string(reply.status) + " " +
         json_member(reply.body, "code").value_or(std::string(core::web_reason(reply.status)));
}

core::Error not_opened(const std::string& user, const core::Error& error) {
  auto words = "event channel of user " + user + ": " + error.detail();
  if (error.detail().starts_with("401") || error.detail().starts_with("403"))
    words +=
        "; the load acts for many users: the gateway must be in development mode (no tokens configured), or "
        "--token must name a token that is good for any user (rcs_id *)";
  // What is wrong with an answer is not wrong with our options.
  const bool nonsense = error.code() == core::Errc::malformed || error.code() == core::Errc::too_large;
  return core::Error(nonsense ? core::Errc::refused : error.code(), words);
}

class Generator {
 public:
  Generator(net::Loop& loop, const LiveLoadOptions& options, const http::Url& server, LiveSchedule schedule,
            std::size_t connections)
      : loop_(loop),
        options_(options),
        server_(server),
        schedule_(std::move(schedule)),
        random_(random_source(0).stream("ims-sim", "load")),
        prefix_("load-" + random_.token(10) + "-"),
        pool_(loop, server, connections) {
    run_.window = schedule_.window;
    run_.users = schedule_.users.size();
    run_.sessions.reserve(schedule_.sessions.size());
    for (const auto& planned : schedule_.sessions)
      run_.sessions.push_back({.sender = schedule_.users[planned.sender],
                               .receiver = schedule_.users[planned.receiver],
                               .intended = planned.at});
  }

  core::Result<LiveRun> run(const std::function<bool(const LiveProgress&)>& on_progress) {
    on_progress_ = &on_progress;
    opened_at_ = loop_.now();
    open_users();
    tick();
    loop_.run_until([this] { return failed_opening_ || run_.stopped || all_open(); }, Duration::max());
    if (failed_opening_) return *failed_opening_;
    if (!run_.stopped) {
      start_ = loop_.now();
      begin_due();
      loop_.run_until([this] { return run_.stopped || (next_ == run_.sessions.size() && unfinished_ == 0); },
                      Duration::max());
    }
    return std::move(run_);
  }

 private:
  struct User {
    std::string id;
    std::unique_ptr<ApiClient> client;
    bool open = false;
  };

  bool all_open() const { return users_open_ == schedule_.users.size(); }
  Duration since_start() const { return loop_.now() - start_; }

  // --- event channels, before the run ---

  void open_users() {
    while (users_.size() < schedule_.users.size() && users_.size() - users_open_ < kOpeningAtOnce)
      open_user(static_cast<std::uint32_t>(users_.size()));
  }

  void open_user(std::uint32_t index) {
    User user;
    user.id = live_user_id(schedule_.users[index]);
    ApiClientOptions client;
    client.rcs_id = user.id;
    client.token = options_.token.empty() ? "dev-" + user.id : options_.token;
    client.device = prefix_ + "device";
    client.transport = options_.transport;
    client.request_timeout = options_.timeout + kAfterTimeout;
    ApiClient::Handlers handlers;
    handlers.on_event = [this, index](const ApiEvent& event) { on_event(index, event); };
    handlers.on_trouble = [this, index](const core::Error& error, bool) { on_trouble(index, error); };
    user.client =
        std::make_unique<ApiClient>(make_load_port(loop_, server_, pool_, [this, index] { on_open(index); }),
                                    std::move(client), random_, std::move(handlers));
    auto& api = *user.client;
    users_.push_back(std::move(user));
    api.open_events(true, [this, index](const core::Result<void>& ready) {
      if (!ready) return on_trouble(index, ready.error());
      // A poll has no sign that it is held; what comes before it is held is not lost, as its cursor is known.
      if (options_.transport == EventTransport::poll) on_open(index);
    });
  }

  void on_open(std::uint32_t index) {
    if (std::exchange(users_[index].open, true)) return;  // again, after a break
    ++users_open_;
    opened_at_ = loop_.now();
    open_users();
  }

  void on_trouble(std::uint32_t index, const core::Error& error) {
    if (!all_open()) {
      if (!failed_opening_) failed_opening_ = not_opened(users_[index].id, error);
      return;
    }
    if (run_.broken_channels++ == 0) run_.channel_trouble = error.detail();
  }

  // --- the run ---

  /// Begins what is due and comes back when the next is.
  void begin_due() {
    for (std::size_t begun = 0; next_ < run_.sessions.size() && !run_.stopped; ++begun) {
      const auto wait = run_.sessions[next_].intended - since_start();
      if (wait > Duration::zero() || begun == kBegunAtOnce)
        return later(std::max(wait, Duration::zero()), [this] { begin_due(); });
      begin(next_++);
    }
  }

  void begin(std::size_t number) {
    const auto& planned = schedule_.sessions[number];
    auto& session = run_.sessions[number];
    ++unfinished_;
    session.sent = since_start();
    users_[planned.sender].client->start_chat(
        users_[planned.receiver].id, "Hello, this is chat " + std::to_string(number + 1) + " of a load run.",
        prefix_ + std::to_string(number), [this, number](const core::Result<core::WebReply>& reply) {
          if (taken("POST", number, reply)) mark(number, LiveMark::answered);
        });
  }

  /// Was it answered with success? If not, the session has failed.
  bool taken(const std::string& what, std::size_t number, const core::Result<core::WebReply>& reply) {
    if (reply && reply->status == 200) return true;
    if (!reply && reply.error().code() == core::Errc::too_large) run_.out_of_connections = true;
    if (!reply && reply.error().code() == core::Errc::timed_out) return false;  // told by give_up
    fail(number, what + " " + (reply ? answer_text(*reply) : "without an answer: " + reply.error().detail()));
    return false;
  }

  void on_event(std::uint32_t user, const ApiEvent& event) {
    if (event.type != "chat" || run_.sessions.empty()) return;
    const auto message = json_member(event.json, "data.message_id").value_or("");
    if (!message.starts_with(prefix_)) return;  // of somebody else
    const auto number = core::parse_u64(std::string_view(message).substr(prefix_.size()));
    if (!number || *number >= next_) return;
    const auto& planned = schedule_.sessions[*number];
    if (event.status == "initiate" && user == planned.receiver) return on_invitation(*number, event);
    if (user != planned.sender) return;
    if (event.status == "accepted") return mark(*number, LiveMark::accepted);
    if (event.status == "declined" || event.status == "error" || event.status == "expired" ||
        event.status == "ended") {
      fail(*number, "event " + event.status + " " + json_member(event.json, "data.code").value_or(""));
    }
  }

  void on_invitation(std::size_t number, const ApiEvent& event) {
    auto& session = run_.sessions[number];
    if (session.over || session.has(LiveMark::invited)) return;  // told again after a break of the channel
    users_[schedule_.sessions[number].receiver].client->accept(
        event.instance,
        [this, number](const core::Result<core::WebReply>& reply) { taken("PUT", number, reply); });
    mark(number, LiveMark::invited);
  }

  void mark(std::size_t number, LiveMark what) {
    auto& session = run_.sessions[number];
    auto& at = session.reached[static_cast<std::size_t>(what)];
    if (session.over || at) return;
    at = since_start();
    if (!session.completed()) return;
    ++completed_;
    finish(session);
  }

  void fail(std::size_t number, std::string words) {
    auto& session = run_.sessions[number];
    if (session.over) return;
    ++failed_;
    session.failure = std::move(words);
    finish(session);
  }

  void finish(LiveSession& session) {
    session.over = since_start();
    --unfinished_;
  }

  /// Sessions begin in order, so the first one that is still in time ends the search.
  void give_up() {
    for (; oldest_ < next_; ++oldest_) {
      auto& session = run_.sessions[oldest_];
      if (session.over) continue;
      if (since_start() - *session.sent <= options_.timeout) return;
      session.waited = true;
      fail(oldest_, !session.has(LiveMark::answered)  ? "POST not answered in time"
                    : !session.has(LiveMark::invited) ? "no event initiate in time"
                                                      : "no event accepted in time");
    }
  }

  void tick() {
    if (!all_open() && loop_.now() - opened_at_ > options_.timeout + kAfterTimeout && !failed_opening_) {
      failed_opening_ =
          core::Error(core::Errc::timed_out, "event channels: " + std::to_string(users_open_) + " of " +
                                                 std::to_string(run_.users) + " could be opened in time");
    }
    give_up();
    const LiveProgress progress{.users = run_.users,
                                .users_open = users_open_,
                                .planned = run_.sessions.size(),
                                .begun = next_,
                                .completed = completed_,
                                .failed = failed_};
    if (!(*on_progress_)(progress)) run_.stopped = true;
    later(kTick, [this] { tick(); });
  }

  void later(Duration delay, std::function<void()> work) {
    loop_.after(delay, [alive = std::weak_ptr<const bool>(alive_), work = std::move(work)] {
      if (!alive.expired()) work();
    });
  }

  net::Loop& loop_;
  const LiveLoadOptions& options_;
  http::Url server_;
  LiveSchedule schedule_;
  core::Random random_;
  std::string prefix_;  ///< of this run's message ids: another run's answers must not be taken for ours
  const std::function<bool(const LiveProgress&)>* on_progress_ = nullptr;

  LiveRun run_;
  core::Instant start_{};
  std::size_t next_ = 0;    ///< the first session that was not begun
  std::size_t oldest_ = 0;  ///< the first that may be unfinished
  std::size_t unfinished_ = 0;
  std::size_t completed_ = 0;
  std::size_t failed_ = 0;

  std::vector<User> users_;
  std::size_t users_open_ = 0;
  core::Instant opened_at_{};  ///< the latest of them
  std::optional<core::Error> failed_opening_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  ConnectionPool pool_;  ///< last, so that it is silent before the users go
};

}  // namespace

std::string live_user_id(std::uint64_t user) { return "0" + std::to_string(kFirstUser + user); }

core::Result<LiveRun> run_live_load(net::Loop& loop, const LiveLoadOptions& options,
                                    const std::function<bool(const LiveProgress&)>& on_progress) {
  RCS_TRY(const auto server, http::parse_url(options.url));
  RCS_TRY(auto schedule, make_live_schedule(options.model, options.speed));
  const auto descriptors = descriptor_limit();
  const auto needed = schedule.users.size() + kLeastConnections + kOtherDescriptors;
  if (descriptors < needed)
    return core::Error(core::Errc::too_large, "users: " + std::to_string(schedule.users.size()) +
                                                  " of them take part, which needs " +
                                                  std::to_string(needed) +
                                                  " open files; this process may have " +
                                                  std::to_string(descriptors) + " (ulimit -n)");
  const auto connections = descriptors - schedule.users.size() - kOtherDescriptors;
  return Generator(loop, options, server, std::move(schedule), connections).run(on_progress);
}

}  // namespace rcs::harness
