#pragma once
// A chat room on an endpoint without a network, and people with a connection each, who answer what they hear.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "msrp/chat_room.hpp"
#include "msrp/encoder.hpp"
#include "msrp/events.hpp"
#include "support/catch.hpp"

namespace rcs::msrp {

using node::ConnectionId;

inline const std::string kRoom = "sip:room@example.com";

inline std::string uri_of(const std::string& name) { return "sip:" + name + "@example.com"; }

/// CPIM from one to another, each a URI.
inline std::string cpim(const std::string& from, const std::string& to, const std::string& text) {
  return "From: <" + from + ">\r\nTo: <" + to + ">\r\nX-Own: 1\r\n\r\nContent-Type: text/plain\r\n\r\n" +
         text;
}

/// A room, and people with a connection each.
struct Hall {
  explicit Hall(ChatRoomConfig config = {}) : room(named(std::move(config))) {}
  static ChatRoomConfig named(ChatRoomConfig config) {
    config.uri = kRoom;
    return config;
  }

  struct Person {
    SessionId session;
    ConnectionId connection;
    std::string own;
    std::string peer;
    std::string written;               // by the room, and not yet looked at
    std::vector<std::string> heard;    // whole messages
    std::vector<std::string> answers;  // to its requests
    std::vector<std::string> unsaid;   // answers that it owes
    bool answers_sends = true;
    bool drains = true;
    bool is_gone = false;  // the room has hung up
  };

  Person& join(const std::string& name, Participant participant) {
    auto& person = people[name];
    person.peer = "msrp://room.example:7000/" + name + ";tcp";
    person.own = "msrp://" + name + ".example:9000/own" + name + ";tcp";
    LocalEnd local;
    local.uri = parse_uri(person.peer).value();
    local.limits.max_message = 100'000;
    make_room_end(local, room_config);
    person.session = endpoint.open(std::move(local)).value();
    REQUIRE(room.join(person.session, std::move(participant), out));
    RemoteEnd remote;
    remote.path = {parse_uri(person.own).value()};
    remote.types.accepted = {"message/cpim"};
    endpoint.start(now, person.session, std::move(remote), out);
    connect(person);
    return person;
  }
  Person& join(const std::string& name) { return join(name, {uri_of(name), true}); }

  void connect(Person& person) {
    person.connection = node::accepted_connection(++accepted);
    endpoint.on_stream(now, person.connection, node::Accepted{node::StreamKind::tcp, 7000, "/", {}}, out);
    settle();
    REQUIRE(says(person, request(person, "SEND")) == "200");
  }

  Head request(const Person& person, const std::string& method) {
    Head head;
    head.transaction_id = new_transaction_id(random);
    head.method = method;
    head.to_path = person.peer;
    head.from_path = person.own;
    if (method == "SEND") head.message_id = "id" + std::to_string(++ids);
    return head;
  }
  /// The status that it is answered with; with ", " between where there are several.
  std::string says(Person& person, const Head& head, const std::string& body = {}, Flag flag = Flag::last) {
    feed(person, encode(head, body, flag));
    std::string all;
    for (const auto& answer : std::exchange(person.answers, {}))
      all.append(all.empty() ? "" : ", ").append(answer);
    return all;
  }
  std::string says(Person& person, const std::string& content, const std::string& type = "message/cpim") {
    auto head = request(person, "SEND");
    head.content_type = type;
    head.has_body = true;
    return says(person, head, content);
  }
  std::string wants(Person& person, const std::string& value) {
    auto head = request(person, "NICKNAME");
    head.use_nickname = value;
    return says(person, head);
  }

  void feed(Person& person, const std::string& octets) {
    endpoint.on_stream(now, person.connection, node::Octets{octets}, out);
    settle();
  }
  void leave_at_once(Person& person) {
    endpoint.on_stream(now, person.connection, node::Closed{"gone"}, out);
    settle();
  }

  /// Of what it owes.
  void answer_first(Person& person) {
    const auto answer = person.unsaid.front();
    person.unsaid.erase(person.unsaid.begin());
    feed(person, answer);
  }
  void answer_all(Person& person) {
    while (!person.unsaid.empty()) answer_first(person);
  }

  std::vector<std::string> heard(Person& person) { return std::exchange(person.heard, {}); }

  /// Until nobody has anything to do.
  void settle() {
    do {
      take();
    } while (answer_sends());
  }
  void wait(core::Duration time) {
    const auto until = now + time;
    for (;;) {
      const auto next = std::min_element(timers.begin(), timers.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
      if (next == timers.end() || next->second > until) break;
      now = next->second;
      const auto key = next->first;
      timers.erase(next);
      endpoint.on_timer(now, key, out);
      room.on_timer(now, key, endpoint, out);
      settle();
    }
    now = until;
  }
  template <class Event>
  std::vector<Event> told() {
    std::vector<Event> found;
    for (auto& event : room.take_events()) {
      if (auto* it = std::get_if<Event>(&event)) found.push_back(std::move(*it));
    }
    return found;
  }

  core::Random random{1};
  ChatRoomConfig room_config;
  ChatRoom room;
  Endpoint endpoint{{}, random};
  EndpointOutbox out;
  core::Instant now{};
  std::map<node::TimerKey, core::Instant> timers;
  std::map<std::string, Person> people;
  std::uint64_t accepted = 0;
  std::uint64_t ids = 1000;

 private:
  void take() {
    while (!out.empty()) {
      for (auto& effect : out.take()) {
        if (const auto* send = std::get_if<EndpointOutbox::Send>(&effect)) {
          write(send->to, send->message);
        } else if (const auto* arm = std::get_if<EndpointOutbox::Arm>(&effect)) {
          timers[arm->key] = now + arm->after;
        } else if (const auto* cancel = std::get_if<EndpointOutbox::Cancel>(&effect)) {
          timers.erase(cancel->key);
        } else {
          room.on_event(now, std::get<EndpointOutbox::Emit>(effect).event, endpoint, out);
        }
      }
    }
  }
  void write(ConnectionId to, const node::StreamAction& action) {
    for (auto& [name, person] : people) {
      if (person.connection != to) continue;
      if (const auto* octets = std::get_if<node::Write>(&action)) {
        person.written += octets->octets;
        if (person.drains) endpoint.on_stream(now, to, node::Drained(), out);
      } else {
        person.is_gone = true;
      }
    }
  }
  /// False: there was nothing to look at.
  bool answer_sends() {
    bool any = false;
    for (auto& [name, person] : people) {
      if (!person.drains || person.written.empty()) continue;
      any = true;
      std::string answers;
      for (const auto& seen : decode_all(std::exchange(person.written, {})).messages) {
        if (!seen.head.is_request()) {
          person.answers.push_back(std::to_string(seen.head.status));
        } else if (seen.head.method == "SEND") {
          if (seen.head.has_body) hear(person, seen);
          if (person.answers_sends) {
            append_response(answers, seen.head, 200);
          } else if (seen.head.has_body) {
            append_response(person.unsaid.emplace_back(), seen.head, 200);
          }
        } else {
          person.heard.push_back(seen.head.method + " " + std::to_string(seen.head.report_status->code));
        }
      }
      if (!answers.empty()) endpoint.on_stream(now, person.connection, node::Octets{answers}, out);
    }
    return any;
  }
  static void hear(Person& person, const Seen& seen) {
    const bool continues = seen.head.byte_range && seen.head.byte_range->start > 1;
    if (!continues) person.heard.emplace_back();
    person.heard.back() += seen.body;
  }
};

}  // namespace rcs::msrp
