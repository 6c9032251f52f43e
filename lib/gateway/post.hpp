#pragma once
// A POST /Chat body read into the chat it asks for: the one truth behind the gateway and translate.hpp.

#include <nlohmann/json_fwd.hpp>
#include <variant>
#include <vector>

#include "chat/command.hpp"
#include "gateway/identity.hpp"
#include "gateway/problem.hpp"
#include "gateway/translate.hpp"

namespace rcs::gateway {

struct PostedChat {
  chat::StartChat start;  ///< text.message_id is empty where the client gave none
  Identity recipient;
};

/// `body` is the whole object. `why` may be null. Problems: 400 with every fault in errors[], 400 bad-id, 501
/// for more than one recipient.
std::variant<PostedChat, Problem> read_post(const nlohmann::json& body, const Identity& sender,
                                            const Config& config, chat::ChatId chat,
                                            std::vector<Explained>* why);

/// 1 to `max` printable ASCII characters without blanks at the ends: survives SIP and CPIM headers unchanged
/// (API-72).
bool is_message_id(std::string_view text, std::size_t max);

}  // namespace rcs::gateway
