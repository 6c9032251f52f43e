#pragma once
// A peer that a test plays, with an MSRP end of its own: what it takes, offers and writes is the test's
// choice.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "body/chat_body.hpp"
#include "chat/invite.hpp"
#include "chat/talk.hpp"
#include "msrp/endpoint.hpp"
#include "msrp/offer.hpp"

namespace rcs::chat::test {

struct Stranger : Behind {
  explicit Stranger(msrp::Types types = {{"message/cpim"}, {"*"}},
                    std::function<void(AgentConfig&)> edit = {})
      : Behind([edit](AgentConfig& config) {
          config.msrp = msrp::ListeningAt{};
          config.msrp->host = config.host;
          config.msrp->port = kMsrpPort;
          config.expect_registered = false;
          config.accept_unknown_users = true;
          if (edit) edit(config);
        }) {
    at.host = kCoreHost;
    at.port = kMsrpPort;
    local = msrp::make_local_end(at, std::move(types), random);
    lab.wires.listen(at.host, at.port, hear());
  }

  /// "type: content" of what has come, a message each; of CPIM what is inside, "cpim(type: content)".
  std::vector<std::string> got() const {
    std::vector<std::string> told;
    for (const auto& message : messages) {
      const auto cpim = body::parse_cpim(message.content);
      if (message.content_type == "message/cpim" && cpim) {
        const auto text = body::read_chat_cpim(*cpim);
        told.push_back("cpim(" + text.content_type + ": " + text.text + ")");
      } else {
        told.push_back(message.content_type + ": " + message.content);
      }
    }
    return told;
  }
  std::string offer_sdp() {
    if (!session) session = *endpoint.open(local);
    return body::format_sdp(body::make_msrp_sdp(msrp::offer_media(local, at), 7, 7));
  }
  /// Answers the last INVITE of the agent; it has been read.
  void answer_call() {
    const auto invite = core.last("INVITE");
    const auto answered = msrp::answer_offer(*std::get<Offered>(read_offer(invite)).media, local, at);
    REQUIRE(answered);
    if (!session) session = *endpoint.open(local);
    ask([&](msrp::EndpointOutbox& out) { endpoint.start(lab.now, session, answered->remote, out); });
    core.answer(invite, "t", [&](Message& m) {
      m.body = body::format_sdp(body::make_msrp_sdp(answered->media, 7, 7));
      ok = m;
    });
    lab.run_for(200ms);
    dialog = *sip::Dialog::from_request(invite, ok);
  }
  /// Calls bob with an offer, who accepts.
  void call() {
    auto invite = core.invite();
    invite.body = offer_sdp();
    core.send(invite);
    lab.run_for(50ms);
    lab.command(agent, AcceptChat{agent.all<ChatInvited>().back().chat});
    lab.run_for(50ms);
    take_answer(core.responses("INVITE", 200).back());
    dialog = *sip::Dialog::from_response(invite, core.responses("INVITE", 200).back());
    core.send(dialog.make_ack(1));
    lab.run_for(200ms);
  }
  void take_answer(const Message& message) {
    const auto media = read_media(message, body::Setup::passive);
    REQUIRE(media);
    const auto remote = msrp::read_answer(*media, local, at);
    REQUIRE(remote);
    ask([&](msrp::EndpointOutbox& out) { endpoint.start(lab.now, session, *remote, out); });
  }
  void write(std::string content_type, std::string content) {
    msrp::Outgoing message;
    message.content_type = std::move(content_type);
    message.content = std::move(content);
    ask([&](msrp::EndpointOutbox& out) {
      REQUIRE(endpoint.send(lab.now, session, std::move(message), out));
    });
    lab.run_for(200ms);
  }
  void write_text(const std::string& id, const std::string& words) {
    body::ChatText text;
    text.message_id = id;
    text.text = words;
    write("message/cpim", body::format_cpim(body::make_chat_cpim(text)));
  }
  void bye(int cause) {
    auto request = dialog.make_request("BYE");
    request.add_header("Reason", "SIP;cause=" + std::to_string(cause) + ";text=\"words\"");
    core.send(request);
    lab.run_for(100ms);
  }

  core::Random random{77};
  msrp::Endpoint endpoint{{}, random};
  msrp::ListeningAt at;
  msrp::LocalEnd local;
  msrp::SessionId session;
  std::vector<msrp::WholeMessage> messages;  ///< that were taken
  /// The status of the answer to a message; empty: 200. With local.hold_answers.
  std::function<int(const msrp::WholeMessage&)> verdict;
  sip::Dialog dialog;
  Message ok;

 private:
  template <class Act>
  void ask(Act&& act) {
    msrp::EndpointOutbox out;
    act(out);
    for (auto& effect : out.take()) {
      if (auto* send = std::get_if<msrp::EndpointOutbox::Send>(&effect)) {
        lab.wires.act(at.host, hear(), send->to, std::move(send->message));
      } else if (auto* emit = std::get_if<msrp::EndpointOutbox::Emit>(&effect)) {
        if (auto* arrived = std::get_if<msrp::MessageArrived>(&emit->event)) take(std::move(*arrived));
      }  // its timers are not waited for
    }
  }
  void take(msrp::MessageArrived arrived) {
    const int status = verdict ? verdict(arrived.message) : 200;
    if (status == 200) messages.push_back(std::move(arrived.message));
    if (arrived.ticket == 0) return;
    ask([&](msrp::EndpointOutbox& out) {
      endpoint.answer(lab.now, arrived.session, arrived.ticket, status, out);
    });
  }
  Wires::Hear hear() {
    return [this](node::ConnectionId connection, const node::StreamNews& news) {
      ask([&](msrp::EndpointOutbox& out) { endpoint.on_stream(lab.now, connection, news, out); });
    };
  }
};

}  // namespace rcs::chat::test
