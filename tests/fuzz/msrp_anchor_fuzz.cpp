// The anchor with two sessions whose answerer is one peer on one connection, two offerers and a stranger, all
// of whom may say anything. The octet 1 gives the word to the next of them, the octet 2 lets an hour pass in
// the timers that are armed; `A@`, `B@` stand for the URIs that the offerers know, `a@`, `b@` for those that
// the answerer knows. What holds whatever they say: all that the anchor writes is MSRP without a defect that
// it has made, to nobody who was hung up, and one chunk in each WebSocket message; what it holds stays in its
// limits; and with the end of all connections nothing of them is left.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../msrp/events.hpp"
#include "msrp/anchor.hpp"

namespace {

using namespace rcs;
using namespace rcs::msrp;

constexpr std::size_t kPeers = 4;  // two offerers, of which the second is a browser; the answerer; a stranger

AnchorConfig config() {
  AnchorConfig out;
  out.write_ahead = 4096;
  out.max_waiting = 1024;
  out.message_chunk = 300;
  return out;
}

body::Sdp sdp_of(const std::string& path, const char* setup) {
  body::Sdp sdp;
  sdp.connection = "peer.example";
  auto& line = sdp.media.emplace_back();
  line.media = "message";
  line.port = 9000;
  line.protocol = "TCP/MSRP";
  line.attributes = {{"accept-types", "*"}, {"path", path}, {"setup", setup}};
  return sdp;
}

const std::string& attribute(const body::Sdp& sdp, std::string_view name) {
  return *sdp.media.at(0).attribute(name);
}

class Stage {
 public:
  Stage() : anchor_(config(), random_) {
    for (std::size_t i = 0; i < 2; ++i) {
      ListeningAt in;
      in.port = 1;
      in.kind = i == 0 ? node::StreamKind::tcp : node::StreamKind::ws;
      ListeningAt out;
      out.port = 2;
      const auto own = std::string("msrp://peer.example:9000/p") + (i == 0 ? "1;tcp" : "2;ws");
      auto offered = anchor_.take_offer(now_, sdp_of(own, "active"), in, out, out_).value();
      uris_[2 + i] = attribute(offered.sdp, "path");
      const auto back = anchor_.take_answer(now_, offered.session,
                                            sdp_of("msrp://peer.example:9000/bob;tcp", "passive"), out_);
      uris_[i] = attribute(*back, "path");
      node::Accepted accepted;
      accepted.kind = in.kind;
      if (i == 1) accepted.resource = attribute(*back, "ws-resource-path");
      carry_out();
      tell(ids_[i], accepted);
    }
    tell(ids_[2], node::Opened{});
    tell(ids_[3], node::Accepted{});
  }

  void say(std::size_t peer, std::string_view octets) {
    if (!octets.empty()) tell(ids_[peer], node::Octets{octets});
  }
  void pass_time() {
    now_ += std::chrono::hours(1);
    for (const auto& key : std::exchange(timers_, {})) {
      anchor_.on_timer(now_, key, out_);
      carry_out();
    }
  }
  void drain_all() {
    for (const auto& [id, wire] : std::map<node::ConnectionId, Wire>(wires_)) tell(id, node::Drained{});
  }
  const std::string& uri(std::size_t i) const { return uris_[i]; }

  void end() {
    for (const auto id : ids_) tell(id, node::Closed{});
    RCS_ASSERT(anchor_.connections() == 0 && anchor_.sessions() == 0 && anchor_.held() == 0);
  }

 private:
  struct Wire {
    bool open = true;
    bool has_messages = false;
    Decoder decoder;
    Transcript heard;
  };

  void tell(node::ConnectionId id, const node::StreamNews& news) {
    auto& wire = wires_[id];
    if (const auto* accepted = std::get_if<node::Accepted>(&news))
      wire.has_messages = node::has_messages(accepted->kind);
    if (!wire.open) return;
    if (std::holds_alternative<node::Closed>(news)) wire.open = false;
    anchor_.on_stream(now_, id, news, out_);
    carry_out();
  }
  void carry_out() {
    for (auto& effect : out_.take()) {
      if (const auto* arm = std::get_if<AnchorOutbox::Arm>(&effect)) timers_.push_back(arm->key);
      auto* send = std::get_if<AnchorOutbox::Send>(&effect);
      if (send == nullptr) continue;
      auto& wire = wires_[send->to];
      RCS_ASSERT(wire.open);
      if (std::holds_alternative<node::HangUp>(send->message)) wire.open = false;
      if (const auto* write = std::get_if<node::Write>(&send->message)) hear(wire, write->octets);
    }
    // Lanes, and what a peer may have said in one call.
    RCS_ASSERT(anchor_.held() <= kPeers * (config().write_ahead + config().max_owed + (256 << 10)));
  }
  void hear(Wire& wire, const std::string& octets) {
    const auto before = wire.heard.messages.size();
    wire.decoder.feed(octets);
    drain(wire.decoder, wire.heard);
    RCS_ASSERT(wire.decoder.framed());
    RCS_ASSERT(!wire.has_messages ||
               (wire.decoder.between_messages() && wire.heard.messages.size() == before + 1));
    for (const auto& seen : wire.heard.messages) RCS_ASSERT(seen.defect.empty());
    auto& all = wire.heard.messages;
    if (all.size() > 1) all.erase(all.begin(), all.end() - 1);
    if (wire.has_messages) all.clear();
  }

  core::Random random_{1};
  core::Instant now_{};
  AnchorOutbox out_;
  Anchor anchor_;
  std::map<node::ConnectionId, Wire> wires_;
  std::vector<node::TimerKey> timers_;
  std::array<std::string, 4> uris_;
  const std::array<node::ConnectionId, kPeers> ids_{node::accepted_connection(1),
                                                    node::accepted_connection(2), node::dialled_connection(1),
                                                    node::accepted_connection(3)};
};

std::string with_uris(std::string_view text, const Stage& stage) {
  constexpr std::string_view kNames = "ABab";
  std::string out;
  for (; !text.empty(); text.remove_prefix(1)) {
    const auto which = text.size() > 1 && text[1] == '@' ? kNames.find(text[0]) : std::string_view::npos;
    if (which == std::string_view::npos) {
      out += text.front();
    } else {
      out += stage.uri(which);
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Stage stage;
  std::size_t peer = 0;
  while (!rest.empty()) {
    const auto at = rest.find_first_of("\x01\x02");
    stage.say(peer, with_uris(rest.substr(0, at), stage));
    if (at == std::string_view::npos) break;
    if (rest[at] == '\x01') {
      peer = (peer + 1) % kPeers;
    } else {
      stage.drain_all();
      stage.pass_time();
    }
    rest.remove_prefix(at + 1);
  }
  stage.end();
  return 0;
}
