#include "ims/pager.hpp"

#include <algorithm>
#include <utility>

namespace rcs::ims {
namespace {

/// Requests of ours to a device have this bit in their CallKey, and the key of the page.
constexpr std::uint64_t kPageBit = 1ULL << 62;

/// Answers that say "not now" rather than "no".
bool means_not_now(int status) { return status == 408 || status == 480 || (status >= 500 && status < 600); }

}  // namespace

void Pager::on_request(Instant now, const Signal& request, RoleOutbox& out) {
  const auto refuse = [&](int status) {
    answer(request, status, out);
    notify(Notice::Kind::message_done, request, status, out);
  };
  if (!request.has(Flag::trusted)) return refuse(403);
  if (!request.has(Flag::to_local)) return refuse(404);
  if (pages_.size() >= config_.max_messages) return refuse(503);
  const PageKey key = ++last_page_;
  Page& page = pages_[key];
  page.key = key;
  page.request = request;
  const Duration worth = request.expires == 0 ? config_.store_for : std::chrono::seconds(request.expires);
  page.deadline = now + std::min(worth, config_.store_for);
  if (waits_behind_others(request) && can_keep(page)) {
    keep(now, page, out);
    if (is_registered(now, request)) return deliver_next(request.to, out);
    notify(Notice::Kind::message_kept, request, 480, out);
  } else if (is_registered(now, request)) {
    ask_device(page, out);
  } else {
    on_not_now(now, page, 480, out);
  }
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
  page.asking = true;
  page.registration_seen = registration_of(request.to);
  out.send(places_.t_cscf, request);
  if (!page.kept) out.arm({kPageAnswerTimer, page.key}, config_.answer_within);
}

void Pager::on_response(Instant now, const Signal& response, RoleOutbox& out) {
  if (response.status < 200 || (response.call.value & kPageBit) == 0) return;
  Page* page = find(response.call.value & ~kPageBit);
  if (page == nullptr || !page->asking) return;
  const UserId user = page->request.to;
  page->asking = false;
  out.cancel({kPageAnswerTimer, page->key});
  if (means_not_now(response.status)) {
    const auto seen = page->registration_seen;
    on_not_now(now, *page, response.status, out);
    // It has registered since it was asked: nobody will tell us again.
    if (registration_of(user) > seen) deliver_next(user, out);
    return;
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
         kept_for(user) + others_(user) < config_.max_kept_per_user;
}

void Pager::keep(Instant now, Page& page, RoleOutbox& out) {
  auto& kept = boxes_[page.request.to].kept;
  kept.insert(std::lower_bound(kept.begin(), kept.end(), page.key), page.key);
  page.kept = true;
  answer(page.request, 202, out);
  out.arm({kPageTimer, page.key}, page.deadline - now);
}

bool Pager::waits_behind_others(const Signal& request) const {
  const auto box = boxes_.find(request.to);
  if (box == boxes_.end()) return false;
  return std::any_of(box->second.kept.begin(), box->second.kept.end(),
                     [&](PageKey key) { return pages_.at(key).request.from == request.from; });
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
  if (box == boxes_.end() || box->second.kept.empty()) return;
  const auto& kept = box->second.kept;
  const bool one_is_asked =
      std::any_of(kept.begin(), kept.end(), [&](PageKey key) { return find(key)->asking; });
  if (!one_is_asked) ask_device(*find(kept.front()), out);  // one at a time (PGR-10)
}

void Pager::on_timer(Instant now, node::TimerKey key, RoleOutbox& out) {
  Page* page = find(key.id);
  if (page == nullptr) return;
  if (key.kind == kPageAnswerTimer && page->asking && !page->kept && can_keep(*page)) keep(now, *page, out);
  // At the deadline one that is under way goes on: it left in time.
  if (key.kind == kPageTimer && !page->asking) lose(*page, 408, out);
}

void Pager::lose(Page& page, int status, RoleOutbox& out) {
  notify(Notice::Kind::message_lost, page.request, status, out);
  finish(page, out);
}

void Pager::finish(const Page& page, RoleOutbox& out) {
  for (const auto kind : {kPageAnswerTimer, kPageTimer}) out.cancel({kind, page.key});
  notify(Notice::Kind::message_done, page.request, 0, out);
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
