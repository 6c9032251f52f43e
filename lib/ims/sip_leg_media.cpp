// The message sessions of the legs of a back-to-back user agent: their SDP, and texts that go with an
// invitation.

#include <utility>

#include "ims/role_imas.hpp"
#include "ims/sip_node_state.hpp"

namespace rcs::ims {
namespace {

std::optional<body::MsrpMedia> media_of(const std::optional<body::Sdp>& sdp, body::Setup unsaid) {
  return sdp ? body::msrp_media(*sdp, unsaid) : std::nullopt;
}

}  // namespace

bool SipNode::State::is_answerable(const std::optional<body::Sdp>& offer) const {
  if (!media || !offer) return is_usable(offer);
  const auto theirs = media_of(offer, body::Setup::active);
  return theirs && media->check(*theirs);
}

std::string SipNode::State::leg_offer(CallKey call, const Leg& leg) {
  if (!media) return make_offer(leg.sdp);
  const auto ours = media->offer(call, leg.message, side_of(call));
  if (!ours) return make_offer(leg.sdp);  // too many sessions: a leg that carries nothing
  return body::format_sdp(body::make_msrp_sdp(*ours, leg.sdp.id, leg.sdp.id));
}

std::string SipNode::State::leg_answer(Work& work, CallKey call, const Leg& leg,
                                       const std::optional<body::Sdp>& offer) {
  if (!offer) return leg_offer(call, leg);
  if (!media) return make_sdp_answer(leg.sdp, *offer);
  const auto theirs = media_of(offer, body::Setup::active);
  if (!theirs) return make_sdp_answer(leg.sdp, *offer);
  const auto ours = media->answer(work.now, call, leg.message, side_of(call), *theirs, work.media);
  return ours ? format_answer(*ours, leg.sdp.id, *offer) : make_sdp_answer(leg.sdp, *offer);
}

void SipNode::State::take_leg_answer(Work& work, CallKey call, const sip::Message& message) {
  if (!media) return;
  const auto read = read_invitation(message);
  const auto sdp = read ? read->offer : std::nullopt;
  media->on_answer(work.now, call, media_of(sdp, body::Setup::passive), work.media);
}

void SipNode::State::drop_delivered(MessageHandle message) {
  const auto found = invitations.find(message);
  if (found == invitations.end()) return;
  found->second.delivered = true;
  found->second.cpim.reset();
  // It is of the text that the receiver has.
  std::erase_if(found->second.headers, [](const sip::Header& header) { return header.name == "Subject"; });
}

void SipNode::State::renew(Invitation& invitation, MessageHandle message) {
  if (!invitation.delivered || !invitation.brings_text || invitation.cpim) return;
  auto text = media->take_first_text(message);
  if (!text) return;
  body::Part part;
  part.headers.push_back({"Content-Type", "message/cpim"});
  part.content = std::move(*text);
  invitation.cpim = std::move(part);
}

void SipNode::State::drain_media(Work& work) {
  while (!work.media.empty()) {
    for (auto& effect : work.media.take()) {
      if (auto* send = std::get_if<MediaOutbox::Send>(&effect)) {
        work.out.emit(node::StreamEffect{send->to, std::move(send->message)});
      } else if (const auto* arm = std::get_if<MediaOutbox::Arm>(&effect)) {
        work.out.arm(arm->key, arm->after);
      } else if (const auto* cancel = std::get_if<MediaOutbox::Cancel>(&effect)) {
        work.out.cancel(cancel->key);
      } else {
        const MediaEvent& event = std::get<MediaOutbox::Emit>(effect).event;
        if (event.news == MediaNews::for_message) {
          send_for_message(work, event.message);
          continue;
        }
        if (event.message) {
          on_page_news(work, event);
          continue;
        }
        RoleOutbox decisions;
        role->on_media(work.now, event.call, event.news, decisions);
        Step step{.node = config.self, .timer = {kMediaTimers, event.call.value}};
        carry_out(work, decisions, step);
        const bool may_be_left = event.news == MediaNews::notice_waits ||
                                 event.news == MediaNews::notice_left || event.news == MediaNews::lost;
        if (!may_be_left) continue;
        if (const auto leg = legs.find(event.call); leg != legs.end())
          send_left_notices(work, MessageHandle(leg->second.message), false);
      }
    }
  }
}

}  // namespace rcs::ims
