#include "http/request_reader.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "core/text.hpp"
#include "http/wire.hpp"

namespace rcs::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

constexpr std::size_t kWebSocketKeyLength = 24;  // base64 of 16 octets, RFC 6455 4.1
constexpr std::size_t kUsualFields = 8;
constexpr std::uint64_t kBodyAtOnce = 16 * 1024;  // room made for an announced body before any of it has come

template <class View>
std::string text_of(const View& view) {
  return std::string(view.data(), view.size());
}

RequestReader::Failure failure_of(const boost::system::error_code& ec) {
  if (ec == beast_http::error::header_limit) return {431, "the header fields are too large"};
  if (ec == beast_http::error::body_limit) return {413, "the body is too large"};
  if (ec == beast_http::error::bad_version) return {505, "expected HTTP/1.1 or HTTP/1.0"};
  return {400, "not an HTTP request: " + ec.message()};
}

/// RFC 9112 3.2.2: a request in absolute form is served as its origin form.
std::string origin_form(std::string target) {
  if (!core::istarts_with(target, "http://")) return target;
  const auto path = target.find_first_of("/?", 7);
  if (path == std::string::npos) return "/";
  return (target[path] == '?' ? "/" : "") + target.substr(path);
}

std::size_t count(const core::WebHeaders& headers, std::string_view name) {
  std::size_t found = 0;
  for (const auto& [key, value] : headers) found += core::iequals(key, name) ? 1 : 0;
  return found;
}

bool field_lists(const core::WebHeaders& headers, std::string_view name, std::string_view token) {
  const std::string* value = core::find_header(headers, name);
  return value != nullptr && lists_token(*value, token);
}

bool is_websocket_handshake(const core::WebRequest& request) {
  if (request.method != "GET" || request.http10) return false;
  const std::string* key = core::find_header(request.headers, "Sec-WebSocket-Key");
  const std::string* version = core::find_header(request.headers, "Sec-WebSocket-Version");
  return field_lists(request.headers, "Connection", "upgrade") &&
         field_lists(request.headers, "Upgrade", "websocket") && key != nullptr &&
         key->size() == kWebSocketKeyLength && version != nullptr && *version == "13";
}

/// Beast's parser with a WebRequest behind it: a header field is copied once, not into Beast's container
/// first.
class Parser final : public beast_http::basic_parser<true> {
 public:
  core::WebRequest request;

 private:
  using Field = beast_http::field;
  using View = boost::beast::string_view;
  using Code = boost::beast::error_code;

  void on_request_impl(beast_http::verb, View method, View target, int version, Code&) override {
    request.method = text_of(method);
    request.target = origin_form(text_of(target));
    request.http10 = version == 10;
    request.headers.reserve(kUsualFields);
  }
  void on_response_impl(int, View, int, Code&) override {}
  void on_field_impl(Field, View name, View value, Code&) override {
    if (is_header_done()) return;  // a trailer: it can not add to the header, which has been judged
    request.headers.emplace_back(text_of(name), text_of(value));
  }
  void on_trailer_field_impl(View, View, Code&) {}  // where later versions of Beast put trailers
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code&) override {
    request.body.reserve(std::min<std::uint64_t>(length.value_or(0), kBodyAtOnce));
  }
  std::size_t on_body_impl(View piece, Code&) override { return append(piece); }
  void on_chunk_header_impl(std::uint64_t, View, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View piece, Code&) override { return append(piece); }
  void on_finish_impl(Code&) override {}

  std::size_t append(View piece) {
    request.body.append(piece.data(), piece.size());
    return piece.size();
  }
};

}  // namespace

struct RequestReader::Impl {
  Parser parser;
  Failure failure;
  std::size_t header_bytes = 0;
  bool began = false;
  bool in_body = false;
  bool keep_alive = false;

  Progress fail(Failure why) {
    failure = std::move(why);
    return Progress::failed;
  }

  /// The header is whole.
  std::optional<Failure> judge_header() {
    auto& request = parser.request;
    keep_alive = parser.keep_alive();
    const std::size_t hosts = count(request.headers, "Host");
    if (hosts > 1 || (hosts == 0 && !request.http10)) return Failure{400, "expected one Host header field"};
    request.upgrade = is_websocket_handshake(request);
    in_body = true;
    parser.eager(true);
    return std::nullopt;
  }
};

RequestReader::RequestReader(std::size_t header_bytes, std::size_t body_bytes)
    : impl_(std::make_unique<Impl>()) {
  impl_->header_bytes = header_bytes;
  impl_->parser.header_limit(static_cast<std::uint32_t>(header_bytes));
  impl_->parser.body_limit(body_bytes);
  impl_->parser.eager(false);
}

RequestReader::~RequestReader() = default;

RequestReader::Progress RequestReader::feed(std::string_view& input) {
  Impl& impl = *impl_;
  if (!impl.began) {  // RFC 9112 2.2: empty lines before a request are skipped
    input.remove_prefix(std::min(input.find_first_not_of("\r\n"), input.size()));
    impl.began = !input.empty();
  }
  while (!input.empty() && !impl.parser.is_done()) {
    boost::system::error_code ec;
    const bool header_was_done = impl.parser.is_header_done();
    const std::size_t used = impl.parser.put(asio::buffer(input.data(), input.size()), ec);
    input.remove_prefix(used);
    if (ec && ec != beast_http::error::need_more) return impl.fail(failure_of(ec));
    if (!header_was_done && impl.parser.is_header_done()) {
      if (auto failure = impl.judge_header()) return impl.fail(std::move(*failure));
      const std::string* expect = core::find_header(impl.parser.request.headers, "Expect");
      const bool waits =
          expect != nullptr && core::iequals(*expect, "100-continue") && !impl.parser.request.http10;
      if (waits && input.empty() && !impl.parser.is_done()) return Progress::expects_continue;
      continue;
    }
    if (ec == beast_http::error::need_more || used == 0) break;
  }
  if (impl.parser.is_done()) return Progress::done;
  if (input.size() > impl.header_bytes)
    return impl.fail(Failure{431, "the header fields or a chunk size line are too large"});
  return Progress::need_more;
}

bool RequestReader::in_body() const { return impl_->in_body; }

core::WebRequest RequestReader::take() { return std::move(impl_->parser.request); }

bool RequestReader::keep_alive() const { return impl_->keep_alive; }

const RequestReader::Failure& RequestReader::failure() const { return impl_->failure; }

}  // namespace rcs::http
