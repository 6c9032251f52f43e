// Sessions of an anchor: made of SDP, they find their connections, and end.

#include <algorithm>

#include "msrp/anchor_sdp.hpp"
#include "msrp/anchor_state.hpp"
#include "msrp/dial_target.hpp"
#include "msrp/fingerprint.hpp"

namespace rcs::msrp {

using core::Errc;
using core::Error;
using core::Result;

namespace {

constexpr std::size_t kResourceDigits = 32;  // hexadecimal: 128 bits, for who knows it is let in (MSRP-144)
constexpr std::size_t kMessageIdLength = 16;

std::string name_of(AnchorSide side) { return side == AnchorSide::in ? "in" : "out"; }

LocalEnd make_local(const ListeningAt& at, core::Random& random) {
  Types any;
  any.accepted = {"*"};
  return make_local_end(at, std::move(any), random);
}

ListeningAt lets_dial(ListeningAt at) {
  at.lets_dial = true;  // the offerer connects where it has a choice (MSRP-150)
  return at;
}

/// Whether it is the peer itself that the connection ends at, and has to show the certificate of its SDP.
bool checks_fingerprint(const AnchorLeg& leg) {
  return leg.local.uri.secure && leg.remote && !leg.remote->fingerprints.empty() &&
         leg.remote->path.size() == 1;
}

AnchorPlace place_in_sdp(const AnchorLeg& leg, body::Setup setup, bool cema) {
  AnchorPlace place;
  place.host = leg.at.host;
  place.port = leg.at.port;
  place.secure = leg.local.uri.secure;
  place.path = leg.own_uri;
  place.setup = setup;
  place.resource = leg.resource;
  place.cema = cema;
  place.fingerprints = leg.at.fingerprints;
  return place;
}

}  // namespace

AnchorLeg::AnchorLeg(AnchorSession& session_in, AnchorSide side_in, ListeningAt at_in, core::Random& random,
                     std::uint64_t message_chunk)
    : session(&session_in),
      side(side_in),
      at(std::move(at_in)),
      local(make_local(at, random)),
      own_uri(local.uri.to_string()),
      lane(random, {node::has_messages(at.kind), message_chunk}) {
  if (is_web()) resource = "/" + random.hex(kResourceDigits);
}

AnchorLeg& AnchorLeg::opposite() const { return session->legs[side == AnchorSide::in ? 1 : 0]; }

AnchorSession::AnchorSession(AnchorSessionId id_in, ListeningAt in, ListeningAt out, core::Random& random,
                             std::uint64_t message_chunk)
    : id(id_in),
      legs{AnchorLeg(*this, AnchorSide::in, lets_dial(std::move(in)), random, message_chunk),
           AnchorLeg(*this, AnchorSide::out, std::move(out), random, message_chunk)} {}

AnchorSession* Anchor::State::find(AnchorSessionId id) {
  const auto at = sessions.find(id);
  return at == sessions.end() ? nullptr : at->second.get();
}

Result<Anchor::Offered> Anchor::State::take_offer(AnchorTurn turn, const body::Sdp& offer, ListeningAt in,
                                                  ListeningAt out) {
  if (sessions.size() >= config.max_sessions)
    return Error(Errc::too_large, "there are " + std::to_string(sessions.size()) + " sessions already");
  RCS_TRY(const auto theirs, read_leg(offer, SdpRole::offer, in.kind));
  auto session = std::make_unique<AnchorSession>(AnchorSessionId{last_session + 1}, std::move(in),
                                                 std::move(out), *random, config.message_chunk);
  auto& [towards_offerer, towards_answerer] = session->legs;
  RCS_TRY(auto answered, answer_offer(theirs, towards_offerer.local, towards_offerer.at));
  towards_offerer.dials = answered.remote.we_dial;
  towards_offerer.at.cema = answered.media.cema;
  towards_offerer.peer_path = format_path(answered.remote.path);
  towards_offerer.remote = std::move(answered.remote);
  const auto setup = offer_media(towards_answerer.local, towards_answerer.at).setup;
  if (towards_answerer.is_web() && setup == body::Setup::active)
    return Error(Errc::unsupported, "the out leg is a WebSocket: expected a place to listen on for it");
  ++last_session;
  for (auto& leg : session->legs) {
    by_session_id.emplace(leg.local.uri.session_id, &leg);
    if (leg.is_web()) by_resource.emplace(leg.resource, &leg);
  }
  turn.out.arm(timer_of(session->id), config.answer_time);
  Offered offered;
  offered.session = session->id;
  offered.sdp = with_anchor(offer, theirs, place_in_sdp(towards_answerer, setup, towards_answerer.at.cema));
  sessions.emplace(session->id, std::move(session));
  return offered;
}

Result<body::Sdp> Anchor::State::take_answer(AnchorTurn turn, AnchorSession& session,
                                             const body::Sdp& answer) {
  auto& [towards_offerer, towards_answerer] = session.legs;
  if (session.answered) return Error(Errc::unknown, "the anchored session has its answer already");
  RCS_TRY(const auto theirs, read_leg(answer, SdpRole::answer, towards_answerer.at.kind));
  RCS_TRY(auto remote, read_answer(theirs, towards_answerer.local, towards_answerer.at));
  towards_answerer.dials = remote.we_dial;
  towards_answerer.peer_path = format_path(remote.path);
  towards_answerer.remote = std::move(remote);
  session.answered = true;
  turn.out.arm(timer_of(session.id), config.wait_time);
  const auto setup = towards_offerer.dials ? body::Setup::active : body::Setup::passive;
  auto sdp = with_anchor(answer, theirs, place_in_sdp(towards_offerer, setup, towards_offerer.at.cema));
  const auto id = session.id;
  connect(turn, towards_answerer);
  if (find(id) != nullptr) connect(turn, towards_offerer);
  return sdp;
}

/// Its peer is known now: it is dialled, or, where it came before its SDP, greeted.
void Anchor::State::connect(AnchorTurn turn, AnchorLeg& leg) {
  if (leg.link) {
    if (const auto* link = find(leg.link); link != nullptr && link->open) greet(turn, leg, *find(leg.link));
    return;
  }
  if (!leg.dials) return;
  auto target = leg.remote->dial ? Result<node::StreamTarget>(*leg.remote->dial)
                                 : dial_target(leg.remote->path.front());
  if (!target) return fail(turn, *leg.session, target.error().detail());
  target->check_authority = config.check_authority && !checks_fingerprint(leg);
  auto* link = reusable(leg, *target);
  if (link == nullptr) link = dial(turn, *target);
  if (link == nullptr) return fail(turn, *leg.session, "there are too many connections");
  bind(turn, leg, *link);
}

/// An open connection to the same place, or one that is being dialled (MSRP-80); null: none will do.
AnchorLink* Anchor::State::reusable(const AnchorLeg& leg, const node::StreamTarget& target) {
  const auto at = by_place.find(place_of(target));
  auto* link = at == by_place.end() ? nullptr : find(at->second);
  const bool is_of_peer = link == nullptr || !link->open || !checks_fingerprint(leg) ||
                          check_certificate(link->certificate, leg.remote->fingerprints);
  return is_of_peer ? link : nullptr;
}

/// Whoever opens a WebSocket is known by its resource, others by their first request (MSRP-51).
bool Anchor::State::is_awaited(const AnchorLeg& leg, const AnchorLink& link) const {
  return !leg.link && !leg.dials && !leg.is_web() && leg.at.kind == link.kind;
}

bool Anchor::State::bind(AnchorTurn turn, AnchorLeg& leg, AnchorLink& link) {
  leg.link = link.id;
  link.legs.push_back(&leg);
  by_resource.erase(leg.resource);
  touch(link);
  return !link.open || greet(turn, leg, link);
}

bool Anchor::State::greet(AnchorTurn turn, AnchorLeg& leg, AnchorLink& link) {
  if (checks_fingerprint(leg)) {
    const auto ours = check_certificate(link.certificate, leg.remote->fingerprints);
    if (!ours) {
      fail(turn, *leg.session, "the " + name_of(leg.side) + " leg: " + ours.error().detail());
      return false;
    }
  }
  // Who is dialled may say nothing before it has heard which session this is (MSRP-81, MSRP-82).
  if (leg.dials && leg.lane.empty() && !leg.lane.is_open()) {
    Head opening;
    opening.transaction_id = new_transaction_id(*random);
    opening.method = "SEND";
    opening.to_path = leg.peer_path;
    opening.from_path = leg.own_uri;
    opening.message_id = random->token(kMessageIdLength);
    opening.failure_report = FailureReport::no;
    leg.lane.add(encode(opening, {}, Flag::last));
  }
  touch(leg);
  look_whether_up(turn, *leg.session);
  return true;
}

void Anchor::State::look_whether_up(AnchorTurn turn, AnchorSession& session) {
  const auto is_there = [this](const AnchorLeg& leg) {
    const auto* link = find(leg.link);
    return link != nullptr && link->open;
  };
  if (session.up || !session.answered) return;
  if (!std::all_of(session.legs.begin(), session.legs.end(), is_there)) return;
  session.up = true;
  turn.out.cancel(timer_of(session.id));
  turn.out.emit(AnchorUp{session.id});
}

void Anchor::State::on_session_time(AnchorTurn turn, AnchorSession& session) {
  if (session.up) return;
  const auto seconds = [](core::Duration time) { return std::to_string(core::to_ms(time) / 1000) + " s"; };
  if (!session.answered)
    return fail(turn, session, "no answer to the offer within " + seconds(config.answer_time));
  std::string missing;
  for (const auto& leg : session.legs) {
    if (const auto* link = find(leg.link); link != nullptr && link->open) continue;
    missing.append(missing.empty() ? "" : " and ").append(name_of(leg.side));
  }
  fail(turn, session, "nobody came within " + seconds(config.wait_time) + " to the leg " + missing);
}

void Anchor::State::fail(AnchorTurn turn, AnchorSession& session, std::string why) {
  const auto id = session.id;
  finish(turn, session);
  turn.out.emit(AnchorFailed{id, std::move(why)});
}

void Anchor::State::finish(AnchorTurn turn, AnchorSession& session) {
  for (auto& leg : session.legs) give_up_reading(leg);
  for (auto& leg : session.legs) {
    leg.lane.abandon();
    unbind(turn, leg);
    by_session_id.erase(leg.local.uri.session_id);
    by_resource.erase(leg.resource);
    if (leg.touched)
      std::replace(touched_legs.begin(), touched_legs.end(), &leg, static_cast<AnchorLeg*>(nullptr));
  }
  if (!session.up) turn.out.cancel(timer_of(session.id));
  sessions.erase(session.id);
}

}  // namespace rcs::msrp
