#pragma once
// What a message without a session needs to go in one.

#include <string>

#include "core/time.hpp"
#include "sip/message.hpp"

namespace rcs::ims {

/// CPIM around the bare text of a MESSAGE, `content_type` its type. It is named so that a client which had it
/// by MESSAGE too knows it again, and asks for no notification, as its sender did not.
std::string wrap_text(const sip::Message& request, const std::string& content_type, core::UnixMs now);

}  // namespace rcs::ims
