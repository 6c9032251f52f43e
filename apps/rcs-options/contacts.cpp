#include "rcs-options/contacts.hpp"

#include <algorithm>

#include "chat/identity.hpp"
#include "core/text.hpp"
#include "harness/live_agent.hpp"

namespace rcs::options {
namespace {

core::Result<void> add(std::vector<std::string>& out, std::string_view contact, const std::string& domain,
                       const std::string& place) {
  const auto wish = [&] {
    return core::malformed(place + ": expected a number, a name or a sip or tel URI, got " +
                           core::quoted(contact));
  };
  if (contact.size() > kMaxContactOctets) return wish();
  const auto uri = sip::parse_uri(harness::contact_uri(std::string(contact), domain));
  if (!uri || uri->user.empty() || !chat::can_be_called(*uri)) return wish();
  if (out.size() >= kMaxContacts)
    return core::Error(core::Errc::too_large,
                       place + ": expected at most " + std::to_string(kMaxContacts) + " contacts");
  out.emplace_back(contact);
  return {};
}

}  // namespace

core::Result<std::vector<std::string>> gather_contacts(const std::vector<std::string>& arguments,
                                                       std::string_view list, const std::string& domain) {
  std::vector<std::string> out;
  for (const auto& argument : arguments) {
    if (argument != "-") {
      RCS_CHECK_OK(add(out, argument, domain, "CONTACT"));
      continue;
    }
    std::size_t number = 0;
    for (auto rest = list; !rest.empty();) {
      const auto end = std::min(rest.find('\n'), rest.size());
      const auto line = core::trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      ++number;
      if (line.empty() || line.front() == '#') continue;
      RCS_CHECK_OK(add(out, line, domain, "standard input, line " + std::to_string(number)));
    }
  }
  if (out.empty())
    return core::malformed("expected a contact to ask about, or - for a list on standard input");
  return out;
}

}  // namespace rcs::options
