#pragma once
// One message to several (RFC 5365): the multipart/mixed of a message and the list of those it is for, as it
// comes to a list server, and the message with the history of that list, as each of them has it.

#include <optional>
#include <string_view>
#include <vector>

#include "body/chat_body.hpp"
#include "body/mime.hpp"
#include "body/recipient_list.hpp"
#include "core/random.hpp"
#include "core/result.hpp"

namespace rcs::body {

/// In Require of a request to a list server, and in Supported of who is one.
inline constexpr std::string_view kListOption = "recipient-list-message";
/// The list server of a domain is sip:list@DOMAIN.
inline constexpr std::string_view kListServiceUser = "list";

struct ListMessage {
  Part message;  ///< with the header fields of its part
  std::vector<Recipient> to;
};
/// Errors: malformed, also without a message or without a list; unsupported where something else in it has to
/// be understood (MIME-6); too_large.
Result<ListMessage> read_list_message(std::string_view content_type, std::string_view content);
TypedBody make_list_message(Part message, const std::vector<Recipient>& to, core::Random& random);

/// The message with those it went to behind it.
TypedBody add_list_history(Part message, const std::vector<Recipient>& history, core::Random& random);
/// The message in a multipart/mixed, whatever stands beside it for those who can read it; nothing for another
/// type. Errors: as read_list_message.
Result<std::optional<Part>> take_message_part(std::string_view content_type, std::string_view content);

}  // namespace rcs::body
