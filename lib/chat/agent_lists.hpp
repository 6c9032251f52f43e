#pragma once
// One text to several (RFC 5365, PGR-42): the MESSAGE to the list server, which leaves as any other does
// (pager.cpp), and what its answer means for each thread. Where it can not be had, each thread sends the text
// by itself.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chat/agent_state.hpp"

namespace rcs::chat {

struct Agent::State::Lists {
  explicit Lists(State& owner) : state(owner) {}

  void send(Step& step, SendToMany&& command);
  /// Makes the request of what was queued. False: nobody is left to get it so.
  bool write(Step& step, MessageOwed& owed, sip::Message& request);
  /// The final response to it.
  void on_answer(Step& step, const PagerItem& item, int status, const std::string& reason);
  /// Nothing of these threads can be sent now.
  void fail(Step& step, const PagerItem& item, int status, const std::string& reason);
  /// What has become of it is the same for all.
  void tell_each(Step& step, const PagerItem& item, int status, const std::string& reason);

  /// A text on its way to several threads.
  struct Open {
    body::ChatText text;
    std::vector<ListedRecipient> to;  ///< by the ids of their threads
  };
  void send_alone(Step& step, const Open& list);
  Open take(std::uint64_t list);

  State& state;  ///< SAFETY: it owns this
  std::map<std::uint64_t, Open> open;
  std::uint64_t last = 0;
};

}  // namespace rcs::chat
