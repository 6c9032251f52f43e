#include "msrp/anchor.hpp"

#include "msrp/anchor_state.hpp"

namespace rcs::msrp {

using core::Instant;

Anchor::Anchor(AnchorConfig config, core::Random& random)
    : state_(std::make_unique<State>(std::move(config), random)) {}
Anchor::~Anchor() = default;

core::Result<Anchor::Offered> Anchor::take_offer(Instant now, const body::Sdp& offer, ListeningAt in,
                                                 ListeningAt out, AnchorOutbox& outbox) {
  return state_->take_offer({now, outbox}, offer, std::move(in), std::move(out));
}

core::Result<body::Sdp> Anchor::take_answer(Instant now, AnchorSessionId id, const body::Sdp& answer,
                                            AnchorOutbox& outbox) {
  const AnchorTurn turn{now, outbox};
  auto* session = state_->find(id);
  if (session == nullptr) return core::Error(core::Errc::unknown, "there is no such anchored session");
  auto sdp = state_->take_answer(turn, *session, answer);
  state_->settle(turn);
  return sdp;
}

void Anchor::end(Instant now, AnchorSessionId id, AnchorOutbox& outbox) {
  const AnchorTurn turn{now, outbox};
  auto* session = state_->find(id);
  if (session == nullptr) return;
  state_->finish(turn, *session);
  state_->settle(turn);
}

bool Anchor::has_resource(std::string_view resource) const {
  return state_->by_resource.find(resource) != state_->by_resource.end();
}

void Anchor::on_stream(Instant now, node::ConnectionId connection, const node::StreamNews& news,
                       AnchorOutbox& outbox) {
  const AnchorTurn turn{now, outbox};
  state_->on_stream(turn, connection, news);
  state_->settle(turn);
}

void Anchor::on_timer(Instant now, node::TimerKey key, AnchorOutbox& outbox) {
  const AnchorTurn turn{now, outbox};
  if (key.id % 2 == 1) {
    if (auto* session = state_->find(AnchorSessionId{key.id / 2})) state_->on_session_time(turn, *session);
  } else if (auto* link = state_->find(node::ConnectionId{key.id / 2})) {
    link->armed.reset();
    state_->on_link_time(turn, *link);
  }
  state_->settle(turn);
}

std::size_t Anchor::sessions() const { return state_->sessions.size(); }
std::size_t Anchor::connections() const { return state_->links.size(); }

std::size_t Anchor::held() const {
  std::size_t octets = 0;
  for (const auto& [id, session] : state_->sessions) {
    for (const auto& leg : session->legs) octets += leg.lane.held();
  }
  for (const auto& [id, link] : state_->links) octets += link->backlog + link->owed_octets;
  return octets;
}

}  // namespace rcs::msrp
