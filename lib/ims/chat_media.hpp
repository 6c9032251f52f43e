#pragma once
// The messages of chats at a back-to-back user agent: each chat has an MSRP session with its sender and one
// with its receiver, and whole messages go from one to the other with their octets as they came (CHAT-2,
// CHAT-41). What the sender says is answered when it is kept here, and kept until the receiver's hop has
// accepted it; what the receiver says is answered when the sender's hop has accepted it. Which leg lives and
// who is invited when is decided by the role; here is what goes over them.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "body/sdp.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "ims/chat_content.hpp"
#include "ims/passed_texts.hpp"
#include "ims/role.hpp"
#include "msrp/endpoint.hpp"
#include "msrp/listening.hpp"
#include "node/outbox.hpp"
#include "node/stream.hpp"

namespace rcs::ims {

struct ChatMediaConfig {
  msrp::ListeningAt at;
  std::uint32_t timer_kind = 0;
  bool stores = true;  ///< false: what the sender says is passed on as what the receiver says is
  core::WallClock wall;
};

inline constexpr std::size_t kMaxWaitingMessages = 1000;    ///< of a chat: a day's writing to somebody away
inline constexpr std::size_t kMaxWaitingOctets = 32 << 20;  ///< of a chat: three of the greatest messages
inline constexpr std::size_t kMaxAllWaitingOctets = 1U
                                                    << 30;  ///< of all chats: what a test machine can spare
inline constexpr std::size_t kMaxUnderWay = 16;    ///< to a receiver at once: their octets are held twice
inline constexpr std::size_t kMaxPassing = 1024;   ///< of a session, whose answers are awaited
inline constexpr std::size_t kMaxPassedIds = 256;  ///< remembered of a chat: a repetition comes soon
inline constexpr std::size_t kMaxTold =
    1000;  ///< for a sender that does not answer: one of each text that waits
inline constexpr std::size_t kMaxNoticeByMessage =
    8 << 10;  ///< octets: ten in one, and no SIP request is for more
inline constexpr std::size_t kMaxTextInInvite = 8 << 10;  ///< octets: an INVITE is no place for a picture

enum class Side : std::uint8_t { sender, receiver };
Side side_of(CallKey leg);

struct MediaEvent {
  CallKey call;
  MediaNews news = MediaNews::traffic;
  MessageHandle message;  ///< of a page, and of the chat `for_message`
};
/// A message that came without a session, and goes in one.
struct CarriedPage {
  MessageHandle page;
  std::string content_type;
  std::string content;
  ContentKind kind = ContentKind::text;
  /// Without the CPIM that was put around it here, for a peer that takes none; empty: it came in CPIM.
  std::string bare_type;
  std::string bare;
};
/// A notification, in CPIM, that no session takes.
struct LeftNotice {
  Side to = Side::receiver;
  std::string cpim;
};
/// What goes by MESSAGE out of a chat of which one side has no session.
struct ForMessage {
  Side to = Side::receiver;
  ContentKind kind = ContentKind::text;
  std::string content_type;
  std::string content;
  MessageHandle page = {};  ///< one that came so, and goes on so: nothing else is told of it
};
using MediaOutbox = node::Outbox<node::StreamAction, node::ConnectionId, MediaEvent>;

class ChatMedia {
 public:
  /// SAFETY: `texts` and `random` outlive this.
  ChatMedia(ChatMediaConfig config, PassedTexts& texts, core::Random& random);

  /// Could this offer be answered? Errors: those of msrp::answer_offer.
  core::Result<void> check(const body::MsrpMedia& offer) const;
  /// Our offer for the leg `call`, whose session the peer may come to from now on (MSRP-143). The same again
  /// for a leg that has one. Errors: too_large.
  core::Result<body::MsrpMedia> offer(CallKey call, MessageHandle chat, Side side);
  /// Our answer to an offer, likewise; a repeated offer gets the same one. Errors: as check; too_large.
  core::Result<body::MsrpMedia> answer(Instant now, CallKey call, MessageHandle chat, Side side,
                                       const body::MsrpMedia& offer, MediaOutbox& out);
  /// The peer's answer to our offer; none, or one that can not be used: the leg carries nothing.
  void on_answer(Instant now, CallKey call, const std::optional<body::MsrpMedia>& answer, MediaOutbox& out);
  /// The leg is over. What it has not taken waits for another.
  void close(Instant now, CallKey call, MediaOutbox& out);
  /// The chat is over, with what waited in it.
  void forget(Instant now, MessageHandle chat, MediaOutbox& out);
  /// Takes the first of what waits, a CPIM text of moderate length, to go with an invitation.
  std::optional<std::string> take_first_text(MessageHandle chat);
  /// Takes the notifications that no session will take any more. To the receiver: its leg is gone and no text
  /// asks for another. To the sender: its session is gone, and what the receiver tells was taken for it. Or
  /// the chat `is_over`: then also those about texts that nobody will have (IMDN-8).
  std::vector<LeftNotice> take_left_notices(Instant now, MessageHandle chat, bool is_over);

  // chat_media_pages.cpp
  /// Who talks in this chat, and how it is named among the ways of texts; none: nothing of them is
  /// remembered.
  void introduce(MessageHandle chat, UserId sender, UserId receiver, CallKey name);
  /// To that side, behind what waits for it, octets unchanged. page_taken or page_left follows, or
  /// page_released.
  void carry(Instant now, MessageHandle chat, Side to, CarriedPage page, MediaOutbox& out);
  /// It is not sent any more, unless it is under way: page_released.
  void withdraw(MessageHandle page, MediaOutbox& out);
  /// The same of all that wait for the receiver of this chat.
  void release_pages(MessageHandle chat, MediaOutbox& out);
  /// That side has no session: what is for it goes by MESSAGE, with so many octets of content at most; first
  /// what waits.
  void go_by_message(Instant now, MessageHandle chat, Side side, std::size_t room, MediaOutbox& out);
  /// Takes what is to go by MESSAGE, in order.
  std::vector<ForMessage> take_for_message(MessageHandle chat);

  void on_stream(Instant now, node::ConnectionId connection, const node::StreamNews& news, MediaOutbox& out);
  void on_timer(Instant now, node::TimerKey key, MediaOutbox& out);

  std::size_t sessions() const { return sessions_.size(); }
  /// Octets of all messages that wait.
  std::size_t waiting_octets() const { return waiting_octets_; }

 private:
  struct Session {
    MessageHandle chat;
    Side side = Side::sender;
    enum class State : std::uint8_t { opened, started, ready, lost } state = State::opened;
    msrp::SessionId id;
    msrp::LocalEnd local;
    msrp::Path peer;
    msrp::Types takes_types;
    std::optional<std::uint64_t> max_size;
    std::size_t passing = 0;  // messages it has sent whose answers wait for the other side
    bool takes() const { return state == State::started || state == State::ready; }
  };
  struct Waiting {
    std::string message_id;
    std::string content_type;
    std::string content;
    ContentKind kind = ContentKind::text;
    bool under_way = false;
    MessageHandle page = {};  // none: it was said in the chat
    std::string bare_type = {};
    std::string bare = {};
  };
  /// A notification that this server owes the sender: one of its own, or of the receiver's when the sender
  /// had no session.
  struct Told {
    std::string id;
    std::string cpim;
    bool under_way = false;
  };
  /// Of one direction of a chat: what has been taken, so that it is not passed on twice.
  struct Passed {
    std::deque<std::string> ids;
    bool contains(const std::string& id) const;
    void add(std::string id);
  };
  struct Chat {
    CallKey sender;
    CallKey receiver;
    std::deque<Waiting> waiting;
    std::size_t octets = 0;  // of `waiting`
    std::size_t under_way = 0;
    std::deque<Told> told;
    Passed from_sender;
    Passed from_receiver;
    UserId sender_user;
    UserId receiver_user;
    CallKey name;  // none: of its texts nothing is remembered
    std::vector<ForMessage> for_message;
    std::optional<Side> without_session;
    std::size_t message_room = 0;  // octets of content
  };
  /// A message that goes over to a session, and who waits for its answer.
  struct Origin {
    CallKey call;
    std::uint64_t ticket = 0;
    MessageHandle page = {};  // in place of both
  };
  using PassingKey = std::pair<msrp::SessionId, std::string>;

  core::Result<Session*> open(CallKey call, MessageHandle chat, Side side);
  void start(Instant now, CallKey call, Session& session, msrp::RemoteEnd remote, MediaOutbox& out);
  void drain(Instant now, msrp::EndpointOutbox& inner, MediaOutbox& out);
  void on(Instant now, msrp::MessageArrived&& event, msrp::EndpointOutbox& inner, MediaOutbox& out);
  void on(Instant now, msrp::MessageFate&& event, msrp::EndpointOutbox& inner, MediaOutbox& out);
  void on(Instant now, msrp::SessionReady&& event, msrp::EndpointOutbox& inner, MediaOutbox& out);
  void on(Instant now, msrp::SessionLost&& event, msrp::EndpointOutbox& inner, MediaOutbox& out);
  void on(Instant, msrp::ContentArrived&&, msrp::EndpointOutbox&, MediaOutbox&) {}
  void on(Instant, msrp::ContentVoid&&, msrp::EndpointOutbox&, MediaOutbox&) {}
  void on(Instant, msrp::RelayReady&&, msrp::EndpointOutbox&, MediaOutbox&) {}
  void on(Instant, msrp::SessionEntered&&, msrp::EndpointOutbox&, MediaOutbox&) {}
  void on(Instant, msrp::NicknameAsked&&, msrp::EndpointOutbox&, MediaOutbox&) {}
  void on(Instant, msrp::NicknameAnswered&&, msrp::EndpointOutbox&, MediaOutbox&) {}

  /// 200, or why the message can not be kept.
  int keep(Chat& chat, msrp::WholeMessage&& message, ContentKind kind, MediaOutbox& out);
  void pump(Instant now, MessageHandle handle, Chat& chat, msrp::EndpointOutbox& inner, MediaOutbox& out);
  void settle(Instant now, CallKey call, const msrp::MessageFate& fate, msrp::EndpointOutbox& inner,
              MediaOutbox& out);
  void take_out(Chat& chat, std::deque<Waiting>::iterator place, MediaOutbox& out);
  void pass_composing(Instant now, const Chat& chat, const Session& from, msrp::WholeMessage&& message,
                      msrp::EndpointOutbox& inner);
  void pass_on(Instant now, Chat& chat, CallKey from, Session& session, ContentKind kind,
               msrp::MessageArrived&& event, msrp::EndpointOutbox& inner, MediaOutbox& out);
  void answer_origin(Instant now, const Origin& origin, int status, msrp::EndpointOutbox& inner,
                     MediaOutbox& out);
  /// Nothing that goes over to this session will be answered any more.
  void fail_passing(Instant now, msrp::SessionId session, msrp::EndpointOutbox& inner, MediaOutbox& out);
  void lose(Instant now, CallKey call, Session& session, msrp::EndpointOutbox& inner, MediaOutbox& out);

  // chat_media_pages.cpp
  static void tell_page(MessageHandle page, MediaNews news, MediaOutbox& out);
  void carry_typing(Instant now, const Chat& chat, const Session* to, CarriedPage&& page, MediaOutbox& out);
  void carry_to_sender(Instant now, Session* to, CarriedPage&& page, MediaOutbox& out);
  static msrp::Outgoing outgoing_for(const Session& to, const Waiting& message);
  /// The answer to a message for the side that has no session.
  int take_for_other(Chat& chat, Side from, ContentKind kind, msrp::WholeMessage&& message, MediaOutbox& out);
  /// A text is remembered; a notification about one that came by MESSAGE goes likewise: true.
  bool know_way(Chat& chat, Side from, const ContentFacts& facts, const msrp::WholeMessage& message,
                MediaOutbox& out);
  /// Out of what waits, in order: those that `which` names.
  void let_go(Chat& chat, MediaOutbox& out, const auto& which);

  // chat_media_notices.cpp
  /// Of the receiver, for a sender that has no session. False: it is none to keep.
  bool take_notice(Chat& chat, Side from, msrp::WholeMessage& message, MediaOutbox& out);
  std::optional<Told> failure_of(Instant now, const Waiting& message);
  /// The receiver will not have this text: its sender is told, where it asked for that (IMDN-8).
  void tell_failure(Instant now, Chat& chat, const Waiting& message, msrp::EndpointOutbox& inner,
                    MediaOutbox& out);
  void settle_told(Chat& chat, const msrp::MessageFate& fate, MediaOutbox& out);
  /// The sender's session is gone: what was under way in it goes by another way.
  static void untell_sender(Chat& chat);
  /// False: enough waits already.
  static bool keep_told(Chat& chat, Told told, MediaOutbox& out);

  /// The message will not be taken however often it is sent; other codes speak of the session.
  static bool is_about_message(int code);
  static msrp::Outgoing make_outgoing(msrp::SessionId session, std::string id, std::string type,
                                      std::string content);
  Session* find(CallKey call);
  Session* other(const Chat& chat, Side side);
  static CallKey& leg_of(Chat& chat, Side side) { return side == Side::sender ? chat.sender : chat.receiver; }

  ChatMediaConfig config_;
  PassedTexts& texts_;
  core::Random& random_;
  msrp::Endpoint endpoint_;
  msrp::LocalEnd probe_;  // as ours are, to check offers with
  std::unordered_map<CallKey, Session> sessions_;
  std::unordered_map<msrp::SessionId, CallKey> calls_;
  std::unordered_map<MessageHandle, Chat> chats_;
  std::unordered_map<MessageHandle, MessageHandle> waiting_pages_;  // pages, and the chats they wait in
  std::map<PassingKey, Origin> passing_;
  std::set<MessageHandle> stuck_;  // whose connection had too much to write
  std::size_t waiting_octets_ = 0;
};

}  // namespace rcs::ims
