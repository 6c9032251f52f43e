// Long polling: one request, one answer.

#include <algorithm>

#include "core/text.hpp"
#include "gateway/reader.hpp"

namespace rcs::gateway {
namespace {

constexpr std::size_t kMaxEpoch = 40;  // of a cursor's 64 characters (CMT-30); 20 digits and the point follow

bool is_url_safe(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return core::is_alnum(c) || c == '-' || c == '_'; });
}

void send(Step& step, const Reader& reader, core::WebReply reply, const std::string& cursor) {
  add_event_headers(reply.headers, reader, cursor);
  answer(step, reader.exchange, std::move(reply));
}

}  // namespace

Cursors::Cursors(std::string_view epoch) : epoch_(epoch) {
  if (!is_url_safe(epoch_)) epoch_ = core::hex_encode(epoch);
  epoch_.resize(std::min(epoch_.size(), kMaxEpoch));
}

std::optional<Cursors::Place> Cursors::read(std::string_view text) const {
  const auto point = text.rfind('.');
  if (point == std::string_view::npos || point == 0 || text.size() > 64 ||
      !is_url_safe(text.substr(0, point)))
    return std::nullopt;
  const auto seq = core::parse_u64(text.substr(point + 1));
  if (!seq) return std::nullopt;
  return Place{*seq, text.substr(0, point) == epoch_};
}

bool Reader::wants(const store::StoredEvent& event) const {
  if (event.seq <= only_pinned_to && !event.pinned) return false;
  return types.empty() || std::find(types.begin(), types.end(), event.type) != types.end();
}

void add_event_headers(core::WebHeaders& headers, const Reader& reader, const std::string& cursor) {
  headers.emplace_back("X-Accel-Buffering", "no");
  headers.emplace_back("RCS-Next-Cursor", cursor);
  std::string link;
  link.reserve(reader.next_url.size() + cursor.size() + 24);
  link.append("<").append(reader.next_url).append("since=").append(cursor).append(">; rel=\"next\"");
  headers.emplace_back("Link", std::move(link));
}

void answer_poll(Step& step, const Reader& reader, std::span<const store::StoredEvent> events,
                 const Cursors& cursors) {
  const auto next = cursors.text(events.empty() ? reader.at : events.back().seq);
  if (events.empty()) return send(step, reader, no_content(), next);
  if (reader.max == 0) return send(step, reader, json_reply(events.front().json), next);
  std::size_t size = 32 + next.size();
  for (const auto& event : events) size += event.json.size() + 1;
  std::string body;
  body.reserve(size);
  body += "{\"events\":[";
  for (const auto& event : events) {
    if (body.back() != '[') body += ',';
    body += event.json;
  }
  body += "],\"next\":\"" + next + "\"}";
  send(step, reader, json_reply(std::move(body)), next);
}

void answer_replaced_poll(Step& step, const Reader& reader, const Cursors& cursors) {
  auto reply = no_content();
  reply.headers.emplace_back("RCS-Replaced", "1");
  send(step, reader, std::move(reply), cursors.text(reader.at));
}

}  // namespace rcs::gateway
