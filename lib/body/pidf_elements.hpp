#pragma once
// Presence documents (PIDF, RFC 3863) taken apart and put together again without a look at what they say:
// what one user has published from several devices becomes one document. Tuples, notes, persons, devices and
// whatever else there is, with namespaces that are not known here, stay as they are, but for their ids, which
// two devices may both have chosen.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace rcs::body {

/// The elements of one document, as text that means the same in any other: each declares the namespaces that
/// it uses. In the order in which PIDF wants them.
struct PresenceElements {
  std::string tuples;
  std::string notes;
  std::string others;

  std::size_t size() const { return tuples.size() + notes.size() + others.size(); }
  friend bool operator==(const PresenceElements&, const PresenceElements&) = default;
};

/// The ids of the elements get `id_prefix`, which begins with a letter, before them. Errors: malformed, also
/// for a tuple without an id of its own or without a status (PRES-40); too_large (kMaxPidfOctets,
/// kMaxTuples).
core::Result<PresenceElements> take_presence_elements(std::string_view xml, std::string_view id_prefix);

/// The document of `entity`, a URI, with all that; by none a document that says nothing.
std::string presence_document(std::string_view entity, const std::vector<const PresenceElements*>& parts);

}  // namespace rcs::body
