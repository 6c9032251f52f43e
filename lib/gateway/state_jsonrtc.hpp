#pragma once
// The JSON signalling of all users: its WebSockets, the sessions on them, and the packages that their frames
// belong to. Its functions are spread over gateway_jsonrtc.cpp (WebSockets and sessions),
// jsonrtc_register.cpp, jsonrtc_capability.cpp and jsonrtc_messaging.cpp (packages). A new package is a kind
// below, a name in JsonRtcConfig, and a file.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/jsonrtc_session.hpp"
#include "gateway/state.hpp"

namespace rcs::gateway {

inline constexpr core::Duration kConnectWait = std::chrono::seconds(10);  // WSC-05
inline constexpr std::size_t kJsonRtcPerUser = 10;  ///< sessions: as many devices as anybody has at once
inline constexpr std::size_t kMaxJsonRtcSockets = 10'000;  ///< and sessions: each may keep near 1 MiB
inline constexpr std::size_t kSubsessions = 256;           ///< of a session: what is older was over long ago
inline constexpr std::size_t kAskedFrames = 64;            ///< of us, that a session has not answered
inline constexpr std::size_t kWaitingPerSession = 256;  ///< requests of a session that wait for the network
inline constexpr double kFrameBurst = 200;              ///< at once (CMT-76); and a second's worth:
inline constexpr double kFramesPerSecond = 100;

struct Gateway::State::JsonRtc {
  explicit JsonRtc(State& owner) : state(owner) {}

  enum class Package : std::uint8_t { register_, capability, messaging };
  using SessionNo = std::uint64_t;

  /// A WebSocket; without a session until it has sent `connect`.
  struct Socket {
    std::optional<Caller> caller;       ///< of the handshake's token or ticket
    std::optional<std::string> device;  ///< as the handshake names it
    SessionNo session = 0;
    double frames_left = kFrameBurst;
    core::Instant frames_at;
  };
  /// What has been said under one subsession id, kept for what is said there next (CAP-44).
  struct Subsession {
    std::string id;
    std::string package;
    std::string peer;  ///< its address
  };
  struct Session {
    std::string user;  ///< Identity::key
    Caller caller;
    std::string device;
    WebId socket;  ///< meaningless while it is cut
    JsonRtcSession wire;
    std::deque<Subsession> subsessions;
    std::vector<AskedFrame> asked;       ///< enquiries of the network that it is to answer
    std::vector<chat::QueryId> queries;  ///< of each of them
    std::size_t waiting = 0;             ///< of its requests, for the network
  };
  /// A request of a session that waits for the network.
  struct Waiting {
    SessionNo session = 0;
    Frame request;
  };
  struct SentText {
    chat::ChatId chat;
    std::string message_id;
    friend auto operator<=>(const SentText&, const SentText&) = default;
  };

  // gateway_jsonrtc.cpp
  void open_socket(Step& step, const Request& request);
  /// false: no WebSocket of ours.
  bool on_text(Step& step, WebId id, std::string_view text);
  void on_gone(Step& step, WebId id);
  void on_socket_timer(Step& step, WebId id);
  void on_session_timer(Step& step, SessionNo number);
  void shut_down(Step& step);
  void close_socket(Step& step, WebId id, int code, const std::string& reason);
  bool is_hasty(Step& step, Socket& socket);
  void deal_with(Step& step, SessionNo number, std::vector<ReadFrame> frames);
  void dispatch(Step& step, SessionNo number, const ReadFrame& read);
  /// nullptr: it is over.
  Session* find(SessionNo number);
  void send(Step& step, SessionNo number, Frame frame);
  void refuse(Step& step, SessionNo number, const Frame& request, int code, std::string_view reason);
  /// Writes what the session wants written; it may be over afterwards.
  void flush(Step& step, SessionNo number);
  void end_session(Step& step, SessionNo number);
  /// Queries of a user are held while a session of its can answer them.
  void hold_queries(Step& step, const std::string& user);
  /// The chat client forgets a user who leaves, and with it that its queries are held.
  void hold_again(Step& step, const User& user);
  /// Those of a user, of whom the caller may do that; in the order they were opened.
  std::vector<SessionNo> sessions_of(const std::string& user, std::string_view scope, bool connected) const;
  std::optional<Package> package_of(const std::string& name) const;
  const std::string& name_of(Package package) const;
  void remember(Session& session, const Frame& frame, std::string peer);
  static const Subsession* find_subsession(const Session& session, const std::string& id);
  std::string new_subsession_id();
  /// Room for one more request that waits; false: it has been refused.
  bool admit(Step& step, SessionNo number, const Frame& request, std::string_view scope);
  /// Its session no longer waits for it; nullptr: that is over.
  Session* settle(const Waiting& waiting);

  // jsonrtc_register.cpp
  /// The first frame of a WebSocket without a session.
  void connect(Step& step, WebId id, const ReadFrame& read);
  std::optional<Caller> caller_of(Step& step, WebId id, const Frame& frame);
  std::optional<Identity> identity_of(Step& step, WebId id, const Frame& frame, const Caller& caller);
  void start_session(Step& step, WebId id, const Frame& frame, const Identity& identity, Caller caller);
  void resume_session(Step& step, WebId id, SessionNo number, const Frame& frame, Caller caller);
  bool make_room(Step& step, const std::string& user);
  void answer_outside(Step& step, WebId id, const Frame& request, int code, std::string_view reason);
  Frame welcome(const Frame& request) const;
  void on_register(Step& step, SessionNo number, const Frame& frame);
  /// `registration_state`: registered, failed or unregistered; `code` as the network has it.
  void tell_registration(Step& step, const User& user, std::string_view registration_state, int code,
                         std::string_view reason);

  // jsonrtc_capability.cpp
  void on_enquiry(Step& step, SessionNo number, const Frame& frame);
  void on_enquiry_answer(Step& step, Session& session, const Frame& answer);
  /// An answer may have the number of its request where it should have its own, as the patent prints it
  /// (CAP-42): then that names the request, and counts for nothing.
  static void read_copied_number(const Session& session, Frame& answer);
  /// false: nobody of ours has asked.
  bool on_capabilities_found(Step& step, const chat::CapabilitiesFound& found);
  void on_query_arrived(Step& step, const chat::QueryArrived& arrived);

  // jsonrtc_messaging.cpp
  void on_messaging(Step& step, SessionNo number, const Frame& frame);
  void send_message(Step& step, SessionNo number, const Frame& frame);
  void on_message_arrived(Step& step, const User& user, const Text& text);
  void on_text_state(Step& step, const chat::TextState& told);

  State& state;  ///< SAFETY: it owns this
  SessionNo last_session = 0;
  std::uint64_t last_query = 0;
  std::map<WebId, Socket> sockets;
  std::map<SessionNo, Session> sessions;
  std::map<std::string, SessionNo, std::less<>> by_id;
  std::map<std::string, std::set<SessionNo>> by_user;
  std::set<std::string> holding;  ///< users whose queries are held
  std::map<std::uint64_t, Waiting> enquiries;
  std::map<SentText, Waiting> sent_texts;
};

}  // namespace rcs::gateway
