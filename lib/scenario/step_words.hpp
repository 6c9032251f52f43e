#pragma once
// What the readers of all kinds of steps share, above all the names of chats: each stands for one chat of one
// actor, or for what it writes to one contact without a chat, in the whole file. Private to this room.

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "scenario/complaints.hpp"
#include "scenario/fields.hpp"
#include "scenario/scenario.hpp"
#include "scenario/yaml_tree.hpp"

namespace rcs::scenario {

class StepWords {
 public:
  /// SAFETY: `complaints` and `scenario` outlive this.
  StepWords(Complaints& complaints, const Scenario& scenario)
      : complaints_(complaints), scenario_(scenario) {}

  Complaints& complaints() const { return complaints_; }
  const Scenario& scenario() const { return scenario_; }
  bool is_api(const Step& step) const { return scenario_.actor(step.actor)->kind == ActorKind::api; }

  /// "accept: c2", or a map with the key `chat`.
  void read_chat_or_map(const std::string& word, const YamlNode& node, std::span<const std::string_view> keys,
                        Step& step);
  /// The key `chat`, which has to be there.
  void read_chat(const Fields& fields, Step& step);
  /// A chat or a thread that an earlier step of the same actor has named.
  void refer(const YamlNode& node, std::string_view key, Step& step);
  /// The key `as`: a new name; of a `thread`, where that is sure.
  void read_as(const Fields& fields, Step& step, bool thread = false);
  /// Somebody to whom a message goes, or who is asked about: an actor, a number or a URI.
  void read_contact(const YamlNode& node, std::string_view key, Step& step);
  void read_message_id(const Fields& fields, Step& step);
  /// How long to wait, and how long nothing is to come.
  void read_within(const Fields& fields, Step& step);
  /// `text`, and how often.
  void read_repeated(const Fields& fields, std::string& text);
  void read_type(const Fields& fields, Step& step);
  /// What an expectation holds a message, an event or an invitation against: those of `keys` that are texts.
  void read_fields(const Fields& fields, std::span<const std::string_view> keys, Step& step);
  bool read_label(const YamlNode& node, std::string_view key, std::string& out);

  static const YamlNode* entry_of(const YamlNode& map, std::string_view key);

 private:
  struct Named {
    std::string actor;
    int line = 0;
    bool thread = false;  ///< of messages without a chat: nobody accepts or declines it
  };
  Complaints& complaints_;
  const Scenario& scenario_;
  std::map<std::string, Named> chats_;
};

inline constexpr std::string_view kContactWish = "an actor, a number or a sip or tel URI";

/// The step `message`.
void read_page_step(StepWords& words, const YamlNode& node, Step& step);
/// The steps capability, expect-capability and offer.
void read_capability_step(StepWords& words, const YamlNode& node, Step& step);
/// The steps inside of a chat: send, display, typing, hang, expect-message, expect-composing, expect-state.
void read_message_step(StepWords& words, const std::string& word, const YamlNode& node, Step& step);

}  // namespace rcs::scenario
