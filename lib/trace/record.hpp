#pragma once
// The record of a run: who said what to whom, when, and why. Ladders, counts and reports are renderings of
// these records.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/id.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace rcs::trace {

using RecordId = core::Id<struct RecordTag>;

/// Protocols as they are told apart in ladders: "HTTP" for requests and responses, "EVENT" for an event
/// delivered over a channel.
enum class Protocol : std::uint8_t { sip, http, event, msrp };
std::string_view name(Protocol protocol);

struct Record {
  RecordId id;
  RecordId cause;        ///< the record that made this one happen; 0: a person or a timer did
  core::Instant time{};  ///< when it was sent
  std::string from;      ///< actor: "alice", "gateway", "o-cscf" ...
  std::string to;
  Protocol protocol = Protocol::sip;
  std::string summary;  ///< "INVITE", "200 INVITE", "POST /1.0/RCS/.../Chat", "trying"
  std::string label;    ///< what counts and expectations compare: SIP method or "200 INVITE", HTTP method or
                        ///< "200 POST", event status
  std::uint32_t size = 0;  ///< octets on the wire
  std::string transport;   ///< "udp", "tcp", "poll", "sse" ...
  std::string message_id;  ///< imdn.Message-ID / data.message_id where it carries one
  std::string content;     ///< the octets, tokens blanked; may be left out
};

/// One JSON object, no line end. Content that is not UTF-8 goes as base64 in "content_base64".
std::string to_json(const Record& record);

/// The records in causal order: children of one cause in the order they were sent, depth first, roots by
/// time. Two runs of one scenario, live and virtual, agree in this order whatever the timing was.
std::vector<const Record*> causal_order(const std::vector<Record>& records);
/// The run hash: over every record's id, cause, time, actors, protocol, summary, label, size, transport,
/// message_id and content, in order.
std::uint64_t hash(const std::vector<Record>& records);

}  // namespace rcs::trace
