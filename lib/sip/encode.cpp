#include "sip/codec.hpp"
#include "sip/grammar.hpp"
#include "sip/head.hpp"

namespace rcs::sip {

namespace {

using grammar::append;
using grammar::append_line;
using grammar::is_given;

void append_field(std::string& out, std::string_view name, const NameAddr& address) {
  out += name;
  append(out, address);
  out += "\r\n";
}

void append_fields(std::string& out, std::string_view name, const std::vector<NameAddr>& addresses) {
  for (const auto& address : addresses) append_field(out, name, address);
}

void append_start_line(std::string& out, const Message& message) {
  if (message.is_request()) {
    grammar::append_escaped(out, message.method, grammar::kToken, true);
    out += ' ';
    append(out, message.request_uri);
    out += " SIP/2.0\r\n";
    return;
  }
  out += "SIP/2.0 ";
  out += std::to_string(message.status);
  out += ' ';
  append_line(out, message.reason);
  out += "\r\n";
}

// A From or To that was not given is left out: the answer to a bad request has only the fields that could be
// read.
void append_typed(std::string& out, const Message& message) {
  for (const auto& via : message.vias) {
    out += "Via: ";
    append(out, via);
    out += "\r\n";
  }
  if (message.max_forwards) {
    out += "Max-Forwards: ";
    grammar::append_number(out, *message.max_forwards);
    out += "\r\n";
  }
  append_fields(out, "Route: ", message.routes);
  append_fields(out, "Record-Route: ", message.record_routes);
  if (is_given(message.from)) append_field(out, "From: ", message.from);
  if (is_given(message.to)) append_field(out, "To: ", message.to);
  if (!message.call_id.empty()) {
    out += "Call-ID: ";
    append_line(out, message.call_id);
    out += "\r\n";
  }
  if (!message.cseq.method.empty()) {
    out += "CSeq: ";
    grammar::append_number(out, message.cseq.number);
    out += ' ';
    grammar::append_escaped(out, message.cseq.method, grammar::kToken, true);
    out += "\r\n";
  }
  if (message.contact_star) {
    out += "Contact: *\r\n";
  } else {
    append_fields(out, "Contact: ", message.contacts);
  }
}

// The most that each kind of text can grow to: an escape makes three octets of one, a quote two.
constexpr std::size_t kEscaped = 3;
constexpr std::size_t kQuoted = 2;

std::size_t longest(const Params& params) {
  std::size_t size = 0;
  for (const auto& param : params) {
    size += kEscaped * param.name.size() + 4;
    if (param.value) size += kEscaped * param.value->size();
  }
  return size;
}

std::size_t longest(const Uri& uri) {
  return kEscaped * (uri.scheme.size() + uri.user.size() + uri.password.size() + uri.host.size() +
                     uri.headers.size()) +
         longest(uri.params) + 10;
}

std::size_t longest(const NameAddr& address) {
  return kQuoted * address.display.size() + longest(address.uri) + longest(address.params) + 7;
}

constexpr std::size_t kLongestFieldName =
    24;  // of those that are typed, with all that is fixed in their lines

std::size_t longest(const std::vector<NameAddr>& addresses) {
  std::size_t size = 0;
  for (const auto& address : addresses) size += longest(address) + kLongestFieldName;
  return size;
}

}  // namespace

std::size_t longest_encoding(const Message& message) {
  // Start line, Max-Forwards, CSeq and Content-Length besides their texts, and the empty line.
  std::size_t size = 128 + message.body.size() + message.reason.size() + message.call_id.size() +
                     kEscaped * (message.method.size() + message.cseq.method.size());
  size += longest(message.request_uri) + longest(message.from) + longest(message.to) + 3 * kLongestFieldName;
  for (const auto& via : message.vias) {
    size += kEscaped * (via.transport.size() + via.host.size()) + longest(via.params) + kLongestFieldName;
  }
  size += longest(message.routes) + longest(message.record_routes) + longest(message.contacts);
  for (const auto& field : message.headers) size += kEscaped * field.name.size() + field.value.size() + 4;
  return size;
}

std::string encode(const Message& message) {
  std::size_t size = 512 + message.body.size();
  for (const auto& field : message.headers) size += field.name.size() + field.value.size() + 4;
  size += 128 * (message.vias.size() + message.routes.size() + message.record_routes.size() +
                 message.contacts.size());
  std::string out;
  out.reserve(size);
  append_start_line(out, message);
  append_typed(out, message);
  for (const auto& field : message.headers) {
    // A field that has a member of its own, or its compact form, is written from the member alone.
    const auto* known = find_field_name(field.name);
    if (field.name.empty() || (known != nullptr && known->kind != FieldKind::other)) continue;
    grammar::append_escaped(out, field.name, grammar::kToken, true);
    out += ": ";
    append_line(out, field.value);
    out += "\r\n";
  }
  out += "Content-Length: ";
  out += std::to_string(message.body.size());
  out += "\r\n\r\n";
  out += message.body;
  return out;
}

}  // namespace rcs::sip
