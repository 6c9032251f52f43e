#pragma once
// The inside of Messaging: conversations, the session of each, and what two users have written to each other
// over all their chats. Its functions are spread over messaging.cpp (conversations and commands),
// messaging_session.cpp (SDP, what leaves, what becomes of it), messaging_thread.cpp (threads: what leaves by
// SIP MESSAGE) and messaging_arrivals.cpp (what comes in). Only those include it.

#include <compare>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "body/imdn.hpp"
#include "body/iscomposing.hpp"
#include "chat/composing_receiver.hpp"
#include "chat/composing_sender.hpp"
#include "chat/messaging.hpp"
#include "chat/received_texts.hpp"
#include "chat/sent_texts.hpp"
#include "msrp/endpoint.hpp"

namespace rcs::chat {

/// A text that is not known to be sent yet.
struct WaitingText {
  enum class Place : std::uint8_t { here, in_invite, in_session, in_message };
  body::ChatText text;
  Place place = Place::here;
  std::string msrp_id;              ///< in a session: its Message-ID there
  bool bare = false;                ///< in a session: without CPIM
  int attempts = 0;                 ///< sessions it was given to
  std::optional<Instant> deadline;  ///< in a thread: worthless after that
  bool now_or_never = false;        ///< in a thread: nobody is to keep it for later
  bool needs_session = false;       ///< in a thread: too large for a SIP MESSAGE
};

/// Our end of an MSRP session, and the peer's once it is known.
struct Session {
  msrp::LocalEnd local;
  msrp::SessionId id;  ///< 0: not open, the invitation may yet be refused
  bool started = false;
  bool broken = false;
  std::string peer_path;
  msrp::Types peer_types;
  std::optional<std::uint64_t> peer_max_size;   ///< octets of a message (MSRP-42)
  std::map<std::string, Notification> notices;  ///< under way, by Message-ID
  std::list<std::pair<std::string, std::string>>
      lately_sent;  ///< Message-ID and id of texts, the oldest first
};

enum class MessagingTimer : std::uint8_t { typing, peer_typing, again };
node::TimerKey timer_of(ChatId chat, MessagingTimer timer);
ChatId chat_of(node::TimerKey key);

/// What two users have written to each other, in whatever chat: as long as there is one between them.
struct Correspondence {
  SentTexts sent;
  ReceivedTexts received;
  std::set<ChatId> chats;
  ChatId thread;  ///< one of them, if there is one
};

/// What makes a conversation a thread.
struct Thread {
  std::string conversation_id;
  std::string large;         ///< id of the text for which there is a session, or one was asked for
  bool written = false;      ///< the peer has: it is told of typing from then on (ISC-5)
  bool takes_typing = true;  ///< the peer has not answered 415 to that (PGR-17)
  bool plain = false;        ///< the peer takes no CPIM: it gets its texts bare, and tells nothing of them
};

/// What comes in a session belongs to a thread.
struct Delivery {
  Envelope envelope;
  ChatId fresh;
};

struct Conversation {
  ChatId id;
  ChatId name;  ///< under which its owner's user knows it: of a thread that was opened anew another one
  Correspondents between;
  Pair pair;
  bool live = true;          ///< its dialog is there, or is being set up
  bool established = false;  ///< it was there once: a text may open another
  bool unwanted = false;     ///< not kept when its dialog ends
  bool closed = false;       ///< declined by the peer: kept for what is still told of its texts (IMDN-8)
  std::uint64_t ended = 0;   ///< its place among those that are kept
  std::string first_text;    ///< id of the text of an invitation that nobody has accepted yet
  std::vector<WaitingText> waiting;
  std::unique_ptr<Session> session;
  ComposingSender typing;
  std::string typed;  ///< media type of what our user types
  ComposingReceiver peer_typing;
  std::unique_ptr<Thread> thread;
  std::unique_ptr<Delivery> delivery;
};

struct Messaging::State {
  State(const AgentConfig& config_in, core::Random& random_in);

  /// One call: its time, what it asks of the endpoint's connections, and where its effects go.
  struct Turn {
    Instant now;
    msrp::EndpointOutbox& msrp;
    MessagingOutbox& out;
  };

  // messaging.cpp
  Conversation* find(ChatId chat);
  /// By the id of a command.
  Conversation* find_named(ChatId name);
  Correspondence& correspondence(const Conversation& conversation);
  /// `by_list`: a MESSAGE to several brings it.
  void send_text(Turn& turn, SendText&& command, bool by_list = false);
  Conversation& add(ChatId chat, Correspondents between);
  void keep(Conversation& conversation);
  void unkeep(Conversation& conversation);
  void drop(ChatId chat);
  /// What waits is sent, or asks for a session.
  void push(Turn& turn, Conversation& conversation);
  void fail_waiting(Turn& turn, Conversation& conversation, bool another, int code,
                    const std::string& reason);
  void tell(Turn& turn, const Pair& pair, const std::string& message_id, MessageState state, int code = 0,
            const std::string& reason = {});
  std::string make_notice(const Conversation& conversation, const Receipt& receipt, MessageState state,
                          Instant now);
  void send_notices_by_message(Turn& turn, const Conversation& conversation);
  /// In its session or by message.
  void send_owed(Turn& turn, Conversation& conversation);
  void set_timers(Turn& turn, const Conversation& conversation);

  // messaging_session.cpp
  Session& local_end(Conversation& conversation);
  core::Result<void> open(Conversation& conversation, Session& session);
  void start(Turn& turn, Conversation& conversation, msrp::RemoteEnd remote, const std::string& path);
  void close_session(Turn& turn, Conversation& conversation);
  void send_waiting(Turn& turn, Conversation& conversation);
  /// False: the peer does not take it, which has been told.
  bool hand_over(Turn& turn, Conversation& conversation, WaitingText& waiting);
  void send_notices(Turn& turn, Conversation& conversation);
  core::Result<std::string> send(Turn& turn, const Session& session, std::string_view content_type,
                                 std::string content, msrp::FailureReport report);
  void send_composing(Turn& turn, Conversation& conversation, std::optional<ComposingState> news);
  void break_session(Turn& turn, Conversation& conversation, int code, const std::string& why);
  void on_event(Turn& turn, msrp::EndpointEvent&& event);
  void on_fate(Turn& turn, const msrp::MessageFate& fate);
  void on_text_fate(Turn& turn, Conversation& conversation, WaitingText& waiting,
                    const msrp::MessageFate& fate);

  // messaging_thread.cpp
  Conversation& open_thread(ChatId id, Correspondents between);
  void send_by_message(Turn& turn, Conversation& thread);
  void send_by_session(Turn& turn, Conversation& thread);
  void refuse_message(Turn& turn, Conversation& thread, const PagerItem& item, const std::string& why);
  void fail_first(Turn& turn, Conversation& thread, int code, const std::string& reason);
  void end_session(Turn& turn, Conversation& thread, Ending ending, int code, const std::string& reason);
  void on_text_answer(Turn& turn, Conversation& thread, const PagerItem& item, int status,
                      const std::string& reason);

  // messaging_arrivals.cpp
  /// True: it has opened the thread `fresh`.
  bool take(Turn& turn, const Envelope& envelope, Content&& content, ChatId fresh);
  void take_in(Turn& turn, Conversation& conversation, Content&& content, bool expired = false);
  void on_text(Turn& turn, Conversation& conversation, TextContent&& content, bool expired);
  void on_imdn(Turn& turn, const Pair& pair, const body::Imdn& imdn);
  void on_list_notices(Turn& turn, const Envelope& envelope, const std::vector<body::Imdn>& notices);
  void on_composing(Turn& turn, Conversation& conversation, const body::Composing& composing);

  const AgentConfig& config;
  core::Random& random;
  msrp::Endpoint endpoint;
  std::map<ChatId, Conversation> conversations;
  std::map<Pair, Correspondence> correspondences;
  std::map<msrp::SessionId, ChatId> sessions;
  std::map<ChatId, ChatId> names;         // of threads that were opened anew: their ids
  std::map<std::uint64_t, ChatId> ended;  // that are kept, the longest unused first
  std::uint64_t endings = 0;
};

/// Runs `act`, and then all that the MSRP endpoint says because of it.
template <class State, class Act>
void run_turn(State& state, Instant now, MessagingOutbox& out, Act&& act) {
  msrp::EndpointOutbox msrp;
  typename State::Turn turn{now, msrp, out};
  act(turn);
  node::drain(msrp, out, [&](msrp::EndpointEvent&& event) { state.on_event(turn, std::move(event)); });
}

}  // namespace rcs::chat
