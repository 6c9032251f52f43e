#pragma once
// Everything the gateway's meaning can be told: names, forms, limits, tokens. Read from a file by
// config_from_json.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace rcs::gateway {

using core::Duration;
using namespace std::chrono_literals;

/// How canonical numbers look in paths and events (API-123) and how plain numbers are read (API-121, section
/// NUM).
enum class IdForm : std::uint8_t { local, e164 };
enum class UriForm : std::uint8_t { sip, tel };

struct StaticToken {
  std::string token;
  std::string rcs_id;               ///< "*": any
  std::vector<std::string> scopes;  ///< empty: all
  std::string client;               ///< names the device when a request does not (API-66)
};

struct Limits {
  std::size_t json_body = 64 * 1024;
  std::size_t subject = 1024;
  std::size_t message_id = 128;
  std::size_t recipients = 100;
  std::uint32_t messages_per_second = 30;  ///< per token; 0: no bound
  std::size_t event_connections = 10;      ///< per user
  std::size_t total_event_connections = 100'000;
  std::size_t chats_per_user = 1000;
  std::size_t retained_events = 1000;  ///< per user
  Duration retention = 24h;
  Duration device_ttl = 24h;
};

struct JsonRtcTimes {
  Duration ack = 500ms;   ///< until a bare acknowledgement (WSC-21)
  Duration resume = 60s;  ///< that a session waits for its peer (WSC-27)
};

/// JSON signalling over WebSocket.
struct JsonRtcConfig {
  std::string application = "rcs";  ///< of the path /ws/{application}
  bool compat_subprotocol = false;  ///< the token of the vendor's clients is taken, too
  JsonRtcTimes times;
  /// What its packages are called there (WSC-41).
  struct Packages {
    std::string register_ = "register";
    std::string capability = "capability";
    std::string messaging = "messaging";
  } packages;
};

struct Config {
  std::string public_url = "http://127.0.0.1:8080";  ///< of instance URLs (API-48); no trailing slash
  std::string domain = "domain.com";
  bool development = true;  ///< accepts dev-<RCS ID>; a file that says nothing: unless it has tokens
  std::vector<StaticToken> tokens;
  std::vector<std::string> allowed_origins;  ///< "*" or exact origins
  std::string country_code;                  ///< "82"; empty: numbers are taken as they are
  std::string trunk_prefix = "0";
  std::vector<std::string> international_prefixes = {"00"};
  bool raw_ids = false;  ///< no normalisation at all (NUM-8)
  bool allow_foreign_domains = false;
  IdForm id_form = IdForm::local;
  UriForm uri_form = UriForm::sip;
  Limits limits;
  JsonRtcConfig jsonrtc;
  Duration post_wait = 10s;  ///< API-75; 0: no bound
  Duration poll_default = 30s;
  Duration poll_max = 60s;
  Duration heartbeat = 25s;
  Duration stream_life = 600s;  ///< then a clean end with advice to reconnect
  Duration idempotency = 24h;
  core::WallClock wall;
};

/// Reads the configuration file of rcsgw-serve over the defaults. Errors: malformed, names the member:
/// "tokens[0].rcs_id: expected ...".
core::Result<Config> config_from_json(std::string_view json);

}  // namespace rcs::gateway
