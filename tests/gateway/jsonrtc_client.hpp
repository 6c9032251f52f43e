#pragma once
// A client of JSON signalling over the gateway without sockets: it numbers its frames and reads what comes.

#include <string>
#include <utility>
#include <vector>

#include "gateway/gateway_fixture.hpp"

namespace gateway_test {

inline const std::string kMira = "01087654321";
inline const std::string kOtto = "01012345678";
inline std::string uri_of(const std::string& user) { return "sip:" + user + "@domain.com"; }

/// The handshake of a WebSocket; an empty token: none.
inline core::WebRequest handshake(const std::string& token, const std::string& target = "/ws/rcs",
                                  const std::string& subprotocol = "jsonrtc.rcsgw.v1") {
  core::WebRequest request;
  request.method = "GET";
  request.target = target;
  request.upgrade = true;
  if (!subprotocol.empty()) request.headers.emplace_back("Sec-WebSocket-Protocol", subprotocol);
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  return request;
}

/// {type, package, action} and further members of control and header.
inline json frame(const std::string& type, const std::string& package, const std::string& action,
                  json header = json::object()) {
  header["action"] = action;
  return {{"control", {{"type", type}, {"package_type", package}}}, {"header", std::move(header)}};
}

class Client {
 public:
  Client(Driver& driver, std::string user) : driver_(driver), user_(std::move(user)) { dial(); }

  void dial() {
    id = driver_.send(handshake("dev-" + user_));
    read_ = 0;
  }
  /// A session; its answer.
  json connect(json control = json::object()) {
    auto asks = frame("request", "register", "connect", {{"initiator", uri_of(user_)}});
    asks["control"].update(control);
    const auto answer = ask(std::move(asks));
    if (answer["control"].contains("session_id")) session = answer["control"]["session_id"];
    return answer;
  }
  void raw(const std::string& text) { driver_.text(id, text); }
  /// Sends it with the next number, unless it has one.
  void say(json one) {
    if (!one["control"].contains("sequence")) one["control"]["sequence"] = ++sequence;
    raw(one.dump());
  }
  /// Sends it; the first frame that comes then.
  json ask(json one) {
    all();
    say(std::move(one));
    const auto came = all();
    return came.empty() ? json() : came.front();
  }
  /// The frames that have come since the last call.
  std::vector<json> all() {
    std::vector<json> out;
    const auto texts = driver_.seen(id).texts();
    for (; read_ < texts.size(); ++read_) out.push_back(json::parse(texts[read_]));
    return out;
  }
  /// The one frame that has come.
  json only() {
    const auto came = all();
    REQUIRE(came.size() == 1);
    return came.front();
  }
  int closed() {
    const auto* close = driver_.seen(id).last<core::WebClose>();
    return close == nullptr ? 0 : close->code;
  }
  static int error(const json& answer) {
    if (!answer.is_object() || answer["control"]["type"] != "error") return 0;
    return answer["header"]["error_code"].get<int>();
  }

  core::WebId id;
  std::string session;
  int sequence = 0;

 private:
  Driver& driver_;
  std::string user_;
  std::size_t read_ = 0;
};

/// With a session.
struct Connected : Client {
  Connected(Driver& driver, const std::string& user) : Client(driver, user) {
    REQUIRE(connect()["control"]["type"] == "response");
  }
};

}  // namespace gateway_test
