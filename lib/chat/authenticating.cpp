// Requests of our users that are challenged (401, 407): answered once, and sent again. What a realm has asked
// for is said at once from then on.

#include <utility>

#include "chat/agent_state.hpp"

namespace rcs::chat {

Credentials* Agent::State::credentials_of(const sip::Uri& identity) {
  if (!config.login_of) return nullptr;
  const auto key = key_of(identity);
  if (const auto known = credentials.find(key); known != credentials.end()) return &known->second;
  auto login = config.login_of(identity);
  if (!login) return nullptr;
  return &credentials.emplace(key, Credentials(std::move(*login), random)).first->second;
}

sip::ClientTxnId Agent::State::send_request(Step& step, sip::Message request, const sip::Hop& hop,
                                            Purpose purpose) {
  if (auto* login = credentials_of(request.from.uri)) login->authorize(request);
  const auto txn = layer.send_request(step.now, std::move(request), hop, step.txn);
  purposes[txn] = purpose;
  return txn;
}

bool Agent::State::answer_challenge(Step& step, const sip::ResponseArrived& event, Purpose purpose) {
  const auto& response = event.response;
  if (response.status != 401 && response.status != 407) return false;
  const auto* sent = layer.request_of(event.txn);
  auto* login = sent == nullptr ? nullptr : credentials_of(sent->from.uri);
  if (login == nullptr || !login->challenged(response, purpose.authenticated)) return false;
  auto request = *sent;
  request.vias.erase(request.vias.begin());
  const auto number = ++request.cseq.number;
  const bool in_dialog = !request.to_tag().empty();
  const auto hop = in_dialog
                       ? hop_for(request.routes.empty() ? request.request_uri : request.routes.front().uri)
                       : config.core;
  purpose.authenticated = true;
  const auto send = [&] { return send_request(step, std::move(request), hop, purpose); };
  switch (purpose.kind) {
    case Purpose::Kind::registration: {
      const auto user = users.find(UserId{purpose.id});
      if (user == users.end()) return false;
      user->second.registration.skip_cseq();
      user->second.txn = send();
      return true;
    }
    case Purpose::Kind::invite: {
      const auto chat = chats.find(ChatId{purpose.id});
      if (chat == chats.end() || chat->second.phase != Phase::calling) return false;
      chat->second.calling->invite.cseq.number = number;
      chat->second.calling->txn = send();
      return true;
    }
    case Purpose::Kind::refresh: {
      const auto chat = chats.find(ChatId{purpose.id});
      if (chat == chats.end()) return false;
      chat->second.dialog.skip_cseq();
      chat->second.refresh_txn = send();
      return true;
    }
    case Purpose::Kind::page: {
      const auto page = pages.find(PageId{purpose.id});
      if (page == pages.end()) return false;
      page->second.request.cseq.number = number;
      page->second.txn = send();
      return true;
    }
    case Purpose::Kind::inquiry: {
      const auto chat = chats.find(inquiries.open.at(InquiryId{purpose.id}).chat);
      if (in_dialog && chat == chats.end()) return false;
      if (in_dialog) chat->second.dialog.skip_cseq();
      send();
      return true;
    }
    case Purpose::Kind::subscription:
    case Purpose::Kind::publication:
      send();
      return true;
  }
  return false;
}

}  // namespace rcs::chat
