#include "ims/signal_text.hpp"

#include <algorithm>
#include <utility>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "ims/registrar.hpp"
#include "sip/dialog.hpp"
#include "sip/feature_tags.hpp"

namespace rcs::ims {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return core::to_lower(text).find(part) != std::string::npos;
}

/// Whole entries (CAP-32): many applications have names that begin as a service does.
bool names_chat(const sip::Params& tags) {
  return sip::has_feature(tags, kSimpleIm) || sip::has_feature(tags, sip::kIcsiRef, kChatService) ||
         sip::has_feature(tags, sip::kIariRef, kChatApplication);
}

bool names_standalone(const sip::Params& tags) {
  return sip::has_feature(tags, sip::kIcsiRef, kMessageService) ||
         sip::has_feature(tags, sip::kIcsiRef, kLargeMessageService) ||
         sip::has_feature(tags, sip::kIcsiRef, kDeferredService);
}

void read_accept_contact(const sip::Message& message, Signal& signal) {
  for (const auto value : message.header_values("Accept-Contact")) {
    for (const auto& preference : sip::parse_preferences(value)) {
      const bool chat = names_chat(preference);
      const bool standalone = names_standalone(preference);
      if (!chat && !standalone) continue;
      if (chat) signal.set(Flag::chat_tag);
      if (standalone) signal.set(Flag::standalone);
      if (sip::find_param(preference, "require") != nullptr &&
          sip::find_param(preference, "explicit") != nullptr)
        signal.set(Flag::strict_preference);
    }
  }
}

std::uint16_t read_cause(const sip::Message& message) {
  for (const auto value : message.header_values("Reason")) {
    if (!core::iequals(core::trim(value.substr(0, value.find(';'))), "SIP")) continue;
    for (const auto piece : core::split(value, ';')) {
      const auto pair = core::split_once(core::trim(piece), '=');
      if (!pair || !core::iequals(core::trim(pair->first), "cause")) continue;
      if (const auto cause = core::parse_u32(core::trim(pair->second), 699))
        return static_cast<std::uint16_t>(*cause);
    }
  }
  return 0;
}

void read_session_timer(const sip::Message& request, Signal& signal) {
  const auto answer = sip::answer_session_timer(request);
  if (answer.status == 422) {
    signal.set(Flag::short_interval);
    return;
  }
  signal.expires = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(answer.timer.interval).count());
  signal.set(Flag::we_refresh, answer.timer.refresher == sip::Refresher::uas);
}

void read_users(const sip::Message& request, bool trusted, Directory& directory, Signal& signal) {
  const bool by_to = signal.has(Flag::in_dialog) || signal.method == Method::register_;
  signal.to = directory.user(by_to ? request.to.uri : request.request_uri);
  if (by_to) {
    signal.from = directory.user(request.from.uri);
  } else if (trusted) {
    const auto asserted = asserted_identity(request);
    const bool by_server = asserted && asserted->uri.user == kStoreAndForwardUser;
    signal.set(Flag::store_and_forward, by_server);
    signal.from = directory.user(asserted && !by_server ? asserted->uri : request.from.uri);
  } else {
    signal.from = directory.user(identity_of_device(request, directory).uri);
  }
  // A third-party REGISTER comes from a node; the user it speaks for is the one it names.
  if (signal.method == Method::register_ && trusted &&
      directory.node_at(request.from.uri.host, request.from.uri.port) != kOutside) {
    signal.from = signal.to;
  }
  signal.set(Flag::from_local, directory.is_known(signal.from));
  signal.set(Flag::to_local, directory.is_known(signal.to));
}

void read_way(const sip::Message& request, NodeId self, const Directory& directory, Signal& signal) {
  // The topmost count; one place is left for the node itself. Deeper ones are found again by the text of the
  // message.
  const std::size_t depth = std::min(request.vias.size(), NodeStack::kCapacity - 1);
  for (std::size_t i = depth; i > 0; --i) {
    (void)signal.via.push(directory.node_at(request.vias[i - 1].host, request.vias[i - 1].port));
  }
  const std::size_t routes = std::min(request.routes.size(), NodeStack::kCapacity);
  for (std::size_t i = routes; i > 0; --i) {
    (void)signal.route.push(
        directory.node_at(request.routes[i - 1].uri.host, request.routes[i - 1].uri.port));
  }
  const NodeId target = directory.node_at(request.request_uri.host, request.request_uri.port);
  signal.target = signal.has(Flag::in_dialog) || target == self ? target : NodeId{};
}

std::optional<std::uint32_t> seconds(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return core::parse_u32(core::trim(*text));
}

std::uint16_t thousandths(const std::string& q) {
  // "1", "0.5", "0.125": at most three digits after the point count.
  const auto parts = core::split(q, '.');
  const auto whole = core::parse_u32(parts[0], 1);
  if (!whole || parts.size() > 2) return 1000;
  std::uint32_t value = *whole * 1000;
  if (parts.size() == 2) {
    std::string digits(parts[1].substr(0, 3));
    digits.resize(3, '0');
    value += core::parse_u32(digits, 999).value_or(0);
  }
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(value, 1000));
}

}  // namespace

bool is_trusted(const Directory& directory, const sip::Hop& from, const sip::Message& request) {
  if (request.vias.empty()) return false;
  const auto node = directory.node_at(request.vias.front().host, request.vias.front().port);
  return node != kOutside && core::iequals(directory.address(node).host, from.host);
}

RouteMarks take_own_routes(sip::Message& request, NodeId self, const Directory& directory) {
  RouteMarks marks;
  const auto read = [&](const sip::Uri& uri) {
    marks.originating = marks.originating || sip::find_param(uri.params, "orig") != nullptr;
    if (const auto odi = core::parse_u32(sip::param_value(uri.params, "odi").value_or(""), kOdiDone)) {
      marks.odi = static_cast<std::uint8_t>(*odi);
    }
  };
  const auto is_own = [&](const sip::NameAddr& route) {
    return route.uri.is_sip() && directory.node_at(route.uri.host, route.uri.port) == self;
  };
  while (!request.routes.empty() && is_own(request.routes.front())) {
    const auto& uri = request.routes.front().uri;
    read(uri);
    if (const auto txn = core::parse_u64(sip::param_value(uri.params, kAskedTxn).value_or(""))) {
      marks.txn = TxnKey{*txn};
    }
    if (!uri.user.empty()) marks.flow = uri.user;
    marks.had_own = true;
    request.routes.erase(request.routes.begin());
  }
  if (!request.routes.empty() && marks.had_own && marks.odi == 0 &&
      directory.node_at(request.routes.front().uri.host, request.routes.front().uri.port) != kOutside) {
    read(request.routes.front().uri);
  }
  return marks;
}

Signal project_request(const sip::Message& request, const RouteMarks& marks, bool trusted, NodeId self,
                       Directory& directory) {
  Signal signal;
  signal.method = method_of(request.method);
  signal.set(Flag::trusted, trusted);
  signal.set(Flag::marked_originating, marks.originating);
  signal.odi = trusted ? marks.odi : 0;  // nobody outside says which criteria are done
  signal.session_case = marks.originating ? SessionCase::originating : SessionCase::terminating;
  if (const auto* served = request.header("P-Served-User");
      served != nullptr && contains(*served, "regstate=unreg")) {
    signal.session_case = SessionCase::terminating_unregistered;
  }
  signal.set(Flag::in_dialog, !request.to_tag().empty());
  signal.cseq = request.cseq.number;
  signal.size = static_cast<std::uint32_t>(request.body.size());
  read_users(request, trusted, directory, signal);
  read_accept_contact(request, signal);
  signal.set(Flag::update_allowed, request.lists("Allow", "UPDATE"));
  signal.cause = read_cause(request);
  if (signal.method == Method::register_) {
    signal.expires = request.expires().value_or(kDefaultRegistration);
    signal.set(Flag::contact_star, request.contact_star);
    signal.set(Flag::bad_contacts, request.contact_star && !request.contacts.empty());
  } else if (signal.method == Method::invite || signal.method == Method::update) {
    read_session_timer(request, signal);
  } else if (signal.method == Method::options) {
    signal.set(Flag::capabilities_known, !directory.tags(signal.to).empty());
  }
  read_way(request, self, directory, signal);
  return signal;
}

std::vector<ContactSpec> project_contacts(const sip::Message& request) {
  std::vector<ContactSpec> contacts;
  for (const auto& contact : request.contacts) {
    ContactSpec spec;
    spec.contact = contact_id(contact.uri);
    spec.node = kOutside;
    spec.expires = seconds(sip::param_value(contact.params, "expires"))
                       .value_or(request.expires().value_or(kDefaultRegistration));
    if (const auto q = sip::param_value(contact.params, "q")) spec.q = thousandths(*q);
    if (const auto instance = sip::param_value(contact.params, "+sip.instance")) {
      spec.instance =
          core::Hash().add(*instance).add(sip::param_value(contact.params, "reg-id").value_or("")).value();
    }
    for (const auto& param : contact.params) {
      spec.has_features = spec.has_features || sip::is_feature_tag(param.name);
    }
    spec.has_chat = names_chat(contact.params);
    spec.has_standalone = names_standalone(contact.params);
    contacts.push_back(spec);
  }
  return contacts;
}

void project_response(const sip::Message& response, NodeId self, const Directory& directory, Signal& signal) {
  signal.status = static_cast<std::uint16_t>(response.status);
  signal.size = static_cast<std::uint32_t>(response.body.size());
  signal.cause = read_cause(response);
  signal.target = response.contacts.empty() ? kOutside
                                            : directory.node_at(response.contacts.front().uri.host,
                                                                response.contacts.front().uri.port);
  const auto asserted = asserted_identity(response);
  signal.set(Flag::answered_by_network, asserted && asserted->uri.user == kStoreAndForwardUser);
  if (response.status == 415) signal.set(Flag::coding_refused, response.header("Accept-Encoding") != nullptr);
  if (signal.method == Method::register_) {
    std::uint32_t longest = 0;
    for (const auto& contact : response.contacts) {
      longest = std::max(
          longest,
          seconds(sip::param_value(contact.params, "expires")).value_or(response.expires().value_or(0)));
    }
    signal.expires = longest;
  } else if (signal.method == Method::invite && response.status >= 200 && response.status < 300) {
    const auto timer = sip::session_expires(response);
    const bool on = timer && *timer;
    signal.expires = on ? static_cast<std::uint32_t>(
                              std::chrono::duration_cast<std::chrono::seconds>((*timer)->interval).count())
                        : 0;
    // The way back along the dialog: who asked at the bottom, then the recorded nodes from there on.
    signal.route.clear();
    (void)signal.route.push(signal.via.at(0));
    const auto& recorded = response.record_routes;
    const std::size_t hops = std::min(recorded.size(), NodeStack::kCapacity - 1);
    for (std::size_t i = 0; i < hops; ++i) {
      const auto& uri = recorded[recorded.size() - 1 - i].uri;
      (void)signal.route.push(directory.node_at(uri.host, uri.port));
    }
    signal.set(Flag::we_refresh, on && (*timer)->refresher == sip::Refresher::uac && signal.via.size() == 1 &&
                                     signal.via.top() == self);
  }
}

ContactId contact_id(const sip::Uri& uri) { return ContactId{core::Hash().add(uri.to_string()).value()}; }

std::optional<sip::NameAddr> asserted_identity(const sip::Message& message) {
  const auto* text = message.header("P-Asserted-Identity");
  if (text == nullptr) return std::nullopt;
  auto list = sip::parse_name_addr_list(*text);
  if (!list || list->empty()) return std::nullopt;
  return list->front();
}

sip::NameAddr identity_of_device(const sip::Message& request, Directory& directory) {
  sip::NameAddr from = request.from;
  from.params.clear();
  const auto* text = request.header("P-Preferred-Identity");
  if (text == nullptr) return from;
  auto list = sip::parse_name_addr_list(*text);
  if (!list || list->empty()) return from;
  auto& preferred = list->front();
  preferred.params.clear();
  // The implicit set of a user here is the forms of its one number; an anonymous From leaves the choice to
  // the preferred one.
  const UserId from_user = directory.user(from.uri);
  const bool allowed = from_user == kForeignUser || directory.user(preferred.uri) == from_user;
  return allowed ? preferred : from;
}

std::vector<sip::Header> unsupported_options(const sip::Message& request,
                                             std::initializer_list<std::string_view> known) {
  std::vector<sip::Header> unsupported;
  for (const auto value : request.header_values("Require")) {
    for (const auto piece : core::split(value, ',')) {
      const auto word = core::trim(piece);
      const bool is_known = std::any_of(known.begin(), known.end(),
                                        [&](std::string_view option) { return core::iequals(word, option); });
      if (!word.empty() && !is_known) unsupported.push_back({"Unsupported", std::string(word)});
    }
  }
  return unsupported;
}

bool wants_privacy(const sip::Message& message) {
  for (const auto value : message.header_values("Privacy")) {
    for (const auto piece : core::split(value, ';')) {
      if (core::iequals(core::trim(piece), "id")) return true;
    }
  }
  return false;
}

std::string reason_header(int status, bool idle) {
  const std::string words = idle ? "session idle" : std::string(sip::reason_phrase(status));
  return "SIP;cause=" + std::to_string(status) + ";text=\"" + words + "\"";
}

}  // namespace rcs::ims
