#pragma once
// What an SDP body beside OPTIONS says of file transfer (RFC 5547 section 8.5, CAP-7): an m=message line with
// port 0 and an a=file-selector without a value. No session is offered by it.

#include <cstdint>
#include <string>

#include "chat/capabilities.hpp"
#include "sip/message.hpp"

namespace rcs::chat {

/// Would the 200 to this OPTIONS carry such a body? The user transfers files, and the asker reads SDP.
bool wants_capability_sdp(const sip::Message& request, const ServiceSet& services);
/// `id`: the number of the SDP session, new for each.
std::string capability_sdp(const std::string& address, std::uint64_t id);
/// Adds what the body of a response says to what its feature tags have said.
void read_capability_sdp(const sip::Message& response, ServiceSet& services);

}  // namespace rcs::chat
