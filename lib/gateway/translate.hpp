#pragma once
// The two translations of the published design, as pure functions: a POST body into the chat it asks for (its
// Table 1), and an invitation into the event that tells of it (Table 2). The gateway itself uses them, and so
// does `rcsgw-serve translate --explain`.

#include <string>
#include <string_view>
#include <vector>

#include "chat/command.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "gateway/config.hpp"

namespace rcs::gateway {

/// Where one value of the outcome came from.
struct Explained {
  std::string target;  ///< "SIP From", "data.sender" ...
  std::string value;
  std::string source;  ///< "data.subject", "path {RCS ID}", "constant" ...
};

/// `json` is the body of POST /1.0/RCS/{rcs_id}/Chat; a missing data.message_id stays empty here, the gateway
/// makes one. `why` may be null. Errors: malformed, names the member; too_large; unsupported for more than
/// one recipient.
core::Result<chat::StartChat> start_chat_from_post(std::string_view json, std::string_view rcs_id,
                                                   const Config& config, chat::ChatId chat,
                                                   std::vector<Explained>* why);

/// The whole `initiate` event. `id` is its cursor, `time` when it was logged; `why` may be null. Text that is
/// not UTF-8 has U+FFFD in the place of what is ill-formed.
std::string initiate_event_json(const chat::ChatInvited& invited, const Config& config,
                                std::string_view instance_url, std::string_view id, core::UnixMs time,
                                std::vector<Explained>* why);

}  // namespace rcs::gateway
