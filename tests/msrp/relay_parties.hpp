#pragma once
// Who stands around a relay in its tests: the relay itself on a StreamNet, and peers that write and read MSRP
// as text.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/digest_client.hpp"
#include "msrp/encoder.hpp"
#include "msrp/events.hpp"
#include "msrp/relay.hpp"
#include "msrp/stream_net.hpp"
#include "support/catch.hpp"

namespace rcs::msrp {

inline std::string header(const Seen& seen, std::string_view name) {
  for (const auto& field : seen.head.others) {
    if (field.name == name) return field.value;
  }
  return {};
}

/// A request, whole. `lines` are all headers behind the paths, each with its line end.
inline std::string request(std::string_view id, std::string_view method, std::string_view to,
                           std::string_view from, std::string_view lines,
                           std::optional<std::string_view> body = {}, char flag = '$') {
  std::string out = "MSRP " + std::string(id) + " " + std::string(method) +
                    "\r\nTo-Path: " + std::string(to) + "\r\nFrom-Path: " + std::string(from) + "\r\n" +
                    std::string(lines);
  if (body) out.append("\r\n").append(*body).append("\r\n");
  return out.append("-------").append(id) + flag + "\r\n";
}
inline std::string send(std::string_view id, std::string_view to, std::string_view from,
                        std::string_view body, std::string_view more = {}) {
  return request(id, "SEND", to, from,
                 "Message-ID: m" + std::string(id) + "\r\n" + std::string(more) + "Byte-Range: 1-" +
                     std::to_string(body.size()) + "/" + std::to_string(body.size()) +
                     "\r\nContent-Type: text/plain\r\n",
                 body);
}

class RelayParty : public StreamNet::Party {
 public:
  RelayParty(StreamNet& net, const std::string& host, RelayConfig config, std::uint64_t seed = 1)
      : net_(&net), random_(seed), relay(with_name(std::move(config), host), random_) {
    net.listen(host, 2855, *this);
  }
  void hear(node::ConnectionId connection, const node::StreamNews& news) override {
    RelayOutbox out;
    relay.on_stream(net_->now(), connection, news, out);
    carry_out(out);
  }
  void ring(node::TimerKey key) override {
    RelayOutbox out;
    relay.on_timer(net_->now(), key, out);
    carry_out(out);
  }

  std::vector<RelayEvent> events;
  std::size_t most_held = 0;
  std::size_t calls = 0;

 private:
  static RelayConfig with_name(RelayConfig config, const std::string& host) {
    config.uri = parse_uri("msrps://" + host + ":2855;tcp").value();
    config.digest.realm = host;
    config.digest.secret = "secret of " + host;
    if (!config.password_of) {
      config.password_of = [](const std::string& name) -> std::optional<std::string> {
        if (name == "nobody") return std::nullopt;
        return "password of " + name;
      };
    }
    return config;
  }
  void carry_out(RelayOutbox& out) {
    for (const auto& effect : out.effects()) {
      if (const auto* emit = std::get_if<RelayOutbox::Emit>(&effect)) events.push_back(emit->event);
    }
    net_->carry_out(*this, out);
    ++calls;
    most_held = std::max(most_held, relay.held());
  }
  StreamNet* net_;
  core::Random random_;

 public:
  Relay relay;
};

class TextPeer : public StreamNet::Party {
 public:
  explicit TextPeer(StreamNet& net, std::string name = "") : net_(&net) {
    if (!name.empty()) net.listen(name, 9000, *this);
  }

  node::ConnectionId dial(const std::string& host, node::StreamKind kind = node::StreamKind::tls,
                          std::uint16_t port = 2855) {
    const auto id = node::dialled_connection(++dialled_);
    node::Dial dial;
    dial.to.kind = kind;
    dial.to.host = host;
    dial.to.port = port;
    net_->act(*this, id, dial);
    net_->run(std::chrono::milliseconds(10));
    REQUIRE(is_open(id));
    return id;
  }
  void say(node::ConnectionId id, std::string text) { net_->act(*this, id, node::Write{std::move(text)}); }
  /// What came in answer to it; all of it is in heard().
  std::vector<Seen> ask(node::ConnectionId id, std::string text) {
    const auto before = heard(id).size();
    say(id, std::move(text));
    net_->run(std::chrono::milliseconds(200));
    const auto& all = heard(id);
    return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
  }
  const std::vector<Seen>& heard(node::ConnectionId id) { return wires_[id].seen.messages; }
  bool is_open(node::ConnectionId id) { return wires_[id].open; }
  node::ConnectionId last_accepted() const { return accepted_; }
  std::size_t messages() const { return octets_.size(); }

  /// The answer to an AUTH with these credentials, challenged or not.
  Seen auth(node::ConnectionId id, const std::string& relay, const std::string& from,
            const std::string& name = "alice", const std::string& lines = {}) {
    core::DigestClient client({name, "password of " + name}, random_);
    const auto& challenge = one(ask(id, request("auth1", "AUTH", relay, from, lines)));
    if (challenge.head.status != 401) return challenge;
    REQUIRE(client.challenged(header(challenge, "WWW-Authenticate")));
    const auto uri = relay.substr(relay.rfind(' ') + 1);
    const auto authorization = *client.authorize({"AUTH", uri, {}});
    const auto done = one(
        ask(id, request("auth2", "AUTH", relay, from, lines + "Authorization: " + authorization + "\r\n")));
    if (done.head.status == 200) CHECK(client.confirmed(header(done, "Authentication-Info"), {"", uri, {}}));
    return done;
  }
  /// The Use-Path it got.
  std::string use_path(node::ConnectionId id, const std::string& relay, const std::string& from) {
    const auto done = auth(id, relay, from);
    REQUIRE(done.head.status == 200);
    return header(done, "Use-Path");
  }

  void hear(node::ConnectionId id, const node::StreamNews& news) override {
    auto& wire = wires_[id];
    if (std::holds_alternative<node::Accepted>(news)) accepted_ = id;
    if (std::holds_alternative<node::Closed>(news)) wire.open = false;
    if (std::holds_alternative<node::Accepted>(news) || std::holds_alternative<node::Opened>(news))
      wire.open = true;
    const auto* octets = std::get_if<node::Octets>(&news);
    if (octets == nullptr) return;
    octets_.emplace_back(octets->octets);
    if (!keeps_octets) octets_.clear();
    wire.decoder.feed(octets->octets);
    drain(wire.decoder, wire.seen);
    REQUIRE(wire.seen.error.empty());
    for (; wire.answered < wire.seen.messages.size(); ++wire.answered) {
      const auto& seen = wire.seen.messages[wire.answered];
      if (!seen.end) break;
      if (seen.head.method != "SEND" || !status) continue;
      if (seen.head.failure_report == FailureReport::no) continue;
      if (seen.head.failure_report == FailureReport::partial && *status == 200) continue;
      std::string answer;
      append_response(answer, seen.head, *status, "said so");
      say(id, answer);
    }
  }

  std::optional<int> status = 200;  ///< what a SEND is answered
  bool keeps_octets = true;

  static Seen one(const std::vector<Seen>& seen) {
    REQUIRE(seen.size() == 1);
    return seen.front();
  }

 private:
  struct Wire {
    Decoder decoder;
    Transcript seen;
    std::size_t answered = 0;
    bool open = false;
  };
  StreamNet* net_;
  std::map<node::ConnectionId, Wire> wires_;
  std::vector<std::string> octets_;  // as they came
  node::ConnectionId accepted_;
  std::uint64_t dialled_ = 0;
  core::Random random_{99};
};

}  // namespace rcs::msrp
