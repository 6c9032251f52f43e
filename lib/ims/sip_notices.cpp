// Notifications by SIP MESSAGE, about what was said in the chats of a back-to-back user agent (IMDN-13):
// those that found no session, and that nobody will have the text of an invitation (IMDN-8).

#include <utility>

#include "ims/sip_node_state.hpp"

namespace rcs::ims {
namespace {

/// For one user, who does not answer: what is told when a chat full of waiting texts is given up.
constexpr std::size_t kMaxNoticesOfUser = kMaxWaitingMessages;

}  // namespace

void SipNode::State::send_left_notices(Work& work, MessageHandle message, bool is_over) {
  const auto found = invitations.find(message);
  if (!media || found == invitations.end()) return;
  for (auto& notice : media->take_left_notices(work.now, message, is_over))
    send_notice(work, found->second, std::move(notice));
}

void SipNode::State::tell_failure(Work& work, MessageHandle message) {
  const auto found = invitations.find(message);
  if (found == invitations.end() || !found->second.cpim) return;
  const auto& text = found->second.cpim->content;
  auto notice = failure_notice("message/cpim", text, random.token(), config.wall.at(work.now));
  if (!notice || notice->size() > kMaxNoticeByMessage) return;
  send_notice(work, found->second, {Side::sender, std::move(*notice)});
}

sip::Message SipNode::State::message_between(const Invitation& invitation, Side to) {
  const bool to_sender = to == Side::sender;
  sip::Message request;
  request.method = "MESSAGE";
  request.request_uri = to_sender ? invitation.asserted.uri : invitation.target;
  request.from = to_sender ? invitation.to : invitation.from;
  sip::set_param(request.from.params, "tag", random.token());
  request.to = to_sender ? invitation.from : invitation.to;
  request.call_id = random.token() + "@" + directory.host_in_uri(config.self);
  request.cseq = {1, "MESSAGE"};
  request.max_forwards = 70;
  sip::NameAddr asserted = to_sender ? invitation.to : invitation.asserted;
  asserted.params.clear();
  request.add_header("P-Asserted-Identity", asserted.to_string());
  request.add_header("User-Agent", config.server);
  for (const auto& header : invitation.headers) {
    if (header.name == "Conversation-ID") request.add_header(header.name, header.value);  // PGR-41
  }
  return request;
}

void SipNode::State::send_notice(Work& work, const Invitation& invitation, LeftNotice notice) {
  sip::Message request = message_between(invitation, notice.to);
  const UserId user = directory.user(request.request_uri);
  auto& queue = notices[user];
  if (queue.size() >= kMaxNoticesOfUser) return;
  // The criteria of its receiver decide, as about any other message to it.
  request.routes = {directory.route_to(config.t_cscf)};
  request.add_header("Content-Type", "message/cpim");
  request.body = std::move(notice.cpim);
  queue.push_back(std::move(request));
  if (queue.size() == 1) send_first_notice(work, user);
}

void SipNode::State::send_first_notice(Work& work, UserId user) {
  Signal signal;
  signal.method = Method::message;
  signal.to = user;
  (void)signal.via.push(config.self);
  send_own(work, notices.at(user).front(), signal);
}

void SipNode::State::send_next_notice(Work& work, UserId user) {
  const auto found = notices.find(user);
  if (found == notices.end()) return;
  found->second.pop_front();
  if (found->second.empty()) {
    notices.erase(found);
  } else {
    send_first_notice(work, user);
  }
}

}  // namespace rcs::ims
