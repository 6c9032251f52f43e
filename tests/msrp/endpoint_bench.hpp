#pragma once
// Endpoints without a network: what one asks of its streams is written down, and a Line between two carries
// it, cut as the test likes.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "msrp/endpoint.hpp"
#include "msrp/events.hpp"

namespace rcs::msrp {

using node::ConnectionId;

inline LocalEnd local_end(const std::string& session_id, bool secure = false,
                          const std::string& tail = "tcp") {
  LocalEnd local;
  local.uri =
      *parse_uri(std::string(secure ? "msrps" : "msrp") + "://host.example:7000/" + session_id + ";" + tail);
  local.types.accepted = {"text/plain", "message/cpim"};
  local.types.wrapped = {"text/plain", "message/imdn+xml"};
  return local;
}

/// The peer that `local` is to somebody else.
inline RemoteEnd remote_end(const LocalEnd& local, bool we_dial) {
  RemoteEnd remote;
  remote.path = local.relays;
  remote.path.push_back(local.uri);
  remote.types = local.types;
  remote.max_size = local.limits.max_message;
  remote.we_dial = we_dial;
  return remote;
}

inline Outgoing text(std::string content, std::string type = "text/plain") {
  Outgoing out;
  out.content = std::move(content);
  out.content_type = std::move(type);
  return out;
}

/// One endpoint, its clock, and what it asked for.
class Bench {
 public:
  explicit Bench(EndpointConfig config = {}, std::uint64_t seed = 1)
      : random(seed), endpoint(config, random) {}

  SessionId open(LocalEnd local) {
    const auto id = endpoint.open(std::move(local));
    RCS_ASSERT(id);
    return *id;
  }
  void start(SessionId session, RemoteEnd remote) {
    endpoint.start(now, session, std::move(remote), out);
    take();
  }
  core::Result<std::string> send(SessionId session, Outgoing message) {
    auto id = endpoint.send(now, session, std::move(message), out);
    take();
    return id;
  }
  std::string sent(SessionId session, Outgoing message) {
    const auto id = send(session, std::move(message));
    RCS_ASSERT(id);
    return *id;
  }
  void answer(SessionId session, std::uint64_t ticket, int status) {
    endpoint.answer(now, session, ticket, status, out);
    take();
  }
  core::Result<void> use_nickname(SessionId session, const std::string& nickname) {
    auto asked = endpoint.use_nickname(now, session, nickname, out);
    take();
    return asked;
  }
  void close(SessionId session) {
    endpoint.close(now, session, out);
    take();
  }
  void hear(ConnectionId connection, const node::StreamNews& what) {
    endpoint.on_stream(now, connection, what, out);
    take();
  }
  ConnectionId accept(node::StreamKind kind = node::StreamKind::tcp, const std::string& certificate = {}) {
    const auto id = node::accepted_connection(++accepted);
    hear(id, node::Accepted{kind, 7000, "/", certificate});
    return id;
  }
  void feed(ConnectionId connection, std::string_view octets) { hear(connection, node::Octets{octets}); }

  /// Lets time pass, and fires what comes due, in order.
  void wait(core::Duration time) {
    const auto until = now + time;
    for (;;) {
      auto next = timers.end();
      for (auto at = timers.begin(); at != timers.end(); ++at) {
        if (at->second <= until && (next == timers.end() || at->second < next->second)) next = at;
      }
      if (next == timers.end()) break;
      now = std::max(now, next->second);
      const auto key = next->first;
      timers.erase(next);
      endpoint.on_timer(now, key, out);
      take();
    }
    now = until;
  }

  /// What was written to a connection and not yet looked at, as one piece.
  std::string written(ConnectionId connection) {
    std::string all;
    for (const auto& piece : std::exchange(writes[connection], {})) all += piece.octets;
    return all;
  }
  std::vector<Seen> seen(ConnectionId connection) { return decode_all(written(connection)).messages; }
  /// What was told and not yet looked at, with ", " between.
  std::string told() {
    std::string all;
    for (const auto& words : std::exchange(news, {})) all.append(all.empty() ? "" : ", ").append(words);
    return all;
  }

  core::Random random;
  Endpoint endpoint;
  core::Instant now{};
  std::map<ConnectionId, std::vector<node::Write>> writes;
  std::deque<std::pair<ConnectionId, node::StreamAction>> actions;  ///< that no line has carried
  std::map<ConnectionId, node::StreamTarget> dials;
  std::set<ConnectionId> hung_up;
  std::map<node::TimerKey, core::Instant> timers;
  std::vector<std::string> news;
  std::vector<MessageArrived> arrived;
  std::vector<std::uint64_t> tickets;               ///< of nicknames that were asked for
  std::vector<std::pair<std::string, char>> fates;  ///< Message-ID, and the first letter of its kind
  std::map<std::string, std::string> passed;        ///< content as it was passed on, by its Message-ID
  std::uint64_t accepted = 0;
  bool carried = false;  ///< by a Line

 private:
  void take() {
    for (auto& effect : out.take()) {
      if (auto* send = std::get_if<EndpointOutbox::Send>(&effect)) {
        note(send->to, send->message);
        if (carried) actions.emplace_back(send->to, std::move(send->message));
      } else if (const auto* arm = std::get_if<EndpointOutbox::Arm>(&effect)) {
        timers[arm->key] = now + arm->after;
      } else if (const auto* cancel = std::get_if<EndpointOutbox::Cancel>(&effect)) {
        RCS_ASSERT(timers.erase(cancel->key) == 1);
      } else {
        tell(std::get<EndpointOutbox::Emit>(effect).event);
      }
    }
  }
  void note(ConnectionId connection, const node::StreamAction& action) {
    RCS_ASSERT(!hung_up.contains(connection));
    if (const auto* write = std::get_if<node::Write>(&action)) {
      RCS_ASSERT(!write->octets.empty());
      if (!carried) writes[connection].push_back(*write);
    } else if (const auto* dial = std::get_if<node::Dial>(&action)) {
      dials[connection] = dial->to;
    } else {
      hung_up.insert(connection);
    }
  }
  void tell(const EndpointEvent& event) {
    const auto name = [](SessionId session) { return std::to_string(session.value); };
    if (const auto* ready = std::get_if<SessionReady>(&event)) {
      news.push_back("ready " + name(ready->session));
    } else if (const auto* lost = std::get_if<SessionLost>(&event)) {
      RCS_ASSERT(!lost->why.empty() || lost->code != 0);
      news.push_back("lost " + name(lost->session) + " " + std::to_string(lost->code));
    } else if (const auto* message = std::get_if<MessageArrived>(&event)) {
      arrived.push_back(*message);
      const auto& content = message->message.content;
      news.push_back("arrived " + name(message->session) + " " +
                     (content.size() > 40 ? std::to_string(content.size()) : content));
    } else if (const auto* content = std::get_if<ContentArrived>(&event)) {
      passed[content->message_id] += content->octets;
    } else if (const auto* gone = std::get_if<ContentVoid>(&event)) {
      news.push_back("void " + name(gone->session) + " " + gone->message_id);
    } else if (const auto* entered = std::get_if<SessionEntered>(&event)) {
      news.push_back("entered " + name(entered->session) + " by " + name(entered->door));
    } else if (const auto* asked = std::get_if<NicknameAsked>(&event)) {
      tickets.push_back(asked->ticket);
      news.push_back("asked " + name(asked->session) + " " + asked->nickname);
    } else if (const auto* named = std::get_if<NicknameAnswered>(&event)) {
      news.push_back("named " + name(named->session) + " " + named->nickname + " " +
                     std::to_string(named->code));
    } else {
      const auto& fate = std::get<MessageFate>(event);
      constexpr const char* kNames[] = {"sent", "delivered", "failed", "unconfirmed"};
      fates.emplace_back(fate.message_id, kNames[static_cast<int>(fate.kind)][0]);
      news.push_back(std::string(kNames[static_cast<int>(fate.kind)]) + " " + name(fate.session) +
                     (fate.kind == MessageFate::Kind::failed ? " " + std::to_string(fate.code) : ""));
    }
  }

  EndpointOutbox out;
};

/// Two endpoints, each of which reaches the other wherever it dials.
class Line {
 public:
  Line(Bench& a, Bench& b) : ends_{&a, &b} { a.carried = b.carried = true; }

  /// How many octets of what waits the other end gets at once; empty: all of it.
  std::function<std::size_t(std::size_t)> cut;
  bool refuses = false;                      ///< every dial
  bool answers = true;                       ///< dials; false: nothing comes of them
  std::size_t at_most = SIZE_MAX;            ///< octets that are carried before the line is silent
  std::string certificates[2] = {"a", "b"};  ///< that the ends show on TLS
  std::size_t writes = 0;

  /// Until nobody has anything to say.
  void carry() {
    for (bool busy = true; busy;) {
      busy = false;
      for (int side : {0, 1}) {
        while (!ends_[side]->actions.empty()) {
          auto [connection, action] = std::move(ends_[side]->actions.front());
          ends_[side]->actions.pop_front();
          act(side, connection, action);
          busy = true;
        }
      }
    }
  }
  /// Ends all connections, for both.
  void break_all() {
    for (auto& [from, to] : std::exchange(links_, {})) {
      ends_[from.first]->actions.clear();
      ends_[from.first]->hear(from.second, node::Closed{"the line is broken"});
    }
  }
  std::size_t links() const { return links_.size() / 2; }

 private:
  using Place = std::pair<int, ConnectionId>;

  void act(int side, ConnectionId connection, node::StreamAction& action) {
    const Place from{side, connection};
    if (const auto* dial = std::get_if<node::Dial>(&action)) return open(from, dial->to);
    const auto link = links_.find(from);
    if (link == links_.end()) return;
    const Place to = link->second;
    if (std::holds_alternative<node::HangUp>(action)) {
      links_.erase(to);
      links_.erase(from);
      return ends_[to.first]->hear(to.second, node::Closed{});
    }
    ++writes;
    deliver(to, std::get<node::Write>(action).octets);
    if (at_most > 0 && links_.contains(from)) ends_[side]->hear(connection, node::Drained());
  }

  void open(Place from, const node::StreamTarget& target) {
    auto& dialler = *ends_[from.first];
    if (!answers) return;
    if (refuses) return dialler.hear(from.second, node::Closed{"host.example: connection refused"});
    auto& other = *ends_[1 - from.first];
    const bool tls = node::is_secure(target.kind);
    kind_ = target.kind;
    const auto id = other.accept(target.kind, tls ? certificates[from.first] : "");
    links_[from] = {1 - from.first, id};
    links_[{1 - from.first, id}] = from;
    dialler.hear(from.second, node::Opened{tls ? certificates[1 - from.first] : ""});
  }

  void deliver(Place to, std::string_view octets) {
    const auto kept = octets.substr(0, at_most);
    at_most -= at_most == SIZE_MAX ? 0 : kept.size();
    for (auto rest = kept; !rest.empty() && links_.contains(to);) {
      const auto size = cut && !node::has_messages(kind_) ? cut(rest.size()) : rest.size();
      const std::string piece(rest.substr(0, size));  // a copy that dies
      ends_[to.first]->feed(to.second, piece);
      rest.remove_prefix(piece.size());
    }
  }

  Bench* ends_[2];
  std::map<Place, Place> links_;
  node::StreamKind kind_ = node::StreamKind::tcp;
};

/// Two benches on a line with one session, which the first dials.
struct Talk {
  explicit Talk(LocalEnd alice = local_end("alice"), LocalEnd bob = local_end("bob"),
                EndpointConfig config = {})
      : a(config, 1), b(config, 2), alice_end(std::move(alice)), bob_end(std::move(bob)) {
    alice_session = a.open(alice_end);
    bob_session = b.open(bob_end);
  }
  void start() {
    b.start(bob_session, remote_end(alice_end, false));
    a.start(alice_session, remote_end(bob_end, true));
    line.carry();
  }

  Bench a;
  Bench b;
  Line line{a, b};
  LocalEnd alice_end;
  LocalEnd bob_end;
  SessionId alice_session;
  SessionId bob_session;
};

}  // namespace rcs::msrp
