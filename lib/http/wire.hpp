#pragma once
// How heads and chunks are written (RFC 9112). Pure text; nothing of a caller can put a line end into a head.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "core/web.hpp"

namespace rcs::http {

enum class Framing : std::uint8_t {
  none,         ///< no body can follow (204, 304)
  length,       ///< Content-Length
  chunked,      ///< Transfer-Encoding: chunked
  until_close,  ///< HTTP/1.0 streams: the close ends the body
};

struct ResponseHead {
  int status = 200;
  Framing framing = Framing::length;
  std::size_t length = 0;   ///< of the body, for Framing::length
  bool close = false;       ///< Connection: close
  bool keep_alive = false;  ///< Connection: keep-alive, said to HTTP/1.0 clients that asked for it
  std::string_view date;    ///< of http_date or DateText. SAFETY: for the call
};

/// The status line, the fields and the empty line. Fields that belong to the transport (Content-Length,
/// Transfer-Encoding, Connection, Date) are taken from `head`, not from `headers`; a field whose name is not
/// a token is left out.
std::string response_head(const ResponseHead& head, const core::WebHeaders& headers);
/// The request line, Host, the fields and the empty line; Content-Length where there is a body or the method
/// has one by nature.
std::string request_head(const core::WebRequest& request, std::string_view authority);
/// One chunk; `bytes` is not empty.
std::string chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
/// Sun, 06 Nov 1994 08:49:37 GMT
std::string http_date(core::UnixMs time);
/// The same, written anew only when the second has changed.
class DateText {
 public:
  const std::string& at(core::UnixMs time);

 private:
  std::int64_t second_ = 0;
  std::string text_;
};
/// The body and headers of an answer that the transport gives by itself: application/problem+json. `detail`
/// is our own words.
core::WebReply problem(int status, std::string_view detail);
/// True when a comma-separated field has the token, without case.
bool lists_token(std::string_view field, std::string_view token);

}  // namespace rcs::http
