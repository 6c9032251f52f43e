// Answers that a SipNode gives itself: refusals, OPTIONS, and those of a registrar.

#include <algorithm>
#include <utility>

#include "core/date.hpp"
#include "core/text.hpp"
#include "ims/sip_node_state.hpp"
#include "sip/feature_tags.hpp"

namespace rcs::ims {
namespace {

/// What a REGISTER says that the device can do, newest contact last; none where it takes contacts away.
std::optional<sip::Params> offered_tags(const sip::Message& request) {
  std::optional<sip::Params> tags;
  const auto specs = project_contacts(request);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].expires != 0) tags = request.contacts[i].params;
  }
  if (tags) std::erase_if(*tags, [](const sip::Param& p) { return !sip::is_feature_tag(p.name); });
  return tags;
}

/// What the network can do for a user who is away: keep chats and messages.
sip::Params stored_services(const sip::Params& tags) {
  sip::Params kept;
  std::vector<std::string> services;
  for (const auto service : {kChatService, kMessageService, kLargeMessageService, kDeferredService}) {
    if (sip::has_feature(tags, sip::kIcsiRef, service)) services.emplace_back(service);
  }
  if (!services.empty()) kept.push_back(sip::make_list_tag(sip::kIcsiRef, services));
  if (sip::has_feature(tags, sip::kIariRef, kChatApplication))
    kept.push_back(sip::make_list_tag(sip::kIariRef, {std::string(kChatApplication)}));
  if (sip::has_feature(tags, kSimpleIm)) kept.push_back({std::string(kSimpleIm), std::nullopt});
  return kept;
}

const std::vector<sip::Header>& offered_here() {
  static const std::vector<sip::Header> kOffered = {
      {"Allow", std::string(kAllow)},
      {"Accept", "application/sdp, multipart/mixed, message/cpim"},
      {"Supported", "path, timer"}};
  return kOffered;
}

}  // namespace

sip::NameAddr SipNode::State::own_contact() const {
  sip::NameAddr contact;
  contact.uri = directory.uri_of(config.self);
  return contact;
}

void SipNode::State::answer_plain(Work& work, sip::ServerTxnId txn, const sip::Message& request, int status,
                                  const std::vector<sip::Header>& extra) {
  auto response = sip::make_response(request, status, random.token());
  response.headers.reserve(extra.size() + 1);
  response.add_header("Server", config.server);
  for (const auto& header : extra) response.add_header(header.name, header.value);
  layer->respond(work.now, txn, std::move(response), work.txn);
}

void SipNode::State::answer_options(Work& work, sip::ServerTxnId txn, const sip::Message& request) {
  answer_plain(work, txn, request, 200, offered_here());
}

void SipNode::State::answer(Work& work, Exchange& exchange, const Signal& signal) {
  if (exchange.answered) return;
  const auto& request = exchange.request;
  const auto leg = legs.find(exchange.heard.call);
  const bool on_leg = config.back_to_back && leg != legs.end();
  auto response = sip::make_response(request, signal.status, on_leg ? leg->second.tag : random.token());
  response.add_header("Server", config.server);
  if (signal.status == 405) response.add_header("Allow", presence ? kPresenceAllow : kLegAllow);
  if (signal.status >= 300 && signal.cause != 0)
    response.add_header("Reason", reason_header(signal.cause, false));
  if (signal.status == 422) response.add_header("Min-SE", std::to_string(sip::kMinSessionExpires));
  if (signal.method == Method::register_) {
    add_registration(work, response, exchange, signal);
  } else if (on_leg) {
    answer_on_leg(work, exchange, signal, response);
  } else if (signal.method == Method::options && signal.has(Flag::answered_by_network)) {
    add_capabilities(response, signal);
  }
  if (presence) presence->complete(request, exchange.heard, signal, response);
  exchange.answered = signal.status >= 200;
  layer->respond(work.now, {exchange.heard.txn.value}, std::move(response), work.txn);
}

void SipNode::State::add_capabilities(sip::Message& response, const Signal& signal) const {
  const auto& tags = directory.tags(signal.to);
  const bool is_away = signal.session_case == SessionCase::terminating_unregistered;
  // Nothing of where the user is: the Contact is that of this server.
  auto contact = own_contact();
  contact.params = is_away ? stored_services(tags) : tags;
  sip::set_param(contact.params, "automata", std::nullopt);
  response.contacts = {std::move(contact)};
  for (const auto& header : offered_here()) response.add_header(header.name, header.value);
}

void SipNode::State::prune_bindings(Instant now, UserId user) {
  const auto found = bindings.find(user);
  if (found == bindings.end() || role->registrar() == nullptr) return;
  const auto live = role->registrar()->bindings(now, user);
  std::erase_if(found->second, [&](const BoundContact& bound) {
    return std::none_of(live.begin(), live.end(),
                        [&](const Binding& b) { return b.spec.contact == bound.id; });
  });
  if (found->second.empty()) bindings.erase(found);
}

void SipNode::State::add_registration(Work& work, sip::Message& response, const Exchange& exchange,
                                      const Signal& signal) {
  const auto& request = exchange.request;
  const auto* registrar = role->registrar();
  if (signal.status == 423) response.add_header("Min-Expires", std::to_string(kMinRegistration));
  if (signal.status != 200) return;
  response.add_header("Date", core::format_date(config.wall.at(work.now)));
  if (registrar == nullptr) {  // an application server's answer to a third-party REGISTER
    response.add_header("Expires", std::to_string(signal.expires));
    return;
  }
  std::vector<sip::NameAddr> path;
  for (const auto value : request.header_values("Path")) {
    response.add_header("Path", value);  // REG-30
    if (auto list = sip::parse_name_addr_list(value)) path.insert(path.end(), list->begin(), list->end());
  }
  if (auto tags = offered_tags(request)) directory.keep_tags(signal.to, std::move(*tags));
  auto& bound = bindings[signal.to];
  const auto live = registrar->bindings(work.now, signal.to);
  for (const auto& contact : request.contacts) {
    const auto id = contact_id(contact.uri);
    std::erase_if(bound, [&](const BoundContact& b) { return b.id == id; });
    bound.push_back({id, contact, path});
  }
  prune_bindings(work.now, signal.to);
  const auto kept = bindings.find(signal.to);
  for (const auto& binding : live) {  // REG-10
    if (kept == bindings.end()) break;
    const auto text = std::find_if(kept->second.begin(), kept->second.end(),
                                   [&](const BoundContact& b) { return b.id == binding.spec.contact; });
    if (text == kept->second.end()) continue;
    auto contact = text->contact;
    const auto left = std::chrono::ceil<std::chrono::seconds>(binding.expires_at - work.now).count();
    sip::set_param(contact.params, "expires", std::to_string(left));
    response.contacts.push_back(std::move(contact));
  }
  if (live.empty()) return;
  auto service = directory.route_to(config.o_cscf);  // REG-32, REG-33
  sip::set_param(service.uri.params, "orig", std::nullopt);
  response.add_header("Service-Route", service.to_string());
  sip::NameAddr identity;
  identity.uri = request.to.uri;
  identity.uri.params.clear();
  response.add_header("P-Associated-URI", identity.to_string());  // REG-34
  if (auto tel = directory.tel_identity(signal.to); tel.scheme == "tel" && request.to.uri.scheme != "tel") {
    response.add_header("P-Associated-URI", "<" + tel.to_string() + ">");
  }
}

}  // namespace rcs::ims
