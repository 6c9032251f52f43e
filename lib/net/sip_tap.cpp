#include "net/sip_tap.hpp"

#include <utility>

#include "core/text.hpp"
#include "sip/transaction.hpp"

namespace rcs::net {
namespace {

/// The value of the first `imdn.Message-ID:` line of a body: the CPIM header that follows a message through
/// every plane.
std::string message_id_of(std::string_view body) {
  constexpr std::string_view kName = "imdn.Message-ID:";
  for (auto at = body.find(kName); at != std::string_view::npos; at = body.find(kName, at + 1)) {
    if (at != 0 && body[at - 1] != '\n') continue;
    const auto value = body.substr(at + kName.size());
    return std::string(core::trim(value.substr(0, value.find_first_of("\r\n"))));
  }
  return {};
}

/// A connection comes from a port that nobody is known by: who made it is known by its Via, to which the
/// answer goes.
sip::Hop known_hop(const sip::Hop& to, const sip::Message& message) {
  const bool back = message.is_response() && to.transport == sip::Transport::tcp && to.flow;
  if (!back || message.vias.empty()) return to;
  auto known = to;
  known.port = sip::response_hop(message).port;
  return known;
}

}  // namespace

std::string record_key(const sip::Message& message) {
  constexpr char kSeparator = '\n';  // can stand in none of the parts
  std::string key = message.vias.empty() ? "" : message.vias.front().branch();
  key += kSeparator + message.call_id;
  key += kSeparator + std::to_string(message.cseq.number) + ' ' + message.cseq.method;
  key += kSeparator + (message.is_request() ? message.method : std::to_string(message.status));
  key += kSeparator + message.to_tag();
  return key;
}

std::string label_of(const sip::Message& message) {
  return message.is_request() ? message.method : std::to_string(message.status) + " " + message.cseq.method;
}

trace::Record make_record(const sip::Message& message, std::string_view octets, sip::Transport transport) {
  trace::Record record;
  record.protocol = trace::Protocol::sip;
  record.summary = sip::summary(message);
  record.label = label_of(message);
  record.size = static_cast<std::uint32_t>(octets.size());
  record.transport = sip::name(transport);
  record.message_id = message_id_of(message.body);
  record.content = octets;
  return record;
}

SipTap::SipTap(trace::Recorder& recorder, std::string actor, ActorNames names)
    : recorder_(recorder), actor_(std::move(actor)), names_(std::move(names)) {}

void SipTap::on_sent(core::Instant now, const sip::Hop& to, const sip::Message& message,
                     std::string_view octets) {
  trace::Record record = make_record(message, octets, to.transport);
  record.time = now;
  record.from = actor_;
  record.to = names_(known_hop(to, message));
  recorder_.sent(std::move(record), record_key(message));
}

void SipTap::on_received(const sip::Hop& from, const sip::Message& message, std::string_view octets,
                         core::Instant now) {
  recorder_.received(record_key(message), [&] {
    trace::Record record = make_record(message, octets, from.transport);
    record.time = now;
    record.from = names_(from);
    record.to = actor_;
    return record;
  });
}

void SipTap::armed(node::TimerKey key) {
  if (recorder_.cause()) {
    armed_by_[key] = recorder_.cause();
  } else {
    armed_by_.erase(key);
  }
}

void SipTap::cancelled(node::TimerKey key) { armed_by_.erase(key); }

void SipTap::on_timer(node::TimerKey key) {
  const auto found = armed_by_.find(key);
  recorder_.caused_by(found == armed_by_.end() ? trace::RecordId{} : found->second);
  if (found != armed_by_.end()) armed_by_.erase(found);
}

}  // namespace rcs::net
