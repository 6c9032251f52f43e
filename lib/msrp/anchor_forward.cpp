// Requests and answers on their way through the anchor: their paths are exchanged, everything else passes as
// it came and while it comes (MSRP-140).

#include <algorithm>

#include "msrp/anchor_state.hpp"
#include "msrp/dial_target.hpp"
#include "msrp/reports.hpp"

namespace rcs::msrp {

namespace {

constexpr std::size_t kFewLegs = 8;             // on a connection, of which the URIs are compared one by one
constexpr std::size_t kMaxTransactions = 4096;  // remembered of a connection: two seconds of small chunks
constexpr core::Duration kTransactionTime = std::chrono::seconds(30);  // RFC 4975 section 7.1.1: T

constexpr std::string_view kGone = "the other side of the session is gone";

bool is_report(const Head& head) { return head.method == "REPORT"; }

}  // namespace

void Anchor::State::read(AnchorTurn turn, AnchorLink& link, std::string_view octets) {
  auto& decoder = link.decoder;
  decoder.feed(octets);
  std::size_t messages = 0;
  while (auto item = decoder.next()) {
    if (const auto* arrived = std::get_if<HeadArrived>(&*item)) {
      on_head(turn, link, *arrived);
    } else if (const auto* failed = std::get_if<core::Error>(&*item)) {
      hang_up(link, failed->detail());
    } else {
      const auto* part = std::get_if<BodyPart>(&*item);
      if (part == nullptr) ++messages;
      if (link.reading != nullptr) {
        auto& to = link.reading->opposite();
        touch(to);
        if (part != nullptr) {
          to.lane.write(part->octets);
        } else {
          to.lane.end(std::get<End>(*item).flag);
          link.reading = nullptr;
        }
      }
    }
    if (link.over) return;
  }
  if (node::has_messages(link.kind) && (messages != 1 || !decoder.between_messages()))
    hang_up(link, "a WebSocket message is not exactly one MSRP chunk");
}

void Anchor::State::on_head(AnchorTurn turn, AnchorLink& link, const HeadArrived& arrived) {
  const auto& head = *arrived.head;
  link.reading = nullptr;
  if (!arrived.defect.empty()) {
    if (head.is_request()) refuse(link, head, 400, arrived.defect);
    return;
  }
  auto* leg = addressed(link, head.to_path);
  if (!head.is_request()) {
    if (leg != nullptr && leg->link == link.id) on_response(link, *leg, arrived);
    return;
  }
  if (leg != nullptr && leg->link && leg->link != link.id)
    return refuse(link, head, 506, "the session is bound to another connection");
  if (leg == nullptr || (!leg->link && !is_awaited(*leg, link)))
    return refuse(link, head, 481, "no such session");
  if (!leg->link && !bind(turn, *leg, link)) return refuse(link, head, 481, "no such session");
  auto& to = leg->opposite();
  if (to.peer_path.empty()) return refuse(link, head, 481, "the session has no answer yet");
  link.reading = leg;
  touch(to);
  to.lane.begin(head, arrived.lines, {to.peer_path, to.own_uri}, id_towards(turn, to, head));
}

/// Answers go where their requests came from, which the URI tells that they are sent to.
void Anchor::State::on_response(AnchorLink& link, AnchorLeg& leg, const HeadArrived& arrived) {
  const auto& head = *arrived.head;
  link.transactions.erase(head.transaction_id);
  auto answer = leg.lane.on_answer(head.transaction_id, head.status);
  auto& to = leg.opposite();
  if (!answer.goes_on || to.peer_path.empty()) return;
  const auto path = answer.whole_path ? std::string_view(to.peer_path) : first_uri(to.peer_path);
  link.reading = &leg;
  touch(to);
  to.lane.begin(head, arrived.lines, {path, to.own_uri}, std::move(answer.transaction_id));
}

/// The leg whose own URI that is; null: there is none.
AnchorLeg* Anchor::State::addressed(const AnchorLink& link, std::string_view to_path) {
  if (link.legs.size() <= kFewLegs) {
    for (auto* leg : link.legs) {
      if (leg->own_uri == to_path) return leg;
    }
  }
  auto path = parse_path(to_path);
  if (!path || path->size() != 1) return nullptr;
  auto& uri = path->front();
  const auto at = by_session_id.find(uri.session_id);
  if (at == by_session_id.end()) return nullptr;
  const auto& own = at->second->local.uri;
  if (same_transport(uri, own)) uri.transport = own.transport;
  return equivalent(uri, own) ? at->second : nullptr;
}

/// Its own transaction id, but where another peer's request with it is under way on the same connection
/// (MSRP-141).
std::string Anchor::State::id_towards(AnchorTurn turn, AnchorLeg& to, const Head& head) {
  auto* link = find(to.link);
  if (link == nullptr || link->legs.size() < 2 || is_report(head)) return head.transaction_id;
  auto& known = link->transactions;
  if (known.size() >= kMaxTransactions)
    std::erase_if(known, [&](const auto& entry) { return entry.second.until <= turn.now; });
  if (known.size() >= kMaxTransactions) known.clear();  // what is lost is only the watch
  const auto [at, is_new] = known.try_emplace(head.transaction_id);
  if (!is_new && at->second.leg != &to && at->second.until > turn.now) return new_transaction_id(*random);
  at->second = {&to, turn.now + kTransactionTime};
  return head.transaction_id;
}

void Anchor::State::refuse(AnchorLink& link, const Head& request, int status, std::string_view comment) {
  if (request.to_path.empty() || request.from_path.empty() || is_report(request)) return;
  if (request.method == "SEND" && request.failure_report == FailureReport::no) return;
  std::string answer;
  append_response(answer, request, status, comment);
  owe(link, std::move(answer));
  if (link.owed_octets > config.max_owed) hang_up(link, "the peer does not read its answers");
}

void Anchor::State::give_up_reading(AnchorLeg& leg) {
  auto* link = find(leg.link);
  if (link == nullptr || link->reading != &leg) return;
  link->reading = nullptr;
  const auto& lane = leg.opposite().lane;
  if (!lane.is_open() || !lane.wants_failure() || leg.peer_path.empty()) return;
  Head request;
  request.transaction_id = lane.sent_id();
  request.method = lane.is_send() ? "SEND" : "";
  request.to_path = leg.own_uri;
  request.from_path = leg.peer_path;
  refuse(*link, request, 481, kGone);
}

void Anchor::State::tell_loss(AnchorLeg& lost) {
  auto& near = lost.opposite();
  const auto* link = find(near.link);
  const auto& unanswered = lost.lane.unanswered();
  near.lane.abandon();
  if (link == nullptr || !link->open || !unanswered || near.peer_path.empty()) return;
  Head request;
  request.to_path = near.own_uri;
  request.from_path = near.peer_path;
  request.message_id = unanswered->message_id;
  std::string report;
  append_report(report, *random, request, unanswered->range, 408, kGone);
  near.lane.add(std::move(report));
  touch(near);
}

}  // namespace rcs::msrp
