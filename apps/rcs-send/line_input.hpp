#pragma once
// Lines of standard input as they come, be it a terminal, a pipe or a file, without waiting for them.

#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "net/loop.hpp"

namespace rcs::send {

inline constexpr std::size_t kMaxLine = 60 * 1024;  ///< octets: what an API request of 64 KiB holds

class LineInput {
 public:
  struct Handlers {
    std::function<void(std::string line)> on_line;  ///< without its end
    /// The end of the input, or why it can not be read on.
    std::function<void(core::Result<void>)> on_end;
  };
  /// Handlers are called in turns of the loop. SAFETY: the loop outlives this.
  LineInput(net::Loop& loop, Handlers handlers);
  ~LineInput();
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;

 private:
  struct State;
  std::shared_ptr<State>
      state_;  ///< shared with the pending wait, which may outlive us by one turn of the loop
};

}  // namespace rcs::send
