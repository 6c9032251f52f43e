// rcs-options: what contacts can do, asked from a shell.

#include <CLI/CLI.hpp>
#include <algorithm>

#include "core/text.hpp"
#include "harness/trace_file.hpp"
#include "rcs-options/asking.hpp"
#include "rcs-options/contacts.hpp"
#include "rcs-options/simulation.hpp"
#include "sip/hop.hpp"

namespace {

using namespace rcs;
using cli::Exit;

constexpr const char* kExamples =
    "  rcs-options --sim --online bob --online carol=Chat,FileTransfer --from alice bob carol dave\n"
    "  rcs-options --from 01087654321 01012345678\n"
    "  rcs-options --core sip:127.0.0.1:5060 --from alice --json - < contacts.txt\n"
    "  rcs-options --core sip:127.0.0.1:5060 --from alice --watch=5 bob\n"
    "  rcs-options --sim --online bob=Chat,PresenceDiscovery --from alice --by presence bob";

void declare_link(CLI::App& app, options::Options& options) {
  auto* gateway =
      app.add_option("--gateway", options.gateway, "Ask through this gateway's API (http://127.0.0.1:8080)")
          ->option_text("URL");
  auto* core =
      app.add_option("--core", options.core, "Ask as a standard client straight over SIP, at this core")
          ->option_text("SIP-URI");
  cli::add_tls_options(app, options.tls);
  cli::add_login_options(app, options.login);
  auto* sim = app.add_flag("--sim", options.sim, "Start a core in this process and ask there");
  gateway->excludes(core)->excludes(sim);
  core->excludes(sim);
  app.add_option("--online", options.online,
                 "With --sim: this user is registered, with these services or the usual ones; repeat")
      ->option_text("ID[=SERVICE,...]")
      ->allow_extra_args(false)
      ->needs(sim);
}

void declare(CLI::App& app, options::Options& options) {
  cli::add_common_options(app, options.common);
  declare_link(app, options);
  app.add_option("--from", options.from, "Who I am: 01087654321, +8210..., alice")
      ->required()
      ->option_text("ID");
  app.add_option("--token", options.token, "Access token; dev-<ID> when left out")->option_text("TOKEN");
  app.add_option("--domain", options.domain, "Domain of plain ids over SIP (domain.com)")
      ->option_text("DOMAIN");
  app.add_option("--local", options.local, "Own SIP address (127.0.0.1:0)")->option_text("ADDR:PORT");
  app.add_flag("--fresh", options.fresh, "Ask the network also where the gateway knows the answer");
  app.add_option_function<std::string>(
         "--by",
         [&options](const std::string& way) {
           if (way != "options" && way != "presence")
             throw CLI::ValidationError("--by", "expected options or presence, got " + core::quoted(way));
           options.by = way == "presence" ? chat::Discovery::presence : chat::Discovery::options;
         },
         "options: ask the contact's device (the default); presence: what it has published")
      ->option_text("options|presence");
  app.add_option("--parallel", options.parallel, "Questions on their way at once (50)")
      ->option_text("N")
      ->check(CLI::Range(std::size_t{1}, options::kMaxParallel));
  app.add_flag_function(
      "--watch{10}",
      [&options](std::int64_t seconds) {
        if (seconds < 1 || seconds > 86400)
          throw CLI::ValidationError("--watch", "expected seconds, from 1 to 86400");
        options.watch = std::chrono::seconds(seconds);
      },
      "Ask again after so many seconds (--watch=10) and print what has changed, until interrupted");
  app.add_option("--seed", options.seed, "Seed of ids and tags; 0 draws one")->option_text("N");
  app.add_option("contact", options.contacts,
                 "Whom to ask about; - reads a list from standard input, one a line")
      ->required()
      ->option_text("CONTACT|-...");
}

/// What CLI11 can not say.
core::Result<void> check(options::Options& options) {
  const auto core_uri = sip::parse_uri(options.core);
  const bool over_tls = core_uri && sip::hop_of(*core_uri).transport == sip::Transport::tls;
  RCS_CHECK_OK(cli::check_tls_options(options.tls, over_tls));
  RCS_CHECK_OK(cli::complete_login(options.login, !options.core.empty()));
  for (const auto& user : options.online) RCS_CHECK_OK(options::parse_online(user));
  return {};
}

core::Result<std::vector<std::string>> read_contacts(const options::Options& options) {
  std::string list;
  if (std::count(options.contacts.begin(), options.contacts.end(), "-") != 0) {
    RCS_TRY(list, cli::read_input("-", options::kMaxListOctets));
  }
  return options::gather_contacts(options.contacts, list, options.domain);
}

Exit run(options::Options& options) {
  if (const auto checked = check(options); !checked) return cli::fail(checked.error());
  auto contacts = read_contacts(options);
  if (!contacts) return cli::fail(contacts.error());
  std::unique_ptr<harness::TraceFile> trace;
  if (!options.common.trace_file.empty()) {
    auto opened = harness::TraceFile::open(options.common.trace_file);
    if (!opened) return cli::fail(opened.error());
    trace = std::move(*opened);
  }
  auto* recorder = trace ? &trace->recorder() : nullptr;
  net::Loop loop;
  bool interrupted = false;
  loop.on_interrupt([&](int) {
    interrupted = true;
    loop.stop();
  });
  std::unique_ptr<options::Simulation> simulation;
  net::ActorNames names;
  if (options.sim) {
    auto opened = options::Simulation::open(loop, options, recorder);
    if (!opened) return interrupted ? Exit::interrupted : cli::fail(opened.error());
    simulation = std::move(*opened);
    options.core = simulation->core_uri();
    names = [&simulation](const sip::Hop& hop) { return simulation->name_of(hop); };
  }
  auto asker = options.core.empty() ? options::make_gateway_asker(loop, options, recorder)
                                    : options::make_sip_asker(loop, options, recorder, std::move(names));
  if (!asker) return cli::fail(asker.error());
  const auto exit = options::ask_all(loop, options, std::move(*contacts), **asker, interrupted);
  (*asker)->leave();
  return interrupted ? Exit::interrupted : exit;
}

}  // namespace

int main(int argc, char** argv) {
  options::Options options;
  return cli::run_tool(
      argc, argv, "rcs-options",
      "Asks what contacts can do, through the gateway's API or straight over SIP: RCS users or not, "
      "registered or not, and their services.",
      kExamples, [&](CLI::App& app) { declare(app, options); }, [&](CLI::App&) { return run(options); });
}
