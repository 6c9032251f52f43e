#include "harness/auto_receiver.hpp"

#include "harness/live_web_port.hpp"
#include "harness/web_tap.hpp"

namespace rcs::harness {

AutoReceiver::AutoReceiver(net::Loop& loop, const http::Url& gateway, const std::string& rcs_id,
                           trace::Recorder* recorder, bool echo)
    : random_(0, rcs_id, "receiver"), echo_(echo) {
  auto port = make_live_web_port(loop, gateway);
  if (recorder != nullptr)
    port =
        make_traced_web_port(std::move(port), *recorder, rcs_id, "gateway", [&loop] { return loop.now(); });
  ApiClientOptions options;
  options.rcs_id = rcs_id;
  options.token = "dev-" + rcs_id;
  options.device = "receiver";
  options.transport = EventTransport::sse;
  ApiClient::Handlers handlers;
  handlers.on_event = [this](const ApiEvent& event) {
    if (event.type == "message" && event.status == "message") return on_message(event);
    if (event.type != "chat") return;
    if (event.status == "message") return on_text(event);
    if (event.status != "initiate") return;
    client_->accept(event.instance, [this, event](core::Result<core::WebReply> reply) {
      if (!reply || reply->status != 200) return;
      ++accepted_;
      on_text(event);
    });
  };
  client_ = std::make_unique<ApiClient>(std::move(port), std::move(options), random_, std::move(handlers));
  client_->open_events(true, [this](core::Result<void> ready) { ready_ = ready.has_value(); });
}

void AutoReceiver::on_text(const ApiEvent& event) {
  if (json_member(event.json, "data.direction").value_or("in") != "in") return;
  const auto seen = [](core::Result<core::WebReply>) {};
  if (const auto id = json_member(event.json, "data.message_id"))
    client_->tell_status(event.instance, *id, "displayed", seen);
  const auto text = json_member(event.json, "data.message");
  if (echo_ && text) client_->send_text(event.instance, *text, random_.token(20), {}, seen);
}

void AutoReceiver::on_message(const ApiEvent& event) {
  if (json_member(event.json, "data.direction").value_or("in") != "in") return;
  const auto seen = [](core::Result<core::WebReply>) {};
  const auto sender = json_member(event.json, "data.sender").value_or("");
  if (const auto id = json_member(event.json, "data.message_id"))
    client_->tell_message_status(sender, *id, "displayed", seen);
  const auto text = json_member(event.json, "data.message");
  if (echo_ && text) client_->send_message({{sender}, *text, random_.token(20), {}, {}}, seen);
}

}  // namespace rcs::harness
