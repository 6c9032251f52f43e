// What is said about messages by SIP MESSAGE, outside of dialogs: notifications for which there is no session
// (IMDN-13). Texts by MESSAGE are not taken here.

#include <algorithm>
#include <utility>

#include "body/cpim.hpp"
#include "body/imdn.hpp"
#include "body/iscomposing.hpp"
#include "chat/agent_state.hpp"
#include "core/text.hpp"

namespace rcs::chat {
namespace {

constexpr std::size_t kTagLength = 12;
constexpr std::size_t kCallIdLength = 20;
constexpr std::size_t kMaxNotices = 10'000;     // in all; an hour of a busy gateway's late readers
constexpr std::size_t kMaxNoticesPerPeer = 50;  // that wait for one that does not answer

bool is_of_type(std::string_view content_type, std::string_view type) {
  return core::iequals(core::trim(content_type.substr(0, content_type.find(';'))), type);
}

/// The message/cpim in a MESSAGE; nullopt where it holds something else.
std::optional<body::Cpim> cpim_in(const sip::Message& request) {
  const auto* type = request.header("Content-Type");
  if (type == nullptr || !is_of_type(*type, "message/cpim")) return std::nullopt;
  auto cpim = body::parse_cpim(request.body);
  return cpim ? std::optional(std::move(*cpim)) : std::nullopt;
}

}  // namespace

bool Agent::State::is_notice(const sip::Message& request) {
  if (request.method != "MESSAGE" || !request.to_tag().empty() || request.header("Require") != nullptr)
    return false;
  const auto* type = request.header("Content-Type");
  if (type != nullptr && is_of_type(*type, body::kComposingType)) return true;
  const auto cpim = cpim_in(request);
  if (!cpim) return false;
  const auto* inner = body::find_mime(cpim->content.headers, "Content-Type");
  if (inner != nullptr && is_of_type(*inner, body::kComposingType)) return true;
  const auto notifications = body::read_imdn_cpim(*cpim);
  return notifications && !notifications->empty();
}

void Agent::State::on_notice(Step& step, const sip::RequestArrived& event) {
  const auto& request = event.request;
  const auto user = called_user(request);
  if (!user && !config.accept_unknown_users) return respond(step, event.txn, request, 404);
  respond(step, event.txn, request, 200);
  const auto cpim = cpim_in(request);
  if (!cpim) return;
  std::vector<std::string> us{request.to.uri.to_string()};
  if (user) us.insert(us.begin(), users.at(*user).name);
  std::vector<std::string> peers;
  for (const auto& identity : asserted_identities(request)) peers.push_back(identity.uri.to_string());
  // Whom the network vouches for, that is who it is; else From may be believed, as in an INVITE.
  if (peers.empty()) peers.push_back(request.from.uri.to_string());
  messaging->on_notice(step.now, us, peers, *cpim, step.messages);
}

void Agent::State::send_notice(Step& step, const NoticeOwed& owed) {
  const auto from = sip::parse_uri(owed.between.us);
  const auto to = sip::parse_uri(owed.between.peer);
  if (!from || !to || !can_be_called(*to)) return;
  const auto user = users.find(find_user(*from));
  const bool registered = user != users.end() && user->second.registered && user->second.wanted;
  if (config.expect_registered && !registered) return;
  if (notices.size() >= kMaxNotices) return;
  auto& queue = notice_queues[owed.between.peer];
  if (queue.size() >= kMaxNoticesPerPeer) return;

  Notice notice;
  notice.peer = owed.between.peer;
  auto& request = notice.request;
  request.method = "MESSAGE";
  request.request_uri = *to;
  request.max_forwards = 70;
  request.from.uri = *from;
  sip::set_param(request.from.params, "tag", random.token(kTagLength));
  request.to.uri = *to;
  request.call_id = random.token(kCallIdLength);
  request.cseq = {1, "MESSAGE"};
  sip::NameAddr preferred;
  preferred.uri = *from;
  if (user != users.end()) {
    request.routes = user->second.registration.service_routes();
    preferred.uri = user->second.registration.preferred_identity();
  }
  if (request.routes.empty() && !is_core(*to, config)) request.routes.push_back(core_route(config));
  request.add_header("P-Preferred-Identity", preferred.to_string());
  request.add_header("Accept-Contact", "*;" + std::string(kChatTag));
  request.add_header("User-Agent", config.user_agent);
  request.add_header("Content-Type", "message/cpim");
  request.body = owed.cpim;

  const NoticeId id{++last_notice};
  notices.emplace(id, std::move(notice));
  queue.push_back(id);
  if (queue.size() == 1) send_notice_again(step, id);
}

void Agent::State::send_notice_again(Step& step, NoticeId id) {
  const auto found = notices.find(id);
  if (found == notices.end()) return;
  auto& notice = found->second;
  notice.txn = layer.send_request(step.now, notice.request, config.core, step.txn);
  purposes[notice.txn] = {Purpose::Kind::notice, id.value};
}

void Agent::State::on_notice_response(Step& step, NoticeId id, const sip::Message& response) {
  const auto found = notices.find(id);
  if (found == notices.end()) return;
  auto& notice = found->second;
  const auto user_id = find_user(notice.request.from.uri);
  const auto user = users.find(user_id);
  const bool again = response.status == 403 && config.expect_registered && !notice.registered_anew &&
                     user != users.end() && user->second.wanted;
  if (!again || !register_for_chat(step, user_id)) return finish_notice(step, id);
  notice.registered_anew = true;
  notice.request.cseq.number += 1;
  user->second.notices.push_back(id);
}

void Agent::State::finish_notice(Step& step, NoticeId id) {
  const auto found = notices.find(id);
  if (found == notices.end()) return;
  const auto peer = found->second.peer;
  notices.erase(found);
  const auto queue = notice_queues.find(peer);
  queue->second.remove(id);
  if (queue->second.empty()) {
    notice_queues.erase(queue);
  } else {
    send_notice_again(step, queue->second.front());
  }
}

}  // namespace rcs::chat
