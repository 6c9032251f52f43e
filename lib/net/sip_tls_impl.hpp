#pragma once
// What SIP asks of TLS: the handshake of either side, the name that the certificate of the dialled has to
// bear, and what went wrong in words. Private to the room.

#include <string>

#include "net/stream_socket_impl.hpp"

namespace rcs::net {

/// Begins TLS towards `host`, as it was named: its certificate needs an authority we trust.
core::Result<void> begin_sip_client(StreamSocket& stream, const Tls& tls, const std::string& host);
core::Result<void> begin_sip_server(StreamSocket& stream, const Tls& tls, bool ask_certificate);

/// Runs the handshake. Empty: it is done; else why it is not.
Task<std::string> shake_hands(StreamSocket& stream);
/// Why TLS has failed with `ec`, in the handshake or later.
std::string words_of_failure(const StreamSocket& stream, const error_code& ec);
/// Empty: the certificate of the peer bears `host`; else whose it is.
std::string wrong_name(const StreamSocket& stream, const std::string& host);

}  // namespace rcs::net
