#include "harness/msrp_tap.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "body/cpim.hpp"
#include "body/imdn.hpp"
#include "core/text.hpp"
#include "msrp/uri.hpp"

namespace rcs::harness {
namespace {

/// As `known` in the text, so that no transaction id can be mistaken for a Message-ID.
std::string message_key(const std::string& message_id) { return "Message-ID " + message_id; }

std::string record_key(const msrp::Head& head, const std::string& label, msrp::Flag flag) {
  return "MSRP " + head.transaction_id + ' ' + label + static_cast<char>(flag);
}

std::string_view name_of(body::ImdnStatus status) {
  switch (status) {
    case body::ImdnStatus::delivered:
      return "delivered";
    case body::ImdnStatus::displayed:
      return "displayed";
    case body::ImdnStatus::processed:
      return "processed";
    case body::ImdnStatus::stored:
      return "stored";
    case body::ImdnStatus::failed:
      return "failed";
    case body::ImdnStatus::forbidden:
      return "forbidden";
    case body::ImdnStatus::error:
      break;
  }
  return "error";
}

/// What is in a SEND, in a word or two: its type, or that of what CPIM wraps.
struct Gist {
  std::string words;
  std::string message_id;  // imdn.Message-ID
};

Gist gist_of(const msrp::Head& head, const std::string& content) {
  Gist gist{head.content_type.substr(0, head.content_type.find(';')), {}};
  if (!core::iequals(gist.words, "message/cpim")) return gist;
  const auto cpim = body::parse_cpim(content);
  if (!cpim) return gist;
  if (const auto* id = cpim->imdn("Message-ID")) gist.message_id = *id;
  if (const auto type = cpim->content.media_type()) gist.words = type->type;
  if (const auto notices = body::read_imdn_cpim(*cpim)) {
    for (const auto& notice : *notices) gist.words.append(" ").append(name_of(notice.status));
  }
  return gist;
}

}  // namespace

MsrpTap::MsrpTap(trace::Recorder& recorder, std::string actor, MsrpNames names)
    : recorder_(recorder), actor_(std::move(actor)), names_(std::move(names)) {}

std::string MsrpTap::name_of(const std::string& path) const {
  const auto uri = msrp::parse_uri(msrp::first_uri(path));
  return uri ? names_(uri->host, uri->port.value_or(0)) : std::string(msrp::first_uri(path));
}

template <class OnChunk>
void MsrpTap::cut(Stream& stream, std::string_view octets, OnChunk&& on_chunk) {
  const std::uint64_t fed_from = stream.taken_to;
  std::uint64_t kept_to = fed_from;
  const auto keep = [&](std::uint64_t to) {
    const auto piece = octets.substr(kept_to - fed_from, to - kept_to);
    stream.octets.append(
        piece.substr(0, kMaxRecordedChunk - std::min(kMaxRecordedChunk, stream.octets.size())));
    kept_to = to;
  };
  stream.taken_to += octets.size();
  stream.decoder.feed(octets);
  while (const auto item = stream.decoder.next()) {
    if (const auto* head = std::get_if<msrp::HeadArrived>(&*item)) {
      stream.head = *head->head;
      stream.body.clear();
    } else if (const auto* part = std::get_if<msrp::BodyPart>(&*item)) {
      const auto room = kMaxRecordedChunk - std::min(kMaxRecordedChunk, stream.body.size());
      stream.body.append(part->octets.substr(0, room));
    } else if (const auto* end = std::get_if<msrp::End>(&*item)) {
      const auto at = std::clamp(stream.decoder.offset(), kept_to, stream.taken_to);
      keep(at);
      on_chunk(end->flag, at - stream.begun_at);
      stream.begun_at = at;
      stream.octets.clear();
    } else {
      return;  // no MSRP any more: the node will hang up
    }
  }
  keep(stream.taken_to);
}

trace::Record MsrpTap::make_record(core::Instant now, Connection& connection, const Stream& stream,
                                   msrp::Flag flag) {
  const msrp::Head& head = stream.head;
  const auto known = [&](const std::string& key) {
    const auto found = connection.known.find(key);
    return found == connection.known.end() ? Known{"SEND", {}, {}} : found->second;
  };
  trace::Record record;
  record.time = now;
  record.protocol = trace::Protocol::msrp;
  record.transport = "tcp";
  record.content = stream.octets;
  if (!head.is_request()) {
    const auto request = known(head.transaction_id);
    record.label = std::to_string(head.status) + " " + request.method;
    record.summary = record.label;
    record.message_id = request.message_id;
    return record;
  }
  record.label = head.method;
  record.summary = head.method;
  const bool begins = !head.byte_range || head.byte_range->start == 1;
  if (head.has_body && begins) {
    const auto gist = gist_of(head, stream.body);
    record.summary += " " + gist.words;
    record.message_id = gist.message_id;
  } else if (!head.message_id.empty()) {
    record.message_id = known(message_key(head.message_id)).message_id;
  }
  if (flag == msrp::Flag::more) record.summary += " ...";
  if (flag == msrp::Flag::abandoned) record.summary += " given up";
  if (head.report_status) record.summary += " " + std::to_string(head.report_status->code);
  return record;
}

void MsrpTap::remember(Connection& connection, const Stream& stream, const trace::Record& record,
                       trace::RecordId id) {
  if (!stream.head.is_request()) {
    connection.known.erase(stream.head.transaction_id);
    return;
  }
  for (const auto& key : {stream.head.transaction_id, message_key(stream.head.message_id)}) {
    if (connection.known.insert_or_assign(key, Known{stream.head.method, record.message_id, id}).second)
      connection.known_order.push_back(key);
  }
  while (connection.known_order.size() > kMaxRecordedIds) {
    connection.known.erase(connection.known_order.front());
    connection.known_order.pop_front();
  }
}

void MsrpTap::on_action(core::Instant now, node::ConnectionId id, const node::StreamAction& action) {
  if (std::holds_alternative<node::HangUp>(action)) {
    connections_.erase(id);
    return;
  }
  const auto* write = std::get_if<node::Write>(&action);
  if (write == nullptr) return;
  Connection& connection = connections_[id];
  Stream& stream = connection.out;
  const trace::RecordId heard = recorder_.cause();
  cut(stream, write->octets, [&](msrp::Flag flag, std::uint64_t size) {
    auto record = make_record(now, connection, stream, flag);
    record.from = actor_;
    record.to = name_of(stream.head.to_path);
    record.size = static_cast<std::uint32_t>(size);
    // Of several chunks that were heard together, an answer is to one.
    const auto request = connection.known.find(stream.head.transaction_id);
    if (!stream.head.is_request() && request != connection.known.end())
      recorder_.caused_by(request->second.record);
    const auto key = record_key(stream.head, record.label, flag);
    const auto sent = recorder_.sent(record, key);
    recorder_.caused_by(heard);
    remember(connection, stream, record, sent);
  });
}

void MsrpTap::on_news(core::Instant now, node::ConnectionId id, const node::StreamNews& news) {
  if (std::holds_alternative<node::Closed>(news)) {
    connections_.erase(id);
    return;
  }
  const auto* octets = std::get_if<node::Octets>(&news);
  if (octets == nullptr) return;
  Connection& connection = connections_[id];
  Stream& stream = connection.in;
  cut(stream, octets->octets, [&](msrp::Flag flag, std::uint64_t size) {
    auto record = make_record(now, connection, stream, flag);
    record.from = name_of(stream.head.from_path);
    record.to = actor_;
    record.size = static_cast<std::uint32_t>(size);
    const auto received =
        recorder_.received(record_key(stream.head, record.label, flag), [&] { return record; });
    remember(connection, stream, record, received);
  });
}

}  // namespace rcs::harness
