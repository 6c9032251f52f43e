#include "ims/list_text.hpp"

#include <algorithm>
#include <utility>

#include "body/inflate.hpp"
#include "core/text.hpp"
#include "ims/list_server.hpp"
#include "ims/sip_node_state.hpp"
#include "sip/codec.hpp"

namespace rcs::ims {
namespace {

using core::Errc;
using core::Error;
using core::malformed;

/// What was between the sender and this server.
constexpr std::string_view kOfThisHop[] = {"Require", "P-Served-User", "Authorization",
                                           "Proxy-Authorization"};

bool is_of_content(const sip::Header& header) { return core::istarts_with(header.name, "Content-"); }

bool is_of_this_hop(const sip::Header& header) {
  return std::any_of(std::begin(kOfThisHop), std::end(kOfThisHop),
                     [&](std::string_view name) { return core::iequals(header.name, name); });
}

core::Result<sip::Uri> reachable(const std::string& text) {
  auto uri = sip::parse_uri(text);
  // PGR-14: nobody here could look up where an im URI leads.
  if (uri && uri->scheme == "im") uri = sip::parse_uri("sip:" + uri->user);
  if (!uri || !(uri->is_sip() || uri->scheme == "tel") || uri->user.empty())
    return malformed("recipient list: expected sip and tel URIs, got " + core::quoted(text));
  uri->headers.clear();
  uri->password.clear();
  sip::remove_param(uri->params, "method");
  return std::move(*uri);
}

bool is_list_server(const sip::Uri& uri, const Directory& directory) {
  return uri.is_sip() && core::iequals(uri.user, body::kListServiceUser) && directory.is_local_host(uri);
}

void set_content(sip::Message& message, const body::Part& part) {
  std::erase_if(message.headers, is_of_content);
  bool has_type = false;
  for (const auto& header : part.headers) {
    if (!core::istarts_with(header.name, "Content-") || core::iequals(header.name, "Content-Length"))
      continue;
    has_type = has_type || core::iequals(header.name, "Content-Type");
    message.add_header(header.name, header.value);
  }
  if (!has_type) message.add_header("Content-Type", "text/plain");
  message.body = part.content;
}

int refuse(const Error& error, std::vector<sip::Header>& extra) {
  extra.push_back({"Warning", "399 rcsgw " + core::quoted(error.detail(), 200)});
  if (error.code() == Errc::too_large) return 413;
  if (error.code() != Errc::unsupported) return 400;
  extra.push_back({"Accept", "multipart/mixed"});
  extra.push_back({"Accept-Encoding", std::string(body::kContentCodings)});
  return 415;
}

}  // namespace

bool is_for_list_server(const sip::Message& request, const Directory& directory) {
  return request.method == "MESSAGE" && request.to_tag().empty() &&
         is_list_server(request.request_uri, directory);
}

core::Result<std::vector<body::Recipient>> recipients_of(const std::vector<body::Recipient>& list,
                                                         const Directory& directory) {
  std::vector<body::Recipient> reached;
  for (const auto& entry : list) {
    RCS_TRY(const auto uri, reachable(entry.uri));
    if (is_list_server(uri, directory)) continue;
    reached.push_back(entry);
    reached.back().uri = uri.to_string();
  }
  auto merged = body::merge_recipients(
      reached, [&](const std::string& text) { return directory.key_of(*sip::parse_uri(text)); });
  if (merged.empty()) return malformed("recipient list: expected somebody to send to, got nobody");
  if (merged.size() > kMaxListRecipients)
    return Error(Errc::too_large, "recipient list: expected at most " + std::to_string(kMaxListRecipients) +
                                      " recipients, got " + std::to_string(merged.size()));
  return merged;
}

sip::Message message_for_each(const sip::Message& request, const body::Part& message,
                              const std::vector<body::Recipient>& recipients, core::Random& random) {
  sip::Message each = request;
  each.vias.clear();
  each.routes.clear();
  each.record_routes.clear();
  each.contacts.clear();
  each.cseq = {1, "MESSAGE"};
  std::erase_if(each.headers, is_of_this_hop);
  const auto history = body::recipient_history(recipients);
  if (history.empty()) {
    set_content(each, message);
    return each;
  }
  auto body = body::add_list_history(message, history, random);
  set_content(each, {{{"Content-Type", std::move(body.content_type)}}, std::move(body.content)});
  return each;
}

std::optional<sip::Message> without_history(const sip::Message& request) {
  const auto* type = request.header("Content-Type");
  if (type == nullptr || request.header("Content-Encoding") != nullptr) return std::nullopt;
  auto part = body::take_message_part(*type, request.body);
  if (!part || !*part) return std::nullopt;
  sip::Message alone = request;
  set_content(alone, **part);
  return alone;
}

// --- the node
// -----------------------------------------------------------------------------------------------------------------

int SipNode::State::read_list(Instant now, const sip::Message& request, const Signal& heard,
                              std::vector<Signal>& copies, std::vector<sip::Header>& extra) {
  if (!heard.has(Flag::trusted)) return 403;
  extra = unsupported_options(request, {body::kListOption, "pref"});
  if (!extra.empty()) return 420;
  const auto* type = request.header("Content-Type");
  const auto* coding = request.header("Content-Encoding");
  const auto content = body::without_coding(coding == nullptr ? std::string() : *coding, request.body);
  if (!content) return refuse(content.error(), extra);
  const auto list = body::read_list_message(type == nullptr ? std::string() : *type, *content);
  if (!list) return refuse(list.error(), extra);
  const auto recipients = recipients_of(list->to, directory);
  if (!recipients) return refuse(recipients.error(), extra);
  auto each = message_for_each(request, list->message, *recipients, random);
  each.request_uri = each.to.uri = request.request_uri;
  if (const auto octets = sip::encode(each).size(); octets > kMaxCopyOctets)
    return refuse(Error(Errc::too_large, "list message: expected at most " + std::to_string(kMaxCopyOctets) +
                                             " octets for each recipient, got " + std::to_string(octets)),
                  extra);
  Signal pattern;
  pattern.method = Method::message;
  pattern.from = heard.from;
  pattern.flags = static_cast<Flags>(Flag::trusted);
  pattern.set(Flag::from_local, heard.has(Flag::from_local));
  pattern.size = static_cast<std::uint32_t>(each.body.size());
  read_expiry(now, each, pattern);
  for (const auto& recipient : *recipients) {
    each.request_uri = *sip::parse_uri(recipient.uri);
    each.to = {};
    each.to.uri = each.request_uri;
    each.call_id = random.token() + "@" + directory.host_in_uri(config.self);
    Signal copy = pattern;
    copy.to = directory.user(each.request_uri);
    copy.set(Flag::to_local, directory.is_known(copy.to));
    copy.message = MessageHandle{++last_message};
    pages[copy.message] = PageText{each, {}};
    copies.push_back(copy);
  }
  return 0;
}

void SipNode::State::take_list(Work& work, Exchange exchange, const Signal& heard) {
  std::vector<Signal> copies;
  std::vector<sip::Header> extra;
  if (const int status = read_list(work.now, exchange.request, heard, copies, extra))
    return answer_plain(work, {heard.txn.value}, exchange.request, status, extra);
  exchange.heard = heard;
  exchanges.emplace(heard.txn, std::move(exchange));
  RoleOutbox decisions;
  role->on_list(work.now, heard, copies, decisions);
  Step step{.node = config.self, .heard = heard, .timer = {}, .said = {}};
  carry_out(work, decisions, step);
  forget_answered(heard);
}

}  // namespace rcs::ims
