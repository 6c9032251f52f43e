// Messages without a session in chats, as text (see role_imas_pages.cpp): what decides on their way, and what
// goes into the message session. CPIM goes octet for octet; around a bare text it is put here.

#include <utility>

#include "body/chat_body.hpp"
#include "core/date.hpp"
#include "ims/chat_content.hpp"
#include "ims/interwork.hpp"
#include "ims/list_text.hpp"
#include "ims/pager.hpp"
#include "ims/sip_node_state.hpp"

namespace rcs::ims {
namespace {

/// Of the known users of the domain, who are two, and neither is hidden from the other.
bool may_interwork(const sip::Message& request, const Signal& signal) {
  return signal.has(Flag::from_local) && signal.has(Flag::to_local) && signal.from != signal.to &&
         !wants_privacy(request);
}

}  // namespace

std::string wrap_text(const sip::Message& request, const std::string& content_type, core::UnixMs now) {
  body::ChatText text;
  text.message_id = sip::request_token(request);
  text.from = asserted_identity(request).value_or(request.from).uri.to_string();
  text.to = request.to.uri.to_string();
  text.content_type = content_type;
  text.text = request.body;
  const auto* date = request.header("Date");
  const auto written = date == nullptr ? core::Result<core::UnixMs>(now) : core::parse_date(*date);
  text.date_time = written ? *written : now;
  text.want_delivery = text.want_display = false;
  return body::format_cpim(body::make_chat_cpim(text));
}

void SipNode::State::meet_page(const sip::Message& request, Signal& signal) {
  if (!media || !config.interworking || !may_interwork(request, signal)) return;
  if (request.body.size() > kMaxKeptBody) return;
  const auto alone = without_history(request);
  const auto& message = alone ? *alone : request;
  const auto* type = message.header("Content-Type");
  if (type == nullptr || message.header("Content-Encoding") != nullptr) return;
  const auto facts = facts_of(*type, message.body);
  const bool is_carried = is_cpim(*type) || is_plain_text(*type) || facts.kind == ContentKind::composing;
  signal.set(Flag::interworks, is_carried);
  signal.set(Flag::notification, facts.kind == ContentKind::notice);
  if (facts.kind == ContentKind::text) passed_texts.add(signal.from, signal.to, facts.id, CallKey{});
  if (facts.kind != ContentKind::notice) return;
  if (const auto way = passed_texts.way_of(signal.to, signal.from, facts.id)) {
    signal.set(Flag::by_message, !*way);
    signal.about = *way;
  }
}

void SipNode::State::meet_chat(const sip::Message& invite, Signal& signal) {
  if (!media || !config.interworking || !may_interwork(invite, signal)) return;
  // A session for one large message is for nothing else.
  const bool is_chat = signal.has(Flag::chat_tag) || !signal.has(Flag::standalone);
  signal.set(Flag::interworks, is_chat);
  media->introduce(signal.message, signal.from, signal.to, signal.call);
  const auto& cpim = invitations.at(signal.message).cpim;
  if (!cpim) return;
  const auto facts = facts_of("message/cpim", cpim->content);
  if (facts.kind == ContentKind::text) passed_texts.add(signal.from, signal.to, facts.id, signal.call);
}

void SipNode::State::carry_page(Work& work, const Notice& notice) {
  const auto found = pages.find(notice.message);
  if (found == pages.end() || !media) return;
  const auto alone = without_history(found->second.request);
  const auto& request = alone ? *alone : found->second.request;
  const auto* type = request.header("Content-Type");
  CarriedPage page;
  page.page = notice.message;
  page.content_type = type == nullptr ? std::string() : *type;
  page.kind = content_kind(page.content_type, request.body);
  page.content = request.body;
  if (page.kind == ContentKind::text && !is_cpim(page.content_type)) {
    page.bare_type = std::exchange(page.content_type, "message/cpim");
    page.bare = std::exchange(page.content, wrap_text(request, page.bare_type, config.wall.at(work.now)));
  }
  media->carry(work.now, notice.chat, side_of(notice.call), std::move(page), work.media);
}

void SipNode::State::on_page_news(Work& work, const MediaEvent& event) {
  const PageFate fate = event.news == MediaNews::page_taken  ? PageFate::taken
                        : event.news == MediaNews::page_left ? PageFate::left
                                                             : PageFate::released;
  RoleOutbox decisions;
  role->on_page_carried(work.now, event.message, fate, decisions);
  Step step{.node = config.self, .timer = {kMediaTimers, event.message.value}};
  carry_out(work, decisions, step);
}

}  // namespace rcs::ims
