// Streams over one response that does not end: hidden iframe, server-sent events, NDJSON.

#include <algorithm>

#include "core/text.hpp"
#include "gateway/event_text.hpp"
#include "gateway/reader.hpp"

namespace rcs::gateway {
namespace {

constexpr std::size_t kIframePadding =
    2048;                                 // octets before browsers begin to render (CMT-05 ff., section 3)
constexpr std::size_t kMaxCallback = 64;  // CMT-93
constexpr int kMaxCallbackDots = 3;
constexpr const char* kSseRetry = "retry: 2000\n";

std::string content_type(Delivery delivery) {
  switch (delivery) {
    case Delivery::sse:
      return "text/event-stream";
    case Delivery::ndjson:
      return "application/x-ndjson";
    default:
      return "text/html;charset=utf-8";
  }
}

std::string frame_ancestors(const Config& config) {
  std::string out;
  for (const auto& origin : config.allowed_origins) out += " " + origin;
  return out.empty() ? " 'self'" : out;
}

std::string iframe_preamble() {
  return "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>events</title></head><body>\n<!--" +
         std::string(kIframePadding, ' ') + "-->\n";
}

/// CMT-96: a line break would end the field. JSON texts have none; this holds for any.
void append_sse_data(std::string& out, std::string_view text) {
  std::size_t from = 0;
  for (;;) {
    // find_first_of would call memchr for each octet.
    const auto* stop =
        std::find_if(text.begin() + from, text.end(), [](char c) { return c == '\r' || c == '\n'; });
    const auto end = static_cast<std::size_t>(stop - text.begin());
    out += "data: ";
    out += text.substr(from, end - from);
    out += '\n';
    if (end == text.size()) return;
    from = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
  }
}

}  // namespace

bool is_callback_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxCallback) return false;
  int dots = 0;
  bool start = true;  // of a name between dots
  for (const char c : text) {
    if (c == '.') {
      if (start || ++dots > kMaxCallbackDots) return false;
      start = true;
    } else if (core::is_alpha(c) || c == '_' || c == '$' || (!start && core::is_digit(c))) {
      start = false;
    } else {
      return false;
    }
  }
  return !start;
}

void prepare_iframe(Reader& reader, const std::string& callback, const std::string& post_to,
                    const std::string& nonce) {
  reader.script_open = "<script nonce=\"" + nonce + "\">";
  reader.script_open += post_to.empty() ? callback + "(" : "parent.postMessage(";
  // The origin is one of the configured ones; as a JSON string it is a script string too, once escaped like
  // the events.
  reader.script_close = post_to.empty() ? ");" : ",\"" + escape_for_script(post_to) + "\");";
  reader.script_close += "document.currentScript.remove()</script>\n";
  reader.nonce = nonce;
}

void open_stream(Step& step, Reader& reader, const Config& config, const std::string& cursor) {
  core::WebStreamHead head;
  head.headers.emplace_back("Content-Type", content_type(reader.delivery));
  head.headers.emplace_back("Cache-Control", "no-store");
  add_event_headers(head.headers, reader, cursor);
  if (reader.delivery == Delivery::iframe) {
    head.headers.emplace_back("Content-Security-Policy", "default-src 'none'; script-src 'nonce-" +
                                                             reader.nonce + "'; frame-ancestors" +
                                                             frame_ancestors(config));
  }
  head.headers.insert(head.headers.end(), reader.exchange.cors.begin(), reader.exchange.cors.end());
  step.out.send(reader.exchange.id, std::move(head));

  core::WebChunk first;  // at once, so that the client knows the stream is open (CMT-08)
  switch (reader.delivery) {
    case Delivery::sse:
      first.bytes = ":ok\n" + std::string(kSseRetry) + "id: " + cursor + "\ndata:\n\n";
      break;
    case Delivery::ndjson:
      first.bytes = "\n";
      break;
    default:
      first.bytes = iframe_preamble();
      break;
  }
  reader.written += first.bytes.size();
  reader.last_write = step.now;
  step.out.send(reader.exchange.id, std::move(first));
}

std::string stream_frame(const Reader& reader, std::string_view type, std::string_view id,
                         const std::string& json) {
  std::string out;
  switch (reader.delivery) {
    case Delivery::sse:
      out.reserve(json.size() + id.size() + type.size() + 32);
      if (!id.empty()) out.append("id: ").append(id).append("\n");
      out.append("event: ").append(type).append("\n");
      append_sse_data(out, json);
      out += '\n';
      return out;
    case Delivery::ndjson:
      out.reserve(json.size() + 1);
      return out.append(json).append("\n");
    default:
      return reader.script_open + escape_for_script(json) + reader.script_close;
  }
}

std::string stream_heartbeat(const Reader& reader) {
  switch (reader.delivery) {
    case Delivery::sse:
      return reader.ping ? "event: ping\ndata: {}\n\n" : ":\n\n";
    case Delivery::ndjson:
      return "\n";
    default:
      return "<!-- -->\n";
  }
}

}  // namespace rcs::gateway
