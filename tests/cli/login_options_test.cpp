#include "cli/login_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "support/catch.hpp"

using namespace rcs;

TEST_CASE("a password comes from the option, else from the environment, and needs a core") {
  unsetenv("RCS_PASSWORD");
  cli::Login login;
  CLI::App app;
  cli::add_login_options(app, login);
  app.parse("--user alice --password sesame");
  CHECK(cli::complete_login(login, true));
  CHECK(login.user == "alice");
  CHECK(cli::complete_login(login, false).error().detail() ==
        "--user, --password: expected --core with them");

  cli::Login named{"alice", {}};
  CHECK_FALSE(cli::complete_login(named, true));
  setenv("RCS_PASSWORD", "secret", 1);
  CHECK(cli::complete_login(named, true));
  CHECK(named.password == "secret");
  cli::Login none;
  CHECK(cli::complete_login(none, false));
  CHECK(none.password.empty());
  unsetenv("RCS_PASSWORD");
}

TEST_CASE("a file of passwords: pairs, comments, and faults by their line") {
  const auto good = cli::parse_credentials("# who\nalice sesame street\r\n\n  bob\tx\n", "f");
  REQUIRE(good);
  CHECK(good->size() == 2);
  CHECK(good->at("alice") == "sesame street");
  CHECK(good->at("bob") == "x");
  CHECK(cli::parse_credentials("alice x\nbob\n", "f").error().detail() == "f:2: expected NAME PASSWORD");
  CHECK(cli::parse_credentials("a x\na y\n", "f").error().detail() == "f:2: \"a\" has a password already");
}
