#pragma once
// The MSRP side of a device: dials the server as SDP says, sends, takes, and remembers what it heard.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "device.hpp"
#include "ims/invitation.hpp"
#include "msrp/endpoint.hpp"
#include "msrp/offer.hpp"

namespace rcs::test {

class MsrpPeer;

/// Tells that the text of that id was delivered.
inline std::string notice_of(const std::string& id) {
  return "From: <sip:01087654321@domain.com>\r\nTo: <sip:01012345678@domain.com>\r\nNS: imdn "
         "<urn:ietf:params:imdn>\r\nimdn.Message-ID: n-" +
         id +
         "\r\n\r\nContent-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n"
         "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>" +
         id +
         "</message-id><datetime>2012-01-01T10:10:10Z</datetime>"
         "<delivery-notification><status><delivered/></status></delivery-notification></imdn>";
}

/// The connections between the server and its peers: a millisecond each way.
class MediaNet {
 public:
  explicit MediaNet(SipNet& net) : net_(net) {
    net.on_stream = [this](const node::StreamEffect& effect) { from_server(effect); };
  }
  void dial(MsrpPeer& peer, node::ConnectionId mine, const node::StreamTarget& to);
  void write(node::ConnectionId server_end, std::string octets);
  void hang_up(node::ConnectionId server_end);
  /// At once at both ends.
  void cut(node::ConnectionId server_end);
  SipNet& net() { return net_; }

 private:
  struct End {
    MsrpPeer* peer = nullptr;
    node::ConnectionId mine;
  };
  void tell_server(node::ConnectionId id, const node::StreamNews& news);
  void from_server(const node::StreamEffect& effect);

  SipNet& net_;
  std::uint64_t accepted_ = 0;
  std::map<node::ConnectionId, End> ends_;
};

class MsrpPeer {
 public:
  MsrpPeer(MediaNet& media, Device& device, std::uint64_t seed)
      : media_(media), device_(device), random_(seed), endpoint_({}, random_) {
    device_.on_invite = [this](const sip::Message& invite) {
      if (!takes_invitations) return;
      new_session();
      connect(invite);
    };
    new_session();
  }

  bool takes_invitations = true;  ///< dials when it is invited
  bool holds = false;             ///< answers nothing from then on
  int answers = 200;              ///< what comes
  std::vector<std::string> got;   ///< ids, in order
  std::vector<std::string> contents;
  std::vector<std::string> sent;    ///< ids that were accepted
  std::vector<std::string> failed;  ///< "id code"
  std::vector<int> lost;            ///< codes of lost sessions

  /// A session of its own, named in the device's SDP from now on.
  void new_session() {
    if (session_) act([&](auto now, auto& out) { endpoint_.close(now, session_, out); });
    local_ = msrp::make_local_end(at_, {{"message/cpim", "application/im-iscomposing+xml"}, {"*"}}, random_);
    local_.hold_answers = true;
    const auto opened = endpoint_.open(local_);
    REQUIRE(opened);
    session_ = *opened;
    device_.sdp = body::format_sdp(body::make_msrp_sdp(msrp::offer_media(local_, at_), 1, 1));
  }
  /// To where the SDP in this message says.
  void connect(const sip::Message& message) {
    const auto invitation = ims::read_invitation(message);
    REQUIRE(invitation);
    REQUIRE(invitation->offer);
    const auto media = body::msrp_media(*invitation->offer);
    REQUIRE(media);
    server_path = media->path;
    auto remote = msrp::read_answer(*media, local_, at_);
    REQUIRE(remote);
    remote->we_dial = true;
    act([&](auto now, auto& out) { endpoint_.start(now, session_, *remote, out); });
  }
  void send(const std::string& id, const std::string& type, const std::string& content) {
    act([&](auto now, auto& out) {
      msrp::Outgoing message;
      message.message_id = id;
      message.content_type = type;
      message.content = content;
      const auto result = endpoint_.send(now, session_, std::move(message), out);
      INFO((result ? std::string() : result.error().detail()));
      REQUIRE(result);
    });
  }
  void say(const std::string& id, const std::string& text) { send(id, "message/cpim", cpim_text(id, text)); }
  void cut() {
    for (const auto& [mine, theirs] : std::exchange(server_ends_, {})) media_.cut(theirs);
  }

  // Of the net.
  void opened(node::ConnectionId mine, node::ConnectionId server_end) { server_ends_[mine] = server_end; }
  void hear(node::ConnectionId mine, const node::StreamNews& news) {
    act([&](auto now, auto& out) { endpoint_.on_stream(now, mine, news, out); });
  }
  std::string server_path;

 private:
  template <class What>
  void act(What&& what) {
    msrp::EndpointOutbox out;
    what(media_.net().now(), out);
    while (!out.empty()) {
      for (auto& effect : out.take()) {
        if (auto* send = std::get_if<msrp::EndpointOutbox::Send>(&effect)) {
          carry_out(send->to, std::move(send->message));
        } else if (auto* emit = std::get_if<msrp::EndpointOutbox::Emit>(&effect)) {
          on_event(emit->event, out);
        }  // timers: nobody here waits that long
      }
    }
  }
  void carry_out(node::ConnectionId mine, node::StreamAction action) {
    if (const auto* dial = std::get_if<node::Dial>(&action)) return media_.dial(*this, mine, dial->to);
    const auto end = server_ends_.find(mine);
    if (end == server_ends_.end()) return;
    if (auto* write = std::get_if<node::Write>(&action)) {
      media_.write(end->second, std::move(write->octets));
    } else {
      media_.hang_up(end->second);
    }
  }
  void on_event(const msrp::EndpointEvent& event, msrp::EndpointOutbox& out) {
    if (const auto* arrived = std::get_if<msrp::MessageArrived>(&event)) {
      got.push_back(arrived->message.message_id);
      contents.push_back(arrived->message.content);
      if (!holds) endpoint_.answer(media_.net().now(), arrived->session, arrived->ticket, answers, out);
    } else if (const auto* fate = std::get_if<msrp::MessageFate>(&event)) {
      if (fate->kind == msrp::MessageFate::Kind::sent) sent.push_back(fate->message_id);
      if (fate->kind == msrp::MessageFate::Kind::failed)
        failed.push_back(fate->message_id + " " + std::to_string(fate->code));
    } else if (const auto* gone = std::get_if<msrp::SessionLost>(&event)) {
      lost.push_back(gone->code);
    }
  }

  MediaNet& media_;
  Device& device_;
  core::Random random_;
  msrp::Endpoint endpoint_;
  msrp::ListeningAt at_;  // nowhere: it dials
  msrp::LocalEnd local_;
  msrp::SessionId session_;
  std::map<node::ConnectionId, node::ConnectionId> server_ends_;
};

inline void MediaNet::dial(MsrpPeer& peer, node::ConnectionId mine, const node::StreamTarget& to) {
  CHECK(to.host == "10.0.0.4");
  CHECK(to.port == 2855);
  const auto id = node::accepted_connection(++accepted_);
  ends_[id] = {&peer, mine};
  peer.opened(mine, id);
  net_.at(1ms, [this, id] {
    if (ends_.contains(id)) tell_server(id, node::Accepted{node::StreamKind::tcp, 2855, {}, {}});
  });
  net_.at(2ms, [this, id, &peer, mine] {
    if (ends_.contains(id)) peer.hear(mine, node::Opened{});
  });
}

inline void MediaNet::tell_server(node::ConnectionId id, const node::StreamNews& news) {
  ims::NodeOutbox out;
  auto& node = *net_.core().node("t-imas");
  node.on_stream(net_.now(), id, news, out);
  net_.carry_out(node.name(), out);
}

inline void MediaNet::write(node::ConnectionId id, std::string octets) {
  net_.at(1ms, [this, id, octets = std::move(octets)] {
    if (!ends_.contains(id)) return;
    tell_server(id, node::Octets{octets});
    if (const auto end = ends_.find(id); end != ends_.end())
      end->second.peer->hear(end->second.mine, node::Drained{});
  });
}

inline void MediaNet::hang_up(node::ConnectionId id) {
  net_.at(1ms, [this, id] {
    if (ends_.erase(id) != 0) tell_server(id, node::Closed{});
  });
}

inline void MediaNet::cut(node::ConnectionId id) {
  const auto found = ends_.find(id);
  if (found == ends_.end()) return;
  const End end = found->second;
  ends_.erase(found);
  tell_server(id, node::Closed{"connection reset"});
  end.peer->hear(end.mine, node::Closed{"connection reset"});
}

inline void MediaNet::from_server(const node::StreamEffect& effect) {
  if (const auto* write = std::get_if<node::Write>(&effect.action)) {
    net_.at(1ms, [this, id = effect.connection, octets = write->octets] {
      const auto end = ends_.find(id);
      if (end == ends_.end()) return;
      end->second.peer->hear(end->second.mine, node::Octets{octets});
      if (ends_.contains(id)) tell_server(id, node::Drained{});
    });
  } else if (std::holds_alternative<node::HangUp>(effect.action)) {
    net_.at(1ms, [this, id = effect.connection] {
      const auto end = ends_.find(id);
      if (end == ends_.end()) return;
      const End gone = end->second;
      ends_.erase(end);
      gone.peer->hear(gone.mine, node::Closed{});
    });
  } else {
    FAIL("the server dials nobody here");
  }
}

/// Two users whose chats carry messages.
struct TwoChatters {
  explicit TwoChatters(ims::CoreConfig config = {}, bool receiver_registers = true)
      : two(with_msrp(std::move(config)), receiver_registers),
        media(two.net),
        sender(media, two.sender, 11),
        receiver(media, two.receiver, 12) {
    two.sender.on_invite = {};
  }
  static ims::CoreConfig with_msrp(ims::CoreConfig config) {
    msrp::ListeningAt at;
    at.host = "10.0.0.4";
    at.port = 2855;
    config.msrp = at;
    return config;
  }
  /// The sender's invitation, up to where its session is.
  void invite(const std::string& id) {
    two.sender.invite(two.receiver.uri(), id, "hello");
    two.net.run_for(50ms);
    REQUIRE(two.sender.status_of("INVITE") == 200);
    sender.connect(two.sender.responses.back());
    two.net.run_for(50ms);
  }
  SipNet& net() { return two.net; }

  TwoUsers two;
  MediaNet media;
  MsrpPeer sender;
  MsrpPeer receiver;
};

}  // namespace rcs::test
