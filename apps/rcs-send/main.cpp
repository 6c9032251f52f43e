// rcs-send: test chats from a shell.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>

#include "core/text.hpp"
#include "harness/auto_receiver.hpp"
#include "harness/event_stream.hpp"
#include "harness/live_agent.hpp"
#include "harness/live_stage.hpp"
#include "harness/trace_file.hpp"
#include "rcs-send/link.hpp"
#include "rcs-send/modes.hpp"

namespace {

using namespace rcs;
using cli::Exit;

constexpr std::size_t kMaxText = 60 * 1024;  // what an API request of 64 KiB holds

constexpr const char* kExamples =
    "  rcs-send --sim --from 01087654321 --to 01012345678 \"Hi, I'm Jack.\"\n"
    "  rcs-send --from 01087654321 --to 01012345678 --until accepted hello\n"
    "  echo hello | rcs-send --core sip:127.0.0.1:5060 --from alice --to bob -\n"
    "  rcs-send --receive --from 01012345678 --count 1 --json\n"
    "  rcs-send --mode message --from 01087654321 --to 01012345678 --until delivered hello\n"
    "  rcs-send -i --from 01087654321 --to 01012345678";

void declare(CLI::App& app, send::Options& options) {
  cli::add_common_options(app, options.common);
  auto* gateway =
      app.add_option("--gateway", options.gateway, "Send through this gateway's API (http://127.0.0.1:8080)")
          ->option_text("URL");
  auto* core =
      app.add_option("--core", options.core, "Send as a standard client straight over SIP to this core")
          ->option_text("SIP-URI");
  cli::add_tls_options(app, options.tls);
  cli::add_login_options(app, options.login);
  auto* sim = app.add_flag("--sim", options.sim, "Start a core, a gateway and a receiver in this process");
  gateway->excludes(core)->excludes(sim);
  core->excludes(sim);
  app.add_option("--from", options.from, "Who I am: 01087654321, +8210..., alice")
      ->required()
      ->option_text("ID");
  app.add_option("--to", options.to, "Who gets it; with --mode message several, each with --to or by commas")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("ID");
  app.add_option("--token", options.token, "Access token; dev-<ID> when left out")->option_text("TOKEN");
  app.add_option("--domain", options.domain, "Domain of plain ids over SIP (domain.com)")
      ->option_text("DOMAIN");
  app.add_option("--local", options.local, "Own SIP address (127.0.0.1:0)")->option_text("ADDR:PORT");
  app.add_option("--events", options.events,
                 "How events come from the gateway: poll, iframe, sse, ndjson or ws (sse)")
      ->option_text("TRANSPORT");
  app.add_option_function<std::string>(
         "--mode",
         [&options](const std::string& mode) {
           if (mode != "chat" && mode != "message")
             throw CLI::ValidationError("--mode", "expected chat or message, got " + core::quoted(mode));
           options.mode = mode == "chat" ? send::Mode::chat : send::Mode::message;
         },
         "chat: in a chat of its own (the default); message: outside of chats")
      ->option_text("MODE");
  app.add_option("--expires", options.expires,
                 "With --mode message: worthless after so many seconds; 0: now or never")
      ->option_text("SECONDS");
  app.add_option_function<std::string>(
         "--until",
         [&options](const std::string& state) {
           const auto& words = send::kUntilWords;
           const auto found = std::find(std::begin(words), std::end(words), state);
           if (found == std::end(words)) {
             throw CLI::ValidationError(
                 "--until", "expected sent, accepted, delivered or displayed, got " + core::quoted(state));
           }
           options.until = static_cast<send::Until>(found - std::begin(words));
         },
         "Wait for this state: sent (the network took it; the default), accepted, delivered or displayed (by "
         "the receiver)")
      ->option_text("STATE");
  app.add_flag("-i,--interactive", options.interactive,
               "Talk: each line of standard input is a text; its end leaves");
  app.add_option("--message-id", options.message_id, "Message id; a random one when left out")
      ->option_text("ID");
  app.add_flag("--receive", options.receive,
               "Wait for chats to --from, accept each, and print all that is written in them");
  app.add_option_function<int>(
         "--decline",
         [&options](const int& status) {
           if (status < 400 || status > 699)
             throw CLI::ValidationError("--decline", "expected a SIP status from 400 to 699");
           options.decline = status;
         },
         "With --receive: decline with this SIP status (603) instead of accepting")
      ->option_text("STATUS");
  app.add_flag("--ignore", options.ignore, "With --receive: print invitations and leave them unanswered");
  app.add_option("--count", options.count, "With --receive: end after this many chats")->option_text("N");
  app.add_option("--texts", options.texts, "With --receive: end after this many texts")->option_text("N");
  app.add_flag_callback(
      "--no-display", [&options] { options.display = false; },
      "Do not tell that received texts were displayed");
  app.add_option("--seed", options.seed, "Seed of ids and tags; 0 draws one")->option_text("N");
  app.add_option("text", options.text, "What to say; - reads standard input")->option_text("TEXT|-");
}

/// Whoever is named twice is one receiver.
void name_once(send::Options& options) {
  std::set<std::string> seen;
  std::erase_if(options.to, [&](const std::string& id) {
    return id.empty() || !seen.insert(harness::contact_uri(id, options.domain)).second;
  });
}

/// What CLI11 can not say: which options belong together.
core::Result<void> check(send::Options& options, const CLI::App& app) {
  RCS_CHECK_OK(harness::parse_event_transport(options.events));
  const auto core_uri = sip::parse_uri(options.core);
  const bool over_tls = core_uri && sip::hop_of(*core_uri).transport == sip::Transport::tls;
  RCS_CHECK_OK(cli::check_tls_options(options.tls, over_tls));
  RCS_CHECK_OK(cli::complete_login(options.login, !options.core.empty()));
  const bool chat = options.mode == send::Mode::chat;
  if (options.expires && chat) return core::malformed("--expires goes with --mode message");
  if (options.until == send::Until::accepted && !chat)
    return core::malformed("--until: expected sent, delivered or displayed: nobody accepts a message");
  name_once(options);
  options.limited = !(options.receive || options.interactive) || app.count("--timeout") > 0;
  if (options.receive) {
    if (!options.to.empty() || !options.text.empty())
      return core::malformed("--receive: expected neither --to nor a text");
    if (options.interactive &&
        (options.decline || options.ignore || options.count != 0 || options.texts != 0))
      return core::malformed("-i: expected none of --decline, --ignore, --count and --texts");
    if (options.sim)
      return core::malformed("--receive: --sim has nobody who would send; name a --gateway or a --core");
    return {};
  }
  if (options.decline || options.ignore || options.count != 0 || options.texts != 0)
    return core::malformed("--decline, --ignore, --count and --texts go with --receive");
  if (options.to.empty()) return core::malformed("--to: expected the receiver's id");
  if (options.to.size() > 1 && (chat || options.interactive))
    return core::malformed(
        "--to: expected one receiver, got several: those are for --mode message without -i");
  if (options.text == "-" && options.interactive)
    return core::malformed("-i reads standard input itself: expected a text or none, got -");
  if (options.text.empty() && !options.interactive)
    return core::malformed("expected a text to send, or - for standard input");
  if (options.text == "-") {
    RCS_TRY(options.text, cli::read_input("-", kMaxText));
    if (options.text.ends_with('\n')) options.text.pop_back();
    if (options.text.empty()) return core::malformed("standard input: expected a text, got nothing");
  }
  if (!core::is_utf8(options.text))
    return core::malformed("the text: expected UTF-8, got " + core::quoted(options.text));
  return {};
}

/// What was asked for, over a link.
Exit run_over(net::Loop& loop, const send::Options& options, core::Result<std::unique_ptr<send::Link>> link) {
  if (!link) return cli::fail(link.error());
  if (options.interactive) return send::talk(loop, options, **link);
  return options.receive ? send::receive(loop, options, **link) : send::send_text(loop, options, **link);
}

Exit run_in_simulation(net::Loop& loop, send::Options options, trace::Recorder* recorder) {
  harness::LiveStageOptions stage_options;
  stage_options.recorder = recorder;
  stage_options.random = harness::random_source(options.seed);
  stage_options.gateway_config.domain = options.domain;
  stage_options.gateway_config.public_url.clear();
  const auto stage = harness::LiveStage::open(loop, std::move(stage_options));
  if (!stage) return cli::fail(stage.error());
  options.gateway = "http://" + (*stage)->gateway().http().to_string();
  const auto url = http::parse_url(options.gateway);
  if (!url) return cli::fail(url.error());
  std::vector<std::unique_ptr<harness::AutoReceiver>> receivers;
  for (const auto& id : options.to)
    receivers.push_back(
        std::make_unique<harness::AutoReceiver>(loop, *url, id, recorder, options.interactive));
  const auto all_ready = [&] {
    return std::all_of(receivers.begin(), receivers.end(),
                       [](const auto& receiver) { return receiver->ready(); });
  };
  if (!loop.run_until(all_ready, options.common.timeout())) {
    cli::say("--sim: the receiver did not come up");
    return Exit::internal;
  }
  return run_over(loop, options, send::make_gateway_link(loop, options, recorder));
}

Exit run(send::Options& options, const CLI::App& app) {
  if (const auto checked = check(options, app); !checked) return cli::fail(checked.error());
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
  const auto exit = options.sim ? run_in_simulation(loop, options, recorder)
                    : options.core.empty()
                        ? run_over(loop, options, send::make_gateway_link(loop, options, recorder))
                        : run_over(loop, options, send::make_sip_link(loop, options, recorder));
  return interrupted ? Exit::interrupted : exit;
}

}  // namespace

int main(int argc, char** argv) {
  send::Options options;
  return cli::run_tool(
      argc, argv, "rcs-send",
      "Sends test chats from a shell, through the gateway's API or straight over SIP, and prints each state "
      "as it is reached.",
      kExamples, [&](CLI::App& app) { declare(app, options); },
      [&](CLI::App& app) { return run(options, app); });
}
