// rcsgw-serve: the web gateway. Without a core of its own it brings a simulated one.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/login_options.hpp"
#include "cli/tls_options.hpp"
#include "core/text.hpp"
#include "harness/entropy.hpp"
#include "harness/live_stage.hpp"
#include "harness/trace_file.hpp"
#include "rcsgw-serve/translate.hpp"

namespace {

using namespace rcs;
using cli::Exit;

constexpr const char* kExamples =
    "  rcsgw-serve\n"
    "  rcsgw-serve --listen 127.0.0.1:0 --core 'sip:127.0.0.1:5060;transport=tcp' --domain domain.com\n"
    "  rcsgw-serve --config gateway.json --trace run.jsonl\n"
    "  rcsgw-serve translate --explain post.json";

/// For peers to take what they are told when the server ends; nobody waits longer for a server to stop.
constexpr auto kLastWords = std::chrono::seconds(2);

struct Options {
  cli::CommonOptions common;
  std::string config;
  std::string listen = "127.0.0.1:8080";
  std::string sip = "127.0.0.1:5070";
  std::string msrp = "127.0.0.1:0";
  std::string core;
  cli::TlsFiles tls;
  std::string credentials;
  std::string domain;
  std::string public_url;
  std::uint64_t seed = 0;
};

void declare(CLI::App& app, Options& options) {
  cli::add_common_options(app, options.common);
  app.add_option("--config", options.config, "Configuration file (JSON): tokens, forms, limits")
      ->option_text("FILE");
  app.add_option("--listen", options.listen, "Where HTTP is served (127.0.0.1:8080); port 0 picks one")
      ->option_text("ADDR:PORT");
  app.add_option("--sip", options.sip, "Own SIP address, UDP and TCP (127.0.0.1:5070); port 0 picks one")
      ->option_text("ADDR:PORT");
  app.add_option("--msrp", options.msrp,
                 "Where messages of chats are taken, TCP (127.0.0.1:0); port 0 picks one")
      ->option_text("ADDR:PORT");
  app.add_option("--core", options.core, "The IMS core; without it a simulated one runs in this process")
      ->option_text("SIP-URI");
  cli::add_tls_options(app, options.tls);
  app.add_option("--credentials", options.credentials,
                 "Passwords of users at the core (Digest): lines of NAME PASSWORD in this file")
      ->option_text("FILE");
  app.add_option("--domain", options.domain, "Home domain of the users (domain.com)")->option_text("DOMAIN");
  app.add_option("--public-url", options.public_url, "What instance URLs start with; as bound when left out")
      ->option_text("URL");
  app.add_option("--seed", options.seed, "Seed of ids and tags; 0 draws one")->option_text("N");
}

core::Result<gateway::Config> read_config(const Options& options) {
  gateway::Config config;
  config.public_url.clear();
  if (!options.config.empty()) {
    RCS_TRY(const auto text, cli::read_input(options.config));
    auto parsed = gateway::config_from_json(text);
    if (!parsed) return core::Error(parsed.error().code(), options.config + ": " + parsed.error().detail());
    config = std::move(*parsed);
    if (nlohmann::json::parse(text, nullptr, false).contains("public_url") == false)
      config.public_url.clear();
  }
  if (!options.domain.empty()) config.domain = options.domain;
  if (!options.public_url.empty()) config.public_url = options.public_url;
  while (config.public_url.ends_with('/')) config.public_url.pop_back();
  return config;
}

void print_ready(const Options& options, const net::Address& http, const net::Address& sip,
                 const std::string& core) {
  const std::string http_url = "http://" + http.to_string();
  const std::string sip_uri = "sip:" + sip.to_string();
  if (options.common.json) {
    const nlohmann::ordered_json ready{{"ready", true}, {"http", http_url}, {"sip", sip_uri}, {"core", core}};
    std::printf("%s\n", ready.dump().c_str());
  } else {
    std::printf("ready http=%s sip=%s core=%s\n", http_url.c_str(), sip_uri.c_str(), core.c_str());
  }
  std::fflush(stdout);
}

core::Result<net::SipTls> dialling_tls(const cli::TlsFiles& files, const sip::Hop& core) {
  const bool over_tls = core.transport == sip::Transport::tls;
  RCS_CHECK_OK(cli::check_tls_options(files, over_tls));
  if (!over_tls) return net::SipTls();
  return net::make_dialling_tls({files.certificate, files.key, files.authorities});
}

/// Empty without a file.
core::Result<decltype(chat::AgentConfig::login_of)> logins_of(const Options& options) {
  decltype(chat::AgentConfig::login_of) login_of;
  if (options.credentials.empty()) return login_of;
  if (options.core.empty()) return core::malformed("--credentials: expected --core with it");
  RCS_TRY(const auto text, cli::read_input(options.credentials));
  RCS_TRY(auto passwords, cli::parse_credentials(text, options.credentials));
  login_of = [passwords = std::move(passwords)](const sip::Uri& identity) {
    const auto found = passwords.find(identity.user);
    return found == passwords.end() ? std::nullopt
                                    : std::optional(core::DigestCredentials{found->first, found->second});
  };
  return login_of;
}

Exit serve_until_stopped(const Options& options) {
  auto config = read_config(options);
  if (!config) return cli::fail(config.error());
  const auto listen = net::parse_address(options.listen, 8080);
  if (!listen) return cli::fail(core::Error(listen.error().code(), "--listen: " + listen.error().detail()));
  const auto sip = net::parse_address(options.sip, 5070);
  if (!sip) return cli::fail(core::Error(sip.error().code(), "--sip: " + sip.error().detail()));
  auto logins = logins_of(options);
  if (!logins) return cli::fail(logins.error());
  const auto msrp = net::parse_address(options.msrp, 0);
  if (!msrp) return cli::fail(core::Error(msrp.error().code(), "--msrp: " + msrp.error().detail()));
  if (config->development) {
    if (!listen->is_loopback()) {
      return cli::fail(core::malformed("--listen " + options.listen +
                                       ": development mode listens on loopback only; configure tokens"));
    }
    if (!options.common.quiet)
      cli::say("development mode: anyone here may act as any user with the token dev-<RCS ID>");
  }

  std::unique_ptr<harness::TraceFile> trace;
  if (!options.common.trace_file.empty()) {
    auto opened = harness::TraceFile::open(options.common.trace_file);
    if (!opened) return cli::fail(opened.error());
    trace = std::move(*opened);
  }
  auto* recorder = trace ? &trace->recorder() : nullptr;
  const auto on_warning = [&options](const std::string& words) {
    if (!options.common.quiet) cli::say(words);
  };
  const auto strangers = [](const sip::Hop& hop) { return hop.host + ":" + std::to_string(hop.port); };

  net::Loop loop;
  std::unique_ptr<harness::LiveStage> stage;
  std::unique_ptr<harness::LiveGateway> alone;
  if (options.core.empty()) {
    if (const auto checked = cli::check_tls_options(options.tls, false); !checked)
      return cli::fail(checked.error());
    harness::LiveStageOptions stage_options;
    stage_options.listen = *listen;
    stage_options.sip = *sip;
    stage_options.msrp = *msrp;
    stage_options.gateway_config = std::move(*config);
    stage_options.random = harness::random_source(options.seed);
    stage_options.recorder = recorder;
    stage_options.on_warning = on_warning;
    auto opened = harness::LiveStage::open(loop, std::move(stage_options));
    if (!opened) return cli::fail(opened.error());
    stage = std::move(*opened);
    print_ready(options, stage->gateway().http(), stage->gateway().sip(), "embedded");
  } else {
    const auto core = sip::parse_uri(options.core);
    if (!core || !core->is_sip())
      return cli::fail(core::malformed("--core: expected sip:HOST:PORT[;transport=tcp], got " +
                                       core::quoted(options.core)));
    const auto hop = sip::hop_of(*core);
    auto tls = dialling_tls(options.tls, hop);
    if (!tls) return cli::fail(tls.error());
    harness::LiveGatewayOptions gateway_options;
    gateway_options.listen = *listen;
    gateway_options.sip = *sip;
    gateway_options.msrp = *msrp;
    gateway_options.core = hop;
    gateway_options.messages_by_tcp = !sip::names_transport(*core);
    gateway_options.sip_tls = std::move(*tls);
    gateway_options.login_of = std::move(*logins);
    gateway_options.config = std::move(*config);
    gateway_options.random = harness::random_source(options.seed);
    gateway_options.recorder = recorder;
    gateway_options.hop_names = strangers;
    gateway_options.on_warning = on_warning;
    auto opened = harness::LiveGateway::open(loop, std::move(gateway_options));
    if (!opened) return cli::fail(opened.error());
    alone = std::move(*opened);
    print_ready(options, alone->http(), alone->sip(), options.core);
  }
  loop.on_interrupt([&](int) {
    auto& gateway = stage ? stage->gateway() : *alone;
    gateway.shut_down([&] { loop.stop(); });
    loop.after(kLastWords, [&] { loop.stop(); });
  });
  loop.run();
  return Exit::interrupted;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  serve::Translation translation;
  return cli::run_tool(
      argc, argv, "rcsgw-serve",
      "The web gateway to RCS chat: REST, Comet and WebSocket on one side, SIP towards an IMS core on the "
      "other.",
      kExamples,
      [&](CLI::App& app) {
        declare(app, options);
        app.fallthrough();
        translation = serve::add_translate_command(app, options.common);
      },
      [&](CLI::App& app) {
        return app.got_subcommand("translate") ? translation(options.config, options.domain)
                                               : serve_until_stopped(options);
      });
}
