#pragma once
// The head of a message, cut into its start line and fields in one bounded pass before any grammar sees it:
// the number and size of fields, line ends, folding, Content-Length, and the long spelling of field names.
// Inside this room only.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace rcs::sip {

/// The fields that Message keeps in members of its own.
enum class FieldKind : std::uint8_t {
  via,
  from,
  to,
  call_id,
  cseq,
  contact,
  max_forwards,
  route,
  record_route,
  content_length,
  other,
};

struct FieldName {
  std::string_view name;  ///< as the RFCs spell it
  FieldKind kind = FieldKind::other;
};
/// By long name or compact form, without case; nullptr for a field we do not know.
const FieldName* find_field_name(std::string_view name);

struct Field {
  std::string_view name;  ///< the long form where we know it, else as written
  FieldKind kind = FieldKind::other;
  bool folded = false;
  std::string_view raw;  ///< without surrounding blanks; its folds still in it

  /// Unfolded: each fold is one space.
  std::string value() const;
};

/// SAFETY: its views point into the octets it was scanned from.
struct Head {
  std::string_view start_line;
  std::vector<Field> fields;
  std::size_t size = 0;  ///< octets up to and with the empty line
  std::optional<std::size_t> content_length;

  const Field* find(FieldKind kind) const;
  std::size_t count(FieldKind kind) const;
};

/// Errors: malformed (a line without a field name, NUL, a lone CR, no empty line at the end, two
/// Content-Lengths that differ), too_large (kMaxHeaderBytes, kMaxHeaderFields).
core::Result<Head> scan_head(std::string_view octets);
/// What can be read of a head that scan_head refuses: bad lines are left out, it ends at the first limit or
/// NUL or lone CR.
Head salvage_head(std::string_view octets);

}  // namespace rcs::sip
