#include "ims/presence_text.hpp"

#include <algorithm>
#include <utility>

#include "body/mime.hpp"
#include "body/pidf.hpp"
#include "core/text.hpp"
#include "ims/role_presence.hpp"
#include "ims/signal_text.hpp"

namespace rcs::ims {
namespace {

constexpr std::string_view kPackage = "presence";
constexpr MessageHandle kNoVersion{UINT64_MAX};  // of a tag that was never given out

/// What the Event header names: the package, and the id that tells subscriptions in one dialog apart.
struct EventName {
  std::string_view package;
  std::string_view id;

  std::string to_string() const {
    return std::string(package) + (id.empty() ? "" : ";id=" + std::string(id));
  }
};

EventName event_of(const sip::Message& request) {
  EventName event;
  const auto* text = request.header("Event");
  if (text == nullptr) return event;
  const auto pieces = core::split(*text, ';');
  event.package = core::trim(pieces[0]);
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const auto pair = core::split_once(core::trim(pieces[i]), '=');
    const bool is_id = pair && core::iequals(core::trim(pair->first), "id");
    if (is_id && core::is_token(core::trim(pair->second))) event.id = core::trim(pair->second);
  }
  return event;
}

/// The type of the documents, or a range that it is in; left out: it is (RFC 3856 section 6.7).
bool accepts_presence(const sip::Message& request) {
  const auto values = request.header_values("Accept");
  for (const auto value : values) {
    for (const auto piece : core::split(value, ',')) {
      const auto type = core::to_lower(core::trim(core::split(piece, ';')[0]));
      if (type == body::kPidfType || type == "application/*" || type == "*/*") return true;
    }
  }
  return values.empty();
}

void wish_for_presence(std::vector<sip::Header>& extra) {
  extra.push_back({"Accept", std::string(body::kPidfType)});
}

}  // namespace

PresenceText::PresenceText(NodeId self, std::string server, const Directory& directory, core::Random& random)
    : self_(self), server_(std::move(server)), directory_(directory), tag_prefix_(random.token(12) + "-") {}

std::size_t PresenceText::open() const {
  std::size_t count = watches_.size();
  for (const auto& [user, all] : published_) count += all.size();
  return count;
}

int PresenceText::read(const sip::Message& request, Signal& heard, std::vector<sip::Header>& extra) {
  const bool publishes = heard.method == Method::publish;
  if (!publishes && heard.method != Method::subscribe) return 0;
  // Whom the role refuses anyhow, nothing is read for.
  if (!heard.has(Flag::trusted) && !heard.has(Flag::in_dialog)) return 0;
  extra = unsupported_options(request, {});
  if (!extra.empty()) return 420;
  if (event_of(request).package != kPackage) {
    extra.push_back({"Allow-Events", std::string(kPackage)});
    return 489;
  }
  heard.expires = request.expires().value_or(kDefaultPresence);
  return publishes ? read_publish(request, heard, extra) : read_subscribe(request, heard, extra);
}

void PresenceText::complete(const sip::Message& request, const Signal& heard, const Signal& reply,
                            sip::Message& response) {
  if (reply.status == 423) response.add_header("Min-Expires", std::to_string(reply.expires));
  if (reply.status != 200) return;
  response.add_header("Expires", std::to_string(reply.expires));
  if (reply.method == Method::publish) {
    response.add_header("SIP-ETag", tag_prefix_ + std::to_string(reply.message.value));
    return keep(heard, reply);
  }
  sip::NameAddr contact;
  contact.uri = directory_.uri_of(self_);
  response.contacts = {std::move(contact)};
  if (const auto watch = watches_.find(heard.call); watch != watches_.end())
    return watch->second.dialog.refresh_target(request);
  auto dialog = sip::Dialog::from_request(request, response);
  if (!dialog) return;  // read_subscribe saw to its Contact
  dialogs_[dialog->id()] = heard.call;
  watches_[heard.call] = Watch{.dialog = std::move(*dialog), .event = event_of(request).to_string()};
}

void PresenceText::forget(const Notice& notice) {
  if (notice.kind == Notice::Kind::message_done) {
    const auto found = published_.find(notice.to);
    if (found == published_.end()) return;
    std::erase_if(found->second, [&](const Published& p) { return p.version == notice.message; });
    if (found->second.empty()) published_.erase(found);
  } else if (notice.kind == Notice::Kind::leg_done) {
    const auto found = watches_.find(notice.call);
    if (found == watches_.end()) return;
    dialogs_.erase(found->second.dialog.id());
    watches_.erase(found);
  }
}

// --- what is published
// -------------------------------------------------------------------------------------------------

MessageHandle PresenceText::version_named(std::string_view tag) const {
  if (!tag.starts_with(tag_prefix_)) return kNoVersion;
  const auto number = core::parse_u64(tag.substr(tag_prefix_.size()));
  return number && *number != 0 ? MessageHandle{*number} : kNoVersion;
}

const PresenceText::Published* PresenceText::find(UserId user, MessageHandle version) const {
  const auto all = published_.find(user);
  if (all == published_.end()) return nullptr;
  const auto found = std::find_if(all->second.begin(), all->second.end(),
                                  [&](const Published& p) { return p.version == version; });
  return found == all->second.end() ? nullptr : &*found;
}

int PresenceText::read_publish(const sip::Message& request, Signal& heard, std::vector<sip::Header>& extra) {
  const auto tags = request.header_values("SIP-If-Match");
  if (tags.size() > 1 || (tags.size() == 1 && tags[0].find(',') != std::string_view::npos)) return 400;
  heard.message = tags.empty() ? MessageHandle{} : version_named(core::trim(tags[0]));
  in_hand_ = InHand{.txn = heard.txn, .number = 0, .elements = std::nullopt};
  if (request.body.empty() || heard.expires == 0) {
    heard.size = 0;
    return 0;
  }
  const auto* before = find(heard.to, heard.message);
  in_hand_.number = before == nullptr ? ++last_number_ : before->number;
  if (const int status = read_state(request, extra)) return status;
  // A document without elements says something, too: that there is nothing.
  heard.size = static_cast<std::uint32_t>(std::max(in_hand_.elements->size(), request.body.size()));
  return 0;
}

int PresenceText::read_state(const sip::Message& request, std::vector<sip::Header>& extra) {
  const auto* text = request.header("Content-Type");
  const auto type = body::parse_media_type(text == nullptr ? "" : *text);
  if (!type || type->type != body::kPidfType) {
    wish_for_presence(extra);
    return 415;
  }
  if (const auto* coding = request.header("Content-Encoding");
      coding != nullptr && !core::iequals(core::trim(*coding), "identity")) {
    extra.push_back({"Accept-Encoding", "identity"});
    return 415;
  }
  if (request.body.size() > kMaxPublishedOctets) return 413;
  auto elements = body::take_presence_elements(request.body, "p" + std::to_string(in_hand_.number) + "-");
  if (!elements) {
    extra.push_back({"Warning", "399 rcsgw " + core::quoted(elements.error().detail(), 200)});
    return elements.error().code() == core::Errc::too_large ? 413 : 400;
  }
  if (elements->size() > kMaxPublishedOctets) return 413;
  in_hand_.elements = std::move(*elements);
  return 0;
}

void PresenceText::keep(const Signal& heard, const Signal& reply) {
  if (reply.expires == 0) return;
  auto& all = published_[reply.to];
  auto at =
      std::find_if(all.begin(), all.end(), [&](const Published& p) { return p.version == heard.message; });
  if (at == all.end()) at = all.insert(at, Published{.number = in_hand_.number});
  at->version = reply.message;
  if (in_hand_.txn == heard.txn && in_hand_.elements) at->elements = *std::exchange(in_hand_.elements, {});
}

std::string PresenceText::document(UserId user) const {
  std::vector<const body::PresenceElements*> parts;
  if (const auto all = published_.find(user); all != published_.end()) {
    for (const auto& published : all->second) parts.push_back(&published.elements);
  }
  return body::presence_document(directory_.identity(user).to_string(), parts);
}

// --- who watches
// -------------------------------------------------------------------------------------------------------

int PresenceText::read_subscribe(const sip::Message& request, Signal& heard,
                                 std::vector<sip::Header>& extra) {
  if (!accepts_presence(request)) {
    wish_for_presence(extra);
    return 406;
  }
  if (!heard.has(Flag::in_dialog)) {
    if (request.contacts.empty() || !request.contacts.front().uri.is_sip()) return 400;
    heard.call = CallKey{++last_call_};
    return 0;
  }
  const auto dialog = dialogs_.find(sip::dialog_id_of(request, true));
  if (dialog == dialogs_.end()) return 481;
  heard.call = dialog->second;
  auto& watch = watches_.at(heard.call);
  if (watch.event != event_of(request).to_string()) return 481;  // one subscription a dialog
  return watch.dialog.take_cseq(request) ? 0 : 500;
}

std::optional<sip::Message> PresenceText::make_notify(const Signal& signal) {
  const auto found = watches_.find(signal.call);
  if (found == watches_.end()) return std::nullopt;
  auto& watch = found->second;
  auto request = watch.dialog.make_request("NOTIFY");
  sip::NameAddr contact;
  contact.uri = directory_.uri_of(self_);
  request.contacts = {std::move(contact)};
  request.add_header("Event", watch.event);
  request.add_header("Subscription-State", signal.expires == 0
                                               ? "terminated;reason=timeout"
                                               : "active;expires=" + std::to_string(signal.expires));
  request.add_header("User-Agent", server_);
  watch.has_document = watch.has_document || published_.contains(signal.from);
  if (watch.has_document) {
    request.add_header("Content-Type", std::string(body::kPidfType));
    request.body = document(signal.from);
  }
  return request;
}

}  // namespace rcs::ims
