// The MSRP endpoint with three sessions, an owner who asks for anything at any time, and peers who may say
// anything. The octet 1 separates steps: a letter, mostly the number of a session or of a connection, and
// what the step needs (Stage::step). `T@` and `M@` in what a peer says stand for the transaction id and the
// Message-ID of the last request that it got. What holds whatever happens: actions only on connections that
// live, and what is written to them is MSRP without a defect, one message a Write on a WebSocket, and no more
// of it than what came in and was sent accounts for; events only of sessions that live; each content is told
// once; each message has one end; and with the end of all sessions nothing is left.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../msrp/events.hpp"
#include "core/random.hpp"
#include "msrp/endpoint.hpp"
#include "msrp/fingerprint.hpp"

namespace {

using namespace rcs;
using namespace rcs::msrp;
using namespace std::chrono_literals;

constexpr std::size_t kSlots = 3;
constexpr std::size_t kWriteAhead = 4096;
constexpr std::size_t kMessageChunk = 3000;
constexpr std::size_t kMostHead = 10'000;  // octets that a head of ours takes: the peer's path and some lines

/// Content that comes now and then, and ends or breaks.
class Trickle final : public Source {
 public:
  explicit Trickle(bool breaks) : breaks_(breaks) {}
  std::optional<std::uint64_t> size() const override { return std::nullopt; }
  Pulled pull(std::span<char> into) override {
    if (++pulls_ % 2 == 0) return {0, State::dry};
    const auto octets = std::min<std::size_t>(into.size(), 700);
    std::fill_n(into.begin(), octets, '-');
    if (pulls_ < 9) return {octets, State::more};
    return breaks_ ? Pulled{0, State::broken} : Pulled{octets, State::end};
  }

 private:
  bool breaks_;
  int pulls_ = 0;
};

EndpointConfig config() {
  EndpointConfig out;
  out.write_ahead = kWriteAhead;
  out.message_chunk = kMessageChunk;
  out.max_connections = 5;
  out.outbound.sender.quantum = 2048;
  out.outbound.max_unanswered = 8;
  out.outbound.max_remembered = 4;
  return out;
}

/// The first holds its answers, the second passes content on, the third is for WebSockets.
LocalEnd local_end(std::size_t slot) {
  LocalEnd out;
  out.uri = parse_uri(slot < 2 ? "msrp://host.example:7000/s" + std::to_string(slot) + ";tcp"
                               : std::string("msrps://host.example:7000/s2;ws"))
                .value();
  out.types.accepted = {"text/plain", "message/cpim"};
  out.limits.max_message = 2000;
  out.limits.max_early = 200;
  out.limits.max_gaps = 3;
  out.limits.max_pending = 3;
  out.limits.max_known = 4;
  out.hold_answers = slot == 0;
  out.pass_on = slot == 1;
  return out;
}

/// `how`: 0 is not known and comes, 1 is known and comes, 2 and 3 are dialled. 3 has a certificate to show.
RemoteEnd remote_end(std::size_t slot, std::size_t how) {
  RemoteEnd out;
  const auto name = "peer" + std::to_string(how) + ".example:9/p" + std::to_string(slot);
  if (how > 0)
    out.path = parse_path((slot < 2 ? "msrp://" : "msrps://") + name + (slot < 2 ? ";tcp" : ";ws")).value();
  out.we_dial = how >= 2;
  if (how == 3) out.fingerprints.push_back(fingerprint_of("right"));
  out.types.accepted = {"text/plain", "message/cpim"};
  out.max_size = 50'000;
  return out;
}

struct Wire {
  node::StreamKind kind = node::StreamKind::tcp;
  bool open = false;
  bool over = false;
  std::size_t in_flight = 0;
  Decoder decoder;
  Transcript heard;
  std::string transaction_id;
  std::string message_id;
};
struct Slot {
  std::optional<SessionId> id;
  bool lost = false;
  std::uint64_t ticket = 0;
  std::string last_id;
};
struct Sent {
  bool success_report = false;
  bool aborted = false;
  std::string fates;  // the first letters of their kinds
};

class Stage {
 public:
  void step(std::string_view words);
  void end();

 private:
  void owner_step(char what, Slot& slot, std::size_t number, std::string_view words);
  void peer_step(char what, std::string_view words);
  void send(Slot& slot, unsigned how, std::string_view message_id);
  void close(Slot& slot);
  void accept(std::size_t kind, std::string_view certificate);
  void tell(node::ConnectionId id, const node::StreamNews& news);
  void wait(core::Duration time);
  void carry_out();
  void act(node::ConnectionId id, const node::StreamAction& action);
  void take(Wire& wire, const std::string& octets);
  void hear(const EndpointEvent& event);
  void hear_fate(const MessageFate& fate);
  Slot& slot_of(SessionId id);
  static void check_end(const Sent& sent);

  core::Random random_{1};
  core::Instant now_{};
  EndpointOutbox out_;
  Endpoint endpoint_{config(), random_};
  Slot slots_[kSlots];
  std::map<node::ConnectionId, Wire> wires_;
  std::vector<node::ConnectionId> order_;  // of the wires
  std::map<node::TimerKey, core::Instant> timers_;
  std::map<std::pair<SessionId, std::string>, Sent> sent_;
  std::uint64_t accepted_ = 0;
  std::uint64_t fed_ = 0;   // octets of peers
  std::uint64_t told_ = 0;  // octets of content
  std::uint64_t written_ = 0;
  std::uint64_t may_write_ = 0;
};

unsigned digit(std::string_view words, std::size_t at) {
  return at < words.size() ? static_cast<unsigned char>(words[at] - '0') : 0;
}

void Stage::step(std::string_view words) {
  if (words.empty()) return;
  const auto rest = words.substr(std::min<std::size_t>(3, words.size()));
  switch (words[0]) {
    case 'A':
      return accept(digit(words, 1) % 4, rest);
    case 'T':
      return wait(std::chrono::seconds(digit(words, 1)));
    case '<':
    case 'O':
    case 'D':
    case 'C':
      return peer_step(words[0], words.substr(1));
    default:
      return owner_step(words[0], slots_[digit(words, 1) % kSlots], digit(words, 1) % kSlots,
                        words.substr(std::min<std::size_t>(2, words.size())));
  }
}

void Stage::owner_step(char what, Slot& slot, std::size_t number, std::string_view words) {
  if (what == 'o' && !slot.id) {
    slot = {endpoint_.open(local_end(number)).value(), false, 0, {}};
    return;
  }
  if (!slot.id) return;
  const auto how = digit(words, 0);
  if (what == 's') {
    slot.lost = false;
    endpoint_.start(now_, *slot.id, remote_end(number, how % 4), out_);
  } else if (what == 'l') {
    slot.lost = false;
    RelayLogin login{parse_uri("msrps://relay.example:2855;tcp").value(), {"somebody", "pw"}, {}, true};
    endpoint_.authorize(now_, *slot.id, std::move(login), out_);
  } else if (what == 'm') {
    send(slot, how, words.substr(std::min<std::size_t>(1, words.size())));
  } else if (what == 'r') {
    endpoint_.resume(now_, *slot.id, out_);
  } else if (what == 'a') {
    endpoint_.answer(now_, *slot.id, slot.ticket, how == 0 ? 200 : 403, out_);
  } else if (what == 'b') {
    endpoint_.abort(now_, *slot.id, slot.last_id, out_);
    const auto at = sent_.find({*slot.id, slot.last_id});
    if (at != sent_.end()) at->second.aborted = true;
  } else if (what == 'x') {
    return close(slot);
  }
  may_write_ += kMostHead;
  carry_out();
}

void Stage::send(Slot& slot, unsigned how, std::string_view message_id) {
  Outgoing message;
  Sent sent;
  sent.success_report = message.success_report = (how & 1) != 0;
  message.failure_report = (how & 2) != 0   ? FailureReport::partial
                           : (how & 4) != 0 ? FailureReport::no
                                            : FailureReport::yes;
  message.message_id = message_id;
  message.content_type = "text/plain";
  if ((how & 32) != 0) {
    message.content = std::make_unique<Trickle>((how & 16) != 0);
  } else if ((how & 8) == 0) {
    message.content = std::string((how & 16) != 0 ? 20'000 : 5, '-');
  }
  const auto id = endpoint_.send(now_, *slot.id, std::move(message), out_);
  if (!id) return;
  slot.last_id = *id;
  auto& entry = sent_[{*slot.id, *id}];
  if (!entry.fates.empty()) check_end(entry);
  entry = sent;
  may_write_ += 12 * kMostHead + 20'000;
}

void Stage::close(Slot& slot) {
  endpoint_.close(now_, *slot.id, out_);
  carry_out();
  for (auto& [key, sent] : sent_) {
    if (key.first != *slot.id) continue;
    check_end(sent);
    RCS_ASSERT(sent.aborted || !sent.success_report || sent.fates != "s");
  }
  slot = {};
}

/// s: sent, d: delivered, f: failed, u: unconfirmed.
void Stage::check_end(const Sent& sent) {
  const std::string_view fates = sent.fates;
  const bool has_ended =
      fates == "d" || fates == "f" || fates == "sd" || fates == "sf" || fates == "su" || fates == "s";
  RCS_ASSERT(sent.aborted ? fates.empty() || has_ended : has_ended);
}

void Stage::accept(std::size_t kind, std::string_view certificate) {
  const auto id = node::accepted_connection(++accepted_);
  auto& wire = wires_[id];
  wire.kind = static_cast<node::StreamKind>(kind);
  wire.open = true;
  order_.push_back(id);
  tell(id, node::Accepted{wire.kind, 7000, "/", std::string(certificate)});
}

void Stage::peer_step(char what, std::string_view words) {
  if (order_.empty()) return;
  const auto id = order_[digit(words, 0) % order_.size()];
  auto& wire = wires_[id];
  if (wire.over) return;
  words.remove_prefix(std::min<std::size_t>(1, words.size()));
  if (what == 'C') {
    wire.over = true;
    return tell(id, node::Closed{std::string(words)});
  }
  if (what == 'O') {
    if (std::exchange(wire.open, true)) return;
    return tell(id, node::Opened{std::string(words)});
  }
  if (!wire.open) return;
  if (what == 'D') {
    if (std::exchange(wire.in_flight, 0) > 0) tell(id, node::Drained());
    return;
  }
  std::string octets;
  for (; !words.empty(); words.remove_prefix(1)) {
    const auto two = words.substr(0, 2);
    if (two != "T@" && two != "M@") {
      octets += words.front();
      continue;
    }
    octets += two == "T@" ? wire.transaction_id : wire.message_id;
    words.remove_prefix(1);
  }
  if (octets.empty()) return;
  fed_ += octets.size();
  may_write_ += kMostHead + 20 * octets.size();  // 60 octets of a request may cost an answer and a REPORT
  tell(id, node::Octets{octets});
}

void Stage::tell(node::ConnectionId id, const node::StreamNews& news) {
  endpoint_.on_stream(now_, id, news, out_);
  carry_out();
}

void Stage::wait(core::Duration time) {
  const auto until = now_ + time;
  for (int fired = 0;; ++fired) {
    RCS_ASSERT(fired < 1000);
    auto next = timers_.end();
    for (auto at = timers_.begin(); at != timers_.end(); ++at) {
      if (at->second <= until && (next == timers_.end() || at->second < next->second)) next = at;
    }
    if (next == timers_.end()) break;
    now_ = std::max(now_, next->second);
    const auto key = next->first;
    timers_.erase(next);
    may_write_ += kMostHead;
    endpoint_.on_timer(now_, key, out_);
    carry_out();
  }
  now_ = until;
}

void Stage::carry_out() {
  for (auto& effect : out_.take()) {
    if (const auto* send = std::get_if<EndpointOutbox::Send>(&effect)) {
      act(send->to, send->message);
    } else if (const auto* arm = std::get_if<EndpointOutbox::Arm>(&effect)) {
      timers_[arm->key] = now_ + arm->after;
    } else if (const auto* cancel = std::get_if<EndpointOutbox::Cancel>(&effect)) {
      RCS_ASSERT(timers_.erase(cancel->key) == 1);
    } else {
      hear(std::get<EndpointOutbox::Emit>(effect).event);
    }
  }
  std::size_t open = 0;
  for (const auto& slot : slots_) open += slot.id ? 1 : 0;
  std::size_t live = 0;
  for (const auto& [id, wire] : wires_) live += wire.over ? 0 : 1;
  RCS_ASSERT(endpoint_.connections() == live);
  RCS_ASSERT(open - endpoint_.sessions() <= 1);  // one is being closed
  RCS_ASSERT(told_ <= fed_ && written_ <= may_write_);
}

void Stage::act(node::ConnectionId id, const node::StreamAction& action) {
  if (const auto* dial = std::get_if<node::Dial>(&action)) {
    RCS_ASSERT(!wires_.contains(id));
    wires_[id].kind = dial->to.kind;
    order_.push_back(id);
    return;
  }
  auto& wire = wires_.at(id);
  RCS_ASSERT(!wire.over);
  if (std::holds_alternative<node::HangUp>(action)) {
    wire.over = true;
  } else if (const auto* write = std::get_if<node::Write>(&action)) {
    RCS_ASSERT(wire.open && !write->octets.empty());
    take(wire, write->octets);
  }
}

void Stage::take(Wire& wire, const std::string& octets) {
  written_ += octets.size();
  wire.in_flight += octets.size();
  RCS_ASSERT(wire.in_flight <= kWriteAhead + kMessageChunk + kMostHead);
  auto& messages = wire.heard.messages;
  wire.decoder.feed(octets);
  drain(wire.decoder, wire.heard);
  RCS_ASSERT(wire.decoder.framed() && !messages.empty());
  if (node::has_messages(wire.kind)) RCS_ASSERT(messages.size() == 1 && wire.decoder.between_messages());
  for (const auto& seen : messages) {
    RCS_ASSERT(seen.defect.empty());
    if (!seen.head.is_request()) continue;
    wire.transaction_id = seen.head.transaction_id;
    wire.message_id = seen.head.message_id;
  }
  messages.erase(messages.begin(), messages.end() - (messages.back().end ? 0 : 1));
}

Slot& Stage::slot_of(SessionId id) {
  for (auto& slot : slots_) {
    if (slot.id != id) continue;
    RCS_ASSERT(!slot.lost);
    return slot;
  }
  RCS_ASSERT(!"an event of a session that is closed");
  return slots_[0];
}

void Stage::hear(const EndpointEvent& event) {
  if (const auto* ready = std::get_if<SessionReady>(&event)) {
    slot_of(ready->session);
    RCS_ASSERT(wires_.at(ready->connection).open && !wires_.at(ready->connection).over);
    may_write_ += kMostHead;  // of the request that opens it
  } else if (const auto* lost = std::get_if<SessionLost>(&event)) {
    slot_of(lost->session).lost = true;
    RCS_ASSERT(!lost->why.empty() || lost->code != 0);
  } else if (const auto* arrived = std::get_if<MessageArrived>(&event)) {
    auto& slot = slot_of(arrived->session);
    RCS_ASSERT((arrived->ticket != 0) == (&slot == &slots_[0]));
    slot.ticket = arrived->ticket;
    told_ += arrived->message.content.size();
  } else if (const auto* content = std::get_if<ContentArrived>(&event)) {
    RCS_ASSERT(&slot_of(content->session) == &slots_[1]);
    told_ += content->octets.size();
  } else if (const auto* gone = std::get_if<ContentVoid>(&event)) {
    RCS_ASSERT(&slot_of(gone->session) == &slots_[1]);
  } else if (const auto* relay = std::get_if<RelayReady>(&event)) {
    slot_of(relay->session);
    RCS_ASSERT(!relay->relays.empty());
  } else {
    hear_fate(std::get<MessageFate>(event));
  }
}

void Stage::hear_fate(const MessageFate& fate) {
  slot_of(fate.session);
  auto& sent = sent_.at({fate.session, fate.message_id});
  RCS_ASSERT(!sent.aborted);
  constexpr char kNames[] = "sdfu";
  sent.fates += kNames[static_cast<int>(fate.kind)];
  RCS_ASSERT(fate.kind != MessageFate::Kind::unconfirmed || sent.success_report);
  check_end(sent);
}

void Stage::end() {
  for (auto& slot : slots_) {
    if (slot.id) close(slot);
  }
  wait(2min);
  RCS_ASSERT(endpoint_.sessions() == 0 && endpoint_.connections() == 0 && timers_.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Stage stage;
  while (!rest.empty()) {
    const auto step = rest.substr(0, rest.find('\x01'));
    rest.remove_prefix(std::min(step.size() + 1, rest.size()));
    stage.step(step);
  }
  stage.end();
  return 0;
}
