#pragma once
// Agents and scripted cores in virtual time: every message between them goes through encode and decode, every
// timer fires in order, their MSRP connections are wires, and a test may lose messages, cut a wire or take a
// core away.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "chat/agent.hpp"
#include "chat/wires.hpp"
#include "sip/codec.hpp"
#include "sip/dialog.hpp"
#include "support/catch.hpp"

namespace rcs::chat::test {

using core::Duration;
using core::Instant;
using namespace std::chrono_literals;
using sip::Hop;
using sip::Message;

inline constexpr Duration kLatency = 10ms;

inline std::string key_of_hop(const Hop& hop) { return hop.host + ":" + std::to_string(hop.port); }

/// An agent with what it has told and the timers it runs.
struct AgentBox {
  AgentBox(AgentConfig config, std::uint64_t seed)
      : address{sip::Transport::udp, config.host, config.port, {}},
        random(seed),
        agent(std::move(config), random) {}
  Hop address;
  core::Random random;
  Agent agent;
  std::vector<Event> events;
  std::map<node::TimerKey, std::uint64_t> timers;  ///< key -> generation

  /// All events of one kind, in order.
  template <class E>
  std::vector<E> all() const {
    std::vector<E> found;
    for (const auto& event : events) {
      if (const auto* e = std::get_if<E>(&event)) found.push_back(*e);
    }
    return found;
  }
  template <class E>
  std::size_t count() const {
    return all<E>().size();
  }
  template <class E>
  E only() const {
    REQUIRE(count<E>() == 1);
    return all<E>().front();
  }
};

class Lab {
 public:
  explicit Lab(std::uint64_t seed_in = 0)
      : seed(seed_in),
        wires([this](Duration after, std::function<void()> act) { at(now + after, std::move(act)); },
              kLatency) {}
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  struct Sent {
    Instant at;
    Hop from;
    Hop to;
    Message message;
    std::string octets;
  };

  AgentBox& add(AgentConfig config) {
    boxes_.push_back(std::make_unique<AgentBox>(config, 1000 + seed + boxes_.size()));
    auto& box = *boxes_.back();
    receivers_[key_of_hop(box.address)] = [this, &box](const Hop& from, Message message) {
      AgentOutbox out;
      box.agent.on_message(now, from, std::move(message), out);
      carry_out(box, out);
    };
    if (config.msrp) wires.listen(config.msrp->host, config.msrp->port, hearing(box));
    return box;
  }
  void listen(const Hop& address, std::function<void(const Hop&, Message)> receiver) {
    receivers_[key_of_hop(address)] = std::move(receiver);
  }

  void command(AgentBox& box, Command command) {
    AgentOutbox out;
    box.agent.execute(now, std::move(command), out);
    carry_out(box, out);
  }

  void send(const Hop& from, const Hop& to, const Message& message, AgentBox* sender = nullptr) {
    if (refusing.contains(key_of_hop(to))) {
      if (sender == nullptr) return;
      return at(now + kLatency, [this, sender, to] {
        AgentOutbox out;
        sender->agent.on_unreachable(now, to, "connection refused", out);
        carry_out(*sender, out);
      });
    }
    std::string octets = sip::encode(message);
    wire.push_back({now, from, to, message, octets});
    if (lose && lose(wire.back())) return;
    if (dead.contains(key_of_hop(to))) return;
    Hop source = from;
    source.transport = to.transport;
    at(now + kLatency, [this, source, to, octets = std::move(octets)] {
      auto decoded = sip::decode(octets);
      INFO(octets);
      REQUIRE(decoded);
      const auto receiver = receivers_.find(key_of_hop(to));
      if (receiver != receivers_.end() && !dead.contains(key_of_hop(to)))
        receiver->second(source, std::move(*decoded));
    });
  }

  void at(Instant when, std::function<void()> act) {
    queue_.emplace(std::pair(when, ++sequence_), std::move(act));
  }

  void run_for(Duration duration) {
    const Instant end = now + duration;
    while (!queue_.empty() && queue_.begin()->first.first <= end) {
      auto first = queue_.extract(queue_.begin());
      now = first.key().first;
      first.mapped()();
    }
    now = end;
  }

  /// Requests or responses on the wire so far whose summary starts so ("INVITE", "200 OK (INVITE)").
  std::vector<Sent> sent(std::string_view start, const AgentBox* by = nullptr) const {
    std::vector<Sent> found;
    for (const auto& s : wire) {
      if (by != nullptr && key_of_hop(s.from) != key_of_hop(by->address)) continue;
      const std::string line = s.message.is_request()
                                   ? s.message.method
                                   : std::to_string(s.message.status) + " " + s.message.cseq.method;
      if (line == start) found.push_back(s);
    }
    return found;
  }

  Instant now{};
  std::uint64_t seed = 0;
  std::vector<Sent> wire;
  std::function<bool(const Sent&)> lose;  ///< true: this one gets lost
  std::set<std::string> dead;             ///< takes nothing, says nothing
  std::set<std::string> refusing;         ///< nothing listens there: the sender is told
  Wires wires;

 private:
  Wires::Hear hearing(AgentBox& box) {
    return [this, &box](node::ConnectionId connection, const node::StreamNews& news) {
      AgentOutbox out;
      box.agent.on_stream(now, connection, news, out);
      carry_out(box, out);
    };
  }
  void carry_out(AgentBox& box, AgentOutbox& out) {
    for (auto& effect : out.take()) {
      if (auto* send_effect = std::get_if<AgentOutbox::Send>(&effect)) {
        send(box.address, send_effect->to, send_effect->message, &box);
      } else if (auto* arm = std::get_if<AgentOutbox::Arm>(&effect)) {
        const auto generation = ++sequence_;
        box.timers[arm->key] = generation;
        at(now + arm->after, [this, &box, key = arm->key, generation] {
          const auto found = box.timers.find(key);
          if (found == box.timers.end() || found->second != generation) return;
          box.timers.erase(found);
          AgentOutbox more;
          box.agent.on_timer(now, key, more);
          carry_out(box, more);
        });
      } else if (auto* cancel = std::get_if<AgentOutbox::Cancel>(&effect)) {
        box.timers.erase(cancel->key);
      } else if (auto* stream = std::get_if<node::StreamEffect>(&std::get<AgentOutbox::Emit>(effect).event)) {
        wires.act(box.address.host, hearing(box), stream->connection, std::move(stream->action));
      } else {
        box.events.push_back(std::move(std::get<AgentOutbox::Emit>(effect).event));
      }
    }
  }

  std::vector<std::unique_ptr<AgentBox>> boxes_;
  std::map<std::string, std::function<void(const Hop&, Message)>> receivers_;
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> queue_;
  std::uint64_t sequence_ = 0;
};

inline constexpr const char* kAgentHost = "192.0.2.10";
inline constexpr const char* kOtherHost = "192.0.2.20";
inline constexpr const char* kCoreHost = "192.0.2.1";

inline AgentConfig agent_config(const char* host = kAgentHost, const char* core_host = kCoreHost) {
  AgentConfig config;
  config.host = host;
  config.port = 5070;
  config.core = {sip::Transport::udp, core_host, 5060, {}};
  config.wall.unix_ms_at_zero = 1'325'412'610'000;  // 2012-01-01T10:10:10Z
  return config;
}

/// Two agents that are each other's core.
struct Pair {
  Lab lab;
  AgentBox& alice;
  AgentBox& bob;

  explicit Pair(std::uint64_t seed = 0, std::function<void(AgentConfig&)> edit = {})
      : lab(seed),
        alice(lab.add(config(kAgentHost, kOtherHost, edit))),
        bob(lab.add(config(kOtherHost, kAgentHost, edit))) {}

  static AgentConfig config(const char* host, const char* peer,
                            const std::function<void(AgentConfig&)>& edit) {
    auto c = agent_config(host, peer);
    c.core.port = 5070;
    c.expect_registered = false;
    c.accept_unknown_users = true;
    if (edit) edit(c);
    return c;
  }
  void call(std::uint64_t n = 1, std::string text = "hello") {
    StartChat start{outgoing_chat(n), "sip:alice@domain.com", "sip:bob@domain.com", "greetings",
                    body::ChatText{}};
    start.text->message_id = "m" + std::to_string(n);
    start.text->text = std::move(text);
    lab.command(alice, start);
  }
  ChatId invited() const { return bob.all<ChatInvited>().back().chat; }
  /// A chat of alice with bob, both connected.
  ChatId talk() {
    call();
    lab.run_for(100ms);
    lab.command(bob, AcceptChat{invited()});
    lab.run_for(100ms);
    REQUIRE(alice.count<ChatConnected>() == 1);
    REQUIRE(bob.count<ChatConnected>() == 1);
    return invited();
  }
};

/// A core that a test plays: it grants registrations, keeps what it is sent, and says what the test makes it
/// say.
struct Core {
  explicit Core(Lab& lab_in) : lab(lab_in) {
    lab.listen(address, [this](const Hop& from, Message message) { receive(from, std::move(message)); });
  }
  void receive(const Hop&, Message message) {
    got.push_back(message);
    if (message.method == "REGISTER" && on_register) return on_register(message);
    if (message.method == "REGISTER") return grant(message);
    if (on_other) on_other(message);
  }
  void grant(const Message& request, std::uint32_t expires = 3600, std::function<void(Message&)> edit = {}) {
    reply(request, 200, [&](Message& m) {
      const auto asked = request.expires().value_or(0);
      if (asked != 0) {
        m.contacts = request.contacts;
        sip::set_param(m.contacts.front().params, "expires", std::to_string(std::min(asked, expires)));
      }
      if (edit) edit(m);
    });
  }
  void reply(const Message& request, int status, std::function<void(Message&)> edit = {},
             std::string tag = "core-tag") {
    auto response = sip::make_response(request, status, status == 100 ? "" : tag);
    if (edit) edit(response);
    lab.send(address, sip::response_hop(response), response);
  }
  /// A 2xx (or 18x) as a peer gives it: Contact, an SDP answer, and the tag.
  void answer(const Message& invite, std::string tag = "peer-tag", std::function<void(Message&)> edit = {},
              int status = 200) {
    reply(
        invite, status,
        [&](Message& m) {
          m.contacts.push_back(contact("peer"));
          if (status >= 200) {
            m.add_header("Content-Type", "application/sdp");
            m.body = kSdp;
          }
          if (edit) edit(m);
        },
        std::move(tag));
  }
  /// A request from the core's side, with a Via of its own.
  void send(Message request, const char* branch = nullptr) {
    sip::Via via;
    via.host = address.host;
    via.port = address.port;
    via.params.push_back(
        {"branch", branch ? std::string(branch) : "z9hG4bKcore" + std::to_string(++branches)});
    request.vias.insert(request.vias.begin(), via);
    lab.send(address, {sip::Transport::udp, kAgentHost, 5070, {}}, request);
  }
  Message invite(const std::string& to = "sip:bob@domain.com", const std::string& user = "bob") const {
    Message m;
    m.method = "INVITE";
    m.request_uri = sip::make_sip_uri(user, kAgentHost, 5070);
    m.from.uri = *sip::parse_uri("sip:alice@domain.com");
    sip::set_param(m.from.params, "tag", "alice-tag");
    m.to.uri = *sip::parse_uri(to);
    m.call_id = "call-1";
    m.cseq = {1, "INVITE"};
    m.max_forwards = 70;
    m.contacts.push_back(contact("alice"));
    m.add_header("Content-Type", "application/sdp");
    m.body = kSdp;
    return m;
  }
  static sip::NameAddr contact(const std::string& user) {
    sip::NameAddr c;
    c.uri = sip::make_sip_uri(user, kCoreHost, 5060);
    return c;
  }
  std::vector<Message> all(std::string_view method) const {
    std::vector<Message> found;
    for (const auto& m : got) {
      if (m.method == method) found.push_back(m);
    }
    return found;
  }
  std::vector<Message> responses(std::string_view method, int status = 0) const {
    std::vector<Message> found;
    for (const auto& m : got) {
      if (m.is_response() && m.cseq.method == method && (status == 0 || m.status == status))
        found.push_back(m);
    }
    return found;
  }
  Message last(std::string_view method) const {
    REQUIRE_FALSE(all(method).empty());
    return all(method).back();
  }

  static constexpr const char* kSdp =
      "v=0\r\no=- 7 7 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n"
      "a=path:msrp://192.0.2.1:2855/abc;tcp\r\na=accept-types:message/cpim\r\na=setup:actpass\r\n";

  Lab& lab;
  Hop address{sip::Transport::udp, kCoreHost, 5060, {}};
  std::vector<Message> got;
  std::function<void(const Message&)> on_register;
  std::function<void(const Message&)> on_other;
  int branches = 0;
};

/// One agent behind a core the test plays.
struct Behind {
  Lab lab;
  Core core{lab};
  AgentBox& agent;

  explicit Behind(std::function<void(AgentConfig&)> edit = {}) : agent(lab.add(config(edit))) {}
  static AgentConfig config(const std::function<void(AgentConfig&)>& edit) {
    auto c = agent_config();
    if (edit) edit(c);
    return c;
  }
  void register_user(const std::string& user = "sip:bob@domain.com") {
    lab.command(agent, Register{user});
    lab.run_for(100ms);
    REQUIRE(agent.agent.is_registered(user));
  }
  void start(std::uint64_t n = 1, const std::string& from = "sip:bob@domain.com",
             const std::string& to = "sip:carol@domain.com") {
    StartChat start_chat{outgoing_chat(n), from, to, "title", body::ChatText{}};
    start_chat.text->message_id = "ASedjkffjksjldf";
    start_chat.text->text = "text";
    lab.command(agent, start_chat);
    lab.run_for(50ms);
  }
};

}  // namespace rcs::chat::test
