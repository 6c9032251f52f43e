#pragma once
// What a list server says about the members of a list (RLMI, RFC 4662 section 5), in multipart/related beside
// the documents about them: for each member the state of the server's subscription to it, and which part has
// its document.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace rcs::body {

using core::Result;

inline constexpr std::string_view kRlmiType = "application/rlmi+xml";
inline constexpr std::size_t kMaxRlmiOctets = 256 << 10;  ///< about 200 for each of the members
inline constexpr std::size_t kMaxRlmiResources = 1'000;   ///< as many as a list of recipients has
inline constexpr std::size_t kMaxRlmiInstances = 2'000;   ///< of all of them together: two devices each

/// PRES-103. A word nobody defined is no state anybody knows: pending.
enum class RlmiState : std::uint8_t { active, pending, terminated };

struct RlmiInstance {
  std::string id;
  RlmiState state = RlmiState::pending;
  std::string reason;  ///< of `terminated`: "noresource", "rejected" ...
  std::string cid;     ///< Content-ID of its document, without <>; empty: none is here
  friend bool operator==(const RlmiInstance&, const RlmiInstance&) = default;
};

struct RlmiResource {
  std::string uri;
  std::vector<RlmiInstance> instances;  ///< none: the server knows nothing yet
  friend bool operator==(const RlmiResource&, const RlmiResource&) = default;
};

struct Rlmi {
  std::string uri;            ///< of the list
  std::uint32_t version = 0;  ///< PRES-102
  bool full_state = false;    ///< false: only what has changed
  std::vector<RlmiResource> resources;
  friend bool operator==(const Rlmi&, const Rlmi&) = default;
};

/// Elements under any prefix; names and elements nobody defined are skipped. Errors: malformed, also without
/// a version or for a resource without a uri; too_large.
Result<Rlmi> parse_rlmi(std::string_view xml);
std::string format_rlmi(const Rlmi& rlmi);

}  // namespace rcs::body
