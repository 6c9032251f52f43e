#include "gateway/message_in.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "body/imdn.hpp"
#include "body/iscomposing.hpp"
#include "body/mime.hpp"
#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/post.hpp"

namespace rcs::gateway {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxType = 256;                    // octets of a media type with its parameters
constexpr std::uint32_t kLongestRefresh = 24 * 60 * 60;  // seconds; nobody types longer
/// Of a message's life; a network that keeps messages longer than a month is not known.
constexpr std::uint32_t kLongestLife = 31 * 24 * 60 * 60;
constexpr std::string_view kPlainText = "text/plain;charset=UTF-8";

/// What the chat client says with it itself: it would be taken for words of the client's.
bool is_reserved(const body::MediaType& type) {
  constexpr std::string_view kReserved[] = {"message/cpim", body::kImdnType, body::kComposingType};
  return type.type.starts_with("multipart/") ||
         std::find(std::begin(kReserved), std::end(kReserved), type.type) != std::end(kReserved);
}

/// "text", or a media type; nullopt: none of both. JSON is UTF-8, and so is the content.
std::optional<std::string> content_type_of(const json& given) {
  if (!given.is_string()) return std::nullopt;
  const auto& text = given.get_ref<const std::string&>();
  if (text == "text") return std::string(kPlainText);
  if (text.size() > kMaxType || core::has_control(text)) return std::nullopt;
  auto type = body::parse_media_type(text);
  if (!type || is_reserved(*type)) return std::nullopt;
  if (type->type.find('/') == std::string::npos || type->type.find('*') != std::string::npos)
    return std::nullopt;
  if (type->type.starts_with("text/")) {
    const auto charset = type->param("charset");
    if (charset && !core::iequals(*charset, "utf-8")) return std::nullopt;
    if (!charset) type->params.emplace_back("charset", "UTF-8");
  }
  return type->to_string();
}

const json* data_of(const json& body) {
  const auto* data = member(body, "data");
  return data != nullptr && data->is_object() ? data : nullptr;
}

void read_type(const json& data, PostedText& out, std::vector<std::string>& faults) {
  out.content_type = kPlainText;
  const auto* given = member(data, "type");
  if (given == nullptr) return;
  if (auto type = content_type_of(*given)) {
    out.content_type = std::move(*type);
  } else {
    faults.emplace_back("data.type: expected text or the media type of UTF-8 content, such as text/html");
  }
}

/// `subject` is an alias, as in the POST that starts a chat.
void read_content(const json& data, PostedText& out, std::vector<std::string>& faults) {
  const auto* message = member(data, "message");
  const auto* subject = member(data, "subject");
  if (message != nullptr && subject != nullptr) {
    faults.emplace_back("data.message: expected message or its alias subject, not both");
    return;
  }
  const auto* given = message != nullptr ? message : subject;
  if (given == nullptr || !given->is_string() || given->get_ref<const std::string&>().empty()) {
    faults.emplace_back("data.message: expected a string, the text of the message");
    return;
  }
  out.content = given->get<std::string>();
}

PostedText read_text_of(const json& data, const Config& config, std::vector<std::string>& faults) {
  PostedText out;
  out.message_id = read_message_id(data, config, faults);
  read_type(data, out, faults);
  read_content(data, out, faults);
  return out;
}

/// data.expires, in seconds; 0: now or never.
std::optional<core::Duration> read_expires(const json& data, std::vector<std::string>& faults) {
  const auto* given = member(data, "expires");
  if (given == nullptr) return std::nullopt;
  if (given->is_number_integer() && *given >= 0 && *given <= kLongestLife)
    return std::chrono::seconds(given->get<std::uint32_t>());
  faults.push_back("data.expires: expected seconds from 0 to " + std::to_string(kLongestLife));
  return std::nullopt;
}

}  // namespace

Problem faults_found(std::vector<std::string> faults) {
  auto out = bad_request(faults.front());
  if (faults.size() > 1) out.errors = std::move(faults);
  return out;
}

std::string read_message_id(const json& data, const Config& config, std::vector<std::string>& faults) {
  const auto* value = member(data, "message_id");
  if (value == nullptr) return {};
  if (value->is_string() && is_message_id(value->get_ref<const std::string&>(), config.limits.message_id)) {
    return value->get<std::string>();
  }
  faults.push_back("data.message_id: expected a string of 1 to " + std::to_string(config.limits.message_id) +
                   " printable ASCII characters");
  return {};
}

std::variant<PostedText, Problem> read_text(const json& body, const Config& config) {
  const auto* data = data_of(body);
  if (data == nullptr) return bad_request("data: expected an object");
  std::vector<std::string> faults;
  auto out = read_text_of(*data, config, faults);
  if (!faults.empty()) return faults_found(std::move(faults));
  return out;
}

std::vector<std::string> read_recipients(const json* value, const Config& config,
                                         std::vector<std::string>& faults, const std::string& where) {
  const bool strings =
      value != nullptr && value->is_array() && !value->empty() &&
      std::all_of(value->begin(), value->end(), [](const json& one) { return one.is_string(); });
  if (!strings) {
    faults.push_back(where + ": expected an array of one or more strings");
    return {};
  }
  if (value->size() > config.limits.recipients) {
    faults.push_back(where + ": expected at most " + std::to_string(config.limits.recipients) + " entries");
    return {};
  }
  return value->get<std::vector<std::string>>();
}

std::variant<Identity, Problem> read_recipient(const std::string& text, std::size_t index,
                                               const Config& config, const std::string& where) {
  auto identity = read_identity(text, config);
  if (identity) return std::move(*identity);
  return problem(400, "bad-id", where + "[" + std::to_string(index) + "]: " + identity.error().detail());
}

namespace {

struct Named {
  std::string member;
  body::CopyControl copy;
  std::vector<std::string> ids;
};

/// data.recipient, data.cc and data.bcc: an array each, or one string.
std::vector<Named> read_named(const json& data, const Config& config, std::vector<std::string>& faults) {
  std::vector<Named> all = {{"recipient", body::CopyControl::to, {}},
                            {"cc", body::CopyControl::cc, {}},
                            {"bcc", body::CopyControl::bcc, {}}};
  std::size_t count = 0;
  for (auto& named : all) {
    const auto* value = member(data, named.member.c_str());
    if (value == nullptr && named.copy != body::CopyControl::to) continue;
    const bool one = value != nullptr && value->is_string();
    const auto alone = one ? json::array({*value}) : json();
    named.ids = read_recipients(one ? &alone : value, config, faults, "data." + named.member);
    count += named.ids.size();
  }
  if (count > config.limits.recipients && faults.empty())
    faults.push_back("data.recipient, data.cc and data.bcc: expected at most " +
                     std::to_string(config.limits.recipients) + " entries in all");
  return all;
}

}  // namespace

std::variant<PostedMessage, Problem> read_message(const json& body, const Config& config) {
  const auto* data = data_of(body);
  if (data == nullptr) return bad_request("data: expected an object");
  PostedMessage out;
  std::vector<std::string> faults;
  out.text = read_text_of(*data, config, faults);
  const auto named = read_named(*data, config, faults);
  out.expires = read_expires(*data, faults);
  if (!faults.empty()) return faults_found(std::move(faults));
  std::set<std::string> seen;
  for (const auto& [name, copy, ids] : named) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      auto read = read_recipient(ids[i], i, config, "data." + name);
      if (const auto* fault = std::get_if<Problem>(&read)) return *fault;
      auto& identity = std::get<Identity>(read);
      if (seen.insert(identity.key).second) out.recipients.push_back({std::move(identity), copy});
    }
  }
  return out;
}

std::variant<chat::MessageState, Problem> read_state(const json& body) {
  const auto* data = data_of(body);
  const auto* status = data == nullptr ? nullptr : member(*data, "status");
  if (status != nullptr && *status == "displayed") return chat::MessageState::displayed;
  if (status != nullptr && *status == "delivered") return chat::MessageState::delivered;
  return bad_request("data.status: expected delivered or displayed");
}

std::variant<chat::SendComposing, Problem> read_composing(const json& body) {
  const auto* data = data_of(body);
  if (data == nullptr) return bad_request("data: expected an object");
  chat::SendComposing out;
  std::vector<std::string> faults;
  const auto* state = member(*data, "state");
  out.active = state != nullptr && *state == "active";
  if (!out.active && (state == nullptr || *state != "idle")) {
    faults.emplace_back("data.state: expected active or idle");
  }
  if (const auto* refresh = member(*data, "refresh")) {
    const bool fits =
        refresh->is_number_integer() && *refresh >= body::kMinComposingRefresh && *refresh <= kLongestRefresh;
    if (fits) {
      out.refresh = refresh->get<std::uint32_t>();
    } else {
      faults.push_back("data.refresh: expected seconds from " + std::to_string(body::kMinComposingRefresh) +
                       " to " + std::to_string(kLongestRefresh));
    }
  }
  if (const auto* given = member(*data, "type")) {
    const auto type = content_type_of(*given);
    // Without parameters: it says what kind of content is being made.
    if (type) {
      out.content_type = type->substr(0, type->find(';'));
    } else {
      faults.emplace_back("data.type: expected text or a media type, such as text/html");
    }
  }
  if (!faults.empty()) return faults_found(std::move(faults));
  return out;
}

}  // namespace rcs::gateway
