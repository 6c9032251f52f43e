#pragma once
// What an actor of a scenario knows of a contact, whichever way it learned that, in the words of scenarios.

#include <string>
#include <string_view>
#include <vector>

#include "chat/capabilities.hpp"
#include "chat/command.hpp"
#include "core/result.hpp"
#include "scenario/scenario.hpp"

namespace rcs::harness {

struct Learned {
  std::string user = "unknown";  ///< is it a user of RCS: yes, no or unknown
  std::string registered = "unknown";
  chat::ServiceSet services;
  bool automata = false;  ///< the network has answered for it
  bool asked = false;     ///< for this the network was asked
  int status = 0;         ///< of its answer; 0: not told

  /// Is it what the step expect-capability says?
  bool meets(const scenario::Step& step) const;
  /// "user: yes, registered: no, services: [IM/CHAT]"
  std::string words() const;
};

Learned learned_from(const chat::CapabilityRecord& record);
Learned learned_from(const chat::CapabilitiesFound& found);
/// From the answer of the open API. Errors: malformed.
core::Result<Learned> learned_from_json(std::string_view json);

/// Of words that a scenario may have. An unknown one stands for nothing.
chat::ServiceSet services_of(const std::vector<std::string>& words);
/// From a JSON array of their ids.
chat::ServiceSet services_of_json(std::string_view json);
/// "[IM/CHAT, Standalone]"
std::string words_of(const chat::ServiceSet& services);
/// Their ids, as the open API has them.
std::vector<std::string> ids_of(const chat::ServiceSet& services);

}  // namespace rcs::harness
