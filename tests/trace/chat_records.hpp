#pragma once
// Records of made-up chats: the two figures of the paper with what real traffic has around them.

#include <chrono>
#include <string>
#include <vector>

#include "trace/record.hpp"

namespace trace_test {

using rcs::trace::Protocol;
using rcs::trace::Record;
using rcs::trace::RecordId;

/// Writes down a chat, one message a millisecond.
struct Chat {
  std::vector<Record> records;

  Chat& add(Protocol protocol, std::string from, std::string to, std::string label, std::string summary = {},
            RecordId cause = {}) {
    Record record;
    record.id = RecordId{records.size() + 1};
    record.cause = cause;
    record.time = rcs::core::Instant(std::chrono::milliseconds(records.size() + 1));
    record.protocol = protocol;
    record.from = std::move(from);
    record.to = std::move(to);
    record.summary = summary.empty() ? label : std::move(summary);
    record.label = std::move(label);
    record.size = 100;
    record.transport = "udp";
    records.push_back(std::move(record));
    return *this;
  }
  Chat& sip(std::string from, std::string to, std::string label) {
    return add(Protocol::sip, std::move(from), std::move(to), std::move(label));
  }
  Chat& http(std::string from, std::string to, std::string label, std::string summary = {},
             RecordId cause = {}) {
    return add(Protocol::http, std::move(from), std::move(to), std::move(label), std::move(summary), cause);
  }
  Chat& event(std::string from, std::string to, std::string status) {
    return add(Protocol::event, std::move(from), std::move(to), std::move(status));
  }
  /// The same label along several hops.
  Chat& way(const std::vector<std::string>& hops, const std::string& label) {
    for (std::size_t i = 1; i < hops.size(); ++i) sip(hops[i - 1], hops[i], label);
    return *this;
  }
  RecordId last() const { return records.back().id; }
};

inline std::vector<Record> figure_1() {
  Chat chat;
  chat.way({"jack", "o-cscf", "jack"}, "REGISTER").way({"rose", "t-cscf", "rose"}, "REGISTER");
  chat.records[1].label = chat.records[3].label = "200 REGISTER";
  chat.way({"jack", "o-cscf"}, "INVITE")
      .way({"o-cscf", "jack"}, "100 INVITE")
      .way({"o-cscf", "o-imas", "o-cscf", "t-cscf", "t-imas"}, "INVITE");
  chat.way({"t-imas", "t-cscf", "o-cscf", "o-imas", "o-cscf", "jack"}, "200 INVITE");
  chat.way({"jack", "o-cscf", "o-imas", "o-cscf", "t-cscf", "t-imas"}, "ACK");
  chat.way({"t-imas", "t-cscf", "rose"}, "INVITE").way({"rose", "t-cscf"}, "180 INVITE");
  chat.way({"rose", "t-cscf", "t-imas"}, "200 INVITE").way({"t-imas", "t-cscf", "rose"}, "ACK");
  return chat.records;
}

inline std::vector<Record> figure_3() {
  Chat chat;
  chat.sip("gateway", "o-cscf", "REGISTER").sip("o-cscf", "gateway", "200 REGISTER");
  chat.http("jack", "gateway", "GET", "GET /1.0/RCS/01087654321/Event")
      .http("rose", "gateway", "GET", "GET /1.0/RCS/01012345678/Event");
  chat.http("jack", "gateway", "POST")
      .way({"gateway", "o-cscf", "o-imas", "o-cscf", "t-cscf", "t-imas"}, "INVITE");
  chat.way({"t-imas", "t-cscf", "o-cscf", "o-imas", "o-cscf", "gateway"}, "200 INVITE");
  chat.http("gateway", "jack", "200 POST").event("gateway", "jack", "trying").sip("gateway", "o-cscf", "ACK");
  chat.http("jack", "gateway", "GET", "GET /1.0/RCS/01087654321/Event");
  chat.way({"t-imas", "t-cscf", "gateway"}, "INVITE")
      .event("gateway", "rose", "initiate")
      .http("rose", "gateway", "PUT");
  chat.http("gateway", "rose", "200 PUT")
      .way({"gateway", "t-cscf", "t-imas"}, "200 INVITE")
      .event("gateway", "rose", "accepted");
  return chat.records;
}

}  // namespace trace_test
