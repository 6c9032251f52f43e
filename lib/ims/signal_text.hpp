#pragma once
// SIP messages <-> Signals: what of a message's text a node decides on, and the pieces of text that decisions
// put back. The message keeps everything else.

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "ims/directory.hpp"
#include "ims/role.hpp"
#include "ims/signal.hpp"
#include "sip/hop.hpp"
#include "sip/message.hpp"

namespace rcs::ims {

/// The user part under which a store-and-forward server asserts itself (section 11 of the chat profile).
inline constexpr std::string_view kStoreAndForwardUser = "rcse-standfw";

// Services by their tags (section 3 of the capabilities): +g.oma.sip-im, entries of +g.3gpp.icsi-ref and one
// of +g.3gpp.iari-ref.
inline constexpr std::string_view kSimpleIm = "+g.oma.sip-im";
inline constexpr std::string_view kChatService = "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session";
inline constexpr std::string_view kMessageService = "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg";
inline constexpr std::string_view kLargeMessageService = "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.largemsg";
inline constexpr std::string_view kDeferredService = "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.deferred";
inline constexpr std::string_view kChatApplication = "urn:urn-7:3gpp-application.ims.iari.rcse.im";

/// Sent by a node of our core: the sender named by the top Via is one of ours, at the address it came from.
bool is_trusted(const Directory& directory, const sip::Hop& from, const sip::Message& request);

/// Parameter of the Route value by which a request comes back from a server: which one it is (the "original
/// dialog identifier" of 3GPP TS 24.229). A server that asks on a leg of its own keeps it.
inline constexpr std::string_view kAskedTxn = "txn";

/// What the Route values that named us said.
struct RouteMarks {
  bool originating = false;  ///< ;orig
  std::uint8_t odi = 0;      ///< ;odi=N
  TxnKey txn;                ///< ;txn=N of our own value: the request in hand that a server was asked with it
  bool had_own = false;
  std::string flow;  ///< user part of our own value: a connection to a device (RFC 5626 section 5.3)
};
/// Takes our own values off the top of the Route; reads the marks of the next one too when `self` is visited
/// on the way to it.
RouteMarks take_own_routes(sip::Message& request, NodeId self, const Directory& directory);

/// Everything but call, txn, message and contact. Users that find no room are UserId{}.
Signal project_request(const sip::Message& request, const RouteMarks& marks, bool trusted, NodeId self,
                       Directory& directory);
/// The contacts of a REGISTER, with the expiry each asks for (REG-7). `star` requests have none.
std::vector<ContactSpec> project_contacts(const sip::Message& request);
/// What a response adds to the Signal of its request.
void project_response(const sip::Message& response, NodeId self, const Directory& directory, Signal& signal);

ContactId contact_id(const sip::Uri& uri);
/// The asserted identity a request carries: the first P-Asserted-Identity; nullopt when there is none that
/// parses.
std::optional<sip::NameAddr> asserted_identity(const sip::Message& message);
/// The identity a device prefers, where it is one of its own, else its From, without tag (REG-35).
sip::NameAddr identity_of_device(const sip::Message& request, Directory& directory);
/// An Unsupported for each option in Require but the known ones (RFC 3261 section 8.2.2.3).
std::vector<sip::Header> unsupported_options(const sip::Message& request,
                                             std::initializer_list<std::string_view> known);
/// Privacy has the value `id`.
bool wants_privacy(const sip::Message& message);
/// `SIP;cause=603;text="Decline"` (RFC 3326); of an idle session it says so.
std::string reason_header(int status, bool idle = false);

}  // namespace rcs::ims
