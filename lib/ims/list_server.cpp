#include "ims/list_server.hpp"

namespace rcs::ims {

void ListServerRole::on_message(Instant now, NodeId from, const Signal& signal, RoleOutbox& out) {
  // What this server has sent comes back to it alone.
  const bool is_answer = signal.status != 0 && signal.method == Method::message && signal.via.size() <= 1;
  if (!is_answer) return others_.on_message(now, from, signal, out);
  if (signal.status >= 200 && signal.message) on_answer(now, signal, out);
}

void ListServerRole::on_timer(Instant now, node::TimerKey key, RoleOutbox& out) {
  others_.on_timer(now, key, out);
}

void ListServerRole::on_list(Instant now, const Signal& request, std::span<const Signal> copies,
                             RoleOutbox& out) {
  const auto known = of_sender_.find(request.from);
  const std::size_t own = known == of_sender_.end() ? 0 : known->second;
  const bool is_taken =
      open_ + copies.size() <= config_.max_copies && own + copies.size() <= config_.max_copies_of_sender;
  const Signal reply = make_answer(request, places_.self, is_taken ? 202 : kListServerBusy);  // PGR-6
  out.send(reply.via.top(), reply);
  for (const auto& copy : copies) {
    if (!is_taken) {
      out.emit(Notice{.kind = Notice::Kind::message_done, .to = copy.to, .message = copy.message});
      continue;
    }
    ++open_;
    ++of_sender_[copy.from];
    auto& line = lines_[copy.to];
    line.push_back({copy, now + config_.wait_at_most});
    if (line.size() == 1) ready_.push_back(copy.to);
  }
  send_next(now, out);
}

void ListServerRole::send_next(Instant now, RoleOutbox& out) {
  while (under_way_ < config_.parallel && !ready_.empty()) {
    const UserId user = ready_.front();
    ready_.pop_front();
    const auto& first = lines_.at(user).front();
    if (first.deadline <= now) {
      finish(user, 408, out);
      continue;
    }
    ++under_way_;
    send(first.request, out);
  }
}

void ListServerRole::send(const Signal& copy, RoleOutbox& out) {
  Signal request = copy;
  request.odi = 0;  // the criteria of its receiver decide, as about any other message
  request.session_case = SessionCase::terminating;
  request.via.clear();
  (void)request.via.push(places_.self);
  request.route.clear();
  request.set(Flag::originated);
  out.send(places_.t_cscf, request);
}

void ListServerRole::on_answer(Instant now, const Signal& response, RoleOutbox& out) {
  const auto line = lines_.find(response.to);
  if (line == lines_.end() || line->second.front().request.message != response.message) return;
  --under_way_;
  finish(response.to, response.status < 300 ? 0 : response.status, out);
  send_next(now, out);
}

void ListServerRole::finish(UserId user, int status, RoleOutbox& out) {
  auto& line = lines_.at(user);
  const Signal copy = line.front().request;
  Notice notice{
      .from = copy.from, .to = copy.to, .call = {}, .message = copy.message, .status = status, .chat = {}};
  if (status != 0) {
    notice.kind = Notice::Kind::message_lost;
    out.emit(notice);
  }
  notice.kind = Notice::Kind::message_done;
  out.emit(notice);
  --open_;
  if (--of_sender_.at(copy.from) == 0) of_sender_.erase(copy.from);
  line.pop_front();
  if (line.empty()) {
    lines_.erase(user);
  } else {
    ready_.push_back(user);
  }
}

}  // namespace rcs::ims
