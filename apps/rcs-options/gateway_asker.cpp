// The asker through the open API: GET /1.0/RCS/{id}/Capability/{contact}.

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "harness/api_client.hpp"
#include "harness/event_stream.hpp"
#include "harness/live_web_port.hpp"
#include "harness/web_tap.hpp"
#include "rcs-options/asker.hpp"

namespace rcs::options {
namespace {

using nlohmann::json;

Said said_of(const json& data, const char* name) {
  const auto found = data.find(name);
  if (found == data.end()) return Said::unknown;
  return *found == "yes" ? Said::yes : *found == "no" ? Said::no : Said::unknown;
}

std::vector<std::string> strings_of(const json& data, const char* name) {
  std::vector<std::string> out;
  const auto found = data.find(name);
  if (found == data.end() || !found->is_array()) return out;
  for (const auto& entry : *found) {
    if (entry.is_string()) out.push_back(entry.get<std::string>());
  }
  return out;
}

/// As where SIP is spoken directly: nobody there, or somebody who says no.
cli::Exit exit_of_status(int status) {
  return status == 408 || status == 503 || status == 504 ? cli::Exit::unreachable : cli::Exit::refused;
}

void read_error(const json& error, Answer& out) {
  const auto code = error.find("code");
  const auto reason = error.find("reason");
  if (code != error.end() && code->is_number_integer()) out.status = code->get<int>();
  out.error = std::to_string(out.status);
  if (reason != error.end() && reason->is_string()) out.error += " " + reason->get<std::string>();
  out.exit = exit_of_status(out.status);
}

Answer answer_of(const core::WebReply& reply) {
  if (reply.status != 200) {
    const auto error = harness::problem_error(reply);
    const auto status = core::parse_u64(harness::json_member(reply.body, "sip_status").value_or(""));
    const auto exit = reply.status == 400 ? cli::Exit::usage : cli::exit_for(error);
    return failed(status ? static_cast<int>(*status) : 0, error.detail(), exit);
  }
  const auto body = json::parse(reply.body, nullptr, false);
  const auto data = body.is_object() ? body.find("data") : body.end();
  if (!body.is_object() || data == body.end() || !data->is_object())
    return failed(0, "the gateway's answer: expected an object with data", cli::Exit::refused);
  Answer out;
  out.rcs_user = said_of(*data, "rcs");
  out.registered = said_of(*data, "registered");
  out.services = strings_of(*data, "services");
  out.tags = strings_of(*data, "tags");
  out.raw_tags = strings_of(*data, "raw_tags");
  if (data->value("automata", json(false)) == true) out.tags.emplace_back("automata");
  if (data->value("focus", json(false)) == true) out.tags.emplace_back("isfocus");
  if (const auto age = data->find("age"); age != data->end() && age->is_number())
    out.age = age->get<double>();
  if (const auto error = data->find("error"); error != data->end() && error->is_object())
    read_error(*error, out);
  return out;
}

class GatewayAsker final : public Asker {
 public:
  GatewayAsker(net::Loop& loop, const Options& options, trace::Recorder* recorder, http::Url url)
      : loop_(loop), options_(options), recorder_(recorder), url_(std::move(url)) {}

  void ask(const std::string& contact, bool fresh, OnAnswer on_answer) override {
    core::WebRequest request;
    request.method = "GET";
    request.target = "/1.0/RCS/" + core::percent_encode(options_.from) + "/Capability/" +
                     core::percent_encode(contact) + query_of(fresh);
    request.headers.emplace_back("Authorization", "Bearer " + options_.token_or_development());
    request.headers.emplace_back("Accept", "application/json");
    auto* port = take_port();
    port->request(harness::Lane::command, std::move(request), options_.common.timeout(),
                  [this, port, on_answer = std::move(on_answer)](const core::Result<core::WebReply>& reply) {
                    idle_.push_back(port);
                    on_answer(reply ? answer_of(*reply)
                                    : failed(0, reply.error().detail(), cli::exit_for(reply.error())));
                  });
  }

 private:
  std::string query_of(bool fresh) const {
    const bool by_presence = options_.by == chat::Discovery::presence;
    if (!by_presence) return fresh ? "?fresh=1" : "";
    return std::string("?by=presence") + (fresh ? "&fresh=1" : "");
  }
  /// A connection carries one request at a time, so there are as many as questions on their way.
  harness::WebPort* take_port() {
    if (!idle_.empty()) {
      auto* port = idle_.back();
      idle_.pop_back();
      return port;
    }
    auto port = harness::make_live_web_port(loop_, url_);
    if (recorder_ != nullptr) {
      port = harness::make_traced_web_port(std::move(port), *recorder_, options_.from, "gateway",
                                           [&loop = loop_] { return loop.now(); });
    }
    return ports_.emplace_back(std::move(port)).get();
  }

  net::Loop& loop_;
  const Options& options_;
  trace::Recorder* recorder_;
  http::Url url_;
  std::vector<std::unique_ptr<harness::WebPort>> ports_;
  std::vector<harness::WebPort*> idle_;
};

}  // namespace

core::Result<std::unique_ptr<Asker>> make_gateway_asker(net::Loop& loop, const Options& options,
                                                        trace::Recorder* recorder) {
  RCS_TRY(auto url, http::parse_url(options.gateway));
  return std::unique_ptr<Asker>(std::make_unique<GatewayAsker>(loop, options, recorder, std::move(url)));
}

}  // namespace rcs::options
