#pragma once
// What somebody can do, as JSON of the API (API-37, API-38): a record of a contact, and what a user offers,
// both ways.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "chat/capabilities.hpp"
#include "core/time.hpp"
#include "gateway/event_text.hpp"
#include "gateway/problem.hpp"

namespace rcs::gateway {

/// What the chat client offers for a user who has said nothing else.
chat::ServiceSet default_services();

/// The ids of what is there: ["Chat","Standalone"].
std::string services_json(const chat::ServiceSet& services);
/// All services there are: [{"capabilityId":"Chat","status":"Enabled"},...].
std::string statuses_json(const chat::ServiceSet& services);
/// By their names in JSON signalling: "IM/CHAT,File transfer".
std::string service_list(const chat::ServiceSet& services);
/// Of such a list, names and ids alike; what is unknown is passed over (CAP-34).
chat::ServiceSet read_service_list(std::string_view text);
/// "yes", "no" or "unknown" with its quotes.
std::string answer_json(chat::CapabilityRecord::Answer answer);
/// contact, rcs, registered: what an event and an answer begin with.
EventData contact_data(std::string_view contact, const chat::CapabilityRecord& record);
/// Whole seconds since what is known of the contact was told; nullopt: nothing is.
std::optional<std::int64_t> age_of(const chat::CapabilityRecord& record, core::Instant now);

/// The body of PUT /Capability: data.services is all that is offered from now on, data.serviceCapability
/// changes what it names in `now`. Problems: 400, one line in errors[] for each id that is unknown.
std::variant<chat::ServiceSet, Problem> read_offer(const nlohmann::json& body, const chat::ServiceSet& now);

}  // namespace rcs::gateway
