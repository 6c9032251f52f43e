// The step of messages without a chat: one text to one contact or to several.

#include "scenario/step_words.hpp"

namespace rcs::scenario {
namespace {

constexpr std::string_view kMessageKeys[] = {"to", "text", "repeat", "type", "message-id", "expires", "as"};
constexpr std::size_t kMaxRecipients = 100;  // as the API has it
constexpr std::uint64_t kMaxExpires = 31 * 86'400;

void read_recipients(StepWords& words, const Fields& fields, Step& step) {
  const auto* to = fields.require("to", kContactWish);
  if (to == nullptr) return;
  if (!to->is_list()) return words.read_contact(*to, fields.path("to"), step);
  if (to->items.empty() || to->items.size() > kMaxRecipients)
    return words.complaints().add(to->line, fields.path("to") + ": expected 1 to " +
                                                std::to_string(kMaxRecipients) + " contacts, got " +
                                                std::to_string(to->items.size()));
  for (const auto& item : to->items) words.read_contact(item, fields.path("to"), step);
}

}  // namespace

void read_page_step(StepWords& words, const YamlNode& node, Step& step) {
  const Fields fields(words.complaints(), node, "message", kMessageKeys);
  read_recipients(words, fields, step);
  fields.require("text", "what to say");
  fields.text("text", step.text);
  words.read_repeated(fields, step.text);
  words.read_type(fields, step);
  words.read_message_id(fields, step);
  std::uint64_t expires = 0;
  if (fields.integer("expires", 0, kMaxExpires, expires)) step.expires = static_cast<std::uint32_t>(expires);
  const auto* as = fields.find("as");
  if (as != nullptr && step.contacts.size() > 1)
    return words.complaints().expected(*as, fields.path("as"),
                                       "one contact beside it: each has a thread of its own");
  words.read_as(fields, step, true);
}

}  // namespace rcs::scenario
