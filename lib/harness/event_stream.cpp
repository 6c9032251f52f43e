#include "harness/event_stream.hpp"

#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace rcs::harness {
namespace {

using nlohmann::json;

struct TransportName {
  EventTransport transport;
  std::string_view name;
};
constexpr TransportName kTransports[] = {{EventTransport::poll, "poll"},
                                         {EventTransport::iframe, "iframe"},
                                         {EventTransport::sse, "sse"},
                                         {EventTransport::ndjson, "ndjson"},
                                         {EventTransport::ws, "ws"}};

std::string string_member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The argument of the callback in one script element: `...rcsEvent({...});...`: from the first brace to the
/// one that closes it.
std::string script_argument(std::string_view script) {
  const auto open = script.find("({");
  if (open == std::string_view::npos) return {};
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = open + 1; i < script.size(); ++i) {
    const char c = script[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return std::string(script.substr(open + 1, i - open));
    }
  }
  return {};
}

}  // namespace

core::Result<EventTransport> parse_event_transport(std::string_view text) {
  for (const auto& entry : kTransports) {
    if (entry.name == text) return entry.transport;
  }
  return core::malformed("event transport: expected poll, iframe, sse, ndjson or ws, got " +
                         core::quoted(text));
}

std::string_view name(EventTransport transport) {
  for (const auto& entry : kTransports) {
    if (entry.transport == transport) return entry.name;
  }
  return "?";
}

core::Result<ApiEvent> read_event(std::string_view text) {
  const auto object = json::parse(text, nullptr, false);
  if (!object.is_object()) return core::malformed("event: expected a JSON object, got " + core::quoted(text));
  ApiEvent event;
  event.json = text;
  event.id = string_member(object, "id");
  event.type = string_member(object, "type");
  event.instance = string_member(object, "instance");
  if (const auto data = object.find("data"); data != object.end() && data->is_object())
    event.status = string_member(*data, "status");
  return event;
}

std::optional<std::string> json_member(std::string_view text, std::string_view path) {
  const auto object = json::parse(text, nullptr, false);
  const json* at = &object;
  for (const auto piece : core::split(path, '.')) {
    if (!at->is_object()) return std::nullopt;
    const auto found = at->find(std::string(piece));
    if (found == at->end()) return std::nullopt;
    at = &*found;
  }
  return at->is_string() ? at->get<std::string>() : at->dump();
}

void EventStream::take_sse_line(std::string_view line, std::vector<std::string>& out) {
  if (line.empty()) {
    if (!pending_id_.empty()) last_id_ = pending_id_;
    if (!data_.empty()) out.push_back(std::exchange(data_, {}));
    return;
  }
  const auto colon = line.find(':');
  const auto field = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (field == "data") {
    if (!data_.empty()) data_ += '\n';
    data_ += value;
  } else if (field == "id") {
    pending_id_ = value;
  }
}

core::Result<std::vector<std::string>> EventStream::feed(std::string_view octets) {
  std::vector<std::string> out;
  buffer_ += octets;
  if (transport_ == EventTransport::ws || transport_ == EventTransport::poll) {
    out.push_back(std::exchange(buffer_, {}));
    return out;
  }
  const std::string_view end = transport_ == EventTransport::iframe ? "</script>" : "\n";
  std::size_t from = 0;
  for (std::size_t at; (at = buffer_.find(end, from)) != std::string::npos; from = at + end.size()) {
    std::string_view piece(buffer_.data() + from, at - from);
    if (transport_ == EventTransport::iframe) {
      if (auto argument = script_argument(piece); !argument.empty()) out.push_back(std::move(argument));
      continue;
    }
    if (!piece.empty() && piece.back() == '\r') piece.remove_suffix(1);
    if (transport_ == EventTransport::sse) {
      take_sse_line(piece, out);
    } else if (!piece.empty()) {
      out.emplace_back(piece);
    }
  }
  buffer_.erase(0, from);
  if (buffer_.size() + data_.size() > kMaxEventBytes) {
    return core::Error(core::Errc::too_large, "event stream: expected events of at most " +
                                                  std::to_string(kMaxEventBytes) + " octets");
  }
  return out;
}

}  // namespace rcs::harness
