// What an address book of capabilities costs: 100,000 contacts learned, found, and learned anew when the book
// is full, and the memory of each. The reference in the same run is a std::unordered_map from the contact to
// the same record, which keeps no order, has no bound, and copies the contact for each look. A wrong count or
// a contact that is not found ends the program.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chat/capability_book.hpp"
#include "core/random.hpp"
#include "core/result.hpp"

namespace {

using namespace rcs;
using chat::CapabilityBook;

constexpr std::size_t kContacts = 100'000;
constexpr std::uint64_t kOwner = 1;
constexpr core::Instant kNow{std::chrono::hours(1)};
using Map = std::unordered_map<std::string, CapabilityBook::Entry>;

/// As the client names them: number and domain, longer than what a std::string holds without memory.
std::vector<std::string> contacts(std::size_t first) {
  std::vector<std::string> out;
  for (std::size_t n = first; n < first + kContacts; ++n)
    out.push_back("+8210" + std::to_string(10'000'000 + n) + "@ims.example.com");
  return out;
}

/// In an order of their own, so that a look does not find its memory warm from the one before.
std::vector<std::string> shuffled(std::vector<std::string> names) {
  core::Random random(1);
  for (std::size_t i = names.size(); i > 1; --i) std::swap(names[i - 1], names[random.below(i)]);
  return names;
}

chat::CapabilityNews news() {
  chat::CapabilityNews out;
  out.kind = chat::CapabilityNews::Kind::capable;
  out.capabilities.services = {chat::Service::chat, chat::Service::file_transfer};
  return out;
}

std::size_t heap_octets() {
  const auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

void learn_all(CapabilityBook& book, const std::vector<std::string>& names) {
  for (const auto& name : names) book.learn({kOwner, name}, news(), kNow);
}
void learn_all(Map& map, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    auto& entry = map[name];
    entry.record = chat::apply(std::move(entry.record), news(), kNow);
  }
}
const CapabilityBook::Entry* find(const CapabilityBook& book, const std::string& name) {
  return book.find({kOwner, name});
}
const CapabilityBook::Entry* find(const Map& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

template <class Memory>
Memory make() {
  if constexpr (std::is_same_v<Memory, Map>) {
    return {};
  } else {
    return CapabilityBook({}, 0x5EED);
  }
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kContacts));
}

template <class Memory>
void learn(benchmark::State& state) {
  const auto names = contacts(0);
  double octets = 0;
  for (auto _ : state) {
    const auto before = heap_octets();
    auto memory = make<Memory>();
    learn_all(memory, names);
    RCS_ASSERT(memory.size() == kContacts);
    state.PauseTiming();
    octets = static_cast<double>(heap_octets() - before) / static_cast<double>(kContacts);
    memory = make<Memory>();
    state.ResumeTiming();
  }
  state.counters["octets_each"] = octets;
  count(state);
}
BENCHMARK_TEMPLATE(learn, Map)->Name("reference_learn")->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(learn, CapabilityBook)->Name("learn")->Unit(benchmark::kMillisecond);

template <class Memory>
void find_all(benchmark::State& state) {
  auto memory = make<Memory>();
  learn_all(memory, contacts(0));
  const auto names = shuffled(contacts(0));
  for (auto _ : state) {
    std::size_t users = 0;
    for (const auto& name : names) {
      const auto* entry = find(memory, name);
      users += entry != nullptr && entry->record.rcs_user == chat::CapabilityRecord::Answer::yes ? 1 : 0;
    }
    RCS_ASSERT(users == kContacts);
  }
  count(state);
}
BENCHMARK_TEMPLATE(find_all, Map)->Name("reference_find")->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(find_all, CapabilityBook)->Name("find")->Unit(benchmark::kMillisecond);

/// News of contacts that are there already.
template <class Memory>
void learn_again(benchmark::State& state) {
  auto memory = make<Memory>();
  learn_all(memory, contacts(0));
  const auto names = shuffled(contacts(0));
  for (auto _ : state) learn_all(memory, names);
  RCS_ASSERT(memory.size() == kContacts);
  count(state);
}
BENCHMARK_TEMPLATE(learn_again, Map)->Name("reference_learn_again")->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(learn_again, CapabilityBook)->Name("learn_again")->Unit(benchmark::kMillisecond);

/// A full book: each new contact takes the place of the oldest. Nothing like it in the reference.
void learn_when_full(benchmark::State& state) {
  auto book = make<CapabilityBook>();
  const std::vector<std::string> names[] = {contacts(0), contacts(kContacts)};
  learn_all(book, names[0]);
  std::size_t round = 0;
  for (auto _ : state) learn_all(book, names[++round % 2]);
  RCS_ASSERT(book.size() == chat::kMaxCapabilityContacts);
  RCS_ASSERT(book.find({kOwner, names[(round + 1) % 2].front()}) == nullptr);
  count(state);
}
BENCHMARK(learn_when_full)->Unit(benchmark::kMillisecond);

}  // namespace
