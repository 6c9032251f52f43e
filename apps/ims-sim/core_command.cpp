// ims-sim core: the simulated core alone, on sockets.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "harness/entropy.hpp"
#include "harness/live_core.hpp"
#include "harness/scenario_core.hpp"
#include "harness/trace_file.hpp"
#include "ims-sim/commands.hpp"

namespace rcs::ims_sim {
namespace {

using cli::Exit;

struct Options {
  std::string listen = "127.0.0.1";
  std::uint16_t port = 5060;
  std::string domain = "domain.com";
  std::string profile;
  bool proxied = false;
  std::vector<std::string> users;
  std::uint64_t seed = 0;
};

void print_ready(const harness::LiveCore& core, bool json) {
  if (json) {
    nlohmann::ordered_json ready{
        {"ready", true}, {"core", "sip:" + core.entry().host + ":" + std::to_string(core.entry().port)}};
    for (const auto node : ims::kCoreNodes)
      ready[std::string(node)] =
          "sip:" + core.address(node).host + ":" + std::to_string(core.address(node).port);
    std::printf("%s\n", ready.dump().c_str());
  } else {
    std::string line = "ready core=sip:" + core.entry().host + ":" + std::to_string(core.entry().port);
    for (const auto node : ims::kCoreNodes)
      line += " " + std::string(node) + "=sip:" + core.address(node).host + ":" +
              std::to_string(core.address(node).port);
    std::printf("%s\n", line.c_str());
  }
  std::fflush(stdout);
}

/// What the network did, for -v.
std::string notice_text(const ims::Notice& notice, const ims::Directory& directory) {
  const auto from = directory.name(notice.from);
  const auto to = directory.name(notice.to);
  switch (notice.kind) {
    case ims::Notice::Kind::registered:
      return to + " registered";
    case ims::Notice::Kind::unregistered:
      return to + " is not registered any more";
    case ims::Notice::Kind::chat_answered:
      return from + " -> " + to + ": answered by the network";
    case ims::Notice::Kind::chat_accepted:
      return from + " -> " + to + ": accepted";
    case ims::Notice::Kind::chat_declined:
      return from + " -> " + to + ": declined with " + std::to_string(notice.status);
    case ims::Notice::Kind::chat_stored:
      return from + " -> " + to + ": stored until the receiver registers";
    case ims::Notice::Kind::chat_lost:
      return from + " -> " + to + ": given up";
    default:
      return {};
  }
}

core::Result<ims::Profile> read_profile(const std::string& file) {
  if (file.empty()) return ims::default_profile();
  RCS_TRY(const auto text, cli::read_input(file, scenario::kMaxFileBytes));
  const auto parsed = scenario::parse_profile(text, file);
  if (!parsed.diagnostics.empty()) return core::malformed(scenario::format_diagnostics(parsed.diagnostics));
  return harness::profile_of(parsed.rows);
}

Exit run(const Options& options, const cli::CommonOptions& common) {
  auto profile = read_profile(options.profile);
  if (!profile) return cli::fail(profile.error());
  std::unique_ptr<harness::TraceFile> trace;
  if (!common.trace_file.empty()) {
    auto opened = harness::TraceFile::open(common.trace_file);
    if (!opened) return cli::fail(opened.error());
    trace = std::move(*opened);
  }
  if (!common.quiet && !net::Address{options.listen, options.port}.is_loopback())
    cli::say("--listen " + options.listen +
             ": the core asks nobody for a password; whoever reaches it may be anyone");
  net::Loop loop;
  harness::LiveCore* raw = nullptr;
  harness::LiveCoreOptions core_options;
  core_options.host = options.listen;
  if (options.port != 0) {
    for (std::size_t i = 0; i < core_options.ports.size(); ++i)
      core_options.ports[i] = static_cast<std::uint16_t>(options.port + i);
  }
  core_options.msrp = 0;
  core_options.domain = options.domain;
  core_options.users = options.users;
  core_options.profile = std::move(*profile);
  core_options.answer_mode = options.proxied ? ims::AnswerMode::proxied : ims::AnswerMode::store_and_forward;
  core_options.random = harness::random_source(options.seed);
  core_options.recorder = trace ? &trace->recorder() : nullptr;
  core_options.names = [&raw](const sip::Hop& hop) {
    const auto node = raw == nullptr ? std::string() : raw->name_of(hop);
    return node.empty() ? hop.host + ":" + std::to_string(hop.port) : node;
  };
  core_options.on_notice = [&common](const ims::Notice& notice, const ims::Directory& directory) {
    if (common.verbosity == 0) return;
    if (const auto text = notice_text(notice, directory); !text.empty()) cli::say(text);
  };
  core_options.on_warning = [&common](const std::string& words) {
    if (!common.quiet) cli::say(words);
  };
  const auto core = harness::LiveCore::open(loop, std::move(core_options));
  if (!core) return cli::fail(core.error());
  raw = core->get();
  print_ready(**core, common.json);
  loop.on_interrupt([&](int) { loop.stop(); });
  loop.run();
  return Exit::interrupted;
}

}  // namespace

Run add_core_command(CLI::App& app, const cli::CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "core", "Run the simulated core: o-cscf, o-imas, t-cscf and t-imas on ports of their own");
  command->add_option("--listen", options->listen, "Address to bind (127.0.0.1)")->option_text("ADDR");
  command
      ->add_option("--port", options->port,
                   "Port of o-cscf; the others take the next three; 0 picks free ones (5060)")
      ->option_text("N")
      ->check(CLI::Range(0, 65532));
  command->add_option("--domain", options->domain, "Home domain (domain.com)")->option_text("DOMAIN");
  command->add_option("--profile", options->profile, "Initial filter criteria (YAML)")->option_text("FILE");
  command
      ->add_option_function<std::string>(
          "--answer-mode",
          [options](const std::string& mode) {
            if (mode != "store-and-forward" && mode != "proxied") {
              throw CLI::ValidationError("--answer-mode",
                                         "expected store-and-forward or proxied, got " + core::quoted(mode));
            }
            options->proxied = mode == "proxied";
          },
          "store-and-forward: the network answers first; proxied: the receiver does")
      ->option_text("MODE");
  command->add_option("--user", options->users, "Only these users exist; repeat (everybody of the domain)")
      ->option_text("ID");
  command->add_option("--seed", options->seed, "Seed of tags and ids; 0 draws one")->option_text("N");
  return [options, &common] { return run(*options, common); };
}

}  // namespace rcs::ims_sim
