#pragma once
// What rcs-options was asked to do.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chat/command.hpp"
#include "cli/login_options.hpp"
#include "cli/tls_options.hpp"
#include "cli/tool.hpp"

namespace rcs::options {

/// Questions on their way at once: a core that is asked about a whole address book keeps room for others.
inline constexpr std::size_t kParallel = 50;
inline constexpr std::size_t kMaxParallel = 1000;

struct Options {
  cli::CommonOptions common;
  std::string gateway = "http://127.0.0.1:8080";
  std::string core;   ///< SIP URI; set: straight over SIP
  cli::TlsFiles tls;  ///< with `core`
  cli::Login login;   ///< likewise
  bool sim = false;
  std::vector<std::string> online;  ///< with `sim`: ID or ID=SERVICE,...
  std::string from;
  std::string token;  ///< empty: dev-<from>
  std::string domain = "domain.com";
  std::string local = "127.0.0.1:0";
  std::vector<std::string> contacts;  ///< "-": standard input
  bool fresh = false;
  chat::Discovery by = chat::Discovery::options;
  std::size_t parallel = kParallel;
  std::optional<std::chrono::seconds> watch;  ///< between two rounds
  std::uint64_t seed = 0;

  std::string token_or_development() const { return token.empty() ? "dev-" + from : token; }
};

}  // namespace rcs::options
