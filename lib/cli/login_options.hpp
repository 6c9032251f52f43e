#pragma once
// The options of a tool that answers a SIP core's challenges, and the file in which a tool is told the
// passwords of several users.

#include <map>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace CLI {
class App;
}

namespace rcs::cli {

struct Login {
  std::string user;  ///< as the core knows it; empty: that of the user's own id
  std::string password;
};

/// Adds --user and --password.
void add_login_options(CLI::App& app, Login& login);
/// The variable RCS_PASSWORD where there is no --password. `over_sip`: there is a core to log in at. Errors:
/// malformed.
core::Result<void> complete_login(Login& login, bool over_sip);

/// Passwords by user name. One pair a line, a blank between; empty lines and those that begin with # say
/// nothing. Errors: malformed, names `file`, the line and what was expected.
core::Result<std::map<std::string, std::string>> parse_credentials(std::string_view text,
                                                                   const std::string& file);

}  // namespace rcs::cli
