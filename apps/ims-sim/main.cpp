// ims-sim: the simulated IMS core, live or in virtual time.

#include <CLI/CLI.hpp>

#include "ims-sim/commands.hpp"

int main(int argc, char** argv) {
  using namespace rcs;
  cli::CommonOptions common;
  std::vector<std::pair<std::string, ims_sim::Run>> commands;
  return cli::run_tool(
      argc, argv, "ims-sim",
      "A simulated IMS core for RCS chat, a runner of scenario files (on sockets or in virtual time), and "
      "the "
      "simulation of a population's traffic.",
      "  ims-sim core\n"
      "  ims-sim run --virtual --seed 7 scenarios/paper/figure-3-open-api.yaml\n"
      "  ims-sim run --live --report out scenarios/paper/*.yaml\n"
      "  ims-sim load --users 10000000 --mean 25 --share-open-api 0.5 --out day\n"
      "  ims-sim load --live http://127.0.0.1:8080 --users 1000 --hours 1 --speed 600\n"
      "  ims-sim load --config scenarios/paper/figure-4.yaml --out figure-4\n"
      "  ims-sim lint scenarios/paper/*.yaml\n"
      "  ims-sim decode --kind sip message.txt",
      [&](CLI::App& app) {
        cli::add_common_options(app, common, 60);
        app.require_subcommand(1);
        app.fallthrough();
        commands.emplace_back("core", ims_sim::add_core_command(app, common));
        commands.emplace_back("run", ims_sim::add_run_command(app, common));
        commands.emplace_back("lint", ims_sim::add_lint_command(app, common));
        commands.emplace_back("load", ims_sim::add_load_command(app, common));
        commands.emplace_back("decode", ims_sim::add_decode_command(app, common));
      },
      [&](CLI::App& app) {
        for (const auto& [name, run] : commands) {
          if (app.got_subcommand(name)) return run();
        }
        return cli::Exit::usage;
      });
}
