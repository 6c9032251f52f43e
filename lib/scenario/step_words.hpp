#pragma once
// What the readers of all kinds of steps share, above all the names of chats: each stands for one chat of one
// actor in the whole file. Private to this room.

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
  /// SAFETY: `complaints` outlives this.
  explicit StepWords(Complaints& complaints) : complaints_(complaints) {}

  Complaints& complaints() const { return complaints_; }

  /// "accept: c2", or a map with the key `chat`.
  void read_chat_or_map(const std::string& word, const YamlNode& node, std::span<const std::string_view> keys,
                        Step& step);
  /// The key `chat`, which has to be there.
  void read_chat(const Fields& fields, Step& step);
  /// A chat that an earlier step of the same actor has named.
  void refer(const YamlNode& node, std::string_view key, Step& step);
  /// The key `as`: a new name.
  void read_as(const Fields& fields, Step& step);
  void read_message_id(const Fields& fields, Step& step);
  void read_within(const Fields& fields, Step& step) { fields.duration("within", step.within); }
  /// What an expectation holds a message, an event or an invitation against: those of `keys` that are texts.
  void read_fields(const Fields& fields, std::span<const std::string_view> keys, Step& step);
  bool read_label(const YamlNode& node, std::string_view key, std::string& out);

  static const YamlNode* entry_of(const YamlNode& map, std::string_view key);

 private:
  struct Named {
    std::string actor;
    int line = 0;
  };
  Complaints& complaints_;
  std::map<std::string, Named> chats_;
};

/// The steps inside of a chat: send, display, typing, hang, expect-message, expect-composing, expect-state.
void read_message_step(StepWords& words, const std::string& word, const YamlNode& node, Step& step);

}  // namespace rcs::scenario
