#pragma once
// HTTP exchanges that wait for a word of the chat client: what a contact can do, whether a user is
// registered. A table, bounded; who has gone is forgotten.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/step.hpp"

namespace rcs::gateway {

/// At one time: enough for a client that asks for its whole address book over many connections.
inline constexpr std::size_t kAwaitingPerUser = 256;
inline constexpr std::size_t kMaxAwaiting = 20'000;  // of all users: about as many as a server has sockets

struct Awaiting {
  Exchange exchange;
  std::string user;         ///< Identity::key
  std::string subject;      ///< the contact that is asked for, as shown
  bool subscribes = false;  ///< and is to be asked again and again
};

class AwaitingTable {
 public:
  explicit AwaitingTable(std::size_t max = kMaxAwaiting) : max_(max) {}

  /// Its number, from 1; nullopt: too many wait.
  std::optional<std::uint64_t> add(Awaiting waiting);
  /// nullopt: it has gone.
  std::optional<Awaiting> take(std::uint64_t number);
  /// All of a user in the order they came.
  std::vector<Awaiting> take_all(const std::string& user);
  void gone(WebId id);
  std::size_t size() const { return waiting_.size(); }

 private:
  const std::size_t max_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Awaiting> waiting_;
  std::map<WebId, std::uint64_t> by_exchange_;
  std::map<std::string, std::size_t> of_user_;  ///< how many
};

}  // namespace rcs::gateway
