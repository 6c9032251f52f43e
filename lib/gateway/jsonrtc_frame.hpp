#pragma once
// One frame of JSON signalling over WebSocket ("JsonRTC"): a JSON object of the blocks control, header and
// payload, read strictly and written in one order, as a value. What is not named here is kept as it came
// (WSC-16). What frames mean, and how their numbers go, is told elsewhere.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rcs::gateway {

/// Octets of a frame (WSC-04): what the transport takes as one message.
inline constexpr std::size_t kMaxFrame = 256 * 1024;
/// Octets of a word that names something: a package, an id, an action. A UUID has 36.
inline constexpr std::size_t kMaxFrameWord = 128;
/// Octets of an address: a SIP URI with its parameters.
inline constexpr std::size_t kMaxFrameAddress = 1024;
/// A sequence that programs which keep numbers in a double can count, too.
inline constexpr std::uint64_t kMaxSequence = std::uint64_t{1} << 53;

enum class FrameType : std::uint8_t { request, response, message, acknowledgement, error };
enum class FrameState : std::uint8_t { initial, subsequent, final };

/// Names and values in order; each value is a JSON text.
using FrameMembers = std::vector<std::pair<std::string, std::string>>;

struct Frame {
  // control
  FrameType type = FrameType::request;
  std::string package;
  std::string session;
  std::string subsession;                 ///< ssid of a query (CAP-43)
  std::optional<std::uint64_t> sequence;  ///< each side counts its own (CAP-42)
  std::optional<std::uint64_t> ack;       ///< all up to this one have arrived
  std::string correlation;
  std::optional<FrameState> state;  ///< none: as the type implies (WSC-12)
  std::string version;
  FrameMembers control;  ///< what else there is
  // header
  std::string action;
  std::string initiator;
  std::string target;
  std::optional<std::string> enquiry_data;  ///< what the sender can do: "IM/CHAT,VS"
  FrameMembers header;                      ///< what else there is
  std::string payload;                      ///< an object, as JSON text; empty: none

  friend bool operator==(const Frame&, const Frame&) = default;
};

/// Of a request that waits: what no answer repeats.
void forget_content(Frame& request);
/// Octets that it holds.
std::size_t octets_of(const Frame& frame);

struct FrameFault {
  int code = 400;
  std::string reason;
  friend bool operator==(const FrameFault&, const FrameFault&) = default;
};
/// A frame as it came. With a fault: what could be read of it, so that its number counts and the answer finds
/// who asked.
struct ReadFrame {
  Frame frame;
  std::optional<FrameFault> fault;
  friend bool operator==(const ReadFrame&, const ReadFrame&) = default;
};

/// Takes what WSC-10 to WSC-15 and CAP-45 let pass: numbers as strings, `initator`, any case of a state.
ReadFrame read_frame(std::string_view text);
std::string write_frame(const Frame& frame);

FrameState state_of(const Frame& frame);
/// The text of a member that is a string; nullopt: it is not there, or is none.
std::optional<std::string> text_of(const FrameMembers& members, std::string_view name);
/// Likewise, of the payload.
std::optional<std::string> payload_text(const Frame& frame, const char* name);
void add_text(FrameMembers& members, std::string name, std::string_view text);
void add_number(FrameMembers& members, std::string name, std::uint64_t number);

/// What answers carry to name a frame: its correlation_id, else "c" and its sequence; empty: it has neither.
std::string correlation_of(const Frame& frame);
/// A response to `request`, final: the same package, subsession, action, initiator and target (CAP-44).
Frame response_to(const Frame& request);
/// Likewise, an error.
Frame error_to(const Frame& request, int code, std::string_view reason);

/// A request of ours that waits for its answer, by what names it.
struct AskedFrame {
  std::uint64_t sequence = 0;
  std::string subsession;
  std::string action;
};
/// Which of them `answer` answers: by its correlation_id, or where it has none by subsession and action, and
/// at last by an equal sequence and action (CAP-42, WSC-20); nullopt: none of them.
std::optional<std::size_t> find_asked(const Frame& answer, std::span<const AskedFrame> asked);

}  // namespace rcs::gateway
