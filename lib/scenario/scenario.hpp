#pragma once
// A scenario file as checked values: who takes part, what they do in order, and what must have happened. YAML
// text in, values or line-numbered complaints out; nothing is run here.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace rcs::scenario {

using core::Duration;

inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;
inline constexpr std::size_t kMaxSteps = 10'000;
inline constexpr std::size_t kMaxActors = 1'000;
inline constexpr std::size_t kMaxRepeatedText = 16 * 1024 * 1024;  ///< octets that `repeat` makes of a text

/// What is wrong, where: "FILE:LINE: key: expected ..., got ...".
struct Diagnostic {
  std::string file;
  int line = 0;  ///< from 1
  std::string text;
  int column = 0;  ///< from 1; 0: not told
  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};
/// One line each, no line end after the last.
std::string format_diagnostics(const std::vector<Diagnostic>& diagnostics);

enum class ActorKind : std::uint8_t {
  api,  ///< behind the gateway, by its HTTP API
  sip,  ///< a standard client
};
struct Actor {
  std::string name;  ///< [a-z][a-z0-9-]*, none of o-cscf, o-imas, t-cscf, t-imas, options-as, ps, gateway,
                     ///< core
  ActorKind kind = ActorKind::api;
  std::string id;              ///< RCS ID: digits, +digits or a name
  bool text_in_invite = true;  ///< sip: how the first text goes; false: by MSRP once the chat is there
  bool tcp = false;            ///< sip: how it reaches the network and is reached; else over UDP
  std::string host;            ///< sip: its name in Via and Contact, in virtual runs; empty: its address
  std::optional<std::vector<std::string>>
      services;  ///< sip: what it can do, of service_words; none: as usual
  int line = 0;
};

/// What a client can be able to do, by id and by the name for a person: "Chat", "IM/CHAT" ...
std::span<const std::string_view> service_words();

/// One row of the users' profile (initial filter criteria).
struct ProfileRow {
  int priority = 0;
  std::vector<std::string> cases;     ///< originating, terminating-registered, terminating-unregistered,
                                      ///< originating-unregistered; empty: any
  std::vector<std::string> methods;   ///< INVITE, MESSAGE ...; empty: any
  bool chat_only = false;             ///< the request carries a chat service tag
  std::string server;                 ///< o-imas, t-imas, options-as or ps
  bool terminate_on_failure = false;  ///< default handling: false continues without the server
  int line = 0;
};

struct Network {
  std::string domain = "domain.com";
  Duration delay_min = std::chrono::milliseconds(5);
  Duration delay_max = std::chrono::milliseconds(5);
  double loss = 0;                  ///< of datagrams, 0..1; virtual runs only
  bool msrp = true;                 ///< media: chats carry messages; false: they are only set up
  bool proxied = false;             ///< answer_mode: the receiver's own answer reaches the caller
  bool tcp = false;                 ///< transport of devices and gateway that name none; else UDP
  bool only_actors = false;         ///< users: nobody but the actors is known; else everybody of the domain
  bool network_answers = false;     ///< options: the network says what a user can do whose device does not
  bool interworking = true;         ///< messages without a session go in chats where they can, and back
  std::vector<ProfileRow> profile;  ///< empty: the default one
  std::string profile_file;  ///< of `profile: FILE`, relative to the scenario file: whoever reads files fills
                             ///< `profile` with what parse_profile says about it; empty: none named
  int profile_line = 0;      ///< where it is named
};

enum class Action : std::uint8_t {
  register_,    ///< sip: registers and waits for the 200
  unregister,   ///< sip: takes that back and waits for the 200
  open_events,  ///< api: opens the event channel
  chat,         ///< starts a chat and, for api, waits for the POST's answer
  accept,       ///< takes the chat `chat`
  decline,      ///< with `code` and `reason`
  end,          ///< leaves it: BYE, CANCEL or DELETE
  send,         ///< a text in the chat `chat`; for api, waits for the POST's answer
  display,      ///< tells that the message `message_id` of the chat `chat` was displayed
  typing,       ///< in the chat `chat`: `state` active or idle
  message,     ///< a text without a chat to `contacts`: it goes into a thread of messages. For api, waits for
               ///< the POST's answer
  capability,  ///< asks what contacts.front() can do, afresh if `fresh`, of the presence server if
               ///< `by_presence`, and waits for the answer
  expect_capability,  ///< what is known of contacts.front() is like `fields` (user, registered, status,
                      ///< asked, automata) and `services`
  offer,              ///< the actor can do `services` from now on
  hang,               ///< the actor's MSRP connections are cut, and it knows nothing of it but that
  expect_message,     ///< sip: a text in a chat or a thread, whose members are `fields` (message, message_id,
                      ///< type, size, sender, expired)
  expect_composing,   ///< sip: the peer in the chat `chat` is typing, or has stopped: `state`
  expect_event,       ///< api: an event not yet consumed whose members are `fields` and `services`
  expect_invite,  ///< sip: an invitation whose members are `fields` (message, message_id, subject, sender,
                  ///< from, deferred)
  expect_state,   ///< sip: its chat reached `state`: answered, connected, failed, ended, expired, ringing;
                  ///< `code` if not 0. With `message_id`, a text of it: sent, delivered, displayed, failed
  expect_status,  ///< api: the HTTP status of its last answer is `code`
  wait,           ///< lets `span` pass
  stop_node,      ///< kills the node `node`: its sockets close, its state is gone
  start_node,     ///< and starts it again, empty
};

struct Step {
  Action action = Action::wait;
  int line = 0;
  std::string actor;  ///< empty for wait, stop_node, start_node
  std::string to;     ///< chat: an actor's name
  std::string text;
  std::string content_type;              ///< send, typing: "text" or a media type; empty: not told
  std::uint32_t refresh = 0;             ///< typing: seconds; 0: not told
  std::string message_id;                ///< chat, send, message: empty: made from the seed
  std::vector<std::string> contacts;     ///< message, capability, expect_capability: RCS IDs or URIs
  std::optional<std::uint32_t> expires;  ///< message: seconds
  bool fresh = false;                    ///< capability
  bool by_presence = false;              ///< capability: what was published; else its device is asked
  std::optional<std::vector<std::string>> services;  ///< of service_words; none: not told
  std::string as;                                    ///< names the chat or the thread for later steps
  std::string chat;                                  ///< of a step in a chat: that name
  std::string transport = "poll";
  std::string device;
  std::string state;
  int code = 0;
  std::string reason;
  std::string node;
  Duration within = std::chrono::seconds(10);  ///< how long an expectation waits
  Duration not_before{};                       ///< and what comes earlier than that does not meet it
  Duration span{};
  std::vector<std::pair<std::string, std::string>>
      fields;  ///< status, message, sender ... -> value; names as in the API's JSON
               ///< (message_id): the hyphens of the file are underscores here
};

/// What a record says: a header by its name, or transport, start-line, body or size.
struct ExpectedPart {
  std::string name;
  /// `*` in a pattern stands for any octets. One of `whole`, in order: all values there are; else the first.
  std::vector<std::string> patterns;
  bool whole = false;
  int line = 0;
};
/// These parts are those of the record at an earlier arrow, octet for octet.
struct SameParts {
  int step = 0;
  std::vector<std::string> parts;
  int line = 0;
};
/// A record that must be there, after the one before it.
struct ExpectedRecord {
  int step = 0;  ///< number shown at the arrow; 0: none
  std::string from;
  std::string to;
  std::string label;
  std::vector<ExpectedPart> has;
  std::vector<std::string> lacks;  ///< headers that it has not
  std::vector<SameParts> same;
  int line = 0;
};
struct ExpectedCount {
  std::string actor;
  std::string rule;  ///< paper, rfc3261, wire
  std::uint64_t messages = 0;
  int line = 0;
};

struct Scenario {
  std::string file;
  std::string name;
  std::string title;
  Network network;
  std::vector<Actor> actors;
  std::vector<Step> steps;
  std::vector<ExpectedRecord> sequence;
  std::vector<ExpectedCount> counts;

  const Actor* actor(std::string_view name_) const;
};

struct Parsed {
  Scenario scenario;                    ///< usable only without diagnostics
  std::vector<Diagnostic> diagnostics;  ///< all that was found, by line
};
Parsed parse_scenario(std::string_view yaml, const std::string& file);

/// A profile file: a list of rows, or a map with the key `profile`.
struct ParsedProfile {
  std::vector<ProfileRow> rows;
  std::vector<Diagnostic> diagnostics;
};
ParsedProfile parse_profile(std::string_view yaml, const std::string& file);

}  // namespace rcs::scenario
