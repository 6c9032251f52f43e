#pragma once
// What rcs-send was asked to do.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/login_options.hpp"
#include "cli/tls_options.hpp"
#include "cli/tool.hpp"
#include "net/address.hpp"

namespace rcs::send {

enum class Until { sent, accepted, delivered, displayed };
constexpr std::string_view kUntilWords[] = {"sent", "accepted", "delivered", "displayed"};
constexpr std::string_view word_of(Until until) { return kUntilWords[static_cast<int>(until)]; }

enum class Mode { chat, message };

struct Options {
  cli::CommonOptions common;
  std::string gateway = "http://127.0.0.1:8080";
  std::string core;   ///< SIP URI; set: straight over SIP
  cli::TlsFiles tls;  ///< with `core`
  cli::Login login;   ///< likewise
  bool sim = false;
  std::string from;
  std::vector<std::string> to;  ///< each once; in a chat one
  std::string token;            ///< empty: dev-<from>
  std::string domain = "domain.com";
  std::string local = "127.0.0.1:0";
  std::string events = "sse";  ///< transport of the event channel
  Mode mode = Mode::chat;
  std::optional<std::uint32_t> expires;  ///< seconds, with Mode::message
  Until until = Until::sent;
  std::string text;
  std::string message_id;  ///< empty: made
  bool receive = false;
  std::optional<int> decline;  ///< with --receive: this SIP status instead of accepting
  bool ignore = false;         ///< with --receive: print invitations and leave them alone
  unsigned count = 0;          ///< with --receive: end after so many chats; 0: go on
  unsigned texts = 0;          ///< with --receive: end after so many texts; 0: go on
  bool display = true;         ///< tell that received texts were displayed
  bool interactive = false;
  bool limited = true;  ///< --timeout applies (always when sending; when receiving only if given)
  std::uint64_t seed = 0;

  std::string peer() const { return to.empty() ? std::string() : to.front(); }
  std::string token_or_development() const { return token.empty() ? "dev-" + from : token; }
};

}  // namespace rcs::send
