#include "sip/dialog.hpp"

#include <utility>

#include "core/text.hpp"

namespace rcs::sip {
namespace {

constexpr std::uint32_t kInitialMaxForwards = 70;  // RFC 3261 8.1.1.6

Error dialog_fault(const Message& message, const char* wish) {
  return core::malformed(summary(message) + ", Call-ID " + core::quoted(message.call_id) + ": " + wish);
}

// From and To within a dialog carry the tag and no other parameter.
NameAddr party(const NameAddr& from, const std::string& tag) {
  NameAddr p{from.display, from.uri, {}};
  if (!tag.empty()) set_param(p.params, "tag", tag);
  return p;
}

Result<Uri> target_of(const Message& message) {
  if (message.contacts.empty())
    return dialog_fault(message, "a dialog needs a Contact with a SIP URI, there is none");
  const Uri& uri = message.contacts.front().uri;
  if (!uri.is_sip()) return dialog_fault(message, "the Contact of a dialog must be a SIP URI");
  return uri;
}

bool makes_dialog(int status) { return status > 100 && status < 300; }

bool is_loose(const NameAddr& route) { return find_param(route.uri.params, "lr") != nullptr; }

// RFC 3261 19.1.1: a Request-URI has neither headers nor a method.
Uri as_request_uri(Uri uri) {
  uri.headers.clear();
  remove_param(uri.params, "method");
  return uri;
}

// RFC 3261 12.2.1.1, RFC 3311 5.1, RFC 6665 4.4.1.
bool moves_target(std::string_view method) {
  return method == "INVITE" || method == "UPDATE" || method == "SUBSCRIBE" || method == "NOTIFY";
}

}  // namespace

Result<Dialog> Dialog::from_response(const Message& invite, const Message& response) {
  if (!makes_dialog(response.status)) return dialog_fault(response, "only a 101-299 response makes a dialog");
  if (response.to_tag().empty()) return dialog_fault(response, "a dialog needs a To tag, there is none");
  RCS_TRY(Uri target, target_of(response));
  Dialog d;
  d.id_ = {invite.call_id, invite.from_tag(), response.to_tag()};
  d.local_ = party(invite.from, d.id_.local_tag);
  d.remote_ = party(response.to, d.id_.remote_tag);
  d.remote_target_ = std::move(target);
  d.route_set_.assign(response.record_routes.rbegin(), response.record_routes.rend());
  d.local_cseq_ = invite.cseq.number;
  return d;
}

Result<Dialog> Dialog::from_request(const Message& invite, const Message& response) {
  if (!makes_dialog(response.status)) return dialog_fault(response, "only a 101-299 response makes a dialog");
  if (response.to_tag().empty()) return dialog_fault(response, "our response needs a To tag, there is none");
  RCS_TRY(Uri target, target_of(invite));
  Dialog d;
  d.id_ = {invite.call_id, response.to_tag(),
           invite.from_tag()};  // no From tag from an RFC 2543 peer: an empty one
  d.local_ = party(response.to, d.id_.local_tag);
  d.remote_ = party(invite.from, d.id_.remote_tag);
  d.remote_target_ = std::move(target);
  d.route_set_ = invite.record_routes;
  d.remote_cseq_ = invite.cseq.number;
  return d;
}

Message Dialog::make_request(std::string_view method) {
  ++local_cseq_;
  Message m = make_ack(local_cseq_);
  m.method = method;
  m.cseq.method = m.method;
  return m;
}

Message Dialog::make_ack(std::uint32_t cseq) const {
  Message m;
  m.method = "ACK";
  m.request_uri = as_request_uri(remote_target_);
  m.routes = route_set_;
  if (!route_set_.empty() && !is_loose(route_set_.front())) {
    // RFC 3261 12.2.1.1: a strict router wants itself in the Request-URI and the target at the end of the
    // route.
    m.request_uri = as_request_uri(route_set_.front().uri);
    m.routes.erase(m.routes.begin());
    m.routes.push_back(NameAddr{{}, remote_target_, {}});
  }
  m.from = local_;
  m.to = remote_;
  m.call_id = id_.call_id;
  m.cseq = {cseq, "ACK"};
  m.max_forwards = kInitialMaxForwards;
  return m;
}

// ACK and CANCEL carry the number of their INVITE.
bool Dialog::take_cseq(const Message& request) {
  if (request.method == "ACK" || request.method == "CANCEL") return true;
  if (remote_cseq_ && request.cseq.number <= *remote_cseq_) return false;
  remote_cseq_ = request.cseq.number;
  return true;
}

void Dialog::refresh_target(const Message& message) {
  if (!moves_target(message.cseq.method) || message.contacts.empty()) return;
  if (message.is_response() && (message.status < 200 || message.status > 299)) return;
  const Uri& uri = message.contacts.front().uri;
  if (uri.is_sip()) remote_target_ = uri;
}

Uri Dialog::next_hop() const { return route_set_.empty() ? remote_target_ : route_set_.front().uri; }

DialogId dialog_id_of(const Message& message, bool as_uas) {
  if (as_uas) return {message.call_id, message.to_tag(), message.from_tag()};
  return {message.call_id, message.from_tag(), message.to_tag()};
}

}  // namespace rcs::sip
