#include "scenario/step_words.hpp"

#include <algorithm>
#include <vector>

#include "core/text.hpp"
#include "scenario/readers.hpp"

namespace rcs::scenario {
namespace {

constexpr std::size_t kMaxName = 64;  // of a chat or a device
constexpr std::size_t kMaxMessageId = 128;
constexpr std::size_t kMaxType = 128;  // octets of a media type
constexpr std::size_t kMaxUri = 256;
constexpr std::string_view kNoFields[] = {"as",   "within", "not-before",
                                          "chat", "repeat", "services"};  // keys that say something else

/// [A-Za-z0-9] first, then also - _ .
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && core::is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return core::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

}  // namespace

void StepWords::read_chat_or_map(const std::string& word, const YamlNode& node,
                                 std::span<const std::string_view> keys, Step& step) {
  if (!node.is_map()) return refer(node, word, step);
  read_chat(Fields(complaints_, node, word, keys), step);
}

void StepWords::read_chat(const Fields& fields, Step& step) {
  if (const auto* chat = fields.require("chat", "the name of a chat"))
    refer(*chat, fields.path("chat"), step);
}

void StepWords::refer(const YamlNode& node, std::string_view key, Step& step) {
  const auto wish = "a chat that an earlier step of " + step.actor + " names with \"as\"";
  if (!node.is_scalar()) {
    complaints_.expected(node, key, wish);
    return;
  }
  const auto found = chats_.find(node.text);
  const bool answers = step.action == Action::accept || step.action == Action::decline;
  if (found != chats_.end() && found->second.actor == step.actor && found->second.thread && answers) {
    complaints_.add(node.line, std::string(key) + ": expected a chat, got " + core::quoted(node.text) +
                                   ", whose messages nobody has to accept");
  } else if (found != chats_.end() && found->second.actor == step.actor) {
    step.chat = node.text;
  } else if (found != chats_.end()) {
    complaints_.add(node.line, std::string(key) + ": expected " + wish + ", got " + core::quoted(node.text) +
                                   " of " + found->second.actor);
  } else {
    std::vector<std::string_view> known;
    for (const auto& [name, named] : chats_) {
      if (named.actor == step.actor) known.push_back(name);
    }
    complaints_.unknown_word(node.line, key, node.text, known, wish);
  }
}

void StepWords::read_as(const Fields& fields, Step& step, bool thread) {
  const auto* node = fields.find("as");
  if (node == nullptr || !read_label(*node, fields.path("as"), step.as)) return;
  const auto [place, is_new] = chats_.emplace(step.as, Named{step.actor, node->line, thread});
  if (!is_new) {
    complaints_.add(node->line, fields.path("as") + ": expected a new name, got " + core::quoted(step.as) +
                                    ", which " + place->second.actor + " uses since line " +
                                    std::to_string(place->second.line));
  }
}

void StepWords::read_contact(const YamlNode& node, std::string_view key, Step& step) {
  if (!node.is_scalar()) {
    complaints_.expected(node, key, kContactWish);
    return;
  }
  const auto* actor = scenario_.actor(node.text);
  const bool uri = core::istarts_with(node.text, "sip:") || core::istarts_with(node.text, "tel:");
  if (actor != nullptr) {
    step.contacts.push_back(actor->id);
  } else if (node.text.size() <= kMaxUri &&
             (is_number(node.text) || (uri && !core::has_control(node.text)))) {
    step.contacts.push_back(node.text);
  } else {
    complaints_.unknown_word(node.line, key, node.text, actor_names(scenario_), kContactWish);
  }
}

void StepWords::read_within(const Fields& fields, Step& step) {
  fields.duration("within", step.within);
  const auto* earliest = fields.find("not-before");
  if (earliest != nullptr && fields.duration("not-before", step.not_before) && step.not_before >= step.within)
    complaints_.expected(*earliest, fields.path("not-before"), "less than within");
}

void StepWords::read_repeated(const Fields& fields, std::string& text) {
  const auto* node = fields.find("repeat");
  std::uint64_t times = 1;
  if (node == nullptr || !fields.integer("repeat", 1, kMaxRepeatedText, times)) return;
  if (text.size() * times > kMaxRepeatedText) {
    complaints_.expected(*node, fields.path("repeat"),
                         "at most " + std::to_string(kMaxRepeatedText) + " octets of text in all");
    return;
  }
  const auto once = text;
  text.clear();
  text.reserve(once.size() * times);
  for (std::uint64_t i = 0; i < times; ++i) text += once;
}

void StepWords::read_type(const Fields& fields, Step& step) {
  const auto* type = fields.find("type");
  if (type == nullptr) return;
  const bool good = type->is_scalar() && type->text.size() <= kMaxType && !core::has_control(type->text) &&
                    (type->text == "text" || type->text.find('/') != std::string::npos);
  if (good) {
    step.content_type = type->text;
  } else {
    complaints_.expected(*type, fields.path("type"), "text or a media type, such as text/html");
  }
}

void StepWords::read_message_id(const Fields& fields, Step& step) {
  const auto* id = fields.find("message-id");
  if (id == nullptr) return;
  if (id->is_scalar() && core::is_token(id->text) && id->text.size() <= kMaxMessageId) {
    step.message_id = id->text;
  } else {
    complaints_.expected(*id, fields.path("message-id"), "at most 128 letters, digits or any of -.!%*_+`'~");
  }
}

void StepWords::read_fields(const Fields& fields, std::span<const std::string_view> keys, Step& step) {
  for (const auto key : keys) {
    if (std::find(std::begin(kNoFields), std::end(kNoFields), key) != std::end(kNoFields)) continue;
    std::string value;
    if (!fields.text(key, value)) continue;
    std::string member(key);
    std::replace(member.begin(), member.end(), '-', '_');
    step.fields.emplace_back(std::move(member), std::move(value));
  }
}

bool StepWords::read_label(const YamlNode& node, std::string_view key, std::string& out) {
  if (node.is_scalar() && is_label(node.text)) {
    out = node.text;
    return true;
  }
  complaints_.expected(node, key, "a name of letters, digits, - _ and .");
  return false;
}

const YamlNode* StepWords::entry_of(const YamlNode& map, std::string_view key) {
  for (const auto& entry : map.entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

}  // namespace rcs::scenario
