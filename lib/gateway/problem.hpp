#pragma once
// Failures as the API tells them (rules API-80 to API-83): problem documents, and what a SIP result becomes
// in HTTP.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/web.hpp"
#include "gateway/config.hpp"

namespace rcs::gateway {

struct Problem {
  int status = 400;
  std::string code;    ///< stable word of the API: "bad-id"
  std::string detail;  ///< words for a person; never holds a token
  core::WebHeaders headers;
  std::optional<int> sip_status;
  std::string sip_reason;
  std::vector<std::string> errors;  ///< one line a fault, where there are several
  /// Further members: "versions", "next", "device", "chat_instance"; values are JSON texts.
  std::vector<std::pair<std::string, std::string>> more;
};

Problem problem(int status, std::string code, std::string detail);
inline Problem bad_request(std::string detail) { return problem(400, "bad-request", std::move(detail)); }
inline Problem not_found(std::string detail) { return problem(404, "not-found", std::move(detail)); }
inline Problem bad_device() {
  return problem(400, "bad-parameter", "device: expected 1 to 64 of A-Z a-z 0-9 . _ -");
}
/// 401 with its challenge; `error` is empty where no token came at all (API-92).
Problem unauthorized(std::string_view error, std::string detail);

/// What a chat that got no 2xx means to who asked for it (the table of B.5).
Problem problem_of_sip(int status, std::string_view reason, std::optional<std::uint32_t> retry_after_s);

/// `plain`: the client takes application/json alone (API-83).
core::WebReply to_reply(const Problem& problem, const Config& config, bool plain);

}  // namespace rcs::gateway
