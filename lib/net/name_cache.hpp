#pragma once
// Host names to addresses for the transports, off the loop's thread, with a short memory. Address literals do
// not come here.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "net/loop.hpp"

namespace rcs::net {

inline constexpr std::size_t kMaxCachedNames = 256;                  ///< a core has a handful
inline constexpr std::size_t kMaxWaitingForName = 1000;              ///< callers that wait for one answer
inline constexpr Duration kNameLifetime = std::chrono::seconds(30);  ///< a moved core is found again soon
/// a dead resolver is not asked for every message
inline constexpr Duration kNameFailureLifetime = std::chrono::seconds(1);

class NameCache {
 public:
  using Addresses = std::vector<std::string>;  ///< IP literals, never empty, in the resolver's order
  using OnAnswer = std::function<void(const core::Result<Addresses>&)>;

  explicit NameCache(Loop& loop);
  ~NameCache();
  NameCache(const NameCache&) = delete;
  NameCache& operator=(const NameCache&) = delete;

  /// At once when the answer is known. Errors: unreachable, names the host and the reason; too_large when too
  /// many wait.
  void resolve(const std::string& host, OnAnswer on_answer);
  /// The names that are known to stand for an address.
  std::vector<std::string> names_of(const std::string& address) const;
  /// Nothing is called afterwards.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rcs::net
