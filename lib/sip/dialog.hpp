#pragma once
// A dialog of an INVITE or SUBSCRIBE (RFC 3261 section 12) as a value: made from a request and its response
// on either side, it builds the requests within itself and checks those that come in. Session timers (RFC
// 4028) are values here too; who arms them is the owner.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "sip/message.hpp"

namespace rcs::sip {

using core::Duration;
using core::Error;

struct DialogId {
  std::string call_id;
  std::string local_tag;
  std::string remote_tag;
  friend auto operator<=>(const DialogId&, const DialogId&) = default;
};

class Dialog {
 public:
  Dialog() = default;
  /// At the caller, from its INVITE as sent and a 101-299 response. Errors: malformed, when that has no To
  /// tag or no Contact with a SIP URI (CHAT-10).
  static Result<Dialog> from_response(const Message& invite, const Message& response);
  /// At the callee, from the INVITE and our own 101-299 response to it. Errors: malformed, when the INVITE
  /// has no Contact with a SIP URI or our response no To tag.
  static Result<Dialog> from_request(const Message& invite, const Message& response);

  const DialogId& id() const { return id_; }
  const Uri& remote_target() const { return remote_target_; }
  const std::vector<NameAddr>& route_set() const { return route_set_; }
  const NameAddr& local() const { return local_; }
  const NameAddr& remote() const { return remote_; }

  /// A request within the dialog, next CSeq (ACK: `cseq` of its INVITE), routes applied (loose and
  /// strict, 12.2.1.1), no Via.
  Message make_request(std::string_view method);
  Message make_ack(std::uint32_t cseq) const;
  /// The last request was sent once more with the next CSeq.
  void skip_cseq() { ++local_cseq_; }
  /// Does an in-dialog request come in order? false: CSeq is not higher than the last one (answer 500). Takes
  /// the number. ACK and CANCEL are always in order.
  bool take_cseq(const Message& request);
  /// A re-INVITE, UPDATE, SUBSCRIBE or NOTIFY, or the 2xx to one, moves the remote target.
  void refresh_target(const Message& message);
  /// Where its requests go: first route, else the remote target.
  Uri next_hop() const;

 private:
  DialogId id_;
  NameAddr local_;
  NameAddr remote_;
  Uri remote_target_;
  std::vector<NameAddr> route_set_;
  std::uint32_t local_cseq_ = 0;
  std::optional<std::uint32_t> remote_cseq_;
};

/// The key under which an incoming message finds its dialog: requests have our tag in To, responses in From.
DialogId dialog_id_of(const Message& message, bool as_uas);

// Session timers, RFC 4028.
enum class Refresher : std::uint8_t { none, uac, uas };
struct SessionTimer {
  Duration interval{};  ///< 0: no session timer
  Refresher refresher = Refresher::none;
};
inline constexpr std::uint32_t kMinSessionExpires = 90;  ///< RFC 4028 section 4
inline constexpr std::uint32_t kSessionExpires = 1800;

/// Session-Expires of a message: seconds and refresher; nullopt when absent, malformed when it is not
/// delta-seconds.
Result<std::optional<SessionTimer>> session_expires(const Message& message);
struct SessionTimerAnswer {
  int status = 200;          ///< 200, 422 with Min-SE (CHAT-15), or 400: Session-Expires is malformed
  std::uint32_t min_se = 0;  ///< of the 422
  SessionTimer timer;        ///< agreed; `require` says whether the 2xx carries Require: timer (CHAT-16)
  bool require = false;
};
/// What a UAS answers to an INVITE or UPDATE (CHAT-15 to 17, RFC 4028 section 9 and table 2). Without
/// Session-Expires: no timer. More than kSessionExpires is lowered to it, or to the request's Min-SE. The
/// caller refreshes unless it asks us to or can not.
SessionTimerAnswer answer_session_timer(const Message& request);
/// How long before expiry the side that does not refresh gives up: interval - min(32 s, interval / 3)
/// (CHAT-19).
Duration session_bye_after(Duration interval);
/// When the refreshing side refreshes: at half the interval (CHAT-18).
Duration session_refresh_after(Duration interval);
/// The value of Session-Expires: "1800;refresher=uac".
std::string to_string(const SessionTimer& timer);

}  // namespace rcs::sip
