#include "sip/codec.hpp"

#include <sofia-sip/msg.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "sip/grammar.hpp"
#include "sip/head.hpp"
#include "sip/plain_field.hpp"

namespace rcs::sip {

using core::Errc;
using core::Error;
using core::malformed;

namespace {

constexpr std::size_t kMaxVias = 128;        // Max-Forwards starts at 70; a longer path is a loop
constexpr std::size_t kMaxViaParams = 1024;  // of all of them; a Via has five or six
constexpr std::size_t kMaxAddresses = 256;  // of one kind (Contact, Route ...): as many as it may have fields

struct MsgDeleter {
  void operator()(msg_t* msg) const { msg_destroy(msg); }
};
using MsgPtr = std::unique_ptr<msg_t, MsgDeleter>;

Error bad_field(std::string_view name, std::string_view what) {
  return malformed("SIP message: " + std::string(name) + ": " + std::string(what));
}

bool is_printable(std::string_view text) {
  const auto good = [](char c) {
    return static_cast<unsigned char>(c) > 32 && static_cast<unsigned char>(c) < 127;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), good);
}

// "INVITE sip:bob@b SIP/2.0" in its three pieces; exactly one space between them (RFC 3261 section 7.1).
Result<void> take_request_line(std::string_view line, Message& out) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last == first || last + 1 == line.size()) {
    return bad_field("start line", "expected METHOD URI SIP/2.0, got " + core::quoted(line));
  }
  const auto method = line.substr(0, first);
  const auto version = line.substr(last + 1);
  if (!grammar::is_token(method)) {
    return bad_field("start line", "the method is not a token: " + core::quoted(method, 30));
  }
  if (!core::iequals(version, "SIP/2.0")) {
    if (core::istarts_with(version, "SIP/")) {
      return Error(Errc::unsupported,
                   "SIP message: start line: expected version SIP/2.0, got " + core::quoted(version, 30));
    }
    return bad_field("start line", "expected it to end in SIP/2.0, got " + core::quoted(version, 30));
  }
  auto uri = parse_uri(line.substr(first + 1, last - first - 1));
  if (!uri) return Error(uri.error().code(), "SIP message: start line: " + uri.error().detail());
  if (!uri->headers.empty()) {
    return bad_field("start line", "a Request-URI may not carry header fields after ?");
  }
  out.method = std::string(method);
  out.request_uri = std::move(*uri);
  return {};
}

// "SIP/2.0 200 OK"; the reason may be empty (RFC 3261 section 7.2), even with its space missing.
Result<void> take_status_line(std::string_view line, Message& out) {
  const auto version = line.substr(0, line.find(' '));
  if (!core::iequals(version, "SIP/2.0")) {
    return Error(Errc::unsupported,
                 "SIP message: start line: expected version SIP/2.0, got " + core::quoted(version, 30));
  }
  const auto rest = line.substr(std::min(line.size(), version.size() + 1));
  const auto code = rest.substr(0, rest.find(' '));
  const auto status = code.size() == 3 ? core::parse_u32(code, 699) : std::nullopt;
  if (!status || *status < 100) {
    return bad_field("start line", "expected a status from 100 to 699, got " + core::quoted(code, 30));
  }
  out.status = static_cast<int>(*status);
  if (rest.size() > code.size()) out.reason = std::string(core::trim(rest.substr(code.size() + 1)));
  return {};
}

Result<void> take_start_line(std::string_view line, Message& out) {
  if (core::istarts_with(line, "SIP/")) return take_status_line(line, out);
  return take_request_line(line, out);
}

Result<void> take_address(const Field& field, NameAddr& out) {
  auto address = field.folded ? parse_name_addr(field.value()) : parse_name_addr(field.raw);
  if (!address) {
    return Error(address.error().code(),
                 "SIP message: " + std::string(field.name) + ": " + address.error().detail());
  }
  out = std::move(*address);
  return {};
}

Result<void> take_addresses(const Field& field, std::vector<NameAddr>& out) {
  auto list = field.folded ? parse_name_addr_list(field.value()) : parse_name_addr_list(field.raw);
  if (!list) {
    return Error(list.error().code(),
                 "SIP message: " + std::string(field.name) + ": " + list.error().detail());
  }
  if (out.size() + list->size() > kMaxAddresses) {
    return Error(Errc::too_large, "SIP message: " + std::string(field.name) + ": more than " +
                                      std::to_string(kMaxAddresses) + " addresses");
  }
  if (out.empty()) {
    out = std::move(*list);
  } else {
    for (auto& address : *list) out.push_back(std::move(address));
  }
  return {};
}

// Ours, because sofia does not take every token as a method (RFC 4475 3.1.1.2).
Result<CSeq> take_cseq(std::string_view text) {
  const auto blank = text.find_first_of(" \t");
  const auto number = core::parse_u32(text.substr(0, blank));
  const auto method = blank == std::string_view::npos ? std::string_view() : core::trim(text.substr(blank));
  if (!number || !grammar::is_token(method)) {
    return bad_field("CSeq", "expected a number below 2^32 and a method, got " + core::quoted(text));
  }
  return CSeq{*number, std::string(method)};
}

Result<void> take_contact(const Field& field, Message& out) {
  const bool star = field.raw == "*";
  if (out.contact_star || (star && !out.contacts.empty())) return bad_field("Contact", "* stands alone");
  if (star) {
    out.contact_star = true;
    return {};
  }
  return take_addresses(field, out.contacts);
}

// The fields that sofia's model does not give us as we keep them: addresses, CSeq, and everything untyped.
Result<void> take_field(const Field& field, Message& out) {
  switch (field.kind) {
    case FieldKind::from:
      return take_address(field, out.from);
    case FieldKind::to:
      return take_address(field, out.to);
    case FieldKind::cseq: {
      RCS_TRY(out.cseq, take_cseq(field.value()));
      return {};
    }
    case FieldKind::contact:
      return take_contact(field, out);
    case FieldKind::route:
      return take_addresses(field, out.routes);
    case FieldKind::record_route:
      return take_addresses(field, out.record_routes);
    case FieldKind::other:
      out.headers.push_back(Header{std::string(field.name), field.value()});
      return {};
    default:
      return {};
  }
}

// Before sofia sees them: its time grows with the square of both.
Result<void> check_vias(const Head& head) {
  std::size_t values = 0;
  std::size_t params = 0;
  for (const auto& field : head.fields) {
    if (field.kind != FieldKind::via) continue;
    values += 1 + static_cast<std::size_t>(std::count(field.raw.begin(), field.raw.end(), ','));
    params += static_cast<std::size_t>(std::count(field.raw.begin(), field.raw.end(), ';'));
  }
  if (values == 0) return bad_field("Via", "expected this field, it is missing");
  if (values <= kMaxVias && params <= kMaxViaParams) return {};
  return Error(Errc::too_large, "SIP message: Via: more than " + std::to_string(kMaxVias) + " values or " +
                                    std::to_string(kMaxViaParams) + " parameters");
}

Result<void> check_counts(const Head& head) {
  struct Wanted {
    FieldKind kind;
    std::string_view name;
    bool mandatory;
  };
  static constexpr Wanted kOnce[] = {{FieldKind::from, "From", true},
                                     {FieldKind::to, "To", true},
                                     {FieldKind::call_id, "Call-ID", true},
                                     {FieldKind::cseq, "CSeq", true},
                                     {FieldKind::max_forwards, "Max-Forwards", false}};
  for (const auto& wanted : kOnce) {
    const auto n = head.count(wanted.kind);
    if (n == 0 && wanted.mandatory) return bad_field(wanted.name, "expected this field, it is missing");
    if (n > 1) return bad_field(wanted.name, "expected one field, got " + std::to_string(n));
  }
  return check_vias(head);
}

// Sofia wants a start line; ours was read already.
constexpr std::string_view kStartLine = "OPTIONS sip:localhost SIP/2.0\r\n";

// What sofia sees: the fields we keep typed. The others stay as they are, so no parser needs to meet them.
// Vias, Call-ID and Max-Forwards are taken from its model; over the addresses it has the second word, so that
// ours cannot be laxer. There octets past 127 are masked: peers send UTF-8 display names without quotes,
// which we take and sofia does not.
std::string typed_fields(const Head& head) {
  std::string out;
  out.reserve(head.size + kStartLine.size());
  out += kStartLine;
  for (const auto& field : head.fields) {
    if (field.kind == FieldKind::other || field.kind == FieldKind::cseq) continue;
    out += field.name;
    out += ": ";
    const auto value_at = out.size();
    out += field.folded ? field.value() : field.raw;
    const bool read_back = field.kind == FieldKind::via || field.kind == FieldKind::call_id;
    for (auto i = value_at; !read_back && i < out.size(); ++i) {
      if (static_cast<unsigned char>(out[i]) >= 0x80) out[i] = 'x';
    }
    out += "\r\n";
  }
  out += "\r\n";
  return out;
}

std::string_view view(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// `any_version`: of a request of a foreign version, only to answer it 505.
Result<Via> take_via(const sip_via_t& from, bool any_version) {
  Via via;
  const auto protocol = view(from.v_protocol);
  const auto slash = protocol.rfind('/');
  const auto version = protocol.substr(0, slash == std::string_view::npos ? 0 : slash);
  if (any_version ? !core::istarts_with(version, "SIP/") : !core::iequals(version, "SIP/2.0")) {
    return bad_field("Via", "expected SIP/2.0/..., got " + core::quoted(protocol, 30));
  }
  via.transport = std::string(protocol.substr(slash + 1));
  for (auto& c : via.transport) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  if (!grammar::is_token(via.transport)) {
    return bad_field("Via", "the transport is not a token: " + core::quoted(protocol, 30));
  }
  // One grammar of hosts and ports for URIs and Vias.
  const auto host = view(from.v_host);
  std::string as_uri = "sip:";
  as_uri += host;
  if (from.v_port != nullptr) {
    as_uri += ':';
    as_uri += from.v_port;
  }
  const auto uri = parse_uri(as_uri);
  if (!uri || !uri->user.empty() || !uri->params.empty() || !uri->headers.empty()) {
    return bad_field("Via",
                     "expected host or host:port, got " + core::quoted(std::string_view(as_uri).substr(4)));
  }
  via.host = uri->host;
  via.port = uri->port;
  for (const auto* param = from.v_params; param != nullptr && *param != nullptr; ++param) {
    const auto text = view(*param);
    const auto equals = text.find('=');
    Param one{std::string(text.substr(0, equals)), std::nullopt};
    if (equals != std::string_view::npos) one.value = std::string(text.substr(equals + 1));
    if (!grammar::is_token(one.name) || (one.value && !grammar::is_param_value(*one.value))) {
      return bad_field("Via", "expected ;name or ;name=value, got " + core::quoted(text));
    }
    via.params.push_back(std::move(one));
  }
  return via;
}

// The first field that sofia refuses, by name. A field repeated that may stand once is listed too, under its
// own class.
Result<void> check_errors(const sip_t& sip) {
  if (sip.sip_error == nullptr) return {};
  const auto* known = sip.sip_error->er_common->h_class->hc_name;
  const auto* name = known != nullptr ? known : sip.sip_error->er_name;
  return bad_field(name == nullptr ? "header" : name, "not what RFC 3261 section 25 asks for");
}

MsgPtr parse_with_sofia(const std::string& text) {
  return MsgPtr(msg_make(sip_default_mclass(), 0, text.data(), static_cast<ssize_t>(text.size())));
}

Result<void> take_vias(const sip_t& sip, bool any_version, std::vector<Via>& out) {
  for (const auto* via = sip.sip_via; via != nullptr; via = via->v_next) {
    RCS_TRY(auto one, take_via(*via, any_version));
    out.push_back(std::move(one));
  }
  if (out.empty()) return bad_field("Via", "expected a value, it is empty");
  return {};
}

// Every typed field is of the plain shape: nothing is left to ask sofia. False: it is to be asked about all
// of them; `out` is as it was.
bool take_plain(const Head& head, Message& out) {
  std::vector<Via> vias;
  std::string_view call_id;
  std::optional<std::uint32_t> max_forwards;
  for (const auto& field : head.fields) {
    bool plain = true;
    if (field.kind == FieldKind::via) {
      plain = read_plain_vias(field.raw, vias);
    } else if (field.kind == FieldKind::call_id) {
      call_id = field.raw;
      plain = is_plain_call_id(call_id);
    } else if (field.kind == FieldKind::max_forwards) {
      max_forwards = read_plain_max_forwards(field.raw);
      plain = max_forwards.has_value();
    } else if (field.kind != FieldKind::cseq && field.kind != FieldKind::other) {
      plain = is_plain_address(field.raw);
    }
    if (!plain) return false;
  }
  out.vias = std::move(vias);
  out.call_id = call_id;
  out.max_forwards = max_forwards;
  return true;
}

Result<void> take_typed(const Head& head, Message& out) {
  // Sofia's parse and what it needs around it are half the time of a decode.
  if (take_plain(head, out)) return {};
  const auto msg = parse_with_sofia(typed_fields(head));
  const sip_t* sip = msg ? sip_object(msg.get()) : nullptr;
  if (sip == nullptr) return malformed("SIP message: it does not parse");
  RCS_CHECK_OK(check_errors(*sip));
  RCS_CHECK_OK(take_vias(*sip, false, out.vias));
  if (sip->sip_call_id == nullptr || !is_printable(view(sip->sip_call_id->i_id))) {
    return bad_field("Call-ID", "expected a word without blanks");
  }
  out.call_id = sip->sip_call_id->i_id;
  if (sip->sip_max_forwards != nullptr) {
    if (sip->sip_max_forwards->mf_count > 255) {
      return bad_field("Max-Forwards", "expected a number from 0 to 255");
    }
    out.max_forwards = static_cast<std::uint32_t>(sip->sip_max_forwards->mf_count);
  }
  return {};
}

Result<std::string_view> body_of(std::string_view octets, const Head& head) {
  const auto rest = octets.substr(head.size);
  const auto length = head.content_length.value_or(rest.size());
  if (length > kMaxBodyBytes) {
    return Error(Errc::too_large, "SIP message: a body of " + std::to_string(length) + " octets: at most " +
                                      std::to_string(kMaxBodyBytes) + " are taken");
  }
  if (length > rest.size()) {
    return bad_field("Content-Length", "says " + std::to_string(length) + ", but " +
                                           std::to_string(rest.size()) + " octets follow the header");
  }
  return rest.substr(0, length);
}

std::string_view skip_empty_lines(std::string_view octets) {
  while (!octets.empty() && (octets.front() == '\r' || octets.front() == '\n')) octets.remove_prefix(1);
  return octets;
}

// The Vias of a request that was refused, up to the first field that does not parse.
std::vector<Via> readable_vias(const Head& head) {
  std::vector<Via> out;
  if (!check_vias(head)) return out;
  for (const auto& field : head.fields) {
    if (field.kind != FieldKind::via) continue;
    const auto msg = parse_with_sofia(std::string(kStartLine) + "Via: " + field.value() + "\r\n\r\n");
    const sip_t* sip = msg ? sip_object(msg.get()) : nullptr;
    std::vector<Via> vias;
    if (sip == nullptr || !check_errors(*sip) || !take_vias(*sip, true, vias)) break;
    out.insert(out.end(), vias.begin(), vias.end());
  }
  return out;
}

}  // namespace

std::optional<Message> bad_request_response(std::string_view octets, std::string_view reason) {
  octets = skip_empty_lines(octets);
  const auto head = salvage_head(octets);
  const auto line = head.start_line;
  const auto method = line.substr(0, line.find(' '));
  if (!grammar::is_token(method) || method == "ACK" || core::istarts_with(line, "SIP/")) return std::nullopt;
  Message out;
  out.vias = readable_vias(head);
  if (out.vias.empty()) return std::nullopt;
  const auto version = line.substr(line.find_last_of(' ') + 1);
  const bool foreign = core::istarts_with(version, "SIP/") && !core::iequals(version, "SIP/2.0");
  out.status = foreign ? 505 : 400;
  out.reason = std::string(reason.empty() ? reason_phrase(out.status) : reason);
  for (const auto& field : head.fields) {
    // Of a field that stands twice the first good one counts.
    if (field.kind == FieldKind::from && !grammar::is_given(out.from)) {
      static_cast<void>(take_address(field, out.from));
    } else if (field.kind == FieldKind::to && !grammar::is_given(out.to)) {
      static_cast<void>(take_address(field, out.to));
    } else if (field.kind == FieldKind::call_id && out.call_id.empty() && is_printable(field.raw)) {
      out.call_id = std::string(field.raw);
    } else if (field.kind == FieldKind::cseq && out.cseq.method.empty()) {
      if (auto cseq = take_cseq(field.value())) out.cseq = std::move(*cseq);
    }
  }
  if (grammar::is_given(out.to) && !out.to.tag()) {
    char tag[17];
    std::snprintf(tag, sizeof tag, "%016llx",
                  static_cast<unsigned long long>(core::Hash().add(octets).value()));
    set_param(out.to.params, "tag", std::string(tag));
  }
  return out;
}

Result<Message> decode(std::string_view octets) {
  octets = skip_empty_lines(octets);
  RCS_TRY(const auto head, scan_head(octets));
  Message out;
  RCS_CHECK_OK(take_start_line(head.start_line, out));
  RCS_CHECK_OK(check_counts(head));
  RCS_TRY(const auto body, body_of(octets, head));
  out.headers.reserve(head.count(FieldKind::other));
  for (const auto& field : head.fields) RCS_CHECK_OK(take_field(field, out));
  RCS_CHECK_OK(take_typed(head, out));
  if (out.is_request() && out.cseq.method != out.method) {
    return bad_field("CSeq", "the method " + core::quoted(out.cseq.method, 30) +
                                 " is not that of the start line, " + core::quoted(out.method, 30));
  }
  out.body = std::string(body);
  return out;
}

}  // namespace rcs::sip
