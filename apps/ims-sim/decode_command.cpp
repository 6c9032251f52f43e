// ims-sim decode: what these octets are, as JSON, or why they are refused.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/decode.hpp"
#include "ims-sim/commands.hpp"

namespace rcs::ims_sim {

using cli::Exit;

Run add_decode_command(CLI::App& app, const cli::CommonOptions& common) {
  struct Options {
    std::string kind;
    std::string file = "-";
  };
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("decode", "Say what some octets are, as JSON, or why they are refused");
  command
      ->add_option("--kind", options->kind,
                   "sip, sdp, multipart, cpim, msrp, imdn, iscomposing, pidf, rlmi, resource-lists, uri or "
                   "scenario; guessed when left out")
      ->option_text("KIND");
  command->add_option("file", options->file, "The octets; - is standard input")->option_text("FILE|-");
  return [options, &common] {
    const auto octets = cli::read_input(options->file);
    if (!octets) return cli::fail(octets.error());
    const auto kind = options->kind.empty() ? harness::guess_kind(*octets) : options->kind;
    if (kind.empty()) {
      cli::say(options->file + ": can not tell what this is; name it with --kind");
      return Exit::refused;
    }
    const auto json = harness::decode_to_json(kind, *octets, options->file);
    if (!json) {
      if (json.error().code() == core::Errc::unsupported && !options->kind.empty())
        return cli::fail(json.error());
      if (common.json) {
        const nlohmann::ordered_json object{{"kind", kind}, {"error", json.error().detail()}};
        std::printf("%s\n",
                    object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
      } else {
        cli::say(options->file + ": not " + kind + ": " + json.error().detail());
      }
      return Exit::refused;
    }
    if (common.json) {
      const nlohmann::ordered_json object{{"kind", kind}, {"value", nlohmann::ordered_json::parse(*json)}};
      std::printf("%s\n", object.dump().c_str());
    } else {
      std::printf("%s\n", json->c_str());
    }
    return Exit::ok;
  };
}

}  // namespace rcs::ims_sim
