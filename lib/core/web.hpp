#pragma once
// HTTP as values: what the gateway's meaning and the HTTP transports hand each other, live or in virtual
// time. One exchange is named by a WebId; its answer is one reply, or a stream (head, chunks, end), or, after
// an upgrade, WebSocket messages.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/id.hpp"

namespace rcs::core {

using WebId = Id<struct WebTag>;

/// Header fields in the order they came; names compare without case.
using WebHeaders = std::vector<std::pair<std::string, std::string>>;
/// The first value of a field; nullptr where there is none.
const std::string* find_header(const WebHeaders& headers, std::string_view name);

struct WebRequest {
  std::string method;  ///< GET, POST ... as written
  std::string target;  ///< origin form with the query, as written: /1.0/RCS/0101/Chat?limit=5
  WebHeaders headers;
  std::string body;
  bool upgrade = false;    ///< asks for a WebSocket (RFC 6455 handshake is well formed)
  bool pipelined = false;  ///< a later request of the same connection is already waiting
  bool http10 = false;     ///< HTTP/1.0: streams are delimited by the close of the connection
};

struct WebReply {
  int status = 200;
  WebHeaders headers;  ///< without Content-Length, which the transport computes from the bytes it sends
  std::string body;
};

// What may happen to an exchange, in this order: WebReply alone; or WebStreamHead, WebChunk*, WebEnd; or
// WebAccept, WebText*, WebClose.
struct WebStreamHead {
  int status = 200;
  WebHeaders headers;
};
struct WebChunk {
  std::string bytes;
};
struct WebEnd {};
struct WebAccept {
  std::string subprotocol;
};
struct WebText {
  std::string text;
};
struct WebClose {
  int code = 1000;
  std::string reason;
};
using WebAction = std::variant<WebReply, WebStreamHead, WebChunk, WebEnd, WebAccept, WebText, WebClose>;

/// The standard reason phrase of a status: 404 -> "Not Found"; "Unknown" for one we do not name.
std::string_view web_reason(int status);

}  // namespace rcs::core
