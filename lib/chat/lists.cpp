// One text to several, by the network's list server.

#include <algorithm>
#include <utility>

#include "body/list_message.hpp"
#include "chat/agent_lists.hpp"
#include "chat/pager_request.hpp"

namespace rcs::chat {
namespace {

constexpr std::size_t kMessageIdLength = 16;       // as of any other text
constexpr std::size_t kConversationIdLength = 32;  // hex digits, as threads have them
constexpr std::size_t kFewest = 2;                 // one is written to without a server

/// The network has not taken the message, for there is nobody who would, or not this one; rather than that
/// nobody knows what has become of it.
bool is_untaken(int status) {
  if (status == 408) return false;
  return status < 500 || status == 501 || status == 513 || status == 604 || status == 606;
}

}  // namespace

void Agent::State::Lists::send(Step& step, SendToMany&& command) {
  Open list{std::move(command.text), {}};
  auto& text = list.text;
  if (text.message_id.empty()) text.message_id = state.random.token(kMessageIdLength);
  const auto from = party(command.from);
  const bool has_server = from && from->is_sip();
  const auto one = [&](const ListedRecipient& to) { return SendText{to.thread, text, command.expires}; };
  // A thread that is busy brings its text behind what waits there.
  const auto own_way = std::stable_partition(
      command.to.begin(), command.to.end(),
      [&](const ListedRecipient& to) { return has_server && state.messaging.may_join_list(to.thread); });
  const bool is_list = own_way - command.to.begin() >= std::ptrdiff_t{kFewest};
  for (auto to = is_list ? own_way : command.to.begin(); to != command.to.end(); ++to)
    state.send_text(step, one(*to));
  if (!is_list) return;
  for (auto to = command.to.begin(); to != own_way; ++to) {
    if (!state.messaging.may_join_list(to->thread)) continue;  // named twice
    const ChatId thread = state.messaging.send_by_list(step.now, one(*to), step.messages);
    if (thread) list.to.push_back({thread, to->copy, to->anonymize});
  }
  if (list.to.empty()) return;
  MessageOwed owed;
  owed.item = {PagerItem::Kind::list, {}, text.message_id, ++last};
  owed.between = {from->to_string(), sip::make_sip_uri(body::kListServiceUser, from->host).to_string()};
  owed.conversation_id = state.random.hex(kConversationIdLength);
  owed.now_or_never = command.expires && *command.expires == core::Duration{};
  if (command.expires && !owed.now_or_never) owed.deadline = step.now + *command.expires;
  open.emplace(last, std::move(list));
  state.queue_page(step, std::move(owed));
}

bool Agent::State::Lists::write(Step& step, MessageOwed& owed, sip::Message& request) {
  auto& list = open.at(owed.item.list);
  std::erase_if(list.to, [&](const ListedRecipient& to) {
    return !state.messaging.waits_for_list(to.thread, list.text.message_id);
  });
  auto text = list.text;
  text.from = owed.between.us;
  text.to.clear();  // each of them
  text.date_time = state.config.wall.at(step.now);
  text.want_failure = true;  // the server's answer says nothing of that
  owed.content_type = kCpimType;
  owed.content = body::format_cpim(body::make_chat_cpim(text));
  write_message(request, owed, state.config, step.now, state.random);
  // PGR-9 is kept for what each of them gets. The list comes on top: with it the request leaves over TCP, as
  // all large ones do, and goes no further than the server.
  const bool is_too_large = octets_of_request(request, state.config) > state.config.pager_limit;
  if (list.to.empty() || is_too_large) {
    send_alone(step, take(owed.item.list));
    return false;
  }
  std::vector<body::Recipient> recipients;
  for (const auto& to : list.to) {
    const auto peer = state.messaging.correspondents(to.thread).peer;
    recipients.push_back({peer, to.copy, to.anonymize, 1});
  }
  auto message = body::make_list_message({{{"Content-Type", owed.content_type}}, owed.content}, recipients,
                                         state.random);
  request.set_header("Content-Type", message.content_type);
  request.add_header("Require", body::kListOption);
  request.body = std::move(message.content);
  return true;
}

void Agent::State::Lists::on_answer(Step& step, const PagerItem& item, int status,
                                    const std::string& reason) {
  const bool is_taken = status >= 200 && status < 300;
  if (!is_taken && is_untaken(status)) return send_alone(step, take(item.list));
  tell_each(step, item, status, reason);
}

void Agent::State::Lists::fail(Step& step, const PagerItem& item, int status, const std::string& reason) {
  const auto list = take(item.list);
  for (const auto& to : list.to)
    state.messaging.fail_thread(step.now, to.thread, status, reason, step.messages);
}

void Agent::State::Lists::tell_each(Step& step, const PagerItem& item, int status,
                                    const std::string& reason) {
  const auto list = take(item.list);
  for (const auto& to : list.to) {
    const PagerItem text{PagerItem::Kind::text, to.thread, list.text.message_id};
    state.messaging.on_answer(step.now, text, status, reason, step.messages);
  }
}

void Agent::State::Lists::send_alone(Step& step, const Open& list) {
  for (const auto& to : list.to)
    state.messaging.send_alone(step.now, to.thread, list.text.message_id, step.messages);
}

Agent::State::Lists::Open Agent::State::Lists::take(std::uint64_t list) {
  auto node = open.extract(list);
  return node.empty() ? Open{} : std::move(node.mapped());
}

}  // namespace rcs::chat
