#include "sip/message.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "sip/grammar.hpp"

namespace rcs::sip {

using core::iequals;

std::string Via::to_string() const {
  std::string out;
  out.reserve(96);
  grammar::append(out, *this);
  return out;
}

namespace grammar {

void append(std::string& out, const Via& via) {
  out += "SIP/2.0/";
  append_escaped(out, via.transport, kToken, true);
  out += ' ';
  if (!via.host.empty() && via.host.front() == '[') {
    append_line(out, via.host);
  } else {
    append_escaped(out, via.host, kHost, false);
  }
  if (via.port != 0) {
    out += ':';
    append_number(out, via.port);
  }
  append_params(out, via.params);
}

}  // namespace grammar

const std::string* Message::header(std::string_view name) const {
  for (const auto& field : headers) {
    if (iequals(field.name, name)) return &field.value;
  }
  return nullptr;
}

std::vector<std::string_view> Message::header_values(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const auto& field : headers) {
    if (iequals(field.name, name)) out.emplace_back(field.value);
  }
  return out;
}

void Message::add_header(std::string_view name, std::string_view value) {
  headers.push_back(Header{std::string(name), std::string(value)});
}

void Message::set_header(std::string_view name, std::string_view value) {
  const auto same = [name](const Header& field) { return iequals(field.name, name); };
  const auto first = std::find_if(headers.begin(), headers.end(), same);
  if (first == headers.end()) {
    add_header(name, value);
    return;
  }
  first->value = std::string(value);
  headers.erase(std::remove_if(first + 1, headers.end(), same), headers.end());
}

void Message::remove_header(std::string_view name) {
  std::erase_if(headers, [name](const Header& field) { return iequals(field.name, name); });
}

bool Message::lists(std::string_view name, std::string_view token) const {
  for (const auto& field : headers) {
    if (!iequals(field.name, name)) continue;
    for (const auto item : core::split(field.value, ',')) {
      if (iequals(core::trim(item), token)) return true;
    }
  }
  return false;
}

std::optional<std::uint32_t> Message::expires() const {
  const auto* value = header("Expires");
  if (value == nullptr) return std::nullopt;
  return core::parse_u32(core::trim(*value));
}

std::string request_token(const Message& request) {
  constexpr std::size_t kDigits = 32;
  const std::string what =
      request.call_id + '\n' + request.from_tag() + '\n' + std::to_string(request.cseq.number);
  return core::hex_digest(core::DigestAlgorithm::sha256, what).substr(0, kDigits);
}

Message make_response(const Message& request, int status, std::string_view to_tag, std::string_view reason) {
  Message out;
  out.status = status;
  out.reason = std::string(reason.empty() ? reason_phrase(status) : reason);
  out.vias = request.vias;
  out.from = request.from;
  out.to = request.to;
  out.call_id = request.call_id;
  out.cseq = request.cseq;
  out.record_routes = request.record_routes;
  if (status > 100 && !to_tag.empty() && !out.to.tag()) set_param(out.to.params, "tag", std::string(to_tag));
  // RFC 3261 8.2.6.1: the sender of a Timestamp measures the round trip by the 100.
  if (status == 100) {
    if (const auto* timestamp = request.header("Timestamp")) out.add_header("Timestamp", *timestamp);
  }
  return out;
}

namespace {

struct Phrase {
  int status;
  std::string_view text;
};

// RFC 3261 section 21 and the registered extensions that an IMS client meets.
constexpr Phrase kPhrases[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {417, "Unknown Resource-Priority"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {424, "Bad Location Information"},
    {428, "Use Identity Header"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {436, "Bad Identity-Info"},
    {437, "Unsupported Certificate"},
    {438, "Invalid Identity Header"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {469, "Bad Info Package"},
    {470, "Consent Needed"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
};

}  // namespace

std::string_view reason_phrase(int status) {
  const auto* const at =
      std::lower_bound(std::begin(kPhrases), std::end(kPhrases), status,
                       [](const Phrase& phrase, int wanted) { return phrase.status < wanted; });
  return at != std::end(kPhrases) && at->status == status ? at->text : "Unknown";
}

std::string summary(const Message& message) {
  std::string out;
  if (message.is_request()) {
    grammar::append_line(out, message.method);
    out += ' ';
    grammar::append(out, message.request_uri);
    return out;
  }
  out = std::to_string(message.status) + ' ';
  grammar::append_line(out, message.reason);
  out += " (";
  grammar::append_line(out, message.cseq.method);
  out += ')';
  return out;
}

}  // namespace rcs::sip
