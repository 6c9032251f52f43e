// What contacts have published, fetched from the presence server (RFC 6665 section 4.4.3): a SUBSCRIBE that
// ends with its first NOTIFY. Who asks is told by From, as in OPTIONS: a server may then know by the
// contact's rules what this user may see. The questions themselves, who waits for them and how many there are
// at once, are inquiries.cpp's.

#include <algorithm>
#include <utility>
#include <variant>

#include "chat/agent_presence.hpp"
#include "chat/presence_services.hpp"

namespace rcs::chat {
namespace {

/// A tuple that was told longer ago is as good as one that old; keeps a peer's year 1 within a Duration.
constexpr std::int64_t kOldestMs = std::int64_t{366} * 24 * 3'600'000;

node::TimerKey timer_of(std::uint64_t fetch) { return presence_timer(fetch, PresenceTimer::no_notify); }

/// Not from the future: a clock that is ahead would keep what it says from being replaced.
Instant told_at(core::UnixMs told, Instant now, const core::WallClock& wall) {
  const auto age =
      std::clamp<std::int64_t>(wall.at(now).value - std::max<std::int64_t>(told.value, 0), 0, kOldestMs);
  return now - std::chrono::milliseconds(age);
}

CapabilityNews news_of(CapabilityNews::Kind kind) {
  CapabilityNews news;
  news.kind = kind;
  return news;
}

}  // namespace

void Agent::State::Presence::on_response(Step& step, const Purpose& purpose, const sip::Message& response) {
  if (purpose.kind == Purpose::Kind::subscription)
    return on_subscribe_response(step, FetchId{purpose.id}, response);
  const auto found = publications.find(UserId{purpose.id});
  if (found == publications.end()) return;
  settle(step, found->first, found->second.on_response(response, step.now, state.random));
}

void Agent::State::Presence::on_no_response(Step& step, const Purpose& purpose, int status,
                                            const std::string& why) {
  if (purpose.kind == Purpose::Kind::publication) {
    const auto found = publications.find(UserId{purpose.id});
    if (found == publications.end()) return;
    return settle(step, found->first, found->second.on_failure(step.now, state.random));
  }
  if (!fetches.contains(FetchId{purpose.id})) return;
  const auto lost = take(step, FetchId{purpose.id});
  state.fail_inquiry(step, lost.inquiry, status, why, true);
}

void Agent::State::Presence::on_timer(Step& step, std::uint64_t id) {
  const auto owner = id >> kPresenceTimerBits;
  switch (static_cast<PresenceTimer>(id & ((1U << kPresenceTimerBits) - 1))) {
    case PresenceTimer::no_notify:
      return on_no_notify(step, FetchId{owner});
    case PresenceTimer::look:
      return publish(step, UserId{owner});
    case PresenceTimer::farewell:
      return on_farewell_over(step, UserId{owner});
  }
}

void Agent::State::Presence::subscribe(Step& step, InquiryId id, std::uint32_t expires, bool again) {
  const auto& inquiry = state.inquiries.open.at(id);
  auto request = state.make_request("SUBSCRIBE", inquiry.from, inquiry.to);
  request.contacts = {contact_address(state.config, key_of(inquiry.from).user)};
  request.add_header("Event", kPresenceEvent);
  request.add_header("Expires", std::to_string(expires));
  request.add_header("Accept", kPresenceTypes);
  request.add_header("Supported", "eventlist");
  request.add_header("Allow", own_methods(state.services_of(inquiry.key.user)));
  request.add_header("User-Agent", state.config.user_agent);
  const FetchId fetch_id{++last_fetch};
  Fetch fetch;
  fetch.inquiry = id;
  fetch.call_id = request.call_id;
  fetch.local_tag = request.from_tag();
  fetch.again = again;
  by_dialog.emplace(std::pair(fetch.call_id, fetch.local_tag), fetch_id);
  fetches.emplace(fetch_id, std::move(fetch));
  ++state.inquiries.on_way;
  step.out.arm(timer_of(fetch_id.value), state.give_up_after());
  state.send_request(step, std::move(request), state.config.core,
                     {Purpose::Kind::subscription, fetch_id.value});
}

Agent::State::Presence::Fetch Agent::State::Presence::take(Step& step, FetchId id) {
  auto fetch = std::move(fetches.extract(id).mapped());
  by_dialog.erase({fetch.call_id, fetch.local_tag});
  step.out.cancel(timer_of(id.value));
  --state.inquiries.on_way;
  return fetch;
}

void Agent::State::Presence::on_subscribe_response(Step& step, FetchId id, const sip::Message& response) {
  // Its NOTIFY may have been faster (PRES-25); after a 2xx it is still to come (PRES-20).
  if (!fetches.contains(id) || response.status < 300) return;
  const auto fetch = take(step, id);
  auto& inquiry = state.inquiries.open.at(fetch.inquiry);
  if (response.status == 404) {
    return state.answer_inquiry(step, fetch.inquiry, news_of(CapabilityNews::Kind::stranger), 404);
  }
  if (response.status == 403 && state.ask_registered_anew(step, fetch.inquiry, inquiry))
    return state.send_inquiries(step);
  const auto least = delta_seconds(response, "Min-Expires").value_or(0);
  if (response.status == 423 && !fetch.again && least > 0 && least <= kMaxMinExpires)
    return subscribe(step, fetch.inquiry, least, true);
  const auto why = one_line(response.reason, kMaxReason);
  state.fail_inquiry(step, fetch.inquiry, response.status, why.empty() ? "refused" : why, true);
}

void Agent::State::Presence::on_no_notify(Step& step, FetchId id) {
  if (!fetches.contains(id)) return;
  const auto fetch = take(step, id);
  if (fetch.heard)
    return state.answer_inquiry(step, fetch.inquiry, news_of(CapabilityNews::Kind::silent), 200);
  state.fail_inquiry(step, fetch.inquiry, 408, "no NOTIFY has come", true);
}

void Agent::State::Presence::on_notify(Step& step, const sip::RequestArrived& event) {
  const auto& notify = event.request;
  if (const auto refusal = refuse_event(notify)) return state.respond(step, event.txn, notify, *refusal);
  const auto found = by_dialog.find({notify.call_id, notify.to_tag()});
  if (found == by_dialog.end()) return state.respond(step, event.txn, notify, 481);
  const FetchId id = found->second;
  auto& fetch = fetches.at(id);
  if (fetch.remote_tag.empty()) {
    fetch.remote_tag = notify.from_tag();
  } else if (fetch.remote_tag != notify.from_tag()) {
    return state.respond(step, event.txn, notify, 481);
  } else if (notify.cseq.number <= fetch.remote_cseq) {
    return state.respond(step, event.txn, notify, Refusal{500, "CSeq out of order", {}});
  }
  fetch.remote_cseq = notify.cseq.number;
  const auto contact = key_of(state.inquiries.open.at(fetch.inquiry).to);
  const auto read = read_notice(notify, contact);
  if (const auto* refusal = std::get_if<Refusal>(&read)) {
    state.respond(step, event.txn, notify, *refusal);
    const auto taken = take(step, id);
    const auto& why = refusal->reason;
    return state.fail_inquiry(step, taken.inquiry, refusal->status,
                              why.empty() ? "NOTIFY: a type that is not taken" : why, true);
  }
  state.respond(step, event.txn, notify, 200);
  on_notice(step, id, std::get<PresenceNotice>(read));
}

void Agent::State::Presence::on_notice(Step& step, FetchId id, const PresenceNotice& notice) {
  const auto& reason = notice.reason;
  if (notice.terminated && reason == "rejected") {
    return state.fail_inquiry(step, take(step, id).inquiry, 403, "rejected by the presence server", true);
  }
  if (notice.terminated && reason == "noresource") {
    return state.answer_inquiry(step, take(step, id).inquiry, news_of(CapabilityNews::Kind::stranger), 200);
  }
  if (notice.document) return learn(step, id, *notice.document);
  if (!notice.terminated) {
    fetches.at(id).heard = true;
    return;
  }
  const auto fetch = take(step, id);
  if (reason == "deactivated" && !fetch.again) return subscribe(step, fetch.inquiry, 0, true);
  if (reason == "deactivated" || reason == "probation" || reason == "giveup")
    return state.fail_inquiry(step, fetch.inquiry, 503, "ended by the presence server: " + reason, true);
  state.answer_inquiry(step, fetch.inquiry, news_of(CapabilityNews::Kind::silent), 200);
}

void Agent::State::Presence::learn(Step& step, FetchId id, const body::Presence& document) {
  auto published = read_services(document);
  auto news = news_of(CapabilityNews::Kind::published);
  news.capabilities = std::move(published.capabilities);
  news.names_rcs = published.names_rcs;
  if (published.told_at) news.told_at = told_at(*published.told_at, step.now, state.config.wall);
  state.answer_inquiry(step, take(step, id).inquiry, std::move(news), 200);
}

}  // namespace rcs::chat
