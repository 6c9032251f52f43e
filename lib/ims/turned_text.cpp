// Chats of which one side has no session, as text (see role_imas_pages.cpp): the MESSAGE that becomes an
// invitation because its device takes none, and the texts of a chat that become MESSAGEs because a device
// takes no session. CPIM goes octet for octet, and one thread keeps one Conversation-ID.

#include <algorithm>
#include <utility>

#include "ims/chat_content.hpp"
#include "ims/interwork.hpp"
#include "ims/list_text.hpp"
#include "ims/sip_node_state.hpp"
#include "sip/codec.hpp"
#include "sip/feature_tags.hpp"

namespace rcs::ims {
namespace {

constexpr std::size_t kOctetsOfVia = 120;    ///< of this server, with the address of an IPv6 host
constexpr std::size_t kThreadIdDigits = 32;  ///< as clients make them

const std::string* find_header(const std::vector<sip::Header>& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const sip::Header& header) { return header.name == name; });
  return found == headers.end() ? nullptr : &found->value;
}

bool is_of_service(const sip::Header& header) {
  return header.name == "Accept-Contact" || header.name == "Reject-Contact" ||
         header.name == "P-Asserted-Service" || header.name == "P-Preferred-Service";
}

}  // namespace

void SipNode::State::give_conversation(Invitation& invitation) {
  if (find_header(invitation.headers, "Conversation-ID") == nullptr)
    invitation.headers.push_back({"Conversation-ID", random.hex(kThreadIdDigits)});
}

void SipNode::State::page_to_session(Work& work, const Notice& notice) {
  auto page = pages.extract(notice.message);
  if (page.empty() || !media) return;
  sip::Message request = std::move(page.mapped().request);
  if (auto alone = without_history(request)) request = std::move(*alone);
  const auto* type = request.header("Content-Type");
  if (type != nullptr && !is_cpim(*type)) {
    request.body = wrap_text(request, *type, config.wall.at(work.now));
    request.set_header("Content-Type", "message/cpim");
  }
  auto invitation = read_invitation(request);
  if (!invitation) return;  // only CPIM comes so far
  std::erase_if(invitation->headers, is_of_service);
  invitation->headers.push_back({"Accept-Contact", "*;" + std::string(kSimpleIm)});
  give_conversation(*invitation);
  media->introduce(notice.message, notice.from, notice.to, notice.call);
  media->go_by_message(work.now, notice.message, Side::sender, message_room(*invitation, Side::sender),
                       work.media);
  invitations[notice.message] = std::move(*invitation);
}

void SipNode::State::chat_by_message(Work& work, MessageHandle chat) {
  const auto found = invitations.find(chat);
  if (found == invitations.end() || !media) return;
  Invitation& invitation = found->second;
  give_conversation(invitation);
  const std::size_t room = message_room(invitation, Side::receiver);
  if (invitation.cpim && invitation.cpim->content.size() > room) {
    tell_failure(work, chat);
  } else if (invitation.cpim) {
    auto& text = invitation.cpim->content;
    const auto kind = content_kind("message/cpim", text);
    owe_message(work, invitation, {Side::receiver, kind, "message/cpim", std::move(text)}, true);
  }
  drop_delivered(chat);
  media->go_by_message(work.now, chat, Side::receiver, room, work.media);
  send_for_message(work, chat);
  send_left_notices(work, chat, false);
}

void SipNode::State::send_for_message(Work& work, MessageHandle chat) {
  if (!media) return;
  for (auto& message : media->take_for_message(chat)) {
    const auto found = invitations.find(chat);
    if (message.page) {
      on_page_news(work, MediaEvent{{}, MediaNews::page_released, message.page});
    } else if (found != invitations.end()) {
      owe_message(work, found->second, std::move(message), false);
    }
  }
}

sip::Message SipNode::State::text_message(const Invitation& invitation, Side to, bool is_first) {
  auto request = message_between(invitation, to);
  request.add_header(
      "Accept-Contact",
      "*" + sip::format_params({sip::make_list_tag(sip::kIcsiRef, {std::string(kMessageService)})}));
  // Of the text that the INVITE brought they are its own.
  const auto* contribution = is_first ? find_header(invitation.headers, "Contribution-ID") : nullptr;
  request.add_header("Contribution-ID",
                     contribution != nullptr ? *contribution : random.hex(kThreadIdDigits));
  const auto* answered = is_first ? find_header(invitation.headers, "InReplyTo-Contribution-ID") : nullptr;
  if (answered != nullptr) request.add_header("InReplyTo-Contribution-ID", *answered);
  return request;
}

std::size_t SipNode::State::message_room(const Invitation& invitation, Side to) {
  auto request = text_message(invitation, to, false);
  request.routes = {directory.route_to(config.t_cscf)};
  request.add_header("Content-Type", "message/cpim");
  const std::size_t used = sip::encode(request).size() + kOctetsOfVia;
  return used < sip::kMaxDatagramRequest ? sip::kMaxDatagramRequest - used : 0;  // PGR-9
}

void SipNode::State::owe_message(Work& work, const Invitation& invitation, ForMessage message,
                                 bool is_first) {
  if (message.kind == ContentKind::notice)
    return send_notice(work, invitation, {message.to, std::move(message.content)});
  auto request = text_message(invitation, message.to, is_first);
  const bool is_typing = message.kind == ContentKind::composing;
  if (is_typing) request.add_header("Expires", "0");  // ISC-7
  request.add_header("Content-Type", message.content_type);
  request.body = std::move(message.content);
  Signal signal;
  signal.method = Method::message;
  // Who is registered, the pager knows.
  signal.session_case = SessionCase::terminating_unregistered;
  signal.from = directory.user(message.to == Side::sender ? invitation.to.uri : invitation.asserted.uri);
  signal.to = directory.user(request.request_uri);
  signal.flags = Flag::trusted | Flag::owed;
  signal.set(Flag::from_local, directory.is_known(signal.from));
  signal.set(Flag::to_local, directory.is_known(signal.to));
  signal.set(Flag::transient, is_typing);
  signal.size = static_cast<std::uint32_t>(request.body.size());
  signal.message = MessageHandle{++last_message};
  pages[signal.message] = PageText{std::move(request), {}};
  decide(work, config.self, signal, {});
}

}  // namespace rcs::ims
