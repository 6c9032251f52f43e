// Messages without a session as text (see pager.hpp): what the pager decides on, the request to the device,
// and the notification that a message is lost.

#include <algorithm>
#include <utility>

#include "core/date.hpp"
#include "core/text.hpp"
#include "ims/chat_content.hpp"
#include "ims/list_text.hpp"
#include "ims/sip_node_state.hpp"

namespace rcs::ims {
namespace {

/// Typing goes stale while it waits. What is encoded tells by its Expires: 0 (ISC-7).
bool is_composing(const sip::Message& request) {
  const auto* type = request.header("Content-Type");
  return type != nullptr && request.header("Content-Encoding") == nullptr &&
         content_kind(*type, request.body) == ContentKind::composing;
}

}  // namespace

void SipNode::State::begin_page(Instant now, const sip::Message& request, Signal& signal) {
  signal.message = MessageHandle{++last_message};
  PageText page;
  page.request = request;
  if (!request.routes.empty())
    page.asked_txn = sip::param_value(request.routes.front().uri.params, kAskedTxn).value_or("");
  page.request.vias.clear();
  page.request.routes.clear();
  page.request.remove_header("P-Served-User");
  signal.set(Flag::transient, is_composing(request));
  read_expiry(now, page.request, signal);
  meet_page(request, signal);
  pages[signal.message] = std::move(page);
}

void SipNode::State::read_expiry(Instant now, sip::Message& page, Signal& signal) {
  const auto expires = page.expires();
  if (!expires) return;
  // From when it was written, else from when it came; whoever has it after us is told which.
  const auto at = config.wall.at(now);
  const auto* date = page.header("Date");
  const auto read = date == nullptr ? core::Result<core::UnixMs>(at) : core::parse_date(*date);
  const auto written = read ? *read : at;
  if (!read || date == nullptr) page.set_header("Date", core::format_date(at));
  const auto until = written.value + std::int64_t{*expires} * 1000;
  const auto left = std::min<std::int64_t>((until - at.value) / 1000, *expires);
  signal.expires = left > 0 ? static_cast<std::uint32_t>(left) : 0;
  if (left <= 0) signal.set(Flag::transient);
}

void SipNode::State::send_page(Work& work, NodeId to, const Signal& signal) {
  const auto found = pages.find(signal.message);
  if (found == pages.end()) return;
  // The same request in each attempt: a device that had it, and whose answer was lost, knows it again.
  sip::Message request = found->second.request;
  if (request.max_forwards) --*request.max_forwards;
  auto route = directory.route_to(to);
  sip::set_param(route.uri.params, "odi", std::to_string(signal.odi));
  const auto& txn = found->second.asked_txn;
  const bool is_asked = !signal.has(Flag::store_and_forward) && !txn.empty();
  if (is_asked) sip::set_param(route.uri.params, kAskedTxn, txn);
  request.routes = {std::move(route)};
  send_own(work, std::move(request), signal);
}

void SipNode::State::tell_page_lost(Work& work, MessageHandle message) {
  const auto found = pages.find(message);
  if (found == pages.end()) return;
  const auto alone = without_history(found->second.request);
  const auto& request = alone ? *alone : found->second.request;
  const auto* type = request.header("Content-Type");
  if (type == nullptr || request.header("Content-Encoding") != nullptr) return;
  auto notice = failure_notice(*type, request.body, random.token(), config.wall.at(work.now),
                               request.to.uri.to_string());
  if (!notice || notice->size() > kMaxNoticeByMessage) return;
  Invitation about;
  about.from = request.from;
  sip::remove_param(about.from.params, "tag");
  about.to = request.to;
  about.target = request.request_uri;
  about.asserted = asserted_identity(request).value_or(about.from);
  if (const auto* thread = request.header("Conversation-ID"))
    about.headers.push_back({"Conversation-ID", *thread});  // PGR-41
  send_notice(work, about, {Side::sender, std::move(*notice)});
}

}  // namespace rcs::ims
