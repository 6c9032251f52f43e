#pragma once
// The reliability of one JSON signalling session (WSC-20 to WSC-27): both sides number their frames, confirm
// those of the other, and after a cut send again what was not confirmed, on the next WebSocket of the same
// session. A pure machine of one session; what frames mean, whose session it is and which WebSocket carries
// it is its owner's to know.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "core/web.hpp"
#include "gateway/config.hpp"
#include "gateway/jsonrtc_frame.hpp"

namespace rcs::gateway {

/// Kept for a peer that does not confirm (WSC-23); together below what a WebSocket takes at once, for after a
/// cut all of it is written in one turn.
inline constexpr std::size_t kUnconfirmedFrames = 256;
inline constexpr std::size_t kUnconfirmedOctets = 896 * 1024;
/// Frames of the peer that wait for an earlier one (WSC-22); it may have as many on their way as we.
inline constexpr std::size_t kHeldFrames = 256;
inline constexpr std::size_t kHeldOctets = kUnconfirmedOctets;
inline constexpr std::uint32_t kFramesPerAck = 32;  // WSC-21
inline constexpr core::Duration kLongestGap = std::chrono::seconds(5);

/// WebSocket close codes of this protocol (WSC-43); 1013 is that of RFC 6455's registry: try again later.
inline constexpr int kCloseProtocol = 4400;
inline constexpr int kCloseAuth = 4401;
inline constexpr int kCloseReplaced = 4409;
inline constexpr int kCloseRate = 4429;
inline constexpr int kCloseVersion = 4505;
inline constexpr int kCloseOverrun = 1013;

class JsonRtcSession {
 public:
  JsonRtcSession(std::string id, JsonRtcTimes times) : id_(std::move(id)), times_(times) {}

  const std::string& id() const { return id_; }

  /// What the session wants of its WebSocket, in this order, since the last call.
  struct Wish {
    std::vector<std::string> texts;
    std::optional<core::WebClose> close;
    bool over = false;  ///< and nothing of the session can be saved
  };
  Wish take();

  /// The frame that opened it: the peer counts on from there.
  void open(core::Instant now, const Frame& connect, Frame answer);
  /// On another WebSocket, or on the same once more: answered first, then all that was not confirmed goes out
  /// again (WSC-25). A number below those that have arrived counts for nothing: the peer has forgotten where
  /// it was, and goes on after our ack_sequence.
  /// What had to wait for the number of `connect` is to be dealt with now, as with receive.
  std::vector<ReadFrame> resume(core::Instant now, const Frame& connect, Frame answer);
  /// Its WebSocket is gone.
  void cut(core::Instant now);
  bool is_cut() const { return cut_at_.has_value(); }
  /// The number of the peer's next frame.
  std::uint64_t expected() const { return seen_ + 1; }

  /// Numbers it and sends it, now or when there is a WebSocket again; the number.
  std::uint64_t send(core::Instant now, Frame frame);
  /// What is to be dealt with now, in the order of the peer: nothing for an acknowledgement, a duplicate, or
  /// a frame that has to wait for an earlier one. What came without a number is dealt with at once.
  std::vector<ReadFrame> receive(core::Instant now, ReadFrame read);

  /// When on_due is to be called.
  std::optional<core::Instant> due() const;
  void on_due(core::Instant now);

 private:
  void confirm(std::uint64_t up_to);
  void owe_ack(core::Instant now);
  void push_ack();
  /// Counts those that have come early and follow now; `to` gets what they hold.
  void move_on(core::Instant now, std::vector<ReadFrame>& to);
  void lose(int code, std::string reason);

  struct Unconfirmed {
    std::uint64_t sequence;
    std::string text;
  };

  std::string id_;
  JsonRtcTimes times_;
  Wish wish_;
  std::optional<core::Instant> cut_at_;

  std::uint64_t sent_ = 0;  ///< our last number
  std::deque<Unconfirmed> unconfirmed_;
  std::size_t unconfirmed_octets_ = 0;

  std::uint64_t seen_ = 0;  ///< all of the peer's up to this one have arrived
  /// Came before an earlier one; none: has been dealt with already, as its number had to wait.
  std::map<std::uint64_t, std::optional<ReadFrame>> held_;
  std::size_t held_octets_ = 0;
  std::optional<core::Instant> gap_due_;
  std::optional<core::Instant> ack_due_;
  std::uint32_t owed_ = 0;  ///< frames of the peer since our last ack_sequence
};

}  // namespace rcs::gateway
