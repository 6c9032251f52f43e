#pragma once
// The reading side of the five transports, small and strict, written from the rules and not from the
// gateway's code.

#include <string>
#include <vector>

#include "gateway/gateway_fixture.hpp"

namespace gateway_test {

inline const std::vector<std::string>& transports() {
  static const std::vector<std::string> kAll = {"poll", "iframe", "sse", "ndjson", "ws"};
  return kAll;
}

/// What the complete events in `bytes` are; an incomplete tail gives nothing.
struct Read {
  std::vector<std::string> events;  ///< JSON texts
  std::string cursor;               ///< what the client would come back with; empty: none yet
};

/// Undoes nothing: the text between "callback(" and ");document" of each complete script element.
inline void read_iframe(const std::string& bytes, Read& out, const std::string& before = "parent.rcsEvent(",
                        const std::string& after = ");document.currentScript.remove()") {
  const std::string close = "</script>";
  std::size_t at = 0;
  for (std::size_t end; (end = bytes.find(close, at)) != std::string::npos; at = end + close.size()) {
    const auto open = bytes.find("<script nonce=\"", at);
    REQUIRE(open < end);
    const auto call = bytes.find(before, open);
    REQUIRE(call < end);
    const auto begin = call + before.size();
    REQUIRE(bytes.substr(end - after.size(), after.size()) == after);
    out.events.push_back(bytes.substr(begin, end - after.size() - begin));
  }
}

/// WHATWG: fields to the blank line; data lines joined; no event without data.
inline void read_sse(const std::string& bytes, Read& out) {
  std::string data;
  std::string id;
  bool any = false;
  std::size_t at = 0;
  for (std::size_t end; (end = bytes.find('\n', at)) != std::string::npos; at = end + 1) {
    const auto line = bytes.substr(at, end - at);
    if (line.empty()) {
      if (!id.empty()) out.cursor = id;
      if (any && !data.empty()) out.events.push_back(data);
      data.clear();
      any = false;
      continue;
    }
    const auto colon = line.find(':');
    auto value = colon == std::string::npos ? std::string() : line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.erase(0, 1);
    const auto field = line.substr(0, colon);
    if (field == "data") {
      data += (any ? "\n" : "") + value;
      any = true;
    } else if (field == "id") {
      id = value;
    }
  }
}

inline Read read_stream(const std::string& transport, const std::string& bytes) {
  Read out;
  if (transport == "iframe") {
    read_iframe(bytes, out);
  } else if (transport == "sse") {
    read_sse(bytes, out);
    return out;
  } else {
    std::size_t at = 0;
    for (std::size_t end; (end = bytes.find('\n', at)) != std::string::npos; at = end + 1) {
      if (end > at) out.events.push_back(bytes.substr(at, end - at));
    }
  }
  for (const auto& event : out.events) {
    const auto object = json::parse(event);
    if (object.contains("id")) out.cursor = object["id"].get<std::string>();
  }
  return out;
}

/// Opens the event channel over a transport.
inline core::WebId open_events(Driver& driver, const std::string& user, const std::string& transport,
                               const std::string& since, const std::string& more = "") {
  std::string path = "/Event?device=d" + more;
  if (!since.empty()) path += "&since=" + since;
  if (transport == "ws") return driver.socket(user, path);
  if (transport == "iframe") return driver.as(user, "GET", path + "&mode=iframe");
  if (transport == "sse") return driver.as(user, "GET", path, {}, {{"Accept", "text/event-stream"}});
  if (transport == "ndjson") return driver.as(user, "GET", path, {}, {{"Accept", "application/x-ndjson"}});
  return driver.as(user, "GET", path + (more.find("timeout") == std::string::npos ? "&timeout=0" : ""));
}

/// The octets a client would have seen of the event part of an exchange.
inline std::string wire(Driver& driver, core::WebId id, const std::string& transport) {
  if (transport == "poll") return driver.seen(id).reply() == nullptr ? "" : driver.seen(id).reply()->body;
  if (transport != "ws") return driver.seen(id).stream();
  std::string out;
  for (const auto& text : driver.seen(id).texts())
    out += text + "\n";  // a frame a line: JSON texts have no line breaks
  return out;
}

inline Read read_wire(const std::string& transport, const std::string& bytes) {
  if (transport != "poll") return read_stream(transport, bytes);
  Read out;
  const auto object = json::parse(bytes, nullptr, false);
  if (!object.is_object()) return out;
  out.events.push_back(bytes);
  out.cursor = object["id"].get<std::string>();
  return out;
}

}  // namespace gateway_test
