// Capability discovery: what our users ask about their contacts, one question at a time for each and a
// bounded number in all, how that goes by OPTIONS, and what we answer and learn when contacts ask us.

#include <algorithm>
#include <utility>

#include "chat/agent_held_queries.hpp"
#include "chat/agent_presence.hpp"
#include "chat/agent_state.hpp"
#include "chat/capability_sdp.hpp"
#include "core/text.hpp"
#include "sip/feature_tags.hpp"

namespace rcs::chat {
namespace {

constexpr std::size_t kTagLength = 12;
constexpr std::uint64_t kMaxSdpId = std::uint64_t{1} << 53;  // programs that keep it in a double can, too
constexpr std::size_t kMaxAskers = 200'000;  // that wait for an answer: two for each contact that can be kept
constexpr std::size_t kMinDigits = 7;        // the shortest numbers with their country code
constexpr std::size_t kMaxDigits = 15;       // E.164 section 6

/// No number that could be called from anywhere (CAP-63): letters, a short code. A national one is left to
/// the network; names are no numbers.
bool is_odd_number(const sip::Uri& uri) {
  const auto kind = sip::param_value(uri.params, "user");
  if (uri.scheme != "tel" && !(kind && core::iequals(*kind, "phone"))) return false;
  const auto key = key_of(uri);
  std::string_view digits = key.user;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const bool plain = std::all_of(digits.begin(), digits.end(), core::is_digit);
  return !plain || digits.size() < kMinDigits || digits.size() > kMaxDigits;
}

/// Who asks us, as far as a person would know: whom the network vouches for, else From.
std::optional<sip::Uri> asker_of(const sip::Message& request) {
  const auto asserted = asserted_identities(request);
  const auto& uri = asserted.empty() ? request.from.uri : asserted.front().uri;
  const bool anonymous = uri.host == "anonymous.invalid";
  if (anonymous || is_store(uri) || !can_be_called(uri) || key_of(uri).user.empty()) return std::nullopt;
  return uri;
}

}  // namespace

InquiryKey inquiry_key(UserId user, const sip::Uri& contact) {
  const auto key = key_of(contact);
  return {user, key.user + "@" + key.domain};
}

CapabilityBook& Agent::State::book() {
  if (!inquiries.book) inquiries.book.emplace(config.capability_times, random.next());
  return *inquiries.book;
}

// --- asking
// -----------------------------------------------------------------------------------------------------------------

std::optional<std::pair<sip::Uri, sip::Uri>> Agent::State::read_parties(Step& step, const Asker& asker) {
  const auto refuse = [&](int status, std::string why) {
    tell_refused(step, asker, status, std::move(why));
    return std::nullopt;
  };
  auto from = party(asker.user);
  if (!from || from->user.empty())
    return refuse(400, "user: expected a sip or tel URI, got " + core::quoted(asker.user));
  auto to = party(asker.contact);
  if (!to || to->user.empty())
    return refuse(400, "contact: expected a sip or tel URI, got " + core::quoted(asker.contact));
  if (is_odd_number(*to))
    return refuse(484, "contact: expected a number of 7 to 15 digits, got " + core::quoted(asker.contact));
  return std::pair(std::move(*from), std::move(*to));
}

void Agent::State::query_capabilities(Step& step, const QueryCapabilities& query) {
  Asker asker{query.query, query.user, query.contact};
  auto parties = read_parties(step, asker);
  if (!parties) return;
  auto& [from, to] = *parties;
  const UserId user = config.expect_registered ? add_user(query.user, from) : find_user(from);
  const auto key = inquiry_key(user, to);
  if (tell_known(step, asker, key, query.fresh)) return;
  if (inquiries.askers >= kMaxAskers) return tell_refused(step, asker, 503, "too many questions wait");
  ++inquiries.askers;
  if (const auto found = inquiries.by_contact.find({key, query.by}); found != inquiries.by_contact.end()) {
    inquiries.open.at(found->second).askers.push_back(std::move(asker));
    return;
  }
  Inquiry inquiry;
  inquiry.key = key;
  inquiry.by = query.by;
  inquiry.user = query.user;
  inquiry.from = std::move(from);
  inquiry.to = std::move(to);
  inquiry.chat = query.chat;
  inquiry.own = query.own;
  inquiry.askers.push_back(std::move(asker));
  place_inquiry(step, open_inquiry(std::move(inquiry)));
}

InquiryId Agent::State::open_inquiry(Inquiry inquiry) {
  const InquiryId id{++inquiries.last};
  inquiries.by_contact.emplace(std::pair(inquiry.key, inquiry.by), id);
  inquiries.open.emplace(id, std::move(inquiry));
  return id;
}

void Agent::State::tell_refused(Step& step, const Asker& asker, int status, std::string why) {
  CapabilitiesFound found{asker.query, asker.user, asker.contact, {}, false, status, std::move(why)};
  step.out.emit(std::move(found));
}

bool Agent::State::tell_known(Step& step, const Asker& asker, const InquiryKey& key, bool fresh) {
  const auto* entry = book().find({key.user.value, key.contact});
  if (entry == nullptr) return false;
  const auto use = book().use_of(*entry, step.now, fresh);
  if (use == CapabilityBook::Use::ask) return false;
  CapabilitiesFound found{asker.query, asker.user, asker.contact, entry->record, false, 0, {}};
  if (use == CapabilityBook::Use::failed) {
    found.status = entry->failure;
    found.error = "asked in vain a moment ago: " + std::string(sip::reason_phrase(entry->failure));
  }
  step.out.emit(std::move(found));
  return true;
}

bool Agent::State::may_ask(const Inquiry& inquiry) const {
  if (!config.expect_registered) return true;
  const auto user = users.find(inquiry.key.user);
  return user != users.end() && user->second.registered && user->second.wanted;
}

void Agent::State::place_inquiry(Step& step, InquiryId id) {
  const auto& inquiry = inquiries.open.at(id);
  if (may_ask(inquiry)) {
    inquiries.line.push_back(id);
    return send_inquiries(step);
  }
  const auto user = users.find(inquiry.key.user);
  if (user == users.end() || user->second.is_leaving())
    return fail_inquiry(step, id, 480, "unregistered", false);
  if (register_for_chat(step, user->first)) return user->second.inquiries.push_back(id);
  fail_inquiry(step, id, user->second.last_status, user->second.last_reason, false);
}

void Agent::State::send_inquiries(Step& step) {
  if (std::exchange(inquiries.sending, true)) return;
  while (inquiries.on_way < config.parallel_inquiries && !inquiries.line.empty()) {
    const InquiryId id = inquiries.line.front();
    inquiries.line.pop_front();
    const auto found = inquiries.open.find(id);
    if (found == inquiries.open.end()) continue;
    if (may_ask(found->second)) {
      send_inquiry(step, id, found->second);
    } else {
      place_inquiry(step, id);
    }
  }
  inquiries.sending = false;
}

void Agent::State::send_inquiry(Step& step, InquiryId id, Inquiry& inquiry) {
  if (inquiry.by == Discovery::presence) return presence->fetch(step, id);
  send_options(step, id, inquiry);
}

void Agent::State::send_options(Step& step, InquiryId id, const Inquiry& inquiry) {
  const auto chat = chats.find(inquiry.chat);
  const bool in_dialog = chat != chats.end() && chat->second.phase == Phase::up &&
                         key_of(chat->second.dialog.local().uri) == key_of(inquiry.from) &&
                         key_of(chat->second.dialog.remote().uri) == key_of(inquiry.to);
  auto request = in_dialog ? chat->second.dialog.make_request("OPTIONS")
                           : make_request("OPTIONS", inquiry.from, inquiry.to);
  const auto hop = in_dialog ? hop_for(chat->second.dialog.next_hop()) : config.core;
  const auto& own = inquiry.own ? *inquiry.own : services_of(inquiry.key.user);
  sip::Params tags;
  add_tags(tags, own);
  request.contacts = {contact_of(key_of(inquiry.from).user, own)};
  request.add_header("Accept-Contact", "*" + sip::format_params(tags));
  request.add_header("Accept", "application/sdp");
  request.add_header("Allow", own_methods(services_of(inquiry.key.user)));
  request.add_header("User-Agent", config.user_agent);
  ++inquiries.on_way;
  send_request(step, std::move(request), hop, {Purpose::Kind::inquiry, id.value});
}

void Agent::State::on_inquiry_response(Step& step, InquiryId id, const sip::Message& response) {
  --inquiries.on_way;
  auto& inquiry = inquiries.open.at(id);
  const auto kind = kind_of_answer(response.status);
  if (response.status == 403 && ask_registered_anew(step, id, inquiry)) return send_inquiries(step);
  if (kind == CapabilityNews::Kind::none) {
    const auto why = one_line(response.reason, kMaxReason);
    return fail_inquiry(step, id, response.status, why.empty() ? "refused" : why, true);
  }
  CapabilityNews news;
  news.kind = kind;
  if (kind == CapabilityNews::Kind::capable && !response.contacts.empty()) {
    news.capabilities = read_capabilities(response.contacts.front().params);
    read_capability_sdp(response, news.capabilities.services);
    news.raw_tags = raw_tags(response.contacts.front().params);
  }
  answer_inquiry(step, id, std::move(news), response.status);
}

void Agent::State::answer_inquiry(Step& step, InquiryId id, CapabilityNews news, int status) {
  const auto closed = close_inquiry(id);
  const auto raw = std::move(news.raw_tags);
  const auto change = book().learn({closed.key.user.value, closed.key.contact}, std::move(news), step.now);
  for (const auto& asker : closed.askers) {
    step.out.emit(
        CapabilitiesFound{asker.query, asker.user, asker.contact, change.record, true, status, {}, raw});
  }
  if (change.changed && (change.was_known || is_watched(closed.key))) {
    step.out.emit(CapabilitiesChanged{closed.user, closed.to.to_string(), change.record});
  }
  note_asked(step, closed.key);
  send_inquiries(step);
}

bool Agent::State::ask_registered_anew(Step& step, InquiryId id, Inquiry& inquiry) {
  const auto user = users.find(inquiry.key.user);
  if (inquiry.registered_anew || !config.expect_registered || user == users.end() || !user->second.wanted)
    return false;
  if (!register_for_chat(step, user->first)) return false;
  inquiry.registered_anew = true;
  user->second.inquiries.push_back(id);
  doubt_registrations(step, {}, true);
  return true;
}

void Agent::State::on_inquiry_lost(Step& step, InquiryId id, int status, const std::string& why) {
  --inquiries.on_way;
  fail_inquiry(step, id, status, why, true);
}

void Agent::State::fail_inquiry(Step& step, InquiryId id, int status, const std::string& why, bool asked) {
  const auto closed = close_inquiry(id);
  const CapabilityBook::Key key{closed.key.user.value, closed.key.contact};
  if (asked) book().note_failure(key, status, step.now);
  const auto* entry = book().find(key);
  const auto record = entry != nullptr ? entry->record : CapabilityRecord{};
  for (const auto& asker : closed.askers) {
    step.out.emit(CapabilitiesFound{asker.query, asker.user, asker.contact, record, asked, status, why});
  }
  note_asked(step, closed.key);
  send_inquiries(step);
}

Inquiry Agent::State::close_inquiry(InquiryId id) {
  auto node = inquiries.open.extract(id);
  auto& inquiry = node.mapped();
  inquiries.by_contact.erase({inquiry.key, inquiry.by});
  inquiries.askers -= inquiry.askers.size();
  return std::move(inquiry);
}

// --- being asked
// -----------------------------------------------------------------------------------------------------------------

void Agent::State::offer_services(Step& step, const OfferServices& offer) {
  const auto identity = party(offer.user);
  if (!identity || key_of(*identity).user.empty()) {
    return step.out.emit(RegistrationFailed{offer.user, 400, "not a sip or tel URI with a user", false});
  }
  const UserId id = add_user(offer.user, *identity);
  User& user = users.at(id);
  user.registration.offer(offer.services);
  // Where a REGISTER is on its way, its answer brings the next one.
  if (user.registered && user.wanted && !user.txn && !user.registration.is_told())
    send_register(step, id, false);
  presence->publish(step, id);
}

const ServiceSet& Agent::State::services_of(UserId id) const {
  const auto user = users.find(id);
  return user == users.end() ? config.services : user->second.registration.services();
}

sip::NameAddr Agent::State::contact_of(const std::string& contact_user, const ServiceSet& services) const {
  auto contact = contact_address(config, contact_user);
  add_tags(contact.params, services);
  return contact;
}

void Agent::State::on_options(Step& step, const sip::RequestArrived& event) {
  const auto& request = event.request;
  const auto user = called_user(request);
  const bool known =
      request.request_uri.user.empty() || config.accept_unknown_users || user || chat_of(request, true);
  if (!known) return respond(step, event.txn, request, 404);
  const UserId id = user.value_or(UserId{});
  const auto asker = asker_of(request);
  if (asker && hidden.contains(inquiry_key(id, *asker))) {
    answer_options(step, event.txn, request, id, {});
  } else if (!asker || !user || !held_queries->take(step, event, id, *asker)) {
    answer_options(step, event.txn, request, id, services_of(id));
  }
  learn_from(step, request, user);
}

void Agent::State::answer_options(Step& step, sip::ServerTxnId txn, const sip::Message& request, UserId user,
                                  const ServiceSet& services) {
  auto response = sip::make_response(request, 200, random.token(kTagLength));
  response.contacts.push_back(contact_of(request.request_uri.user, services));
  response.add_header("Accept", kAcceptedTypes);
  response.add_header("Accept-Encoding", "identity");
  response.add_header("Allow", own_methods(services_of(user)));
  response.add_header("Supported", "timer");
  if (wants_capability_sdp(request, services)) {
    response.add_header("Content-Type", "application/sdp");
    response.body = capability_sdp(config.host, random.below(kMaxSdpId) + 1);
  }
  layer.respond(step.now, txn, std::move(response), step.txn);
}

void Agent::State::learn_from(Step& step, const sip::Message& request, std::optional<UserId> user) {
  const auto asker = asker_of(request);
  if (!asker || request.contacts.empty()) return;
  if (!user && request.request_uri.user.empty()) return;  // to the device, not to a user of it
  CapabilityNews news;
  news.kind = CapabilityNews::Kind::capable;
  news.capabilities = read_capabilities(request.contacts.front().params);
  // No service is named by what only looks whether we are there, a machine speaks for nobody.
  if (news.capabilities.services.empty() || news.capabilities.automata) return;
  const auto key = inquiry_key(user.value_or(UserId{}), *asker);
  const auto change = book().learn({key.user.value, key.contact}, std::move(news), step.now);
  if (!change.changed) return;
  const auto name = user ? users.at(*user).name : request.to.uri.to_string();
  step.out.emit(CapabilitiesChanged{name, asker->to_string(), change.record});
}

}  // namespace rcs::chat
