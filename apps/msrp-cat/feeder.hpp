#pragma once
// Messages out of what the user gives: one a line, or all of an input as one, wrapped in CPIM where that is
// asked for.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/time.hpp"
#include "msrp-cat/input.hpp"
#include "msrp-cat/options.hpp"
#include "msrp/outgoing.hpp"
#include "net/loop.hpp"

namespace rcs::cat {

class Feeder {
 public:
  /// `on_ready` is called when next() has something again, or the message that it gave last does. Errors:
  /// unknown (the file). SAFETY: loop and options outlive this.
  static core::Result<std::unique_ptr<Feeder>> open(net::Loop& loop, const Options& options,
                                                    std::function<void()> on_ready);

  /// Nothing: it has no more for now, or is_done().
  std::optional<msrp::Outgoing> next();
  bool is_done() const { return done_; }
  /// The input could not be read to its end.
  bool is_broken() const { return broken_; }
  /// Octets that were taken, and of how many.
  std::uint64_t taken() const { return taken_; }
  std::optional<std::uint64_t> size() const { return input_->size(); }
  /// Each time that more were.
  std::function<void()> on_progress;

 private:
  Feeder(net::Loop& loop, const Options& options, std::unique_ptr<Input> input,
         std::function<void()> on_ready);
  msrp::Outgoing message() const;
  std::string cpim_head() const;

  net::Loop& loop_;
  const Options& options_;
  std::unique_ptr<Input> input_;
  Lines lines_;
  std::function<void()> on_ready_;
  std::uint64_t taken_ = 0;
  bool done_ = false;
  bool broken_ = false;
};

}  // namespace rcs::cat
