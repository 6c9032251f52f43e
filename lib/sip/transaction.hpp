#pragma once
// The transaction layer of one SIP element: client and server transactions of RFC 3261 section 17 with the
// corrections of RFC 6026 (Accepted states, timers L and M), as one pure machine. Time comes in, messages and
// timers go out. It adds and checks the Via of its own requests, matches responses and retransmissions, makes
// the ACK of a non-2xx and the CANCEL, and sends requests over 1300 octets by TCP (CHAT-20). The ACK of a 2xx
// and the retransmission of a 2xx belong to the transaction user, and so does telling a merged request (RFC
// 3261 8.2.2.2): through application servers the same request rightly comes by twice.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "core/id.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "node/outbox.hpp"
#include "sip/hop.hpp"
#include "sip/message.hpp"

namespace rcs::sip {

using core::Duration;
using core::Instant;
using ClientTxnId = core::Id<struct ClientTxnTag>;
using ServerTxnId = core::Id<struct ServerTxnTag>;

/// RFC 3261 table 4; IMS clients may ask for longer ones (T1 2 s, T2 16 s, T4 17 s).
struct TimerValues {
  Duration t1 = std::chrono::milliseconds(500);
  Duration t2 = std::chrono::seconds(4);
  Duration t4 = std::chrono::seconds(5);
};

inline constexpr std::size_t kMaxDatagramRequest = 1300;  ///< RFC 3261 18.1.1: a larger request goes over TCP

// What the layer tells its transaction user (TU).

/// A new request, not a retransmission; answer it with respond(). Its top Via says where it really came from
/// (received, rport).
struct RequestArrived {
  ServerTxnId txn;
  Hop from;
  Message request;
};
struct AckArrived {  ///< an ACK for a 2xx: it belongs to a dialog, not to a transaction
  Hop from;
  Message ack;
};
/// The INVITE `invite` is cancelled; the CANCEL itself is already answered (200). Answer the INVITE with 487.
struct CancelArrived {
  ServerTxnId invite;
  Message cancel;
};
/// Any response to our request, our own Via taken off; a 2xx of an INVITE each time it comes (RFC 6026 7.2).
/// txn 0: a stray one, whose transaction is gone. Responses whose top Via is not ours are dropped (RFC
/// 3261 18.1.2). Those to the layer's own CANCEL are kept back.
struct ResponseArrived {
  ClientTxnId txn;
  Hop from;
  Message response;
};
struct RequestTimedOut {  ///< timer B or F: no final response; or none 64*T1 after the CANCEL
  ClientTxnId txn;
};
struct RequestUnsendable {  ///< the transport refused it
  ClientTxnId txn;
  std::string why;
};
/// The server transaction is gone; `unacknowledged`: a non-2xx that never got its ACK (timer H).
struct ServerTxnEnded {
  ServerTxnId txn;
  bool unacknowledged = false;
};
using TxnEvent = std::variant<RequestArrived, AckArrived, CancelArrived, ResponseArrived, RequestTimedOut,
                              RequestUnsendable, ServerTxnEnded>;
using TxnOutbox = node::Outbox<Message, Hop, TxnEvent>;

class TransactionLayer {
 public:
  struct Config {
    std::string sent_by_host;  ///< of our Via
    std::uint16_t sent_by_port = 0;
    std::uint16_t sent_by_tls_port =
        0;  ///< of our Via over TLS; 0: we do not listen there, and it is as over TCP
    TimerValues timers;
    /// A MESSAGE for a hop over UDP goes over TCP (RFC 3428 section 8), and over UDP where that is refused.
    bool messages_by_tcp = false;
    std::uint32_t timer_kind = 1;              ///< TimerKey::kind of all its timers
    std::size_t max_transactions = 1'000'000;  ///< over: new requests are answered 503 statelessly
  };
  /// SAFETY: `random` outlives the layer.
  TransactionLayer(Config config, core::Random& random);
  ~TransactionLayer();
  TransactionLayer(const TransactionLayer&) = delete;
  TransactionLayer& operator=(const TransactionLayer&) = delete;

  // In from the network.
  void on_message(Instant now, const Hop& from, Message&& message, TxnOutbox& out);
  void on_timer(Instant now, node::TimerKey key, TxnOutbox& out);
  /// The transport could not deliver to `to` (refused, reset, unresolvable): transactions waiting on it end
  /// with RequestUnsendable; a request that the layer has moved to TCP is tried once more over UDP (RFC 3261
  /// 18.1.1). Server transactions and those that have their final response go on: a repetition may get
  /// through (RFC 6026 8.8).
  void on_unreachable(Instant now, const Hop& to, const std::string& why, TxnOutbox& out);

  // From the transaction user.
  /// Starts a client transaction: a Via with a new branch is pushed on top, and Max-Forwards 70 set where
  /// there is none. Not for ACK (see send_ack) and CANCEL (see cancel).
  ClientTxnId send_request(Instant now, Message request, Hop to, TxnOutbox& out);
  /// An ACK for a 2xx, end to end: a Via with a new branch, no transaction (CHAT-12).
  void send_ack(Instant now, Message ack, Hop to, TxnOutbox& out);
  /// Cancels an INVITE: at once if a provisional response has come, else when one comes (CHAT-13). A finished
  /// one is left alone.
  void cancel(Instant now, ClientTxnId invite, TxnOutbox& out);
  /// Answers; provisional ones may come before one final one. The response must have been made from the
  /// transaction's request. A 2xx to an INVITE may be given again: each call sends it once more (CHAT-11). An
  /// INVITE that the user has not answered in any way after 200 ms gets a 100 from the layer.
  void respond(Instant now, ServerTxnId txn, Message response, TxnOutbox& out);
  /// Sends a response by its top Via with no transaction (a stray one a proxy passes on).
  void send_stateless(Instant now, Message response, const Hop& to, TxnOutbox& out);

  /// The INVITE of a server transaction until its final response is given; nullptr afterwards, and for other
  /// requests, which their RequestArrived has handed over for good.
  const Message* request_of(ServerTxnId txn) const;
  /// The request as sent, our Via on top; nullptr when the transaction is gone or, but for an INVITE, has its
  /// final response. One for which that has just come about can be looked up until the next on_message,
  /// on_timer or on_unreachable, so at least while the events of its end are handled.
  const Message* request_of(ClientTxnId txn) const;
  /// Client and server transactions that live.
  std::size_t open() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Where a response goes by its top Via (RFC 3261 18.2.2, RFC 3581): received, and over UDP rport, else
/// sent-by. Works on the request too.
Hop response_hop(const Message& response, FlowId flow = {});
/// The hop a URI names: transport parameter, port or default, IP literal or name. For Route and Request-URI.
/// A tel URI names none: its host is empty.
Hop hop_of(const Uri& uri);
/// It says itself how to get there.
bool names_transport(const Uri& uri);

}  // namespace rcs::sip
