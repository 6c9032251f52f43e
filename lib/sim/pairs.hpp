#pragma once
// Who writes to whom, where it is known: pairs of a sender and a receiver with a weight. A sender with pairs
// picks a receiver among them, in proportion to their weights.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"

namespace rcs::sim {

/// Some 30 octets of memory each while they are read, 8 after that, and 4 for each user number up to the
/// largest sender's.
inline constexpr std::uint64_t kMaxPairs = 100'000'000;
inline constexpr std::size_t kMaxPairLine = 1'000;  ///< octets; two numbers and a weight need few
inline constexpr double kMaxPairWeight = 1e9;

class Pairs {
 public:
  std::uint64_t count() const { return receivers_.size(); }
  /// The largest user number in them.
  std::uint64_t last_user() const { return last_user_; }
  /// Is the user the sender of any?
  bool has(std::uint64_t sender) const {
    return sender + 1 < first_.size() && first_[sender] != first_[sender + 1];
  }
  /// A receiver of a sender that has some.
  std::uint64_t draw(std::uint64_t sender, core::Random& random) const;

 private:
  friend class PairsReader;
  void share_out(const std::vector<float>& weights);

  std::vector<std::uint32_t> first_;  ///< by sender: where its pairs begin; one more at the end
  std::vector<std::uint32_t> receivers_;
  /// The share of the sender's weight that a pair and those before it have: the last of 2^32 equal parts that
  /// is theirs. A pair with less than one part may get none.
  std::vector<std::uint32_t> up_to_;
  std::uint64_t last_user_ = 0;
};

/// Reads lines of "sender receiver [weight]": user numbers from 0, and 1 where no weight stands; # starts a
/// comment. A pair that stands twice has both weights.
class PairsReader {
 public:
  /// User numbers are below `users`.
  explicit PairsReader(std::uint64_t users) : users_(users) {}
  /// The next octets of the file, cut anywhere. Errors: malformed or too_large, "LINE: expected ..."; then
  /// the rest is not wanted.
  core::Result<void> feed(std::string_view octets);
  /// At the end of the file. Errors: as of feed.
  core::Result<Pairs> finish();

 private:
  struct Pair {
    std::uint32_t sender;
    std::uint32_t receiver;
    float weight;
  };
  core::Result<void> read(std::string_view line);
  /// By sender, in the order of the file; gives back their weights.
  std::vector<float> deal_out(Pairs& out) const;
  core::Result<std::uint32_t> read_user(std::string_view text, const char* who) const;
  core::Error error(const std::string& words) const;

  std::uint64_t users_;
  std::uint64_t line_ = 0;
  std::string begun_;  ///< a line whose end has not come yet
  std::vector<Pair> pairs_;
};

}  // namespace rcs::sim
