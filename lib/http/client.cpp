#include "http/client.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <list>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "http/wire.hpp"

namespace rcs::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using core::Errc;
using core::Error;
using core::Result;
using Parser = beast_http::response_parser<beast_http::string_body>;
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kMaxReplyBody = 64 * 1024 * 1024;  // of a request; streams have no end to wait for
constexpr std::uint32_t kMaxReplyHeader = 64 * 1024;
// of a stream, whose answer has no limit
constexpr core::Duration kConnectTimeout = std::chrono::seconds(10);

core::WebHeaders headers_of(const Parser& parser) {
  core::WebHeaders headers;
  for (const auto& field : parser.get()) {
    headers.emplace_back(std::string(field.name_string().data(), field.name_string().size()),
                         std::string(field.value().data(), field.value().size()));
  }
  return headers;
}

/// RFC 9110 9.2.2: what may be asked again when a kept connection turns out to be closed.
bool is_idempotent(const std::string& method) { return method != "POST" && method != "PATCH"; }

/// A request line of the caller's words must stay one line.
bool is_writable(const core::WebRequest& request) {
  const std::string& target = request.target;
  const bool blank = std::any_of(target.begin(), target.end(),
                                 [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
  return core::is_token(request.method) && !target.empty() && !blank;
}

struct Job {
  core::WebRequest request;
  core::Instant deadline{};
  bool stream = false;
  Client::OnReply on_reply;
  std::function<void(int, const core::WebHeaders&)> on_head;
  std::function<void(std::string_view)> on_data;
  std::function<void(Result<void>)> on_end;
};

/// One try of a job on a connection.
struct Attempt {
  std::unique_ptr<Parser> parser;
  std::string input;      // octets the parser has not taken
  bool answered = false;  // something came back
  bool head_told = false;
};

}  // namespace

struct Client::State : std::enable_shared_from_this<Client::State> {
  State(net::Loop& owner, Url where)
      : loop(owner),
        server(std::move(where)),
        socket(owner.context()),
        resolver(owner.context()),
        timer(owner.context()) {}

  net::Loop& loop;
  Url server;
  tcp::socket socket;
  tcp::resolver resolver;
  asio::steady_timer timer;
  std::list<Job> jobs;
  std::uint64_t turn = 0;  // counts jobs, so that a late timer finds its own gone
  bool connected = false;
  bool running = false;
  bool timed_out = false;
  bool closed = false;

  void push(Job job) {
    if (closed) return;
    jobs.push_back(std::move(job));
    if (running) return;
    running = true;
    asio::co_spawn(loop.context(), run(shared_from_this()), net::rethrow);
  }

  void disconnect() {
    connected = false;
    error_code ec;
    socket.close(ec);
    resolver.cancel();
  }

  void start_timer(core::Instant deadline) {
    timed_out = false;
    timer.expires_after(deadline - loop.now());
    timer.async_wait([weak = weak_from_this(), mine = ++turn](const error_code& ec) {
      const auto self = weak.lock();
      if (ec || !self || self->turn != mine || self->closed) return;
      self->timed_out = true;
      self->disconnect();
    });
  }

  void stop_timer() {
    ++turn;
    timer.cancel();
  }

  /// A kept connection that the server has closed, or on which it spoke unasked, is not used again.
  bool still_usable() {
    if (!connected) return false;
    char octet = 0;
    const auto got = ::recv(socket.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    disconnect();
    return false;
  }

  Error failure(const std::string& why) const {
    const std::string place = "http://" + server.authority() + ": ";
    return timed_out ? Error(Errc::timed_out, place + "no answer in time")
                     : Error(Errc::unreachable, place + why);
  }

  void finish(Job& job, Result<core::WebReply> result) {
    if (closed) return;
    if (!job.stream) return job.on_reply(std::move(result));
    if (result) return job.on_end({});
    job.on_end(result.error());
  }

  Result<bool> digest(Job& job, Attempt& attempt);
  std::unique_ptr<Parser> new_parser(const Job& job) const;

  static asio::awaitable<void> run(std::shared_ptr<State> self);
  static asio::awaitable<Result<core::WebReply>> perform(std::shared_ptr<State> self,
                                                         std::shared_ptr<Job> job);
  static asio::awaitable<Result<void>> connect(std::shared_ptr<State> self);
  static asio::awaitable<Result<void>> exchange(std::shared_ptr<State> self, std::shared_ptr<Job> job,
                                                std::shared_ptr<Attempt> attempt);
};

std::unique_ptr<Parser> Client::State::new_parser(const Job& job) const {
  auto parser = std::make_unique<Parser>();
  parser->header_limit(kMaxReplyHeader);
  parser->eager(true);
  if (job.request.method == "HEAD") parser->skip(true);
  if (job.stream) {
    parser->body_limit(boost::none);
  } else {
    parser->body_limit(kMaxReplyBody);
  }
  return parser;
}

/// Feeds what came to the parser and hands a stream's part on. True when the answer is whole. Errors:
/// malformed.
Result<bool> Client::State::digest(Job& job, Attempt& attempt) {
  while (!attempt.input.empty() && !attempt.parser->is_done()) {
    error_code ec;
    const std::size_t used = attempt.parser->put(asio::buffer(attempt.input), ec);
    attempt.input.erase(0, used);
    if (ec && ec != beast_http::error::need_more) {
      return core::malformed("http://" + server.authority() + ": not an HTTP answer: " + ec.message());
    }
    if (attempt.parser->is_done() && attempt.parser->get().result_int() / 100 == 1) {
      if (attempt.parser->get().result_int() == 101)
        return core::malformed("http://" + server.authority() + ": unasked 101 answer");
      attempt.parser = new_parser(job);  // 100 Continue and its like come before the answer
      continue;
    }
    if (ec == beast_http::error::need_more || used == 0) break;
  }
  Parser& parser = *attempt.parser;
  if (job.stream && parser.is_header_done()) {
    if (!attempt.head_told) {
      attempt.head_told = true;
      job.on_head(static_cast<int>(parser.get().result_int()), headers_of(parser));
    }
    const std::string octets = std::exchange(parser.get().body(), {});
    if (!octets.empty() && !closed) job.on_data(octets);
  }
  return parser.is_done();
}

asio::awaitable<Result<void>> Client::State::connect(std::shared_ptr<State> self) {
  auto [no_name, found] =
      co_await self->resolver.async_resolve(self->server.host, std::to_string(self->server.port), kUse);
  if (self->closed || self->timed_out || no_name) co_return self->failure(no_name.message());
  error_code last = asio::error::host_not_found;
  for (const auto& entry : found) {
    const tcp::endpoint endpoint = entry.endpoint();
    error_code ec;
    self->socket.close(ec);
    auto [refused] = co_await self->socket.async_connect(endpoint, kUse);
    if (self->closed || self->timed_out) co_return self->failure("");
    last = refused;
    if (!refused) break;
  }
  if (last) co_return self->failure(last.message());
  error_code ignored;
  self->socket.set_option(tcp::no_delay(true), ignored);
  self->connected = true;
  co_return Result<void>();
}

asio::awaitable<Result<void>> Client::State::exchange(std::shared_ptr<State> self, std::shared_ptr<Job> job,
                                                      std::shared_ptr<Attempt> attempt) {
  const std::string octets = request_head(job->request, self->server.authority()) + job->request.body;
  auto [unsent, sent] = co_await asio::async_write(self->socket, asio::buffer(octets), kUse);
  // A server may refuse a large body before it has read it: its answer is worth reading even when the write
  // failed.
  const auto space = std::make_unique_for_overwrite<char[]>(kReadBytes);
  while (!self->closed) {
    auto [ec, got] = co_await self->socket.async_read_some(asio::buffer(space.get(), kReadBytes), kUse);
    if (self->closed) break;
    if (ec == asio::error::eof && attempt->parser->is_header_done() && attempt->parser->need_eof()) {
      error_code ignored;
      attempt->parser->put_eof(ignored);
      self->disconnect();
      co_return Result<void>();
    }
    if (ec) {
      const std::string why = unsent ? unsent.message() : ec.message();
      self->disconnect();
      co_return self->failure(attempt->answered ? "the connection was cut inside the answer: " + why : why);
    }
    attempt->answered = true;
    attempt->input.append(space.get(), got);
    const auto whole = self->digest(*job, *attempt);
    if (self->closed) break;
    if (job->stream && attempt->head_told) self->stop_timer();
    if (!whole) {
      self->disconnect();
      co_return whole.error();
    }
    if (*whole) {
      if (!attempt->parser->keep_alive() || !attempt->input.empty() || unsent) self->disconnect();
      co_return Result<void>();
    }
  }
  co_return self->failure("closed");
}

asio::awaitable<Result<core::WebReply>> Client::State::perform(std::shared_ptr<State> self,
                                                               std::shared_ptr<Job> job) {
  if (!is_writable(job->request)) {
    co_return core::malformed("request " + core::quoted(job->request.method + " " + job->request.target) +
                              ": expected a method and a target without blanks");
  }
  for (bool again = false;; again = true) {
    const bool kept = self->still_usable();
    if (!kept) {
      const Result<void> ready = co_await connect(self);
      if (!ready) co_return ready.error();
    }
    auto attempt = std::make_shared<Attempt>();
    attempt->parser = self->new_parser(*job);
    const Result<void> done = co_await exchange(self, job, attempt);
    if (done) {
      core::WebReply reply;
      reply.status = static_cast<int>(attempt->parser->get().result_int());
      reply.headers = headers_of(*attempt->parser);
      reply.body = std::move(attempt->parser->get().body());
      co_return reply;
    }
    const bool stale = kept && !attempt->answered && !self->timed_out && !self->closed;
    if (again || !stale || !is_idempotent(job->request.method)) co_return done.error();
  }
}

asio::awaitable<void> Client::State::run(std::shared_ptr<State> self) {
  while (!self->closed && !self->jobs.empty()) {
    auto job = std::make_shared<Job>(std::move(self->jobs.front()));
    self->jobs.pop_front();
    self->start_timer(job->deadline);
    Result<core::WebReply> result = co_await perform(self, job);
    self->stop_timer();
    self->finish(*job, std::move(result));
  }
  self->running = false;
}

Client::Client(net::Loop& loop, Url server) : state_(std::make_shared<State>(loop, std::move(server))) {}
Client::~Client() { close(); }

void Client::request(core::WebRequest request, core::Duration timeout, OnReply on_reply) {
  Job job;
  job.request = std::move(request);
  job.deadline = state_->loop.now() + timeout;
  job.on_reply = std::move(on_reply);
  state_->push(std::move(job));
}

void Client::stream(core::WebRequest request,
                    std::function<void(int status, const core::WebHeaders&)> on_head,
                    std::function<void(std::string_view octets)> on_data,
                    std::function<void(core::Result<void>)> on_end) {
  Job job;
  job.request = std::move(request);
  job.deadline = state_->loop.now() + kConnectTimeout;
  job.stream = true;
  job.on_head = std::move(on_head);
  job.on_data = std::move(on_data);
  job.on_end = std::move(on_end);
  state_->push(std::move(job));
}

void Client::close() {
  if (state_->closed) return;
  state_->closed = true;
  state_->stop_timer();
  state_->disconnect();
  state_->jobs.clear();
}

}  // namespace rcs::http
