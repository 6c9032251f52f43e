#pragma once
// A run as a packet capture that Wireshark and its like open: the SIP and MSRP records whose octets were
// kept, each actor with an address of its own. A rendering of the record, not what was on a wire: no
// handshakes, and links of a virtual run have no packets.

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "trace/record.hpp"

namespace rcs::trace {

/// A whole file in the pcap format, nanosecond times, raw IPv4. Actors get 10.0.0.1 and on in the order they
/// appear in; SIP is on port 5060, MSRP on 2855 of who spoke first. `wall` turns the records' instants into
/// dates.
std::string to_pcap(const std::vector<Record>& records, core::WallClock wall);

}  // namespace rcs::trace
