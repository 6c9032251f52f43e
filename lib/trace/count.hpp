#pragma once
// How many messages an actor handles, by rules that say what counts. A record counts at its sender and at its
// receiver, once where both are the same actor; a repeated message is a record of its own. Nothing is counted
// but records.
//
// paper: what the figures of a chat set-up draw.
//   SIP     INVITE, and its final responses (label "NNN INVITE", NNN from 200)
//   HTTP    POST and PUT, whatever their path, and their responses ("NNN POST", "NNN PUT")
//   events  with status "trying" or "initiate"
//   Nothing before the first INVITE or POST of the records counts. So 1xx, ACK, PRACK, CANCEL, BYE, UPDATE,
//   MESSAGE, REGISTER, OPTIONS, GET and DELETE, all other events, and MSRP do not. An INVITE within a dialog
//   does: its label does not tell it apart.
//
// ack: the paper's messages and each ACK.
//
// provisional: those and 1xx responses to INVITE.
//
// rfc3261: what the standards make the actors say in a session.
//   SIP     everything, also 1xx and ACK, but not what belongs to no session: REGISTER, OPTIONS, SUBSCRIBE,
//   NOTIFY, PUBLISH and their
//           responses
//   HTTP    everything but polls: not a GET of ".../Event", not its answer without an event ("204 GET", or a
//   GET response that has such a
//           poll as its cause: the head of a stream, an upgrade)
//   events  every one, whatever carried it
//   MSRP    everything
//
// wire: every record. The request and the answer of a poll count one each; an event that answers a poll is
// that answer. Each event of a
//   poll answer with several counts.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "trace/record.hpp"

namespace rcs::trace {

enum class CountRule : std::uint8_t { paper, ack, provisional, rfc3261, wire };
inline constexpr CountRule kCountRules[] = {CountRule::paper, CountRule::ack, CountRule::provisional,
                                            CountRule::rfc3261, CountRule::wire};
/// Those that tables of single runs show.
inline constexpr CountRule kTableRules[] = {CountRule::paper, CountRule::rfc3261, CountRule::wire};

std::string_view name(CountRule rule);
/// Errors: unknown, lists the names.
core::Result<CountRule> parse_count_rule(std::string_view name);

/// Which of the records count, by index.
std::vector<bool> counted(const std::vector<Record>& records, CountRule rule);

/// Messages by actor. An actor of whom no record counts, but who is in some record, has 0.
std::map<std::string, std::uint64_t> count_messages(const std::vector<Record>& records, CountRule rule);

/// A table for a person, one actor a line and one rule a column: `actors` first, in this order (0 for one
/// without records), then all others by name. Ends with a line end.
std::string count_table(const std::vector<Record>& records, const std::vector<std::string>& actors = {});

}  // namespace rcs::trace
