#include "trace/record.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "trace/escape.hpp"

namespace rcs::trace {
namespace {

/// Milliseconds with all nine digits of a second: 12.345678.
std::string exact_ms(core::Instant time) {
  const auto ns = time.time_since_epoch().count();
  const auto magnitude = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  const auto fraction = std::to_string(magnitude % 1'000'000);
  return (ns < 0 ? "-" : "") + std::to_string(magnitude / 1'000'000) + '.' +
         std::string(6 - fraction.size(), '0') + fraction;
}

void member(std::string& out, std::string_view key, std::string_view value) {
  out += ",\"";
  out += key;
  out += "\":";
  out += value;
}

void member_if(std::string& out, std::string_view key, std::string_view text) {
  if (!text.empty()) member(out, key, json_string(text));
}

}  // namespace

std::string_view name(Protocol protocol) {
  switch (protocol) {
    case Protocol::sip:
      return "SIP";
    case Protocol::http:
      return "HTTP";
    case Protocol::event:
      return "EVENT";
    case Protocol::msrp:
      return "MSRP";
  }
  return "?";
}

std::string to_json(const Record& record) {
  std::string out = "{\"id\":" + std::to_string(record.id.value);
  member(out, "cause", std::to_string(record.cause.value));
  member(out, "time_ms", exact_ms(record.time));
  member(out, "from", json_string(record.from));
  member(out, "to", json_string(record.to));
  member(out, "protocol", json_string(name(record.protocol)));
  member(out, "summary", json_string(record.summary));
  member(out, "label", json_string(record.label));
  member(out, "size", std::to_string(record.size));
  member_if(out, "transport", record.transport);
  member_if(out, "message_id", record.message_id);
  if (core::is_utf8(record.content)) {
    member_if(out, "content", record.content);
  } else {
    member(out, "content_base64", json_string(core::base64_encode(record.content)));
  }
  return out + '}';
}

std::vector<const Record*> causal_order(const std::vector<Record>& records) {
  std::unordered_map<RecordId, std::size_t> places;  // looked up only
  for (std::size_t i = 0; i < records.size(); ++i) places.emplace(records[i].id, i);

  std::vector<std::vector<std::size_t>> children(records.size());
  std::vector<std::size_t> roots;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto cause = places.find(records[i].cause);
    // A cause is older than what it causes; anything else (a cut or foreign list) would make a ring.
    if (records[i].cause && cause != places.end() && cause->second < i) {
      children[cause->second].push_back(i);
    } else {
      roots.push_back(i);
    }
  }
  std::stable_sort(roots.begin(), roots.end(),
                   [&](std::size_t a, std::size_t b) { return records[a].time < records[b].time; });

  std::vector<const Record*> out;
  out.reserve(records.size());
  std::vector<std::size_t> open(roots.rbegin(),
                                roots.rend());  // a chain of causes may be longer than the call stack is deep
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    out.push_back(&records[at]);
    open.insert(open.end(), children[at].rbegin(), children[at].rend());
  }
  return out;
}

std::uint64_t hash(const std::vector<Record>& records) {
  core::Hash hash;
  hash.add(records.size());
  for (const auto& record : records) {
    hash.add(record.id.value).add(record.cause.value);
    hash.add(static_cast<std::uint64_t>(record.time.time_since_epoch().count()));
    hash.add(record.from).add(record.to).add(static_cast<std::uint64_t>(record.protocol));
    hash.add(record.summary).add(record.label).add(static_cast<std::uint64_t>(record.size));
    hash.add(record.transport).add(record.message_id).add(record.content);
  }
  return hash.value();
}

}  // namespace rcs::trace
