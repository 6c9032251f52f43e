#pragma once
// What a message in a chat session is to who keeps and passes it on: something to be read, a notification
// about it, or that somebody is typing. The octets themselves are not touched.

#include <cstdint>
#include <string_view>

namespace rcs::ims {

enum class ContentKind : std::uint8_t {
  text,       ///< for the user to see, of whatever media type
  notice,     ///< IMDN: worth keeping, not worth an invitation
  composing,  ///< true only now: never kept (ISC-7)
};

/// Of an MSRP message, bare or in CPIM; CPIM that can not be read is a text, for its receiver to judge.
ContentKind content_kind(std::string_view content_type, std::string_view content);

}  // namespace rcs::ims
