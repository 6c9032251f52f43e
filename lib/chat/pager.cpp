// SIP MESSAGE, outside of sessions (pager mode): the texts, notifications and typing of threads, and the
// notifications about chats that have no session any more (IMDN-13).

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "chat/agent_lists.hpp"
#include "chat/agent_state.hpp"
#include "chat/pager_request.hpp"
#include "core/text.hpp"

namespace rcs::chat {
namespace {

constexpr std::size_t kMaxPages = 10'000;          // in all; an hour of a busy gateway's late readers
constexpr std::size_t kMaxParked = kMaxPages / 2;  // the first lines of users who may never come back
constexpr std::size_t kMaxNoticesPerPeer = 50;     // that wait for one who does not answer

/// A chat has no other way for that once its session is over (IMDN-13).
bool tells_of_text(const std::variant<Content, Refusal>& content) {
  const auto* read = std::get_if<Content>(&content);
  return read != nullptr && std::holds_alternative<std::vector<body::Imdn>>(*read);
}

/// What somebody writes, rather than what is told of it.
bool is_for_reading(const PagerItem& item) {
  return item.kind == PagerItem::Kind::text || item.kind == PagerItem::Kind::list;
}

}  // namespace

void Agent::State::open_thread(Step& step, const OpenThread& command) {
  RCS_ASSERT(command.chat.value % 2 == 1 && command.chat.value < UINT64_MAX >> kChatTimerBits);
  const auto from = party(command.from);
  const auto to = party(command.to);
  if (!from || from->user.empty() || !to) {
    const auto& wrong = !from || from->user.empty() ? command.from : command.to;
    const std::string what = &wrong == &command.from ? "from" : "to";
    return step.out.emit(ChatFailed{
        command.chat, 400, what + ": expected a sip, tel or im URI, got " + core::quoted(wrong), {}});
  }
  messaging.open_thread(command.chat, {from->to_string(), to->to_string()});
}

void Agent::State::close_thread(Step& step, ChatId name) {
  const ChatId id = messaging.close_thread(step.now, name, step.messages);
  // What was told failed does not leave any more.
  std::vector<PageId> unsent;
  for (const auto& [page_id, page] : pages) {
    if (page.owed.item.thread == id && page.owed.item.kind == PagerItem::Kind::text && !page.txn)
      unsent.push_back(page_id);
  }
  for (const auto page_id : unsent) drop_page(step, page_id);
  if (const auto session = chats.find(id); session != chats.end()) end_chat(step, session->second);
}

// --- what comes
// -----------------------------------------------------------------------------------------------------------------

void Agent::State::on_message(Step& step, const sip::RequestArrived& event) {
  const auto& request = event.request;
  const auto user = called_user(request);
  if (!user && !config.accept_unknown_users) return respond(step, event.txn, request, 404);
  auto content = read_message(request);
  const auto chat = chats.find(chat_of(request, true));
  if (chat == chats.end() && !tells_of_text(content)) {
    if (const auto refusal = screen_service(request, services_of(user.value_or(UserId{}))))
      return respond(step, event.txn, request, *refusal);
  }
  if (const auto* refusal = std::get_if<Refusal>(&content))
    return respond(step, event.txn, request, *refusal);
  respond(step, event.txn, request, 200);  // it is here, whoever reads it when (PGR-8)
  auto& message = std::get<Content>(content);
  const auto* text = std::get_if<TextContent>(&message);
  const auto envelope = envelope_of(step, request, user,
                                    text != nullptr ? std::string_view(text->text.from) : std::string_view());
  if (chat != chats.end() && !chat->second.one_message && config.msrp)
    return messaging.on_message_in(step.now, chat->first, envelope, std::move(message), step.messages);
  const ChatId fresh = incoming_chat(last_incoming + 1);
  if (messaging.on_message(step.now, envelope, std::move(message), fresh, step.messages)) ++last_incoming;
}

Envelope Agent::State::envelope_of(Step& step, const sip::Message& request, std::optional<UserId> user,
                                   std::string_view cpim_from) const {
  Envelope envelope;
  if (user) envelope.us.push_back(users.at(*user).name);
  envelope.us.push_back(resolve_im(request.to.uri).to_string());
  // Whom the network vouches for, that is who it is; else From may be believed, as in an INVITE.
  const auto sender = sender_of(request, cpim_from);
  const auto from = sip::parse_uri(sender.uri);
  const auto shown = from ? resolve_im(*from).to_string() : sender.uri;
  if (asserts_person(request)) {
    for (const auto& identity : asserted_identities(request))
      envelope.peers.push_back(resolve_im(identity.uri).to_string());
    std::stable_partition(envelope.peers.begin(), envelope.peers.end(),
                          [&](const std::string& peer) { return person(peer) == person(shown); });
  } else {
    envelope.peers.push_back(shown);
  }
  if (person(envelope.peers.front()) == person(shown)) envelope.display = sender.display;
  envelope.conversation_id = conversation_id_of(request);
  envelope.request_id = sip::request_token(request);
  envelope.expired = has_expired(request, config.wall.at(step.now));
  return envelope;
}

// --- what leaves
// -----------------------------------------------------------------------------------------------------------------

void Agent::State::queue_page(Step& step, MessageOwed&& owed) {
  const auto from = sip::parse_uri(owed.between.us);
  const auto to = sip::parse_uri(owed.between.peer);
  const auto refuse = [&](int status, const std::string& why) { settle_page(step, owed.item, status, why); };
  if (!from || !to || !can_be_called(*to)) return refuse(400, "the peer has no sip or tel URI");
  if (pages.size() >= kMaxPages) return refuse(503, "too many messages wait");
  const auto line = page_queues.find({person(owed.between.us), person(owed.between.peer)});
  if (!is_for_reading(owed.item) && line != page_queues.end() && line->second.size() >= kMaxNoticesPerPeer)
    return;
  auto& queue = page_queues[{person(owed.between.us), person(owed.between.peer)}];
  const PageId id{++last_page};
  const bool is_read = is_for_reading(owed.item);
  pages.emplace(id, Page{std::move(owed), *from, *to, {}, {}, false});
  queue.push_back(id);
  if (queue.size() == 1) return send_page(step, id);
  // For a notification alone nobody registers, for what somebody writes its user does.
  if (is_read && is_parked(queue.front())) wait_for_registration(step, id);
}

void Agent::State::send_page(Step& step, PageId id) {
  const auto found = pages.find(id);
  if (found == pages.end()) return;
  Page& page = found->second;
  const auto user = users.find(find_user(page.from));
  const bool registered = user != users.end() && user->second.registered && user->second.wanted;
  if (config.expect_registered && !registered) return wait_for_registration(step, id);
  if (page.owed.deadline && *page.owed.deadline < step.now)
    return finish_page(step, id, 408, "its time was over before it could be sent");
  if (page.request.method.empty() && !write_page(step, id, page)) return;
  page.txn = send_request(step, page.request, config.core, {Purpose::Kind::page, id.value});
}

bool Agent::State::write_page(Step& step, PageId id, Page& page) {
  page.request = make_request("MESSAGE", page.from, page.to);
  const auto item = page.owed.item;
  if (item.kind == PagerItem::Kind::list) {
    if (lists->write(step, page.owed, page.request)) return true;
    drop_page(step, id);
    return false;
  }
  write_message(page.request, page.owed, config, step.now, random);
  const auto octets = octets_of_request(page.request, config);
  if (octets <= config.pager_limit || item.kind != PagerItem::Kind::text) return true;
  drop_page(step, id);
  messaging.too_large(step.now, item,
                      "a SIP MESSAGE has at most " + std::to_string(config.pager_limit) +
                          " octets, this one would have " + std::to_string(octets),
                      step.messages);
  return false;
}

void Agent::State::wait_for_registration(Step& step, PageId id) {
  const Page& page = pages.at(id);
  if (page.owed.item.kind == PagerItem::Kind::notification) return park_notice(step, id);
  const UserId user_id = add_user(page.owed.between.us, page.from);
  if (users.at(user_id).is_leaving()) return finish_page(step, id, 480, "unregistered");
  if (!register_for_chat(step, user_id))
    return fail_pages(step, user_id, users.at(user_id).last_status, users.at(user_id).last_reason);
  if (is_first(id)) users.at(user_id).pages.push_back(id);
}

void Agent::State::park_notice(Step& step, PageId id) {
  if (is_parked(id)) return;
  if (parked_pages >= kMaxParked) return finish_page(step, id, 480, "unregistered");
  parked[key_of(pages.at(id).from)].insert(id);
  ++parked_pages;
}

bool Agent::State::is_parked(PageId id) const {
  const auto line = parked.find(key_of(pages.at(id).from));
  return line != parked.end() && line->second.contains(id);
}

void Agent::State::unpark(PageId id, const sip::Uri& from) {
  const auto line = parked.find(key_of(from));
  if (line == parked.end() || line->second.erase(id) == 0) return;
  --parked_pages;
  if (line->second.empty()) parked.erase(line);
}

void Agent::State::send_parked(Step& step, UserId id) {
  const User& user = users.at(id);
  auto keys = user.aliases;
  keys.push_back(key_of(user.registration.identity()));
  std::vector<PageId> found;
  for (const auto& key : keys) {
    const auto line = parked.extract(key);
    if (line.empty()) continue;
    parked_pages -= line.mapped().size();
    found.insert(found.end(), line.mapped().begin(), line.mapped().end());
  }
  for (const PageId page : found) send_page(step, page);
}

void Agent::State::on_page_response(Step& step, PageId id, const sip::Message& response) {
  const auto found = pages.find(id);
  if (found == pages.end()) return;
  Page& page = found->second;
  page.txn = {};
  const auto user_id = find_user(page.from);
  const auto user = users.find(user_id);
  const bool refused = response.status == 403 && config.expect_registered;
  const bool is_wanted = user != users.end() && user->second.wanted;
  if (refused && !is_wanted && page.owed.item.kind == PagerItem::Kind::notification) {
    page.request = {};  // its user left meanwhile: it is made anew when that comes back
    return park_notice(step, id);
  }
  const bool again = refused && is_wanted && !page.registered_anew;
  if (!again || !register_for_chat(step, user_id))
    return finish_page(step, id, response.status, one_line(response.reason, kMaxReason));
  page.registered_anew = true;
  page.request.cseq.number += 1;
  user->second.pages.push_back(id);
}

void Agent::State::finish_page(Step& step, PageId id, int status, const std::string& reason) {
  const auto found = pages.find(id);
  if (found == pages.end()) return;
  const auto item = found->second.owed.item;
  settle_page(step, item, status, reason);
  drop_page(step, id);
}

void Agent::State::settle_page(Step& step, const PagerItem& item, int status, const std::string& reason) {
  if (item.kind == PagerItem::Kind::list) return lists->on_answer(step, item, status, reason);
  messaging.on_answer(step.now, item, status, reason, step.messages);
}

void Agent::State::fail_pages(Step& step, UserId id, int status, const std::string& reason) {
  users.at(id).pages.clear();
  std::vector<PageId> unsent;
  std::vector<PageId> notices;
  for (const auto& [page_id, page] : pages) {
    if (page.txn || find_user(page.from) != id) continue;
    const bool is_notice = page.owed.item.kind == PagerItem::Kind::notification;
    (is_notice ? notices : unsent).push_back(page_id);
  }
  // The last ones first: none moves up to leave.
  for (auto page_id = unsent.rbegin(); page_id != unsent.rend(); ++page_id) {
    const auto page = pages.find(*page_id);
    if (page == pages.end()) continue;
    const auto item = page->second.owed.item;
    if (item.kind == PagerItem::Kind::list) lists->fail(step, item, status, reason);
    if (item.kind == PagerItem::Kind::text)
      messaging.fail_thread(step.now, item.thread, status, reason, step.messages);
    drop_page(step, *page_id);
  }
  for (const PageId notice : notices) {
    const auto page = pages.find(notice);
    if (page != pages.end() && !page->second.txn && is_first(page->first)) park_notice(step, notice);
  }
}

bool Agent::State::is_first(PageId id) const {
  const auto& between = pages.at(id).owed.between;
  return page_queues.at({person(between.us), person(between.peer)}).front() == id;
}

void Agent::State::drop_page(Step& step, PageId id) {
  const auto found = pages.find(id);
  if (found == pages.end()) return;
  const auto& between = found->second.owed.between;
  const auto queue = page_queues.find({person(between.us), person(between.peer)});
  unpark(id, found->second.from);
  pages.erase(found);
  const bool was_first = queue->second.front() == id;
  queue->second.remove(id);
  if (queue->second.empty()) {
    page_queues.erase(queue);
  } else if (was_first) {
    send_next(step, queue->second.front());
  }
}

void Agent::State::send_next(Step& step, PageId id) {
  next_pages.push_back(id);
  // One after the other, not one within the other: a line may be long, and all of it too late.
  if (std::exchange(sending_next, true)) return;
  while (!next_pages.empty()) {
    const PageId next = next_pages.front();
    next_pages.pop_front();
    send_page(step, next);
  }
  sending_next = false;
}

}  // namespace rcs::chat
