#pragma once
// Messages to a list, as text (see list_server.hpp): what each of its recipients gets, and what is left of
// that without the history of the list.

#include <optional>
#include <string>
#include <vector>

#include "body/list_message.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "ims/directory.hpp"
#include "sip/message.hpp"

namespace rcs::ims {

/// A message outside of dialogs to the list server of the domain.
bool is_for_list_server(const sip::Message& request, const Directory& directory);

/// Those a list names, each once, without what their URIs could smuggle into a request (PGR-19) and without
/// the list server, to which a message would come back for ever. Errors: malformed, naming an entry that no
/// request can be sent to; too_large.
core::Result<std::vector<body::Recipient>> recipients_of(const std::vector<body::Recipient>& list,
                                                         const Directory& directory);

/// What all of them get, but for whom it is to: the message of the part, and who else got it where somebody
/// may know (PGR-43).
sip::Message message_for_each(const sip::Message& request, const body::Part& message,
                              const std::vector<body::Recipient>& recipients, core::Random& random);

/// The same with the message alone; nothing where there is no more in it, or nothing that can be read.
std::optional<sip::Message> without_history(const sip::Message& request);

}  // namespace rcs::ims
