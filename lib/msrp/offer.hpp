#pragma once
// MSRP sessions in SDP (RFC 4975 section 8, RFC 6135, RFC 6714, RFC 8122; rules CHAT-30 to CHAT-37, MSRP-85
// to MSRP-91): what we say about our end, and what follows from what the other end said. Values to values;
// SDP itself is body's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "body/sdp.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "msrp/endpoint.hpp"
#include "msrp/listening.hpp"

namespace rcs::msrp {

/// A LocalEnd with a new session id, for SDP that says `at`.
LocalEnd make_local_end(const ListeningAt& at, Types types, core::Random& random);

/// The offer: actpass where somebody listens, else active (CHAT-34).
body::MsrpMedia offer_media(const LocalEnd& local, const ListeningAt& at);

struct Answered {
  body::MsrpMedia media;  ///< ours, for the answer
  RemoteEnd remote;
};
/// The answer to an offer, and the peer that follows from it. Errors: unsupported (488, or port 0): a
/// transport that is not ours, no type in common, both ends only dial, or a middlebox that changed the
/// address without CEMA (CHAT-37); malformed.
core::Result<Answered> answer_offer(const body::MsrpMedia& offer, const LocalEnd& local,
                                    const ListeningAt& at);
/// The peer that follows from its answer to our offer. Errors: as above.
core::Result<RemoteEnd> read_answer(const body::MsrpMedia& answer, const LocalEnd& local,
                                    const ListeningAt& at);

}  // namespace rcs::msrp
