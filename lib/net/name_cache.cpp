#include "net/name_cache.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <optional>
#include <utility>

#include "core/text.hpp"

namespace rcs::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);

}  // namespace

struct NameCache::State {
  struct Entry {
    std::optional<core::Result<Addresses>> answer;  // empty: being looked up
    Instant until{};
    std::vector<OnAnswer> waiting;
  };

  explicit State(Loop& owner) : loop(owner), resolver(owner.context()) {}

  Loop& loop;
  tcp::resolver resolver;
  std::map<std::string, Entry> entries;
  bool closed = false;

  void make_room() {
    const Instant now = loop.now();
    if (entries.size() < kMaxCachedNames) return;
    std::erase_if(entries,
                  [now](const auto& item) { return item.second.answer && item.second.until <= now; });
    if (entries.size() < kMaxCachedNames) return;
    std::erase_if(entries, [](const auto& item) { return item.second.answer.has_value(); });
  }

  void answer(const std::string& host, core::Result<Addresses> result) {
    Entry& entry = entries[host];
    entry.until = loop.now() + (result ? kNameLifetime : kNameFailureLifetime);
    entry.answer = result;
    for (const auto& waiting : std::exchange(entry.waiting, {})) {
      if (closed) return;
      waiting(result);
    }
  }

  static asio::awaitable<void> look_up(std::shared_ptr<State> self, std::string host) {
    auto [ec, found] = co_await self->resolver.async_resolve(host, "", kUse);
    if (self->closed) co_return;
    if (ec || found.empty()) {
      const std::string why = ec ? ec.message() : "no address";
      self->answer(host, core::Error(core::Errc::unreachable, "host " + core::quoted(host) + ": " + why));
      co_return;
    }
    Addresses addresses;
    for (const auto& entry : found) addresses.push_back(entry.endpoint().address().to_string());
    self->answer(host, std::move(addresses));
  }
};

NameCache::NameCache(Loop& loop) : state_(std::make_shared<State>(loop)) {}
NameCache::~NameCache() { close(); }

void NameCache::resolve(const std::string& host, OnAnswer on_answer) {
  State& state = *state_;
  auto found = state.entries.find(host);
  if (found != state.entries.end()) {
    State::Entry& entry = found->second;
    if (entry.answer && entry.until > state.loop.now()) {
      const auto answer = *entry.answer;
      on_answer(answer);
      return;
    }
    if (!entry.answer) {
      if (entry.waiting.size() < kMaxWaitingForName) {
        entry.waiting.push_back(std::move(on_answer));
      } else {
        on_answer(core::Error(core::Errc::too_large,
                              "host " + core::quoted(host) + ": too many messages wait for its address"));
      }
      return;
    }
    entry.answer.reset();
  } else {
    state.make_room();
    if (state.entries.size() >= kMaxCachedNames) {
      on_answer(core::Error(core::Errc::too_large,
                            "host " + core::quoted(host) + ": too many names are being looked up"));
      return;
    }
    found = state.entries.emplace(host, State::Entry{}).first;
  }
  found->second.waiting.push_back(std::move(on_answer));
  asio::co_spawn(state.loop.context(), State::look_up(state_, host), rethrow);
}

std::vector<std::string> NameCache::names_of(const std::string& address) const {
  std::vector<std::string> names;
  for (const auto& [host, entry] : state_->entries) {
    if (!entry.answer || !*entry.answer) continue;
    const Addresses& addresses = **entry.answer;
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) names.push_back(host);
  }
  return names;
}

void NameCache::close() {
  state_->closed = true;
  state_->resolver.cancel();
}

}  // namespace rcs::net
