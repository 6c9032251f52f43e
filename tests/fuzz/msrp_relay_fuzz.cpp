// The MSRP relay between two clients and a stranger, all of whom may say anything. The octet 1 gives the word
// to the next of them; `A@` and `B@` stand for the URIs that the clients have got. What holds whatever they
// say: all that the relay writes is MSRP without a defect that it has made, to nobody who was hung up;
// nothing is dialled for a stranger; what it holds stays in its limits; and with the end of all connections
// nothing of them is left.
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../msrp/events.hpp"
#include "core/digest_client.hpp"
#include "msrp/encoder.hpp"
#include "msrp/relay.hpp"

namespace {

using namespace rcs;
using namespace rcs::msrp;

constexpr std::size_t kPeers = 3;  // alice, bob and a stranger
const std::string kRelay = "msrps://relay.example:2855;tcp";

RelayConfig config() {
  RelayConfig out;
  out.uri = parse_uri(kRelay).value();
  out.digest.realm = "relay.example";
  out.digest.secret = "secret";
  out.password_of = [](const std::string&) { return std::optional<std::string>("pw"); };
  out.max_uris_each = 4;
  out.write_ahead = 4096;
  return out;
}

class Stage {
 public:
  Stage() : relay_(config(), random_) {
    for (std::size_t i = 0; i < kPeers; ++i) {
      node::Accepted accepted;
      accepted.kind = node::StreamKind::tls;
      tell(id_of(i), accepted);
    }
    for (std::size_t i = 0; i < 2; ++i) log_in(i);
  }

  void say(std::size_t peer, std::string_view octets) {
    speaker_ = peer;
    if (!octets.empty()) tell(id_of(peer), node::Octets{octets});
    // Who is dialled is there, and silent.
    for (const auto id : std::exchange(dialled_, {})) tell(id, node::Opened{});
  }
  const std::string& path(std::size_t peer) const { return paths_[peer]; }

  void end() {
    now_ += std::chrono::seconds(31);
    for (const auto& key : std::exchange(timers_, {})) {
      relay_.on_timer(now_, key, out_);
      carry_out();
    }
    for (auto& [id, wire] : wires_) {
      if (wire.open) tell(id, node::Closed{});
      wire.open = false;
    }
    RCS_ASSERT(relay_.connections() == 0 && relay_.uris() == 0 && relay_.held() == 0);
  }

 private:
  struct Wire {
    bool open = true;
    Decoder decoder;
    Transcript heard;
  };
  static node::ConnectionId id_of(std::size_t peer) { return node::accepted_connection(peer + 1); }

  void tell(node::ConnectionId id, const node::StreamNews& news) {
    if (std::holds_alternative<node::Accepted>(news)) wires_[id];
    if (!wires_[id].open) return;
    relay_.on_stream(now_, id, news, out_);
    carry_out();
  }
  void carry_out() {
    for (auto& effect : out_.take()) {
      if (auto* arm = std::get_if<RelayOutbox::Arm>(&effect)) timers_.push_back(arm->key);
      auto* send = std::get_if<RelayOutbox::Send>(&effect);
      if (send == nullptr) continue;
      if (std::holds_alternative<node::Dial>(send->message)) {
        RCS_ASSERT(speaker_ < 2);
        dialled_.push_back(send->to);
      }
      auto& wire = wires_[send->to];
      RCS_ASSERT(wire.open);
      if (std::holds_alternative<node::HangUp>(send->message)) wire.open = false;
      if (const auto* write = std::get_if<node::Write>(&send->message)) hear(wire, write->octets);
    }
    std::size_t held = 0;
    for (const auto& [id, wire] : wires_) held += wire.open ? 1 : 0;
    RCS_ASSERT(relay_.held() <= held * (config().max_backlog + (128 << 10)));
  }
  void hear(Wire& wire, const std::string& octets) {
    wire.decoder.feed(octets);
    drain(wire.decoder, wire.heard);
    RCS_ASSERT(wire.decoder.framed());
    for (const auto& seen : wire.heard.messages) RCS_ASSERT(seen.defect.empty());
    if (wire.heard.messages.size() > 1)
      wire.heard.messages.erase(wire.heard.messages.begin(), wire.heard.messages.end() - 1);
  }
  void log_in(std::size_t peer) {
    const auto own = "msrps://peer" + std::to_string(peer) + ".invalid:9/own" + std::to_string(peer) + ";tcp";
    core::DigestClient client({"somebody", "pw"}, random_);
    for (int i = 0; i < 2; ++i) {
      Head head;
      head.transaction_id = "auth" + std::to_string(i);
      head.method = "AUTH";
      head.to_path = kRelay;
      head.from_path = own;
      if (auto text = client.authorize({"AUTH", kRelay, {}})) head.others.push_back({"Authorization", *text});
      say(peer, encode(head, {}, Flag::last));
      for (const auto& field : wires_[id_of(peer)].heard.messages.back().head.others) {
        if (field.name == "WWW-Authenticate") RCS_ASSERT(client.challenged(field.value));
        if (field.name == "Use-Path") paths_[peer] = field.value;
      }
    }
    RCS_ASSERT(!paths_[peer].empty());
  }

  core::Random random_{1};
  core::Instant now_{};
  RelayOutbox out_;
  Relay relay_;
  std::map<node::ConnectionId, Wire> wires_;
  std::vector<node::ConnectionId> dialled_;
  std::vector<node::TimerKey> timers_;
  std::array<std::string, 2> paths_;
  std::size_t speaker_ = 0;
};

std::string with_paths(std::string_view text, const Stage& stage) {
  std::string out;
  for (; !text.empty(); text.remove_prefix(1)) {
    const auto two = text.substr(0, 2);
    if (two == "A@" || two == "B@") {
      out += stage.path(two[0] == 'A' ? 0 : 1);
      text.remove_prefix(1);
    } else {
      out += text.front();
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Stage stage;
  for (std::size_t peer = 0; !rest.empty(); peer = (peer + 1) % kPeers) {
    const auto piece = rest.substr(0, rest.find('\x01'));
    rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
    stage.say(peer, with_paths(piece, stage));
  }
  stage.end();
  return 0;
}
