#include "ims-sim/load_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>

#include "cli/tool.hpp"
#include "core/text.hpp"
#include "harness/load_config.hpp"
#include "harness/load_nodes.hpp"
#include "sim/pairs.hpp"

namespace rcs::ims_sim {
namespace {

/// Takes the text of a value. Errors: malformed or unknown, "expected ..., got ..."
using Reader = std::function<core::Result<void>(const std::string&)>;

constexpr double kMaxHours = std::chrono::duration<double, std::ratio<3600>>(sim::kMaxLength).count();

template <class Whole>
Reader whole(Whole& target, std::uint64_t least, std::uint64_t most) {
  return [=, &target](const std::string& text) -> core::Result<void> {
    const auto value = core::parse_u64(text);
    if (!value || *value < least || *value > most) {
      return core::malformed("expected " + std::to_string(least) + " to " + std::to_string(most) + ", got " +
                             core::quoted(text));
    }
    target = static_cast<Whole>(*value);
    return {};
  };
}

enum class Least { is_zero, is_above_zero };

Reader number(double& target, Least least, double most, const char* wish) {
  return [=, &target](const std::string& text) -> core::Result<void> {
    double value = 0;
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool good = error == std::errc() && stop == end && value <= most &&
                      (least == Least::is_zero ? value >= 0 : value > 0);
    if (!good) return core::malformed("expected " + std::string(wish) + ", got " + core::quoted(text));
    target = value;
    return {};
  };
}

Reader hours(core::Duration& target) {
  return [&target](const std::string& text) -> core::Result<void> {
    double value = 0;
    RCS_CHECK_OK(number(value, Least::is_above_zero, kMaxHours, "more than 0 and at most 744")(text));
    target =
        std::chrono::duration_cast<core::Duration>(std::chrono::duration<double, std::ratio<3600>>(value));
    return {};
  };
}

Reader delay(sim::DelayModel& target) {
  return [&target](const std::string& text) -> core::Result<void> {
    RCS_TRY(target, sim::parse_delay(text));
    return {};
  };
}

Reader fidelity(harness::Fidelity& target) {
  return [&target](const std::string& text) -> core::Result<void> {
    RCS_TRY(target, harness::parse_fidelity(text));
    return {};
  };
}

using SetNodes = core::Result<void> (*)(std::string_view, std::vector<sim::NodeModel>&);
Reader nodes(std::vector<sim::NodeModel>& target, SetNodes set) {
  return [&target, set](const std::string& text) { return set(text, target); };
}

Reader count_rule(trace::CountRule& target) {
  return [&target](const std::string& text) -> core::Result<void> {
    RCS_TRY(target, trace::parse_count_rule(text));
    return {};
  };
}

Reader transport(std::string& target) {
  return [&target](const std::string& text) -> core::Result<void> {
    if (text != "poll" && text != "sse" && text != "ws")
      return core::malformed("expected poll, sse or ws, got " + core::quoted(text));
    target = text;
    return {};
  };
}

/// Where a file is that is to be read.
std::string place(const LoadCommandOptions& options, const std::string& name) {
  return name == "-" ? name : (std::filesystem::path(options.folder) / name).string();
}

Reader profile(LoadCommandOptions& options) {
  return [&options](const std::string& name) -> core::Result<void> {
    auto& target = options.load.model.profile;
    if (name == "flat" || name == "daily") {
      target = name == "flat" ? sim::DayProfile() : sim::DayProfile::daily();
      return {};
    }
    const auto path = place(options, name);
    RCS_TRY(const auto text, cli::read_input(path));
    auto profile = sim::DayProfile::parse(text);
    if (!profile) return core::Error(profile.error().code(), path + ":" + profile.error().detail());
    target = std::move(*profile);
    return {};
  };
}

Reader input_file(LoadCommandOptions& options, std::string& target) {
  return [&](const std::string& name) -> core::Result<void> {
    target = place(options, name);
    return {};
  };
}

Reader text_value(std::string& target) {
  return [&target](const std::string& text) -> core::Result<void> {
    target = text;
    return {};
  };
}

[[noreturn]] void refuse(const std::string& option, const core::Error& error) {
  throw CLI::ValidationError(option, error.detail());
}

void add(CLI::App& command, const std::string& name, const std::string& form, const std::string& help,
         Reader read) {
  command
      .add_option_function<std::string>(
          name,
          [name, read = std::move(read)](const std::string& text) {
            if (const auto done = read(text); !done) refuse(name, done.error());
          },
          help)
      ->option_text(form);
}

void add_sweep(CLI::App& command, std::vector<harness::SweepAxis>& axes) {
  command
      .add_option_function<std::vector<std::string>>(
          "--sweep",
          [&axes](const std::vector<std::string>& texts) {
            axes.clear();
            for (const auto& text : texts) {
              auto axis = harness::parse_sweep(text);
              if (!axis) refuse("--sweep", axis.error());
              axes.push_back(std::move(*axis));
            }
          },
          "Run at each value of users, mean, share-open-api, zipf, loss or hours: mean=5..50:5 or mean=5,25; "
          "repeat for a grid")
      ->option_text("NAME=VALUES");
}

void add_model_options(CLI::App& command, LoadCommandOptions& options) {
  auto& load = options.load;
  auto& model = load.model;
  auto& people = model.population;
  add(command, "--users", "N", "Subscribers (10000000)", whole(people.users, 2, sim::kMaxUsers));
  add(command, "--mean", "X", "Texts a user sends in a day, the mean of a Poisson law (25)",
      number(model.mean_per_day, Least::is_above_zero, sim::kMaxMeanPerDay,
             "more than 0 and at most 2000 texts a day"));
  add(command, "--share-open-api", "S",
      "Share of the users behind the open API, 0..1; the others are standard clients (0.5)",
      number(people.share_open_api, Least::is_zero, 1, "0 to 1"));
  add(command, "--zipf", "E", "Popularity of receivers: exponent of a Zipf law; 0: all alike (0)",
      number(people.zipf_exponent, Least::is_zero, sim::kMaxZipf, "0 to 5"));
  add(command, "--profile", "NAME|FILE",
      "How a day's traffic is spread: flat, daily or a file of weights (flat)", profile(options));
  add(command, "--hours", "H", "Virtual time in which chats begin (24)", hours(model.length));
  add(command, "--events", "TRANSPORT", "How events travel: poll, sse or ws (poll)",
      transport(load.transport));
  add(command, "--access-delay", "DELAY",
      "Link of a device: 25ms, 10ms..40ms (uniform) or 10ms+exp(15ms) (25ms)", delay(model.access));
  add(command, "--core-delay", "DELAY", "Link between nodes, in the same forms (5ms)", delay(model.core));
}

void add_fidelity_options(CLI::App& command, harness::LoadOptions& load) {
  auto& transactions = load.model.transactions;
  add(command, "--fidelity", "NAME",
      "flow: every hop; transaction: with timers, loss and queues; wire: every hop as text through the nodes "
      "(flow)",
      fidelity(load.fidelity));
  add(command, "--loss", "P", "Share of the datagrams that get lost, 0..1; not at flow fidelity (0)",
      number(transactions.loss, Least::is_zero, 1, "0 to 1"));
  add(command, "--workers", "N|NODE=N,..",
      "Workers of a node, transaction fidelity only; 0: it takes no time (0)",
      nodes(transactions.nodes, harness::set_workers));
  add(command, "--service", "DELAY|NODE=DELAY,..", "Time that a worker takes for one message (0ms)",
      nodes(transactions.nodes, harness::set_service));
  add(command, "--queue", "N|NODE=N,..",
      "Messages that wait for a node before it answers new chats with 503 (no limit)",
      nodes(transactions.nodes, harness::set_queue));
  add(command, "--sites", "N",
      "Each has nodes of its own for the chats that its users begin; another number is another run (256)",
      whole(load.model.shards, 1, 65'536));
}

core::Result<sim::Pairs> read_pairs(const std::string& path, std::uint64_t users) {
  const auto close = [](std::FILE* file) { return file == stdin ? 0 : std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"),
                                                         close);
  const auto failed = [] {
    return core::Error(core::Errc::unknown, std::string(" ") + std::strerror(errno));
  };
  if (file == nullptr) return failed();
  sim::PairsReader reader(users);
  std::string block(1 << 20, '\0');
  while (const auto size = std::fread(block.data(), 1, block.size(), file.get()))
    RCS_CHECK_OK(reader.feed(std::string_view(block).substr(0, size)));
  if (std::ferror(file.get()) != 0) return failed();
  return reader.finish();
}

std::string key_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? std::string() : option.get_lnames().front();
}

/// What a configuration file may set: all but what makes no sense in one.
std::vector<std::string> config_keys(const CLI::App& command) {
  std::vector<std::string> out;
  for (const auto* option : command.get_options()) {
    const auto key = key_of(*option);
    if (!key.empty() && key != "help" && key != "config") out.push_back(key);
  }
  return out;
}

harness::LoadConfig read_entries(std::string_view yaml, const std::string& file, const CLI::App& command) {
  const auto keys = config_keys(command);
  return harness::read_load_config(yaml, file, std::vector<std::string_view>(keys.begin(), keys.end()));
}

std::string folder_of(const std::string& file) { return std::filesystem::path(file).parent_path().string(); }

/// What an option says against a value, without its own name; empty: nothing.
std::string objection(CLI::Option& option, const std::vector<std::string>& values) {
  option.clear();
  try {
    option.add_result(values);
    option.run_callback();
  } catch (const CLI::Error& error) {
    std::string words = error.what();
    const auto name = "--" + key_of(option) + ": ";
    return words.starts_with(name) ? words.substr(name.size()) : words;
  }
  return {};
}

/// Tries every value on options of a command that nobody runs.
void check_values(harness::LoadConfig& config, CLI::App& command) {
  for (const auto& entry : config.entries) {
    auto& option = *command.get_option("--" + entry.key);
    const auto complain = [&](int line, int column, const std::string& words) {
      config.complaints.add(line, harness::config_path(entry.key) + ": " + words, column);
    };
    if (entry.values.size() > 1 && option.get_items_expected_max() == 1) {
      complain(entry.values[1].line, entry.values[1].column, "expected one value, got a list");
      continue;
    }
    std::vector<std::string> good;
    for (const auto& value : entry.values) {
      if (const auto words = objection(option, {value.text}); !words.empty()) {
        complain(value.line, value.column, words);
      } else {
        good.push_back(value.text);
      }
    }
    if (good.size() < entry.values.size()) continue;
    if (const auto words = objection(option, good); !words.empty()) complain(entry.line, entry.column, words);
  }
}

}  // namespace

void add_load_options(CLI::App& command, LoadCommandOptions& options) {
  auto& load = options.load;
  load.model.access.low = std::chrono::milliseconds(25);
  add_model_options(command, options);
  add_fidelity_options(command, load);
  add(command, "--receivers", "FILE", "Who writes to whom: lines of a sender, a receiver and a weight",
      input_file(options, options.receivers));
  add(command, "--seed", "N", "Decides every random number; replication K uses N + K (1)",
      whole(load.seed, 0, UINT64_MAX));
  add(command, "--replications", "N", "Runs with different seeds, for confidence intervals (1)",
      whole(load.replications, 1, harness::kMaxReplications));
  add(command, "--threads", "N", "Threads; they do not change the result (all processors)",
      whole(load.threads, 0, harness::kMaxThreads));
  add(command, "--count-rule", "RULE",
      "What counts at a user's device: paper, ack, provisional, rfc3261 or wire (paper)",
      count_rule(load.rule));
  add(command, "--node-capacity", "N", "Messages a second that one machine of a node takes (20000)",
      number(options.node_capacity, Least::is_above_zero, std::numeric_limits<double>::max(),
             "a number above 0"));
  add_sweep(command, options.sweeps);
  add(command, "--out", "DIR",
      "Write report.html, result.json, CSV files and pictures; of a sweep sweep.csv and sweep.svg",
      text_value(options.out));
  add_live_options(command, options.live);
  add(command, "--config", "FILE", "Take options from a YAML file; those given here win",
      text_value(options.config));
}

std::vector<scenario::Diagnostic> apply_load_config(std::string_view yaml, const std::string& file,
                                                    CLI::App& command, LoadCommandOptions& options) {
  if (auto wrong = check_load_config(yaml, file); !wrong.empty()) return wrong;
  options.folder = folder_of(file);
  for (const auto& entry : read_entries(yaml, file, command).entries) {
    auto& option = *command.get_option("--" + entry.key);
    if (option.count() > 0) continue;
    for (const auto& value : entry.values) option.add_result(value.text);
    option.run_callback();
  }
  options.folder.clear();
  return {};
}

core::Result<void> read_receivers(LoadCommandOptions& options) {
  if (options.receivers.empty()) return {};
  auto& people = options.load.model.population;
  auto users = people.users;
  for (const auto& axis : options.sweeps) {
    if (axis.parameter == "users")
      users = static_cast<std::uint64_t>(*std::min_element(axis.values.begin(), axis.values.end()));
  }
  // A sweep may name fewer than there can be; that it is refused for when it runs.
  auto pairs = read_pairs(options.receivers, std::max<std::uint64_t>(users, 2));
  if (!pairs) return core::Error(pairs.error().code(), options.receivers + ":" + pairs.error().detail());
  people.pairs = std::make_shared<const sim::Pairs>(std::move(*pairs));
  return {};
}

std::vector<scenario::Diagnostic> check_load_config(std::string_view yaml, const std::string& file) {
  CLI::App command;
  LoadCommandOptions options;
  options.folder = folder_of(file);
  add_load_options(command, options);
  auto config = read_entries(yaml, file, command);
  check_values(config, command);
  return std::move(config.complaints).take();
}

}  // namespace rcs::ims_sim
