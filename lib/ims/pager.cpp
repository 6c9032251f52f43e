#include "ims/pager.hpp"

#include <algorithm>
#include <utility>

namespace rcs::ims {
namespace {

/// Requests of ours to a device have this bit in their CallKey, and the key of the page.
constexpr std::uint64_t kPageBit = 1ULL << 62;

/// Answers that say "not now" rather than "no". 404: a device whose user, known here, has just left it.
bool means_not_now(int status) {
  return status == 404 || status == 408 || status == 480 || (status >= 500 && status < 600);
}

/// ... and that say "not so": a device without this service, or for which the content is one of sessions, or
/// the CSCF that knows what it registered for.
bool refuses_messages(const Signal& response) {
  const int status = response.status == 480 && response.cause != 0 ? response.cause : response.status;
  return status == 405 || status == 488 || status == 501 ||
         (status == 415 && !response.has(Flag::coding_refused));
}

}  // namespace

void Pager::on_request(Instant now, const Signal& request, RoleOutbox& out) {
  const auto refuse = [&](int status) {
    answer(request, status, out);
    if (request.has(Flag::owed)) notify(Notice::Kind::message_lost, request, status, out);
    notify(Notice::Kind::message_done, request, status, out);
  };
  if (!request.has(Flag::trusted)) return refuse(403);
  if (!request.has(Flag::to_local)) return refuse(404);
  if (pages_.size() >= config_.max_messages) return refuse(503);
  const PageKey key = ++last_page_;
  Page& page = pages_[key];
  page.key = key;
  page.place = ++last_place_;
  page.request = request;
  const Duration worth = request.expires == 0 ? config_.store_for : std::chrono::seconds(request.expires);
  page.deadline = now + std::min(worth, config_.store_for);
  if (request.has(Flag::owed)) return start_owed(now, page, out);
  start(now, page, out);
}

void Pager::start(Instant now, Page& page, RoleOutbox& out) {
  const Signal& request = page.request;
  const bool is_there = is_registered(now, request);
  const auto way = way_for(page);
  const bool joins_others = way && way->waits;  // which go behind those that are kept here
  if (!joins_others && waits_behind_others(request) && can_keep(page)) {
    keep(now, page, out);
    if (is_there) return deliver_next(request.to, out);
    return notify(Notice::Kind::message_kept, request, 480, out);
  }
  if (!way) return is_there ? ask_device(page, out) : on_not_now(now, page, 480, out);
  if (joins_others) {
    if (!can_keep(page)) return on_not_now(now, page, 480, out);
    keep(now, page, out);
    notify(Notice::Kind::message_kept, request, 480, out);
  }
  ask_chat(page, *way, out);
}

/// From a chat, whose sender was told long ago that it is on its way.
void Pager::start_owed(Instant now, Page& page, RoleOutbox& out) {
  const bool is_there = is_registered(now, page.request);
  if (page.request.has(Flag::transient)) {
    const bool is_timely = is_there && !waits_behind_others(page.request);
    return is_timely ? ask_device(page, out) : finish(page, out);
  }
  if (!can_keep(page)) return lose(page, 480, out);
  keep(now, page, out);
  if (is_there) return deliver_next(page.request.to, out);
  notify(Notice::Kind::message_kept, page.request, 480, out);
}

std::optional<ChatWay> Pager::way_for(const Page& page) const {
  if (page.left_by_chat || !page.request.has(Flag::interworks)) return std::nullopt;
  return chats_.way_for(page.request);
}

void Pager::ask(Page& page, RoleOutbox& out) {
  // What waits in a chat has come later.
  if (const auto way = way_for(page); way && !way->waits) return ask_chat(page, *way, out);
  ask_device(page, out);
}

void Pager::ask_chat(Page& page, const ChatWay& way, RoleOutbox& out) {
  page.asked = Page::Asked::chat;
  in_chats_[page.request.message] = page.key;
  out.emit(Notice{.kind = Notice::Kind::page_to_chat,
                  .from = page.request.from,
                  .to = page.request.to,
                  .call = way.leg,
                  .message = page.request.message,
                  .chat = way.chat});
  if (!page.kept) out.arm({kPageAnswerTimer, page.key}, config_.answer_within);
}

void Pager::ask_device(Page& page, RoleOutbox& out) {
  Signal request = page.request;
  request.call = CallKey{kPageBit | page.key};
  request.txn = {};
  request.odi = kOdiDone;
  request.session_case = SessionCase::terminating;
  request.via.clear();
  (void)request.via.push(places_.self);
  request.route.clear();
  request.set(Flag::originated);
  request.set(Flag::store_and_forward, page.kept);
  page.asked = Page::Asked::device;
  page.registration_seen = registration_of(request.to);
  out.send(places_.t_cscf, request);
  if (!page.kept) out.arm({kPageAnswerTimer, page.key}, config_.answer_within);
}

void Pager::on_response(Instant now, const Signal& response, RoleOutbox& out) {
  if (response.status < 200 || (response.call.value & kPageBit) == 0) return;
  Page* page = find(response.call.value & ~kPageBit);
  if (page == nullptr || page->asked != Page::Asked::device) return;
  const UserId user = page->request.to;
  page->asked = Page::Asked::nobody;
  out.cancel({kPageAnswerTimer, page->key});
  if (refuses_messages(response) && turn_to_chat(now, *page, out)) return deliver_next(user, out);
  if (means_not_now(response.status)) {
    const auto seen = page->registration_seen;
    on_not_now(now, *page, response.status, out);
    // It has registered since it was asked: nobody will tell us again.
    if (registration_of(user) > seen) return deliver_next(user, out);
    return chats_.on_pages_moved(user, out);
  }
  const bool was_kept = page->kept;
  if (was_kept && response.status >= 300) {
    lose(*page, response.status, out);
  } else {
    if (!was_kept) answer(page->request, response.status, out);
    finish(*page, out);
  }
  deliver_next(user, out);
}

bool Pager::turn_to_chat(Instant now, Page& page, RoleOutbox& out) {
  const Signal request = page.request;
  // Nobody is invited for what only accompanies texts.
  const bool is_text = !request.has(Flag::transient) && !request.has(Flag::notification);
  if (!is_text || !request.has(Flag::interworks)) return false;
  if (const auto way = way_for(page)) {
    if (!page.kept && !can_keep(page)) return false;
    if (!page.kept) keep(now, page, out);
    ask_chat(page, *way, out);
    return true;
  }
  if (!chats_.may_open_chat()) return false;
  if (!page.kept) answer(request, 202, out);
  const Duration worth = page.deadline - now;
  forget(page, out);
  chats_.open_chat_for(request, worth, out);
  return true;
}

void Pager::on_carried(Instant now, MessageHandle message, PageFate fate, RoleOutbox& out) {
  const auto found = in_chats_.find(message);
  if (found == in_chats_.end()) return;
  Page& page = pages_.at(found->second);
  in_chats_.erase(found);
  const UserId user = page.request.to;
  page.asked = Page::Asked::nobody;
  out.cancel({kPageAnswerTimer, page.key});
  if (fate == PageFate::taken) {
    if (!page.kept) answer(page.request, 200, out);
    finish(page, out);
    return deliver_next(user, out);
  }
  page.left_by_chat = true;
  const bool is_there = is_registered(now, page.request);
  if (!page.kept) return is_there ? ask_device(page, out) : on_not_now(now, page, 480, out);
  if (page.deadline <= now) return lose(page, 408, out);
  if (fate == PageFate::released) {
    // The chat lets go of all that it has, in order: this is behind what came from it already.
    leave_box(page);
    page.place = ++last_place_;
    put_in_box(page);
  }
  if (is_there) deliver_next(user, out);
}

void Pager::on_not_now(Instant now, Page& page, int status, RoleOutbox& out) {
  if (!page.kept && !can_keep(page)) {
    Signal asked = page.request;
    asked.odi = 0;  // the receiver says so, not this server (IFC-4)
    answer(asked, status, out);
    return finish(page, out);
  }
  if (page.kept && page.deadline <= now) return lose(page, 408, out);
  if (!page.kept) keep(now, page, out);
  notify(Notice::Kind::message_kept, page.request, status, out);
}

bool Pager::can_keep(const Page& page) const {
  const UserId user = page.request.to;
  return !page.request.has(Flag::transient) && page.request.size <= kMaxKeptBody &&
         kept_for(user) + chats_.kept_in_chats(user) < config_.max_kept_per_user;
}

void Pager::keep(Instant now, Page& page, RoleOutbox& out) {
  put_in_box(page);
  page.kept = true;
  answer(page.request, 202, out);
  out.arm({kPageTimer, page.key}, page.deadline - now);
}

void Pager::put_in_box(Page& page) {
  auto& kept = boxes_[page.request.to].kept;
  const auto at = std::find_if(kept.begin(), kept.end(),
                               [&](PageKey other) { return pages_.at(other).place > page.place; });
  kept.insert(at, page.key);
}

bool Pager::waits_behind_others(const Signal& request) const {
  const auto box = boxes_.find(request.to);
  if (box == boxes_.end()) return false;
  return std::any_of(box->second.kept.begin(), box->second.kept.end(), [&](PageKey key) {
    const Page& page = pages_.at(key);
    return page.request.from == request.from && page.asked != Page::Asked::chat;
  });
}

bool Pager::is_registered(Instant now, const Signal& request) const {
  if (request.session_case == SessionCase::terminating) return true;
  // What the CSCF said may have been overtaken by the registration.
  const auto box = boxes_.find(request.to);
  return box != boxes_.end() && box->second.registered_until > now;
}

std::uint64_t Pager::registration_of(UserId user) const {
  const auto box = boxes_.find(user);
  return box == boxes_.end() ? 0 : box->second.registration;
}

void Pager::on_registered(Instant now, UserId user, std::uint32_t expires, RoleOutbox& out) {
  Box& box = boxes_[user];
  box.registered_until = now + std::chrono::seconds(expires);
  if (expires == 0) {
    box.registration = 0;
    if (box.kept.empty()) boxes_.erase(user);
    return;
  }
  box.registration = ++last_registration_;
  deliver_next(user, out);
}

void Pager::deliver_next(UserId user, RoleOutbox& out) {
  const auto box = boxes_.find(user);
  if (Page* next = box == boxes_.end() ? nullptr : next_of(box->second)) ask(*next, out);
  chats_.on_pages_moved(user, out);
}

/// One at a time by MESSAGE (PGR-10); and of each sender in order.
Pager::Page* Pager::next_of(const Box& box) {
  std::vector<UserId> speaking;  // in a chat, which has not taken it yet
  Page* next = nullptr;
  for (const PageKey key : box.kept) {
    Page& page = pages_.at(key);
    const UserId from = page.request.from;
    if (page.asked == Page::Asked::device) return nullptr;
    if (page.asked == Page::Asked::chat) speaking.push_back(from);
    const bool may_go = std::find(speaking.begin(), speaking.end(), from) == speaking.end();
    if (next == nullptr && may_go) next = &page;
  }
  return next;
}

void Pager::try_again(UserId user, RoleOutbox& out) {
  const auto box = boxes_.find(user);
  if (box == boxes_.end() || box->second.registration == 0) return;
  if (Page* next = next_of(box->second)) ask(*next, out);
}

bool Pager::is_under_way(UserId user, UserId from) const {
  const auto box = boxes_.find(user);
  if (box == boxes_.end()) return false;
  bool moves = false;
  bool is_in = false;
  for (const PageKey key : box->second.kept) {
    const Page& page = pages_.at(key);
    moves = moves || page.asked == Page::Asked::device;
    is_in = is_in || (page.request.from == from && page.asked != Page::Asked::chat);
  }
  return moves && is_in;
}

void Pager::on_timer(Instant now, node::TimerKey key, RoleOutbox& out) {
  Page* page = find(key.id);
  if (page == nullptr) return;
  const bool is_asked = page->asked != Page::Asked::nobody;
  if (key.kind == kPageAnswerTimer && is_asked && !page->kept && can_keep(*page)) keep(now, *page, out);
  if (key.kind != kPageTimer) return;
  // One that is under way goes on: it left in time.
  if (!is_asked) return lose(*page, 408, out);
  if (page->asked == Page::Asked::chat) notify(Notice::Kind::page_overdue, page->request, 408, out);
}

void Pager::lose(Page& page, int status, RoleOutbox& out) {
  notify(Notice::Kind::message_lost, page.request, status, out);
  finish(page, out);
}

void Pager::finish(const Page& page, RoleOutbox& out) {
  notify(Notice::Kind::message_done, page.request, 0, out);
  forget(page, out);
}

void Pager::forget(const Page& page, RoleOutbox& out) {
  for (const auto kind : {kPageAnswerTimer, kPageTimer}) out.cancel({kind, page.key});
  in_chats_.erase(page.request.message);
  if (page.kept) leave_box(page);
  pages_.erase(PageKey{page.key});
}

void Pager::leave_box(const Page& page) {
  const auto box = boxes_.find(page.request.to);
  std::erase(box->second.kept, page.key);
  if (box->second.kept.empty() && box->second.registration == 0) boxes_.erase(box);
}

std::size_t Pager::kept_for(UserId user) const {
  const auto box = boxes_.find(user);
  return box == boxes_.end() ? 0 : box->second.kept.size();
}

Pager::Page* Pager::find(PageKey key) {
  const auto found = pages_.find(key);
  return found == pages_.end() ? nullptr : &found->second;
}

void Pager::answer(Signal request, int status, RoleOutbox& out) {
  if (request.has(Flag::owed)) return;
  const Signal reply = make_answer(request, places_.self, status);
  out.send(reply.via.top(), reply);
}

void Pager::notify(Notice::Kind kind, const Signal& request, int status, RoleOutbox& out) {
  Notice notice;
  notice.kind = kind;
  notice.from = request.from;
  notice.to = request.to;
  notice.message = request.message;
  notice.status = status;
  out.emit(notice);
}

}  // namespace rcs::ims
