#pragma once
// Typed ids: what crosses rooms instead of pointers. A late callback looks its id up in the owner's table,
// finds nothing and is dropped. 0 names nothing.

#include <compare>
#include <cstdint>
#include <functional>

namespace rcs::core {

template <class Tag>
struct Id {
  std::uint64_t value = 0;
  explicit operator bool() const { return value != 0; }
  friend auto operator<=>(Id, Id) = default;
};

}  // namespace rcs::core

template <class Tag>
struct std::hash<rcs::core::Id<Tag>> {
  std::size_t operator()(rcs::core::Id<Tag> id) const noexcept {
    return std::hash<std::uint64_t>()(id.value);
  }
};
