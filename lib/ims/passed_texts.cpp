#include "ims/passed_texts.hpp"

namespace rcs::ims {

void PassedTexts::add(UserId from, UserId to, std::string_view id, CallKey chat) {
  // Everybody outside is one user here: one could name the texts of another.
  if (from == kForeignUser || to == kForeignUser || id.empty() || id.size() > kMaxPassedTextId) return;
  Key key{from, to, std::string(id)};
  const auto [place, is_new] = ways_.insert_or_assign(key, chat);
  if (!is_new) return;
  order_.push_back(std::move(key));
  if (order_.size() <= max_) return;
  ways_.erase(order_.front());
  order_.pop_front();
}

std::optional<CallKey> PassedTexts::way_of(UserId from, UserId to, std::string_view id) const {
  const auto found = ways_.find(Key{from, to, std::string(id.substr(0, kMaxPassedTextId + 1))});
  return found == ways_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace rcs::ims
