// The package `capability`: what a session asks about contacts, and what contacts ask about its user (section
// 4 of the mapping: CAP-40 to CAP-45). The properties of a query are in its frames (CAP-43): ssid is
// control.subsession_id, initiator and target are in the header, initiatorCapability is the enquiry_data of
// the request and targetCapability that of the response.

#include <algorithm>

#include "gateway/capability_text.hpp"
#include "gateway/state_jsonrtc.hpp"

namespace rcs::gateway {
namespace {

constexpr const char* kEnquiry = "enquiry";
/// Told apart from the numbers of REST requests, which count from 1.
constexpr std::uint64_t kOurQueries = std::uint64_t{1} << 62;

struct Outcome {
  int code = 200;
  std::string reason;
};

/// WSC-52. What was heard of the contact a moment ago stands for an answer of now.
Outcome outcome_of(const chat::CapabilitiesFound& found) {
  using Answer = chat::CapabilityRecord::Answer;
  const Outcome away{480, "Temporarily Unavailable"};
  const Outcome stranger{404, "Not Found"};
  if (!found.error.empty()) return {found.status >= 300 ? found.status : 500, found.error};
  if (found.asked && (found.status == 480 || found.status == 408)) return away;
  if (found.asked && found.status == 404) return stranger;
  if (found.asked) return {};
  if (found.record.rcs_user == Answer::no) return stranger;
  const bool answered = found.record.registered == Answer::yes || found.record.capabilities.automata;
  return answered ? Outcome{} : away;
}

}  // namespace

void Gateway::State::JsonRtc::on_enquiry(Step& step, SessionNo number, const Frame& frame) {
  auto& session = *find(number);
  if (frame.type != FrameType::request) return refuse(step, number, frame, 400, "type: expected request");
  if (!admit(step, number, frame, "capability")) return;
  const auto* within = find_subsession(session, frame.subsession);
  const auto& target = frame.target.empty() && within != nullptr ? within->peer : frame.target;
  const auto contact = read_identity(target, state.config);
  if (!contact) return refuse(step, number, frame, 400, "target: " + contact.error().detail());
  const auto query = kOurQueries + ++last_query;
  auto request = frame;
  request.target = target;
  if (request.initiator.empty()) request.initiator = state.users.at(session.user).identity.sip;
  forget_content(request);
  remember(session, frame, target);
  state.keep_registered(step, state.users.at(session.user));
  ++session.waiting;
  enquiries.emplace(query, Waiting{number, std::move(request)});
  chat::QueryCapabilities ask;
  ask.query = chat::QueryId{query};
  ask.user = state.users.at(session.user).identity.sip;
  ask.contact = contact->uri;
  ask.fresh = true;
  // For this question alone: what the network may send the user stays what it offers.
  const auto own = read_service_list(frame.enquiry_data.value_or(""));
  if (!own.empty()) ask.own = own;
  step.out.emit(std::move(ask));
}

bool Gateway::State::JsonRtc::on_capabilities_found(Step& step, const chat::CapabilitiesFound& found) {
  if (found.query.value < kOurQueries) return false;
  const auto node = enquiries.extract(found.query.value);
  if (node.empty()) return true;
  const auto& waiting = node.mapped();
  if (settle(waiting) == nullptr) return true;
  const auto outcome = outcome_of(found);
  if (outcome.code != 200) {
    refuse(step, waiting.session, waiting.request, outcome.code, outcome.reason);
  } else {
    auto answer = response_to(waiting.request);
    answer.enquiry_data = service_list(found.record.capabilities.services);
    send(step, waiting.session, std::move(answer));
  }
  flush(step, waiting.session);
  return true;
}

void Gateway::State::JsonRtc::on_query_arrived(Step& step, const chat::QueryArrived& arrived) {
  const auto* user = state.known_user(arrived.user);
  if (user == nullptr) return;
  for (const auto number : sessions_of(user->identity.key, "capability", true)) {
    auto& session = *find(number);
    Frame request;
    request.type = FrameType::request;
    request.package = name_of(Package::capability);
    request.subsession = new_subsession_id();
    request.state = FrameState::initial;
    request.action = kEnquiry;
    request.initiator = arrived.contact;
    request.target = user->identity.sip;
    request.enquiry_data = service_list(arrived.capabilities.services);
    remember(session, request, arrived.contact);
    if (session.asked.size() >= kAskedFrames) {  // the client has answered the oldest long ago
      session.asked.erase(session.asked.begin());
      session.queries.erase(session.queries.begin());
    }
    const auto subsession = request.subsession;
    const auto sequence = session.wire.send(step.now, std::move(request));
    session.asked.push_back({sequence, subsession, kEnquiry});
    session.queries.push_back(arrived.query);
    flush(step, number);
  }
}

void Gateway::State::JsonRtc::read_copied_number(const Session& session, Frame& answer) {
  const bool answers = answer.type == FrameType::response || answer.type == FrameType::error;
  if (!answers || !answer.correlation.empty() || !answer.sequence) return;
  if (*answer.sequence == session.wire.expected()) return;
  const auto copied = std::any_of(session.asked.begin(), session.asked.end(), [&](const AskedFrame& one) {
    const bool there = answer.subsession.empty() || answer.subsession == one.subsession;
    return one.sequence == answer.sequence && one.action == answer.action && there;
  });
  if (!copied) return;
  answer.correlation = correlation_of(answer);
  answer.sequence.reset();
}

/// The first answer of a user's sessions counts. One that is an error leaves it at what the user offers; what
/// answers something else (a message that was accepted, or rejected too late) is done with (PGR-50).
void Gateway::State::JsonRtc::on_enquiry_answer(Step& step, Session& session, const Frame& answer) {
  const auto place = find_asked(answer, session.asked);
  if (!place) return;
  const auto query = session.queries.at(*place);
  session.asked.erase(session.asked.begin() + static_cast<std::ptrdiff_t>(*place));
  session.queries.erase(session.queries.begin() + static_cast<std::ptrdiff_t>(*place));
  const auto& offered = state.users.at(session.user).services;
  const auto services = answer.type == FrameType::response
                            ? read_service_list(answer.enquiry_data.value_or(""))
                            : offered.value_or(default_services());
  step.out.emit(chat::AnswerQuery{query, services});
}

}  // namespace rcs::gateway
