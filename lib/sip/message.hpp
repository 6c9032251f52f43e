#pragma once
// A SIP message as a value (RFC 3261 section 7). The fields that machines act on are typed; every other
// header field is kept in order as name and value. It holds no pointer into its source and may be copied,
// compared and built by hand.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/uri.hpp"

namespace rcs::sip {

struct Via {
  std::string transport = "UDP";  ///< upper case: UDP, TCP, TLS, WS ...
  std::string host;
  std::uint16_t port = 0;  ///< 0: not given
  Params params;           ///< branch, received, rport ...

  std::string branch() const { return param_value(params, "branch").value_or(""); }
  std::string to_string() const;
  friend bool operator==(const Via&, const Via&) = default;
};

struct CSeq {
  std::uint32_t number = 0;
  std::string method;
  friend bool operator==(const CSeq&, const CSeq&) = default;
};

struct Header {
  std::string name;   ///< the long form, spelled as the RFCs do where we know it
  std::string value;  ///< unfolded, without surrounding blanks
  friend bool operator==(const Header&, const Header&) = default;
};

struct Message {
  // Start line: a request has a method, a response a status.
  std::string method;
  Uri request_uri;
  int status = 0;
  std::string reason;

  std::vector<Via> vias;  ///< topmost first
  NameAddr from;
  NameAddr to;
  std::string call_id;
  CSeq cseq;
  std::optional<std::uint32_t> max_forwards;
  std::vector<NameAddr> contacts;
  bool contact_star = false;  ///< Contact: *
  std::vector<NameAddr> routes;
  std::vector<NameAddr> record_routes;
  std::vector<Header> headers;  ///< all other fields in order, without Content-Length
  std::string body;

  bool is_request() const { return status == 0; }
  bool is_response() const { return status != 0; }
  std::string from_tag() const { return from.tag().value_or(""); }
  std::string to_tag() const { return to.tag().value_or(""); }

  /// The first value of a field of `headers`, by its long name without case; nullptr when absent.
  const std::string* header(std::string_view name) const;
  /// All values of it, in order.
  std::vector<std::string_view> header_values(std::string_view name) const;
  void add_header(std::string_view name, std::string_view value);
  /// Replaces every field of that name by one.
  void set_header(std::string_view name, std::string_view value);
  void remove_header(std::string_view name);
  /// True when a comma-separated list field (Supported, Require, Allow ...) has the token, without case.
  bool lists(std::string_view name, std::string_view token) const;
  std::optional<std::uint32_t> expires() const;

  friend bool operator==(const Message&, const Message&) = default;
};

/// A response to `request` by RFC 3261 section 8.2.6: Vias, From, To, Call-ID, CSeq and Record-Route copied;
/// `to_tag` is added when the request had none and status > 100 (empty: no tag).
Message make_response(const Message& request, int status, std::string_view to_tag,
                      std::string_view reason = {});
/// Names a request outside of dialogs, the same for each copy of it, by whatever way that came: 32 hex digits
/// made of Call-ID, From tag and CSeq number. Who knows those can make another request of that name.
std::string request_token(const Message& request);
/// 486 -> "Busy Here"; "Unknown" for a code RFC 3261 and its extensions do not name.
std::string_view reason_phrase(int status);
/// "INVITE sip:bob@b" or "200 OK (INVITE)": a line for a person.
std::string summary(const Message& message);

}  // namespace rcs::sip
