#pragma once
// The bodies of requests inside of a chat, read: a text (API-25), what became of one (API-27), typing
// (API-28). A message outside of chats (API-29) is a text, too, and says for whom.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "body/recipient_list.hpp"
#include "chat/command.hpp"
#include "core/time.hpp"
#include "gateway/config.hpp"
#include "gateway/identity.hpp"
#include "gateway/problem.hpp"

namespace rcs::gateway {

struct PostedText {
  std::string message_id;    ///< empty where the client gave none
  std::string content_type;  ///< a media type with its parameters
  std::string content;
};
/// `body` is the whole object. Problems: 400 with every fault in errors[].
std::variant<PostedText, Problem> read_text(const nlohmann::json& body, const Config& config);

struct PostedRecipient {
  Identity identity;
  body::CopyControl copy = body::CopyControl::to;
};
struct PostedMessage {
  PostedText text;
  std::vector<PostedRecipient>
      recipients;  ///< each once, in the order they were named: data.cc and data.bcc last
  std::optional<core::Duration> expires;
};
/// As read_text; 400 bad-id for a recipient that is none.
std::variant<PostedMessage, Problem> read_message(const nlohmann::json& body, const Config& config);

/// delivered or displayed.
std::variant<chat::MessageState, Problem> read_state(const nlohmann::json& body);

/// `chat` is filled in by the caller.
std::variant<chat::SendComposing, Problem> read_composing(const nlohmann::json& body);

/// 400: the one fault, or all of them in errors[].
Problem faults_found(std::vector<std::string> faults);
/// data.recipient, or what else `where` says, an array of strings; empty where it is none: that is noted in
/// `faults`.
std::vector<std::string> read_recipients(const nlohmann::json* value, const Config& config,
                                         std::vector<std::string>& faults,
                                         const std::string& where = "data.recipient");
/// Whom data.recipient[`index`] means. Problem: 400 bad-id.
std::variant<Identity, Problem> read_recipient(const std::string& text, std::size_t index,
                                               const Config& config,
                                               const std::string& where = "data.recipient");
/// data.message_id; empty where there is none, or none that can be taken: that is noted in `faults`.
std::string read_message_id(const nlohmann::json& data, const Config& config,
                            std::vector<std::string>& faults);

}  // namespace rcs::gateway
