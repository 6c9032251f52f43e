#pragma once
// Presence of somebody (PIDF, RFC 3863) as far as it tells what services they have: one tuple for each, with
// its name and version (OMA's service-description) and the media it takes (RFC 5196). Persons, devices and
// notes are skipped.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace rcs::body {

using core::Result;

inline constexpr std::string_view kPidfType = "application/pidf+xml";
inline constexpr std::size_t kMaxPidfOctets = 128 << 10;  ///< real ones have up to 8 KiB
inline constexpr std::size_t kMaxTuples = 200;            ///< services, on all devices of a user

/// What a service can do with media; nullopt: not said.
struct ServiceMedia {
  std::optional<bool> audio;
  std::optional<bool> video;
  friend bool operator==(const ServiceMedia&, const ServiceMedia&) = default;
};

struct PresenceTuple {
  std::string id;
  bool open = false;        ///< basic: closed, or another word, is not
  std::string service_id;   ///< "org.openmobilealliance:StandaloneMsg"; empty: of no service
  std::string version;      ///< "1.0"; empty: not said
  std::string description;  ///< for a person
  ServiceMedia media;
  std::string contact;  ///< a URI; empty: none
  std::optional<core::UnixMs> timestamp;
  friend bool operator==(const PresenceTuple&, const PresenceTuple&) = default;
};

struct Presence {
  std::string entity;  ///< whose: a pres, sip or tel URI
  std::vector<PresenceTuple> tuples;
  friend bool operator==(const Presence&, const Presence&) = default;
};

/// Elements under any prefix, unknown ones are skipped; a tuple without status is not there (PRES-40).
/// Errors: malformed, too_large.
Result<Presence> parse_pidf(std::string_view xml);
std::string format_pidf(const Presence& presence);

}  // namespace rcs::body
