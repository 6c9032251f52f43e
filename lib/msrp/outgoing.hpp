#pragma once
// A message that is to be sent, and where its content comes from: held here, or pulled from a source while it
// is written, so that a film never stands in memory.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/id.hpp"
#include "msrp/message.hpp"

namespace rcs::msrp {

/// A session that writes to a connection; its owner gives the number.
using SessionId = core::Id<struct SessionTag>;

/// Content that is pulled, in order and each octet once.
class Source {
 public:
  enum class State : std::uint8_t {
    more,   ///< ask again
    dry,    ///< nothing is there yet: ask in the next append()
    end,    ///< these were the last
    broken  ///< there will be no more of it: the message is abandoned
  };
  struct Pulled {
    std::size_t octets = 0;
    State state = State::more;
  };

  virtual ~Source() = default;
  /// Of all its content, where that is known beforehand: the total that is announced, and held to.
  virtual std::optional<std::uint64_t> size() const = 0;
  /// Fills the front of `into`, which is never empty. `more` comes with one octet at least.
  virtual Pulled pull(std::span<char> into) = 0;
};

struct Outgoing {
  SessionId session;
  std::string message_id;  ///< empty: a new one is made (MSRP-30)
  std::string to_path;     ///< all of the peer's path (MSRP-86)
  std::string from_path;
  bool success_report = false;
  FailureReport failure_report = FailureReport::yes;
  std::vector<Header> others;
  std::string content_type;
  /// Nothing: a bodiless SEND, which binds or keeps a connection and shows nothing (MSRP-81, MSRP-84). An
  /// empty string is content.
  std::variant<std::monostate, std::string, std::unique_ptr<Source>> content;
};

}  // namespace rcs::msrp
