#include "gateway/awaiting.hpp"

#include <utility>

namespace rcs::gateway {

std::optional<std::uint64_t> AwaitingTable::add(Awaiting waiting) {
  const auto of_user = of_user_.find(waiting.user);
  if (waiting_.size() >= max_ || (of_user != of_user_.end() && of_user->second >= kAwaitingPerUser))
    return std::nullopt;
  ++of_user_[waiting.user];
  by_exchange_[waiting.exchange.id] = ++last_;
  waiting_.emplace(last_, std::move(waiting));
  return last_;
}

std::optional<Awaiting> AwaitingTable::take(std::uint64_t number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return std::nullopt;
  auto out = std::move(found->second);
  waiting_.erase(found);
  by_exchange_.erase(out.exchange.id);
  const auto of_user = of_user_.find(out.user);
  if (--of_user->second == 0) of_user_.erase(of_user);
  return out;
}

std::vector<Awaiting> AwaitingTable::take_all(const std::string& user) {
  std::vector<Awaiting> out;
  if (!of_user_.contains(user)) return out;
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, waiting] : waiting_) {
    if (waiting.user == user) numbers.push_back(number);
  }
  for (const auto number : numbers) out.push_back(*take(number));
  return out;
}

void AwaitingTable::gone(WebId id) {
  const auto found = by_exchange_.find(id);
  if (found != by_exchange_.end()) take(found->second);
}

}  // namespace rcs::gateway
