#pragma once
// A server on a free port that keeps what happens to it, and answers as a test tells it to.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/server.hpp"

namespace rcs::test {

inline core::WebReply text_reply(std::string body, int status = 200) {
  core::WebReply reply;
  reply.status = status;
  reply.headers.emplace_back("Content-Type", "text/plain");
  reply.body = std::move(body);
  return reply;
}

struct WebStation {
  using Answer = std::function<void(core::WebId, const core::WebRequest&)>;

  explicit WebStation(net::Loop& loop, http::ServerLimits limits = {}) {
    http::Server::Handlers handlers;
    handlers.on_request = [this](core::WebId id, core::WebRequest request) {
      ids.push_back(id);
      requests.push_back(std::move(request));
      if (answer) answer(id, requests.back());
    };
    handlers.on_text = [this](core::WebId id, std::string text) {
      texts.push_back(text);
      if (on_text) on_text(id, std::move(text));
    };
    handlers.on_gone = [this](core::WebId id) { gone.push_back(id); };
    auto opened = http::Server::open(loop, net::Address{"127.0.0.1", 0}, limits, std::move(handlers));
    if (opened) server = std::move(*opened);
  }

  /// Echoes method, target and body of every request at once.
  void answer_all() {
    answer = [this](core::WebId id, const core::WebRequest& request) {
      server->act(id, text_reply(request.method + " " + request.target + " " + request.body));
    };
  }
  std::uint16_t port() const { return server->local().port; }

  Answer answer;
  std::function<void(core::WebId, std::string)> on_text;
  std::vector<core::WebId> ids;
  std::vector<core::WebRequest> requests;
  std::vector<std::string> texts;
  std::vector<core::WebId> gone;
  std::unique_ptr<http::Server> server;
};

inline std::string get(const std::string& target, const std::string& more = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + more + "\r\n";
}

}  // namespace rcs::test
