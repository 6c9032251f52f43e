// ims-sim core: the simulated core alone, on sockets.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/login_options.hpp"
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
  std::string msrp;  // empty: the address of `listen`, any port
  std::string tls;   // empty: nobody is taken over TLS
  net::TlsOptions tls_files;
  bool ask_certificate = false;
  std::string domain = "domain.com";
  std::string profile;
  bool proxied = false;
  bool answers_options = false;
  bool interworking = true;
  std::string credentials;  // a file; empty: nobody needs a password
  std::vector<std::string> algorithms;
  bool auth_int = false;
  bool challenge_all = false;
  std::vector<std::string> users;
  std::uint64_t seed = 0;
};

constexpr std::pair<std::string_view, core::DigestAlgorithm> kAlgorithms[] = {
    {"MD5", core::DigestAlgorithm::md5},
    {"SHA-256", core::DigestAlgorithm::sha256},
    {"SHA-512-256", core::DigestAlgorithm::sha512_256}};

core::Result<net::SipTls> core_tls(const Options& options) {
  net::SipTls tls;
  if (options.tls.empty()) {
    if (options.tls_files.certificate.empty() && options.tls_files.key.empty() &&
        options.tls_files.authorities.empty() && !options.ask_certificate)
      return tls;
    return core::malformed("--tls-cert, --tls-key, --tls-ca, --tls-ask: expected --tls with them");
  }
  auto address = net::parse_address(options.tls, 0);
  if (!address) return core::Error(address.error().code(), "--tls: " + address.error().detail());
  if (!options.tls_files.key.empty() && options.tls_files.certificate.empty())
    return core::malformed("--tls-key: expected --tls-cert with it");
  auto files = options.tls_files;
  files.name = address->host;
  tls.listen = *address;
  tls.ask_certificate = options.ask_certificate;
  RCS_TRY(tls.tls, net::Tls::make(files));
  return tls;
}

std::string tls_uri(const harness::LiveCore& core) {
  const auto at = core.tls_entry();
  return "sip:" + net::Address{at.host, at.port}.to_string() + ";transport=tls";
}

void print_ready(const harness::LiveCore& core, bool json) {
  if (json) {
    nlohmann::ordered_json ready{
        {"ready", true}, {"core", "sip:" + core.entry().host + ":" + std::to_string(core.entry().port)}};
    for (const auto node : ims::kCoreNodes)
      ready[std::string(node)] =
          "sip:" + core.address(node).host + ":" + std::to_string(core.address(node).port);
    ready["msrp"] = core.msrp().to_string();
    if (core.tls_entry().port != 0) ready["tls"] = tls_uri(core);
    std::printf("%s\n", ready.dump().c_str());
  } else {
    std::string line = "ready core=sip:" + core.entry().host + ":" + std::to_string(core.entry().port);
    for (const auto node : ims::kCoreNodes)
      line += " " + std::string(node) + "=sip:" + core.address(node).host + ":" +
              std::to_string(core.address(node).port);
    line += " msrp=" + core.msrp().to_string();
    if (core.tls_entry().port != 0) line += " tls=" + tls_uri(core);
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
    case ims::Notice::Kind::message_kept:
      return from + " -> " + to + ": message kept until the receiver registers";
    case ims::Notice::Kind::message_lost:
      return from + " -> " + to + ": message given up, " + std::to_string(notice.status);
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

core::Result<std::optional<ims::AuthenticationConfig>> authentication_of(const Options& options) {
  if (options.credentials.empty()) {
    if (options.algorithms.empty() && !options.auth_int && !options.challenge_all)
      return std::optional<ims::AuthenticationConfig>();
    return core::malformed("--algorithm, --auth-int, --challenge-all: expected --credentials with them");
  }
  RCS_TRY(const auto text, cli::read_input(options.credentials));
  RCS_TRY(auto passwords, cli::parse_credentials(text, options.credentials));
  ims::AuthenticationConfig config;
  config.password_of = [passwords = std::move(passwords)](const std::string& name) {
    const auto found = passwords.find(name);
    return found == passwords.end() ? std::nullopt : std::optional(found->second);
  };
  if (!options.algorithms.empty()) config.algorithms.clear();
  for (const auto& name : options.algorithms) {
    const auto known = std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                                    [&](const auto& row) { return core::iequals(row.first, name); });
    if (known == std::end(kAlgorithms))
      return core::malformed("--algorithm: expected MD5, SHA-256 or SHA-512-256, got " + core::quoted(name));
    config.algorithms.push_back(known->second);
  }
  if (options.auth_int) config.qops = {core::DigestQop::auth_int};
  config.every_request = options.challenge_all;
  return std::optional(std::move(config));
}

core::Result<net::Address> msrp_address(const Options& options) {
  if (options.msrp.empty()) return net::Address{options.listen, 0};
  auto address = net::parse_address(options.msrp, 0);
  if (!address) return core::Error(address.error().code(), "--msrp: " + address.error().detail());
  if (address->is_any()) {
    return core::malformed("--msrp " + options.msrp +
                           ": expected an address that clients can connect to; SDP names it");
  }
  return address;
}

Exit run(const Options& options, const cli::CommonOptions& common) {
  auto profile = read_profile(options.profile);
  if (!profile) return cli::fail(profile.error());
  auto tls = core_tls(options);
  if (!tls) return cli::fail(tls.error());
  const auto msrp = msrp_address(options);
  if (!msrp) return cli::fail(msrp.error());
  auto authentication = authentication_of(options);
  if (!authentication) return cli::fail(authentication.error());
  std::unique_ptr<harness::TraceFile> trace;
  if (!common.trace_file.empty()) {
    auto opened = harness::TraceFile::open(common.trace_file);
    if (!opened) return cli::fail(opened.error());
    trace = std::move(*opened);
  }
  if (!*authentication && !common.quiet && !net::Address{options.listen, options.port}.is_loopback())
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
  core_options.msrp = *msrp;
  core_options.tls = std::move(*tls);
  core_options.domain = options.domain;
  core_options.users = options.users;
  core_options.profile = std::move(*profile);
  core_options.answer_mode = options.proxied ? ims::AnswerMode::proxied : ims::AnswerMode::store_and_forward;
  core_options.options_mode = options.answers_options ? ims::OptionsMode::network : ims::OptionsMode::device;
  core_options.interworking = options.interworking;
  core_options.authentication = std::move(*authentication);
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
      "core",
      "Run the simulated core: o-cscf, o-imas, t-cscf, t-imas, options-as and ps on ports of their own");
  command->add_option("--listen", options->listen, "Address to bind (127.0.0.1)")->option_text("ADDR");
  command
      ->add_option("--port", options->port,
                   "Port of o-cscf; the others take the next five; 0 picks free ones (5060)")
      ->option_text("N")
      ->check(CLI::Range(0, 65530));
  command
      ->add_option("--msrp", options->msrp,
                   "Where t-imas takes messages of chats, TCP (any port of --listen); port 0 picks one")
      ->option_text("ADDR:PORT");
  command
      ->add_option(
          "--tls", options->tls,
          "Take devices over TLS there, too; their core is sip:ADDR:PORT;transport=tls; port 0 picks one")
      ->option_text("ADDR:PORT");
  command
      ->add_option(
          "--tls-cert", options->tls_files.certificate,
          "Certificate of the core, PEM; one for --tls is made when left out, which no authority signs")
      ->option_text("FILE");
  command
      ->add_option("--tls-key", options->tls_files.key,
                   "Its key, PEM; left out: it stands in the file of --tls-cert")
      ->option_text("FILE");
  command->add_flag("--tls-ask", options->ask_certificate,
                    "Over TLS a device has to show a certificate that an authority vouches for");
  command
      ->add_option(
          "--tls-ca", options->tls_files.authorities,
          "With --tls-ask: certificates of the authorities to trust, PEM; the system's when left out")
      ->option_text("FILE");
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
  command
      ->add_option_function<std::string>(
          "--options",
          [options](const std::string& mode) {
            if (mode != "device" && mode != "network") {
              throw CLI::ValidationError("--options",
                                         "expected device or network, got " + core::quoted(mode));
            }
            options->answers_options = mode == "network";
          },
          "device: only devices say what they can do; network: it answers for one that does not (device)")
      ->option_text("MODE");
  command->add_flag_callback(
      "--no-interworking", [options] { options->interworking = false; },
      "Messages without a session go by MESSAGE alone and texts of chats by MSRP alone, to any device");
  command
      ->add_option("--credentials", options->credentials,
                   "Who registers needs a password (Digest): lines of NAME PASSWORD in this file")
      ->option_text("FILE");
  command
      ->add_option("--algorithm", options->algorithms,
                   "Of the challenges: MD5, SHA-256 or SHA-512-256; repeat (SHA-256, SHA-512-256 and MD5)")
      ->option_text("NAME")
      ->allow_extra_args(false);
  command->add_flag("--auth-int", options->auth_int, "The answer covers the body, too (qop auth-int)");
  command->add_flag("--challenge-all", options->challenge_all,
                    "Challenge each request of a device, not REGISTER alone");
  command->add_option("--user", options->users, "Only these users exist; repeat (everybody of the domain)")
      ->option_text("ID");
  command->add_option("--seed", options->seed, "Seed of tags and ids; 0 draws one")->option_text("N");
  return [options, &common] { return run(*options, common); };
}

}  // namespace rcs::ims_sim
