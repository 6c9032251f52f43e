#pragma once
// What every part of the gateway is handed in a turn, and one HTTP exchange as its answer needs it: who asked
// from where, in what form.

#include <string>

#include "core/time.hpp"
#include "core/web.hpp"
#include "gateway/config.hpp"
#include "gateway/gateway.hpp"
#include "gateway/problem.hpp"

namespace rcs::gateway {

struct Step {
  core::Instant now;
  core::UnixMs wall;
  GatewayOutbox& out;
};

/// Kinds of our timers (node::TimerKey::kind).
inline constexpr std::uint32_t kPostWaitTimer = 20;  ///< id: the chat
inline constexpr std::uint32_t kReaderTimer = 21;    ///< the next thing any event connection waits for
inline constexpr std::uint32_t kSweepTimer =
    22;  ///< what has outlived its time: events, tickets, answers, devices
inline constexpr std::uint32_t kJsonRtcSocketTimer = 23;   ///< id: a WebSocket without a session
inline constexpr std::uint32_t kJsonRtcSessionTimer = 24;  ///< id: the session

struct Exchange {
  WebId id;
  core::WebHeaders cors;
  bool head = false;          ///< HEAD: no body goes out
  bool plain_errors = false;  ///< problems as application/json (API-83)
};

/// Sends the one answer of an exchange: with the CORS headers of its origin and `Cache-Control: no-store`.
void answer(Step& step, const Exchange& exchange, core::WebReply reply);
void answer(Step& step, const Exchange& exchange, const Problem& problem, const Config& config);
core::WebReply json_reply(std::string body);
core::WebReply no_content();

/// The CORS headers for what a request's Origin names (API-100, API-102); empty without one or for one that
/// is not allowed.
core::WebHeaders cors_headers(const core::WebHeaders& request, const Config& config);
/// Does a WebSocket from this Origin pass (API-103)? Without an Origin it is no browser; the gateway's own
/// pages always pass.
bool origin_allowed(const core::WebHeaders& request, const Config& config);
/// The answer to OPTIONS (API-101): a preflight, or just what is allowed.
core::WebReply options_reply(const core::WebHeaders& request, const std::string& allow);

}  // namespace rcs::gateway
