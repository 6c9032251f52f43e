#include "gateway/event_text.hpp"

#include "core/text.hpp"
#include "gateway/identity.hpp"
#include "gateway/json_in.hpp"

namespace rcs::gateway {
namespace {

void append_tail(std::string& out, const EventData& data, std::string_view id, core::UnixMs time) {
  out += "\"data\":";
  append_object(out, data);
  if (!id.empty()) {
    out += ",\"id\":\"";
    out += id;
    out += '"';
  }
  out += ",\"time\":\"" + core::format_rfc3339(time) + "\"}";
}

}  // namespace

std::string short_type(std::string_view content_type) {
  auto type = core::to_lower(core::trim(content_type.substr(0, content_type.find(';'))));
  return type.empty() || type == "text/plain" ? "text" : type;
}

void append_object(std::string& out, const EventData& data) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : data) {
    if (!first) out += ',';
    first = false;
    out += '"';
    out += name;
    out += "\":";
    out += value;
  }
  out += '}';
}

std::string event_text(std::string_view type, std::string_view instance, const EventData& data,
                       std::string_view id, core::UnixMs time) {
  std::string out = "{\"type\":\"";
  out += type;
  out += "\",\"instance\":";
  out += json_string(instance);
  out += ',';
  append_tail(out, data, id, time);
  return out;
}

std::string answer_text(std::string_view instance, std::string_view status, std::string_view message_id,
                        std::string_view type) {
  EventData data{{"status", json_string(status)}};
  if (!message_id.empty()) data.emplace_back("message_id", json_string(message_id));
  std::string out =
      "{\"type\":" + json_string(type) + ",\"instance\":" + json_string(instance) + ",\"data\":";
  append_object(out, data);
  return out + "}";
}

void append_content(EventData& data, std::string_view content_type, std::string_view content,
                    std::size_t max) {
  const auto type = short_type(content_type);
  data.emplace_back("type", json_string(type));
  const bool text = type == "text" || type.starts_with("text/") || core::is_utf8(content);
  // Three octets become four characters.
  const auto shown = text ? cut_utf8(content, max) : content.substr(0, max / 4 * 3);
  data.emplace_back("message", json_string(text ? std::string(shown) : core::base64_encode(shown)));
  if (!text) data.emplace_back("encoding", "\"base64\"");
  if (shown.size() < content.size()) data.emplace_back("truncated", "true");
}

std::string system_event_text(std::string_view status, const EventData& more, std::string_view id,
                              core::UnixMs time) {
  std::string out = "{\"type\":\"system\",";
  EventData data{{"status", json_string(status)}};
  data.insert(data.end(), more.begin(), more.end());
  append_tail(out, data, id, time);
  return out;
}

std::string escape_for_script(std::string_view json) {
  std::string out;
  out.reserve(json.size() + 32);
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else if (c == '&') {
      out += "\\u0026";
    } else if (c == '\xE2' && (json.substr(i, 3) == "\xE2\x80\xA8" || json.substr(i, 3) == "\xE2\x80\xA9")) {
      out += json[i + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

std::string initiate_event_json(const chat::ChatInvited& invited, const Config& config,
                                std::string_view instance_url, std::string_view id, core::UnixMs time,
                                std::vector<Explained>* why) {
  EventData data;
  const auto add = [&](std::string_view name, const std::string& value, const char* source) {
    data.emplace_back(name, json_string(value));
    if (why != nullptr) why->push_back({"data." + std::string(name), to_utf8(value), source});
  };
  if (why != nullptr) {
    why->push_back({"type", "chat", "constant for a chat INVITE"});
    why->push_back({"instance", std::string(instance_url), "made by the gateway"});
  }
  add("status", "initiate", "constant for a new invitation");
  add("type", invited.text ? short_type(invited.text->content_type) : "text", "CPIM Content-Type");
  add("subject", invited.subject, "SIP Subject");
  bool truncated = false;
  if (invited.text) {
    const auto message = cut_utf8(invited.text->text, kMaxEventMessage);
    truncated = message.size() < invited.text->text.size();
    add("message", std::string(message), "CPIM body");
    if (!invited.text->message_id.empty())
      add("message_id", invited.text->message_id, "CPIM imdn.Message-ID");
  }
  add("sender", shown_sender(invited.from, config),
      invited.deferred ? "Referred-By, else CPIM From" : "SIP From");
  if (truncated) {
    data.emplace_back("truncated", "true");
    if (why != nullptr) why->push_back({"data.truncated", "true", "CPIM body over 64 KiB"});
  }
  return event_text("chat", instance_url, data, id, time);
}

}  // namespace rcs::gateway
