// The event resource and what belongs to it: tickets and devices (B.3, API-44).

#include <algorithm>

#include "core/text.hpp"
#include "gateway/json_in.hpp"
#include "gateway/state_jsonrtc.hpp"

namespace rcs::gateway {
namespace {

constexpr std::uint32_t kMaxBatch = 100;  // of `max=`
constexpr std::size_t kMaxTypes = 16;     // of `types=`; there are nine
constexpr std::size_t kNonceLength = 24;
constexpr std::uint32_t kMaxTimeout =
    86'400;  // seconds; what is longer than the server's cap is shortened anyway

Problem bad_parameter(std::string detail) { return problem(400, "bad-parameter", std::move(detail)); }

bool accepts(const core::WebHeaders& headers, std::string_view type) {
  const auto* accept = core::find_header(headers, "Accept");
  if (accept == nullptr) return false;
  const auto ranges = core::split(*accept, ',');
  return std::any_of(ranges.begin(), ranges.end(), [&](std::string_view range) {
    return core::iequals(core::trim(range.substr(0, range.find(';'))), type);
  });
}

/// Seconds with an optional fraction; nullopt for anything else.
std::optional<Duration> parse_seconds(std::string_view text) {
  const auto point = text.find('.');
  const auto whole = core::parse_u32(text.substr(0, point), kMaxTimeout);
  if (!whole) return std::nullopt;
  Duration out = std::chrono::seconds(*whole);
  if (point == std::string_view::npos) return out;
  const auto digits = text.substr(point + 1);
  if (digits.empty() || digits.size() > 9 || !core::parse_u64(digits)) return std::nullopt;
  Duration unit = 100ms;
  for (const char c : digits) {
    out += unit * (c - '0');
    unit /= 10;
  }
  return out;
}

std::optional<Problem> choose_delivery(const Request& request, const Config& config, Reader& reader) {
  const auto& raw = request.raw;
  const auto* mode = request.target.parameter("mode");
  if (raw.upgrade && (mode == nullptr || *mode == "ws")) {
    if (!origin_allowed(raw.headers, config)) {
      return problem(403, "origin-refused", "Origin: expected one of the configured origins");
    }
    const auto subprotocol = choose_subprotocol(raw.headers);
    if (!subprotocol)
      return bad_request("Sec-WebSocket-Protocol: expected " + std::string(kEventSubprotocol));
    reader.delivery = Delivery::ws;
    reader.subprotocol = *subprotocol;
    return std::nullopt;
  }
  if (mode == nullptr) {
    if (accepts(raw.headers, "text/event-stream")) reader.delivery = Delivery::sse;
    if (accepts(raw.headers, "application/x-ndjson")) reader.delivery = Delivery::ndjson;
    return std::nullopt;
  }
  if (*mode == "ws") {
    auto out = problem(426, "upgrade-required", "mode=ws: expected a WebSocket upgrade");
    out.headers.emplace_back("Upgrade", "websocket");
    return out;
  }
  constexpr std::pair<std::string_view, Delivery> kModes[] = {{"poll", Delivery::poll},
                                                              {"iframe", Delivery::iframe},
                                                              {"sse", Delivery::sse},
                                                              {"ndjson", Delivery::ndjson}};
  for (const auto& [name, delivery] : kModes) {
    if (*mode != name) continue;
    reader.delivery = delivery;
    return std::nullopt;
  }
  return bad_parameter("mode: expected poll, iframe, sse, ndjson or ws");
}

std::optional<Problem> read_iframe(const Request& request, const Config& config, core::Random& random,
                                   Reader& reader) {
  const auto* callback = request.target.parameter("callback");
  const std::string name = callback == nullptr ? "parent.rcsEvent" : *callback;
  if (!is_callback_name(name))
    return bad_parameter("callback: expected a name like parent.rcsEvent, at most 64 characters");
  const auto* origin = request.target.parameter("origin");
  if (origin != nullptr) {
    const auto& list = config.allowed_origins;
    const bool known = *origin != "*" && std::find(list.begin(), list.end(), *origin) != list.end();
    if (!known) return bad_parameter("origin: expected one of the configured origins");
  }
  prepare_iframe(reader, name, origin == nullptr ? std::string() : *origin, random.token(kNonceLength));
  return std::nullopt;
}

std::optional<Problem> read_poll(const Request& request, const Config& config, Reader& reader) {
  reader.hold = config.poll_default;
  if (const auto* timeout = request.target.parameter("timeout")) {
    const auto asked = parse_seconds(*timeout);
    if (!asked) return bad_parameter("timeout: expected seconds, 1 to 60");
    reader.hold = *asked;
  }
  reader.hold = std::min(reader.hold, config.poll_max);
  const auto& headers = request.raw.headers;
  const bool conditional =
      core::find_header(headers, "If-None-Match") || core::find_header(headers, "If-Modified-Since");
  if (conditional || request.raw.pipelined)
    reader.hold = Duration::zero();  // CMT-11; nothing else may wait behind it
  if (const auto* max = request.target.parameter("max")) {
    const auto number = core::parse_u32(*max, kMaxBatch);
    if (!number || *number == 0) return bad_parameter("max: expected 1 to 100");
    reader.max = *number;
  }
  return std::nullopt;
}

std::optional<Problem> read_types(const Request& request, Reader& reader) {
  const auto* types = request.target.parameter("types");
  if (types == nullptr || types->empty()) return std::nullopt;
  for (const auto type : core::split(*types, ',')) {
    const bool word = !type.empty() && std::all_of(type.begin(), type.end(), core::is_alpha);
    if (!word || reader.types.size() == kMaxTypes)
      return bad_parameter("types: expected names like chat,system");
    reader.types.emplace_back(type);
  }
  return std::nullopt;
}

/// Where the next request goes: the same question, but for its cursor and its ticket, which is used up.
std::string next_url(const Request& request, const std::string& device, const Config& config) {
  std::string out;
  out.reserve(config.public_url.size() + request.raw.target.size() + device.size() + 64);
  out.append(config.public_url).append("/1.0/RCS/").append(core::percent_encode(request.user.shown));
  out.append("/Event?device=").append(device);
  for (const auto& [name, value] : request.target.query) {
    const bool replaced = name == "device" || name == "since" || name == "last_event_id" || name == "ticket";
    if (!replaced)
      out.append("&").append(core::percent_encode(name)).append("=").append(core::percent_encode(value));
  }
  out.append("&");
  return out;
}

/// The first that is there (API-61); an empty one is none.
const std::string* presented_cursor(const Request& request) {
  for (const auto* text : {core::find_header(request.raw.headers, "Last-Event-ID"),
                           request.target.parameter("since"), request.target.parameter("last_event_id")}) {
    if (text != nullptr && !text->empty()) return text;
  }
  return nullptr;
}

/// Where a connection starts in its user's log.
struct Start {
  std::uint64_t at = 0;
  std::uint64_t only_pinned_to = 0;
  std::string from;  ///< the cursor it came with, for a gap
  bool presented = false;
  bool lost = false;  ///< events after `at` are gone (API-65)
};

std::variant<Start, Problem> find_start(const Request& request, const std::string& device,
                                        const store::EventLog& log, const Cursors& cursors) {
  const auto& user = request.user.key;
  const auto last = log.last_seq(user);
  const auto dropped = log.dropped_seq(user);
  Start start;
  const auto* text = presented_cursor(request);
  if (text == nullptr) {
    if (const auto position = log.position(user, device)) {
      start.at = std::min(*position, last);
      start.from = cursors.text(start.at);
      start.lost = start.at < dropped;
      return start;
    }
    const auto open = log.pinned(user);
    start.at = open.empty() ? last : open.front().seq - 1;
    start.only_pinned_to = last;
    return start;
  }
  if (*text == "latest") {
    start.at = last;
  } else if (*text == "earliest") {
    const auto open = log.pinned(user);
    start.at = open.empty() ? dropped : std::min(dropped, open.front().seq - 1);
  } else {
    const auto place = cursors.read(*text);
    if (!place || (place->same_epoch && place->seq > last)) {
      return problem(400, "bad-cursor", "expected a cursor of this server, earliest or latest");
    }
    start.from = *text;
    start.presented = place->same_epoch;
    start.at = place->same_epoch ? place->seq : 0;
    start.lost = !place->same_epoch || start.at < dropped;
  }
  return start;
}

}  // namespace

void Gateway::State::acknowledge(Step& step, const std::string& user, const std::string& device,
                                 std::uint64_t seq) {
  log.set_position(user, device, std::max(seq, log.position(user, device).value_or(0)), step.wall);
}

void Gateway::State::get_events(Step& step, Request& request) {
  const auto device = request.device();
  if (!device) return refuse(step, request, bad_device());
  Reader reader;
  reader.exchange = request.exchange;
  reader.user = request.user.key;
  reader.device = *device;
  reader.next_url = next_url(request, *device, config);
  const auto* ping = request.target.parameter("ping");
  reader.ping = ping != nullptr && *ping == "1";
  auto fault = choose_delivery(request, config, reader);
  if (!fault) fault = read_types(request, reader);
  if (!fault && reader.delivery == Delivery::iframe) fault = read_iframe(request, config, random, reader);
  if (!fault && reader.delivery == Delivery::poll) fault = read_poll(request, config, reader);
  if (fault) return refuse(step, request, *fault);
  const auto found = find_start(request, *device, log, cursors);
  if (const auto* bad = std::get_if<Problem>(&found)) return refuse(step, request, *bad);
  const auto& start = std::get<Start>(found);

  see_device(step, users.at(reader.user), *device);
  const auto position = log.position(reader.user, *device);
  const auto dropped = log.dropped_seq(reader.user);
  acknowledge(step, reader.user, *device, start.presented || !position ? start.at : 0);
  reader.at = start.at;
  reader.only_pinned_to = start.only_pinned_to;
  const bool one_answer = reader.delivery == Delivery::poll || request.exchange.head;
  if (start.lost && one_answer) return answer_lost(step, request, reader, !presented_cursor(request));
  if (request.exchange.head) return answer_head(step, request, reader);
  std::optional<Gap> gap;
  if (start.lost) gap = Gap{start.from, dropped};
  if (const auto full = readers.open(step, std::move(reader), std::move(gap))) refuse(step, request, *full);
}

/// A poll from behind the retention: open invitations that outlived it first, then 410 (API-65).
void Gateway::State::answer_lost(Step& step, Request& request, Reader& reader, bool by_position) {
  const auto dropped = log.dropped_seq(reader.user);
  auto open = log.pinned(reader.user);
  std::erase_if(open, [&](const auto& event) { return event.seq <= reader.at || event.seq > dropped; });
  const bool foreign =
      presented_cursor(request) != nullptr && !cursors.read(*presented_cursor(request))->same_epoch;
  if (!open.empty() && !foreign && !request.exchange.head) {
    open.resize(std::min(open.size(), std::max<std::size_t>(reader.max, 1)));
    return answer_poll(step, reader, open, cursors);
  }
  const auto next = cursors.text(open.empty() ? dropped : open.front().seq - 1);
  if (by_position) acknowledge(step, reader.user, reader.device, dropped);  // it has been told
  auto gone = problem(410, "cursor-expired",
                      "events after this cursor are no longer kept; go on at next and read the chats again");
  gone.more.emplace_back("next", json_string(next));
  add_event_headers(gone.headers, reader, next);
  refuse(step, request, gone);
}

/// What a GET would find, at once and without moving the cursor (CMT-11).
void Gateway::State::answer_head(Step& step, Request& request, const Reader& reader) {
  const bool waiting = !log.read(reader.user, reader.at, 1).empty();
  auto reply = waiting ? json_reply({}) : no_content();
  add_event_headers(reply.headers, reader, cursors.text(reader.at));
  answer(step, request.exchange, std::move(reply));
}

void Gateway::State::post_ticket(Step& step, Request& request) {
  const auto device = request.device();
  if (!device) return refuse(step, request, bad_device());
  Caller caller = request.caller;
  caller.user = request.user.key;
  caller.device = *device;
  const auto ticket = tokens.issue_ticket(step.now, std::move(caller));
  if (!ticket) {
    auto out = problem(429, "rate-limited", "too many tickets are unused");
    out.headers.emplace_back("Retry-After", std::to_string(kTicketLife / 1s));
    return refuse(step, request, out);
  }
  answer(step, request.exchange,
         json_reply("{\"ticket\":" + json_string(*ticket) +
                    ",\"expires_in\":" + std::to_string(kTicketLife / 1s) + "}"));
}

void Gateway::State::list_devices(Step& step, Request& request, User& user) {
  std::string body = "{\"devices\":[";
  for (const auto& [device, heard] : user.devices) {
    if (body.back() != '[') body += ',';
    const auto position = log.position(request.user.key, device);
    body += "{\"device\":" + json_string(device);
    body += std::string(",\"connected\":") + (readers.connected(request.user.key, device) ? "true" : "false");
    body += ",\"last_seen\":\"" + core::format_rfc3339(config.wall.at(heard)) + "\"";
    if (position) body += ",\"position\":\"" + cursors.text(*position) + "\"";
    body += "}";
  }
  answer(step, request.exchange, json_reply(body + "]}"));
}

void Gateway::State::delete_device(Step& step, Request& request, User& user) {
  const auto* device = request.target.parameter("device");
  if (device == nullptr || !is_device_name(*device)) {
    return refuse(step, request, bad_parameter("device: expected the name of a device"));
  }
  if (!user.devices.contains(*device)) return refuse(step, request, not_found("there is no such device"));
  readers.end_device(step, request.user.key, *device);
  user.devices.erase(*device);
  // The log forgets by age alone: this one is made the oldest there can be.
  log.set_position(request.user.key, *device, log.last_seq(request.user.key), core::UnixMs{INT64_MIN});
  log.forget_devices(request.user.key, core::UnixMs{INT64_MIN + 1});
  answer(step, request.exchange, no_content());
}

void Gateway::State::on_text(Step& step, WebId id, std::string_view text) {
  if (jsonrtc->on_text(step, id, text)) return;
  const auto acked = readers.on_text(step, id, text);
  if (!acked) return;
  const auto place = cursors.read(acked->cursor);
  if (!place || (place->same_epoch && place->seq > log.last_seq(acked->user)))
    return readers.refuse_ack(step, id);
  if (place->same_epoch) acknowledge(step, acked->user, acked->device, place->seq);
}

}  // namespace rcs::gateway
