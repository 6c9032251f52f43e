#pragma once
// What a message of the peer says, whichever way it came, in a session or by SIP MESSAGE: a text,
// notifications about messages of ours, or that somebody types.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "body/chat_body.hpp"
#include "body/imdn.hpp"
#include "body/iscomposing.hpp"
#include "chat/received_texts.hpp"
#include "core/result.hpp"

namespace rcs::chat {

inline constexpr std::string_view kCpimType = "message/cpim";

/// Also content of any other type: what is not for the client is for its user.
struct TextContent {
  body::ChatText text;
  Receipt receipt;
};
using Content = std::variant<TextContent, std::vector<body::Imdn>, body::Composing>;

/// A media type as it is compared: without parameters and case.
std::string plain_type(std::string_view content_type);
/// Wrapped in CPIM or bare. A bare text has no id and asks for nothing. Errors: of what it is made of;
/// unsupported where CPIM requires what we do not know (CPIM-11).
core::Result<Content> read_content(std::string_view content_type, std::string content);

}  // namespace rcs::chat
