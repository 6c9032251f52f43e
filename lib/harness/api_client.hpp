#pragma once
// A client of the open API: opens the event channel over any transport and keeps it open, starts, accepts and
// ends chats, and writes in them and outside of them. The same code runs on sockets and in virtual time; it
// is what rcs-send and the `api` actors of scenarios are made of.

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/time.hpp"
#include "harness/event_stream.hpp"
#include "harness/web_port.hpp"

namespace rcs::harness {

struct ApiClientOptions {
  std::string rcs_id;
  std::string token;
  std::string device;  ///< empty: the gateway derives one from the token
  EventTransport transport = EventTransport::poll;
  core::Duration request_timeout = std::chrono::seconds(30);
  core::Duration poll_hold = std::chrono::seconds(30);
};

/// A message outside of chats, as POST /Message has it.
struct ApiMessage {
  std::vector<std::string> recipients;
  std::string text;
  std::string message_id;
  std::string content_type;              ///< "text" or a media type; empty: not told, which is text
  std::optional<std::uint32_t> expires;  ///< worthless after so many seconds; none: never
};

class ApiClient {
 public:
  struct Handlers {
    std::function<void(const ApiEvent&)> on_event;
    /// The event channel failed; it is tried again after a back-off unless `final`.
    std::function<void(const core::Error&, bool final)> on_trouble;
  };
  /// SAFETY: `random` outlives the client.
  ApiClient(std::unique_ptr<WebPort> port, ApiClientOptions options, core::Random& random, Handlers handlers);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  /// Opens the event channel. `pin_start`: first asks for the current cursor and starts there, so that
  /// whatever is sent after `on_ready` can not be missed; else the request is just made, as the published
  /// flow does, and `on_ready` follows at once.
  void open_events(bool pin_start, std::function<void(core::Result<void>)> on_ready);
  void close_events();

  /// The server's answer: any HTTP status is a value here; an Error means there was none.
  using OnReply = std::function<void(core::Result<core::WebReply>)>;
  void start_chat(const std::string& to, const std::string& text, const std::string& message_id,
                  OnReply on_reply);
  /// `instance` is the URL the event or the POST answer named.
  void accept(const std::string& instance, OnReply on_reply);
  void decline(const std::string& instance, int code, const std::string& reason, OnReply on_reply);
  void end(const std::string& instance, OnReply on_reply);
  /// `content_type`: "text" or a media type; empty: not told, which is text.
  void send_text(const std::string& instance, const std::string& text, const std::string& message_id,
                 const std::string& content_type, OnReply on_reply);
  void send_message(const ApiMessage& message, OnReply on_reply);
  /// As tell_status, of a message of `contact` outside of chats.
  void tell_message_status(const std::string& contact, const std::string& message_id,
                           const std::string& status, OnReply on_reply);
  /// Tells what became of a received message: "displayed" or "delivered".
  void tell_status(const std::string& instance, const std::string& message_id, const std::string& status,
                   OnReply on_reply);
  /// `refresh` 0 and an empty `content_type`: not told.
  void set_composing(const std::string& instance, bool active, std::uint32_t refresh,
                     const std::string& content_type, OnReply on_reply);
  /// The same outside of chats.
  void set_composing_to(const std::string& contact, bool active, std::uint32_t refresh,
                        const std::string& content_type, OnReply on_reply);
  /// What a contact can do; `fresh`: the network is asked in any case; `by_presence`: its presence server.
  void get_capability(const std::string& contact, bool fresh, bool by_presence, OnReply on_reply);
  /// What the user can do from now on: ids of services.
  void offer_services(const std::vector<std::string>& services, OnReply on_reply);

  const ApiClientOptions& options() const { return options_; }

 private:
  core::WebRequest make_request(std::string_view method, std::string target, std::string body) const;
  std::string own_path() const;
  /// A request in a chat, or under a path, with these members of `data`, and the token beside them.
  void ask_in_chat(std::string_view method, const std::string& instance, const std::string& under,
                   const nlohmann::ordered_json& data, OnReply on_reply);
  std::string event_target(const std::string& since) const;
  void next_poll();
  void open_channel();
  void channel_data(std::string_view octets);
  void deliver(std::string_view json);
  void trouble(const core::Error& error, bool final);

  std::unique_ptr<WebPort> port_;
  ApiClientOptions options_;
  core::Random& random_;
  Handlers handlers_;
  std::string cursor_;
  bool open_ = false;
  unsigned failures_ = 0;
  std::uint64_t generation_ = 0;  ///< of the event channel: what an earlier one still delivers is dropped
  std::unique_ptr<EventStream> stream_;
  std::unique_ptr<WebChannel> channel_;
};

/// The error in an API answer for a person: "409 declined: ..." from its problem document.
core::Error problem_error(const core::WebReply& reply);

}  // namespace rcs::harness
