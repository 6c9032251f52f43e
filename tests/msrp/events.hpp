#pragma once
// What a decoder said, as values that outlive it, with the parts of a body joined: the same for every way to
// cut the octets.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "msrp/decoder.hpp"

namespace rcs::msrp {

struct Seen {
  Head head;
  std::string defect;
  std::string body;
  std::optional<Flag> end;
  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Transcript {
  std::vector<Seen> messages;
  std::string error;  ///< its words; empty: none
  friend bool operator==(const Transcript&, const Transcript&) = default;
};

/// What holds of the order of items is held here too: a head after an end, octets only where a head announced
/// them, nothing after an error, and little kept.
inline void drain(Decoder& decoder, Transcript& seen) {
  auto& messages = seen.messages;
  while (auto item = decoder.next()) {
    RCS_ASSERT(seen.error.empty());
    if (const auto* arrived = std::get_if<HeadArrived>(&*item)) {
      RCS_ASSERT(messages.empty() || messages.back().end);
      messages.push_back({*arrived->head, std::string(arrived->defect), {}, {}});
    } else if (const auto* part = std::get_if<BodyPart>(&*item)) {
      RCS_ASSERT(!part->octets.empty() && messages.back().head.has_body && !messages.back().end);
      messages.back().body.append(part->octets);
    } else if (const auto* end = std::get_if<End>(&*item)) {
      RCS_ASSERT(!messages.back().end && is_flag(static_cast<char>(end->flag)));
      messages.back().end = end->flag;
    } else {
      seen.error = std::get<core::Error>(*item).detail();
      RCS_ASSERT(!seen.error.empty() && !decoder.framed());
    }
  }
  RCS_ASSERT(decoder.framed() == seen.error.empty());
  RCS_ASSERT(decoder.held() <= kMaxHeadOctets);
}

/// In pieces of `size` octets. Each piece is a copy that dies, so that a view kept too long is found out.
inline Transcript decode_in_pieces(std::string_view octets, std::size_t size) {
  Decoder decoder;
  Transcript seen;
  for (; !octets.empty(); octets.remove_prefix(std::min(size, octets.size()))) {
    const std::string piece(octets.substr(0, size));
    decoder.feed(piece);
    drain(decoder, seen);
  }
  return seen;
}

inline Transcript decode_all(std::string_view octets) { return decode_in_pieces(octets, octets.size()); }

inline Transcript decode_in_random_pieces(std::string_view octets, core::Random& random) {
  Decoder decoder;
  Transcript seen;
  while (!octets.empty()) {
    const auto size = std::min<std::size_t>(1 + random.below(random.below(3) == 0 ? 3 : 80), octets.size());
    const std::string piece(octets.substr(0, size));
    decoder.feed(piece);
    drain(decoder, seen);
    octets.remove_prefix(size);
  }
  return seen;
}

}  // namespace rcs::msrp
