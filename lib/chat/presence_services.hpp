#pragma once
// The services of RCS as tuples of a presence document: their service-ids, one table for both directions (CAP
// section 5, PRES-45).

#include <optional>
#include <string>
#include <vector>

#include "body/pidf.hpp"
#include "chat/capabilities.hpp"
#include "core/time.hpp"

namespace rcs::chat {

/// What a document says of services (CAP-50): those with an open tuple. Open ones that are in no table are
/// kept to be shown, "org.example:Service 1.0" (CAP-34).
struct PublishedServices {
  Capabilities capabilities;
  bool names_rcs = false;               ///< a tuple of RCS, open or not; a voice call alone is none
  std::optional<core::UnixMs> told_at;  ///< the newest time of its tuples
};
/// A service by its id, whatever its version: a later one is that service still.
PublishedServices read_services(const body::Presence& document);

/// An open tuple for each service that has an id there, reached by `contact`.
std::vector<body::PresenceTuple> service_tuples(const ServiceSet& services, const std::string& contact,
                                                core::UnixMs now);

}  // namespace rcs::chat
