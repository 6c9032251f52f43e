// msrp-cat: MSRP from a shell, as netcat is TCP.

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "body/cpim.hpp"
#include "body/mime.hpp"
#include "core/text.hpp"
#include "harness/trace_file.hpp"
#include "msrp-cat/anchor_server.hpp"
#include "msrp-cat/cat.hpp"
#include "msrp-cat/relay_server.hpp"
#include "msrp-cat/room.hpp"
#include "msrp/nickname.hpp"

namespace {

using namespace rcs;
using cli::Exit;

constexpr const char* kExamples =
    "  msrp-cat -l                                     # prints msrp://127.0.0.1:PORT/SESSION;tcp\n"
    "  echo hello | msrp-cat 'msrp://127.0.0.1:PORT/SESSION;tcp'\n"
    "  msrp-cat -l > film.mp4\n"
    "  msrp-cat --file film.mp4 --success-report 'msrp://127.0.0.1:PORT/SESSION;tcp'\n"
    "  tar c folder | msrp-cat --whole URI             # at the other end: msrp-cat -l | tar x";

/// "sha-256 AB:CD:..." or the pairs alone.
msrp::Fingerprint read_fingerprint(const std::string& text) {
  const auto parts = core::split_once(text, ' ');
  const std::string value(parts ? core::trim(parts->second) : std::string_view(text));
  const bool pairs =
      value.size() >= 32 * 3 - 1 && value.find_first_not_of("0123456789ABCDEFabcdef:") == std::string::npos;
  if (!pairs) {
    throw CLI::ValidationError(
        "--fingerprint",
        "expected a hash such as sha-256 and hexadecimal pairs with colons, got " + core::quoted(text));
  }
  return {parts ? std::string(parts->first) : "sha-256", value};
}

msrp::FailureReport read_failure_report(const std::string& word) {
  if (word == "yes") return msrp::FailureReport::yes;
  if (word == "no") return msrp::FailureReport::no;
  if (word == "partial") return msrp::FailureReport::partial;
  throw CLI::ValidationError("--failure-report", "expected yes, no or partial, got " + core::quoted(word));
}

void declare_peer(CLI::App& app, cat::Options& options) {
  app.add_option("place", options.place,
                 "The peer's MSRP URI; with -l the address to listen on (127.0.0.1:0)")
      ->option_text("MSRP-URI|ADDR:PORT");
  app.add_flag("-l,--listen", options.listen, "Listen for a peer");
  app.add_flag("-k,--keep", options.keep,
               "With -l: go on after the first session; with --anchor: take more offers");
  app.add_flag("--offer", options.offer,
               "Print an SDP offer, then read the answer from standard input up to an empty line");
  app.add_option("--answer", options.sdp,
                 "Read an SDP offer there and print the answer; with --offer: read the answer there")
      ->option_text("FILE|-");
  app.add_flag("--cema", options.cema, "In SDP: middleboxes may carry the media (RFC 6714)");
  app.add_flag("--tls", options.tls, "TLS, where no msrps URI says so");
  app.add_flag("--ws", options.websocket, "WebSocket (RFC 7977), where no URI says so");
  app.add_option("--origin", options.origins,
                 "With --ws, where we listen: take browsers with pages of this origin, such as "
                 "https://app.example, or * for any; repeat (none)")
      ->option_text("ORIGIN");
  app.add_option("--cert", options.certificate, "Own certificate, PEM; one is made when left out")
      ->option_text("FILE");
  app.add_option("--key", options.key, "Its key, PEM; left out: it stands in the file of --cert")
      ->option_text("FILE");
  app.add_option("--ca", options.authorities,
                 "Certificates of the authorities to trust, PEM; the system's when left out")
      ->option_text("FILE");
  app.add_option_function<std::string>(
         "--fingerprint",
         [&options](const std::string& text) { options.peer_print = read_fingerprint(text); },
         "The peer's certificate has to have this hash, instead of an authority: \"sha-256 AB:CD:...\"")
      ->option_text("HASH");
  app.add_flag("--insecure", options.insecure, "Take whatever certificate the peer shows");
}

void declare_relay(CLI::App& app, cat::Options& options) {
  app.add_option("--relay", options.relay,
                 "Be reached through this relay (RFC 4976), which it takes --user and --password for")
      ->option_text("MSRP-URI");
  app.add_flag("--relay-server", options.relay_server,
               "Be a relay for who knows --user and --password, until interrupted");
  app.add_option("--user", options.user, "Name at the relay")->option_text("NAME");
  app.add_option("--password", options.password,
                 "Password at the relay; the variable MSRP_CAT_PASSWORD when left out")
      ->option_text("WORD");
}

/// "ws:tcp".
std::pair<node::StreamKind, node::StreamKind> read_anchor(const std::string& text) {
  const auto kind_of = [&](std::string_view word) {
    if (word == "tcp") return node::StreamKind::tcp;
    if (word == "tls") return node::StreamKind::tls;
    if (word == "ws") return node::StreamKind::ws;
    if (word == "wss") return node::StreamKind::wss;
    throw CLI::ValidationError(
        "--anchor", "expected two of tcp, tls, ws and wss, such as ws:tcp, got " + core::quoted(text));
  };
  const auto parts = core::split_once(text, ':');
  return {kind_of(parts ? parts->first : text), kind_of(parts ? parts->second : "")};
}

void declare_anchor(CLI::App& app, cat::Options& options) {
  app.add_option_function<std::string>(
         "--anchor", [&options](const std::string& text) { options.anchor = read_anchor(text); },
         "Stand between two peers: read an SDP offer (from --answer or standard input), print the one to "
         "send "
         "on, read its answer from standard input, print the one to give back, and pass on what they send; "
         "IN is what the offerer connects by, OUT the answerer, of tcp, tls, ws and wss")
      ->option_text("IN:OUT");
}

void declare_room(CLI::App& app, cat::Options& options) {
  app.add_option(
         "--room", options.room,
         "With -l and -k: be a chat room (RFC 7701) with this URI, until interrupted, for who comes and "
         "writes in CPIM to it, or to the URI of somebody there")
      ->option_text("URI");
  app.add_option("--nickname", options.nickname,
                 "With --cpim: be called so in the chat room that the peer is")
      ->option_text("NAME");
}

void declare_content(CLI::App& app, cat::Options& options) {
  app.add_flag("--whole", options.whole, "All of standard input is one message, instead of each line");
  app.add_option("--file", options.file, "Send this file as one message instead of standard input")
      ->option_text("FILE");
  app.add_option(
         "--content-type", options.content_type,
         "Of what is sent (text/plain;charset=utf-8, or application/octet-stream with --whole and --file)")
      ->option_text("TYPE");
  app.add_flag("--cpim", options.cpim, "Wrap what is sent in message/cpim, and unwrap what comes");
  app.add_option("--from", options.from, "With --cpim: its From (sip:anonymous@anonymous.invalid)")
      ->option_text("URI");
  app.add_option("--to", options.to, "With --cpim: its To (sip:anonymous@anonymous.invalid)")
      ->option_text("URI");
  app.add_option("--chunk-size", options.chunk_size,
                 "Octets of every chunk but the last; 0: as long as nothing interrupts (0)")
      ->option_text("N");
  app.add_flag("--success-report", options.success_report, "Ask for reports of success and wait for them");
  app.add_option_function<std::string>(
         "--failure-report",
         [&options](const std::string& word) { options.failure_report = read_failure_report(word); },
         "Which answers are asked for: yes, no or partial (yes)")
      ->option_text("yes|no|partial");
  app.add_option("--accept", options.accept,
                 "Take this media type, such as text/plain or image/*; repeat; any when left out")
      ->option_text("TYPE");
  app.add_option("--max-size", options.max_size, "Take messages of at most so many octets; 0: any (0)")
      ->option_text("N");
  app.add_option("--count", options.count,
                 "End only when this many messages have come, and then also when listening")
      ->option_text("N");
  app.add_flag("--hexdump", options.hexdump, "Show on standard error what crosses the connection");
}

core::Result<void> check_place(cat::Options& options) {
  if (options.by_sdp() && options.keep)
    return core::malformed("-k: SDP is for one session; expected --listen alone");
  if (options.keep && !options.listen && !options.anchor)
    return core::malformed("-k: expected -l or --anchor with it");
  if (options.listen || options.relay_server || options.anchor) {
    if (core::istarts_with(options.place, "msrp:") || core::istarts_with(options.place, "msrps:"))
      return core::malformed(core::quoted(options.place) + ": expected ADDR:PORT to listen on, got a URI");
    if (options.place.empty()) return {};
    RCS_TRY(options.bind, net::parse_address(options.place));
    return {};
  }
  if (options.by_sdp()) {
    if (options.place.empty()) return {};
    return core::malformed(core::quoted(options.place) + ": the peer's SDP names it; expected no URI");
  }
  if (options.place.empty()) return core::malformed("expected the peer's MSRP URI, or -l to listen");
  auto path = msrp::parse_path(options.place);
  if (!path) return core::malformed(core::quoted(options.place, 200) + ": " + path.error().detail());
  if (path->back().session_id.empty()) {
    return core::malformed(core::quoted(options.place, 200) +
                           ": expected a session after the address, such as msrp://127.0.0.1:2855/abc;tcp");
  }
  options.peer = std::move(*path);
  return {};
}

core::Result<void> check_relay(cat::Options& options) {
  const bool related = options.relay_server || !options.relay.empty();
  if (!related) {
    if (options.user.empty() && options.password.empty()) return {};
    return core::malformed("--user, --password: expected --relay or --relay-server with them");
  }
  // Of a command line everybody on the machine can read the words.
  const char* secret = std::getenv("MSRP_CAT_PASSWORD");
  if (options.password.empty() && secret != nullptr) options.password = secret;
  if (options.user.empty() || options.password.empty())
    return core::malformed("--relay, --relay-server: expected --user and --password with them");
  if (options.relay_server) {
    if (!options.relay.empty() || options.listen || options.by_sdp())
      return core::malformed("--relay-server: expected neither --relay, -l, --offer nor --answer beside it");
    return {};
  }
  auto uri = msrp::parse_uri(options.relay);
  if (!uri)
    return core::malformed("--relay " + core::quoted(options.relay, 200) + ": " + uri.error().detail());
  if (options.peer_print)
    return core::malformed(
        "--fingerprint: behind a relay nobody sees the certificate of the peer; expected it without");
  options.relay_uri = std::move(*uri);
  return {};
}

core::Result<void> check_anchor(const cat::Options& options) {
  if (!options.anchor) return {};
  if (options.listen || options.offer || options.relay_server || !options.relay.empty() ||
      !options.file.empty())
    return core::malformed(
        "--anchor: expected neither -l, --offer, --relay, --relay-server nor --file beside it");
  if (options.tls || options.websocket)
    return core::malformed("--tls, --ws: expected the transports in --anchor instead");
  if (options.peer_print)
    return core::malformed("--fingerprint: the SDP of the peers has theirs; expected --anchor without");
  return {};
}

core::Result<void> check_room(const cat::Options& options) {
  if (!options.room.empty()) {
    if (!options.listen || !options.keep) return core::malformed("--room: expected -l and -k with it");
    if (options.relay_server || !options.relay.empty() || !options.nickname.empty() || options.cpim)
      return core::malformed("--room: expected neither --relay, --nickname nor --cpim beside it");
    const auto uri = body::parse_cpim_address(options.room);
    if (!uri || uri->uri != options.room || options.room.find(':') == std::string::npos)
      return core::malformed("--room: expected a URI such as sip:room@example.com, got " +
                             core::quoted(options.room));
  }
  if (options.nickname.empty()) return {};
  if (!options.cpim) return core::malformed("--nickname: expected --cpim with it, as chat rooms want");
  if (const auto good = msrp::format_nickname(options.nickname); !good)
    return core::malformed("--nickname: " + good.error().detail());
  return {};
}

/// What CLI11 can not say: which options belong together.
core::Result<void> check(cat::Options& options, const CLI::App& app) {
  options.limited = app.count("--timeout") > 0;
  options.answer = app.count("--answer") > 0 && !options.offer && !options.anchor;
  RCS_CHECK_OK(check_place(options));
  RCS_CHECK_OK(check_relay(options));
  RCS_CHECK_OK(check_anchor(options));
  RCS_CHECK_OK(check_room(options));
  if (!options.peer.empty() && (options.tls || options.websocket))
    return core::malformed("--tls, --ws: expected msrps and ;ws in the URI instead");
  for (const auto& origin : options.origins) {
    const bool is_server = options.websocket && (options.listen || options.relay_server);
    if (!is_server && !options.anchor)
      return core::malformed("--origin: expected --ws, and -l or --relay-server, or --anchor with it");
    if (origin != "*" && origin.find("://") == std::string::npos)
      return core::malformed("--origin: expected one such as https://app.example, or *, got " +
                             core::quoted(origin));
  }
  if (options.cema && !options.by_sdp())
    return core::malformed("--cema: expected --offer or --answer with it");
  if (options.insecure && options.peer_print)
    return core::malformed("--insecure: expected no --fingerprint beside it");
  if (!options.key.empty() && options.certificate.empty())
    return core::malformed("--key: expected --cert with it");
  if (!options.cpim && !(options.from.empty() && options.to.empty()))
    return core::malformed("--from, --to: expected --cpim with them");
  const bool sdp_of_input = options.sdp == "-" || (options.offer && options.sdp.empty());
  if (sdp_of_input && options.file == "-") return core::malformed("--file -: standard input has the SDP");
  if (!options.file.empty()) options.whole = true;
  if (options.content_type.empty())
    options.content_type = options.whole ? "application/octet-stream" : "text/plain;charset=utf-8";
  const auto type = body::parse_media_type(options.content_type);
  if (!type || type->type.find('/') == std::string::npos)
    return core::malformed("--content-type: expected type/subtype, got " +
                           core::quoted(options.content_type));
  for (auto* address : {&options.from, &options.to}) {
    if (address->empty()) *address = "sip:anonymous@anonymous.invalid";
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  cat::Options options;
  return cli::run_tool(
      argc, argv, "msrp-cat", "Sends standard input over MSRP and prints what comes", kExamples,
      [&](CLI::App& app) {
        cli::add_common_options(app, options.common);
        declare_peer(app, options);
        declare_relay(app, options);
        declare_anchor(app, options);
        declare_room(app, options);
        declare_content(app, options);
      },
      [&](CLI::App& app) {
        if (const auto good = check(options, app); !good) return cli::fail(good.error());
        std::unique_ptr<harness::TraceFile> trace;
        if (!options.common.trace_file.empty()) {
          auto opened = harness::TraceFile::open(options.common.trace_file);
          if (!opened) return cli::fail(opened.error());
          trace = std::move(*opened);
        }
        net::Loop loop;
        if (options.anchor) return cat::run_anchor(loop, options, trace ? &trace->recorder() : nullptr);
        if (options.relay_server)
          return cat::run_relay_server(loop, options, trace ? &trace->recorder() : nullptr);
        if (!options.room.empty()) return cat::run_room(loop, options, trace ? &trace->recorder() : nullptr);
        cat::Cat run(loop, options, trace ? &trace->recorder() : nullptr);
        return run.run();
      });
}
