#include "cli/login_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "core/text.hpp"

namespace rcs::cli {

void add_login_options(CLI::App& app, Login& login) {
  app.add_option("--user", login.user,
                 "Name at a core that asks for a password; that of --from when left out")
      ->option_text("NAME");
  app.add_option("--password", login.password, "Password there; the variable RCS_PASSWORD when left out")
      ->option_text("WORD");
}

core::Result<void> complete_login(Login& login, bool over_sip) {
  if (!over_sip && (!login.user.empty() || !login.password.empty()))
    return core::malformed("--user, --password: expected --core with them");
  // Of a command line everybody on the machine can read the words.
  const char* secret = std::getenv("RCS_PASSWORD");
  if (over_sip && login.password.empty() && secret != nullptr) login.password = secret;
  if (!login.user.empty() && login.password.empty())
    return core::malformed("--user: expected --password or the variable RCS_PASSWORD with it");
  return {};
}

core::Result<std::map<std::string, std::string>> parse_credentials(std::string_view text,
                                                                   const std::string& file) {
  std::map<std::string, std::string> passwords;
  std::size_t number = 0;
  for (auto piece : core::split(text, '\n')) {
    ++number;
    if (piece.ends_with('\r')) piece.remove_suffix(1);
    const auto line = core::trim(piece);
    if (line.empty() || line.front() == '#') continue;
    const auto end = line.find_first_of(" \t");
    const auto where = file + ":" + std::to_string(number) + ": ";
    if (end == std::string_view::npos) return core::malformed(where + "expected NAME PASSWORD");
    const std::string name(line.substr(0, end));
    if (!passwords.emplace(name, core::trim(line.substr(end))).second)
      return core::malformed(where + core::quoted(name) + " has a password already");
  }
  return passwords;
}

}  // namespace rcs::cli
