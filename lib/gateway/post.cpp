#include "gateway/post.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/message_in.hpp"

namespace rcs::gateway {
namespace {

using nlohmann::json;

/// What could be read of `data`; each fault is noted and the reading goes on, so that one answer names them
/// all.
struct Fields {
  std::string message_id;
  std::vector<std::string> recipients;
  std::string subject;
};

void read_subject(const json& data, Fields& out, std::vector<std::string>& faults) {
  const auto* value = member(data, "subject");
  if (value == nullptr || !value->is_string()) {
    faults.emplace_back("data.subject: expected a string, the text of the message");
    return;
  }
  out.subject = value->get<std::string>();
}

void explain(const PostedChat& posted, std::vector<Explained>* why) {
  if (why == nullptr) return;
  const auto& start = posted.start;
  const auto add = [&](const char* target, const std::string& value, const char* source) {
    why->push_back({target, value, source});
  };
  add("SIP Request-URI", start.to, "data.recipient[0]");
  add("SIP To", start.to, "data.recipient[0]");
  add("SIP From", start.from, "path {RCS ID}");
  add("SIP Subject", start.subject, "data.subject");
  add("CPIM From", start.from, "path {RCS ID}");
  add("CPIM To", start.to, "data.recipient[0]");
  const bool given = !start.text->message_id.empty();
  add("CPIM imdn.Message-ID", start.text->message_id, given ? "data.message_id" : "made by the gateway");
  add("CPIM imdn.Disposition-Notification", "positive-delivery, display", "constant");
  add("CPIM Content-Type", start.text->content_type, "constant");
  add("CPIM body", start.text->text, "data.subject");
}

}  // namespace

bool is_message_id(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max && text.front() != ' ' && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::variant<PostedChat, Problem> read_post(const json& body, const Identity& sender, const Config& config,
                                            chat::ChatId chat, std::vector<Explained>* why) {
  const auto* data = member(body, "data");
  if (data == nullptr || !data->is_object()) return bad_request("data: expected an object");
  Fields fields;
  std::vector<std::string> faults;
  fields.message_id = read_message_id(*data, config, faults);
  fields.recipients = read_recipients(member(*data, "recipient"), config, faults);
  read_subject(*data, fields, faults);
  if (!faults.empty()) return faults_found(std::move(faults));

  std::vector<Identity> recipients;
  for (std::size_t i = 0; i < fields.recipients.size(); ++i) {
    auto recipient = read_recipient(fields.recipients[i], i, config);
    if (auto* fault = std::get_if<Problem>(&recipient)) return std::move(*fault);
    recipients.push_back(std::move(std::get<Identity>(recipient)));
  }
  if (recipients.size() > 1) {
    return problem(501, "not-implemented",
                   "data.recipient: expected one entry, group chats are not served yet");
  }
  PostedChat out;
  out.recipient = std::move(recipients.front());
  out.start.chat = chat;
  out.start.from = sender.sip;
  out.start.to = out.recipient.uri;
  out.start.subject = fields.subject;
  out.start.text.emplace();
  out.start.text->message_id = std::move(fields.message_id);
  out.start.text->text = std::move(fields.subject);
  explain(out, why);
  return out;
}

core::Result<chat::StartChat> start_chat_from_post(std::string_view text, std::string_view rcs_id,
                                                   const Config& config, chat::ChatId chat,
                                                   std::vector<Explained>* why) {
  if (text.size() > config.limits.json_body) {
    return core::Error(core::Errc::too_large,
                       "body: expected at most " + std::to_string(config.limits.json_body) + " octets");
  }
  RCS_TRY(const auto body, parse_object(text));
  RCS_TRY(const auto sender, read_identity(rcs_id, config));
  auto posted = read_post(body, sender, config, chat, why);
  if (auto* problem = std::get_if<Problem>(&posted)) {
    return core::Error(problem->status == 501 ? core::Errc::unsupported : core::Errc::malformed,
                       problem->detail);
  }
  return std::move(std::get<PostedChat>(posted).start);
}

}  // namespace rcs::gateway
