#pragma once
// The text of a chat invitation that a back-to-back user agent carries from one leg to the other: who, to
// whom, the headers both ends care for, the CPIM part octet for octet, and the SDP of either leg.

#include <optional>
#include <string>
#include <vector>

#include "body/mime.hpp"
#include "body/sdp.hpp"
#include "core/random.hpp"
#include "ims/directory.hpp"
#include "sip/message.hpp"

namespace rcs::ims {

struct Invitation {
  sip::NameAddr from;                ///< the true sender, without tag
  sip::NameAddr to;                  ///< without tag
  sip::Uri target;                   ///< the Request-URI it came with
  sip::NameAddr asserted;            ///< the sender's P-Asserted-Identity
  std::string asked_txn;             ///< kAskedTxn of the way back; empty: none
  std::vector<sip::Header> headers;  ///< those carried over
  std::optional<body::Part> cpim;    ///< as it came, never rebuilt (CHAT-41)
  bool brings_text = false;          ///< as it came
  bool delivered = false;            ///< its text has been: another may go in its place
  std::optional<body::Sdp> offer;
};

/// Errors: malformed (400), unsupported (415).
core::Result<Invitation> read_invitation(const sip::Message& invite);

/// The offer has a message stream we can answer.
bool is_usable(const std::optional<body::Sdp>& offer);

/// One end of a leg as SDP, where no messages are carried: it never listens. `session` is a random token of
/// the leg.
struct SdpEnd {
  std::string host;  ///< as in a URI
  std::string session;
  std::uint64_t id = 0;
};
std::string make_offer(const SdpEnd& end);
/// Takes from the offer what fits; without a stream we take, it is refused with port 0.
std::string make_sdp_answer(const SdpEnd& end, const body::Sdp& offer);
/// `ours` in place of the line of `offer` that it answers, the others refused; `id` is that of o=.
std::string format_answer(const body::MsrpMedia& ours, std::uint64_t id, const body::Sdp& offer);

/// Puts CPIM part and offer into `invite`: multipart/mixed, or application/sdp alone.
void put_body(sip::Message& invite, const Invitation& invitation, const std::string& sdp,
              core::Random& random);

}  // namespace rcs::ims
