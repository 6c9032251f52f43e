#pragma once
// The two translations of the gateway offline: JSON of a POST into the INVITE it becomes, a SIP INVITE into
// the event it becomes. The gateway's own code does it, with a fixed seed and date, so that the same input
// always prints the same.

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "gateway/config.hpp"
#include "gateway/translate.hpp"

namespace rcs::harness {

struct Translated {
  std::string text;                             ///< SIP octets, or the event's JSON
  std::vector<gateway::Explained> explanation;  ///< each header, CPIM header and key: value and source
};

/// `json`: the body of POST /1.0/RCS/{rcs_id}/Chat. Errors: malformed (names the member), too_large.
core::Result<Translated> translate_post(std::string_view json, std::string_view rcs_id,
                                        const gateway::Config& config);
/// Errors: malformed, unsupported (no INVITE, or a body no chat has), refused (the status it would be
/// answered with).
core::Result<Translated> translate_invite(std::string_view octets, const gateway::Config& config);

}  // namespace rcs::harness
