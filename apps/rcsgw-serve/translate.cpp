#include "rcsgw-serve/translate.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/table.hpp"
#include "core/text.hpp"
#include "harness/translate.hpp"

namespace rcs::serve {
namespace {

using cli::Exit;

constexpr std::size_t kShownValue = 60;  // characters of a value in the table

struct Options {
  std::string file = "-";
  std::string from = "01087654321";
  bool explain = false;
};

/// A request as HTTP text is taken too: the id is in its path, the JSON behind the empty line.
void take_http_head(std::string& text, std::string& from) {
  if (!text.starts_with("POST /")) return;
  const auto target = text.substr(5, text.find(' ', 5) - 5);
  const auto pieces = core::split(target, '/');
  if (pieces.size() > 3) {
    if (const auto id = core::percent_decode(pieces[3])) from = *id;
  }
  auto end = text.find("\r\n\r\n");
  const auto skip = end == std::string::npos ? 2U : 4U;
  if (end == std::string::npos) end = text.find("\n\n");
  if (end != std::string::npos) text.erase(0, end + skip);
}

void print(const harness::Translated& translated, bool explain, bool json) {
  if (json) {
    nlohmann::ordered_json out{{"text", translated.text}};
    if (explain) {
      out["explain"] = nlohmann::ordered_json::array();
      for (const auto& row : translated.explanation)
        out["explain"].push_back({{"target", row.target}, {"value", row.value}, {"source", row.source}});
    }
    std::printf("%s\n", out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
    return;
  }
  std::fwrite(translated.text.data(), 1, translated.text.size(), stdout);
  if (!translated.text.ends_with('\n')) std::printf("\n");
  if (!explain) return;
  std::vector<std::vector<std::string>> rows{{"what", "value", "from"}};
  for (const auto& row : translated.explanation) {
    auto value = core::quoted(row.value, kShownValue);
    rows.push_back({row.target, value.substr(1, value.size() - 2), row.source});
  }
  std::printf("\n%s", cli::format_table(rows).c_str());
}

Exit run(const Options& options, const cli::CommonOptions& common, const std::string& config_file,
         const std::string& domain) {
  gateway::Config config;
  if (!config_file.empty()) {
    const auto text = cli::read_input(config_file);
    if (!text) return cli::fail(text.error());
    auto parsed = gateway::config_from_json(*text);
    if (!parsed)
      return cli::fail(core::Error(parsed.error().code(), config_file + ": " + parsed.error().detail()));
    config = std::move(*parsed);
  }
  if (!domain.empty()) config.domain = domain;
  auto text = cli::read_input(options.file);
  if (!text) return cli::fail(text.error());
  auto from = options.from;
  take_http_head(*text, from);
  const auto first = text->find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string::npos && (*text)[first] == '{';
  const auto translated =
      is_json ? harness::translate_post(*text, from, config) : harness::translate_invite(*text, config);
  if (!translated) {
    cli::say(options.file + ": " + translated.error().detail());
    return Exit::refused;
  }
  print(*translated, options.explain, common.json);
  return Exit::ok;
}

}  // namespace

Translation add_translate_command(CLI::App& app, const cli::CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "translate", "Offline: JSON of a POST into the SIP it becomes, a SIP INVITE into the event it becomes");
  command
      ->add_option("--from", options->from,
                   "RCS ID of the path, for JSON that comes without a request line (01087654321)")
      ->option_text("ID");
  command->add_flag("--explain", options->explain, "Say of each header and key where it came from");
  command->add_option("file", options->file, "The message; - is standard input")->option_text("FILE|-");
  return [options, &common](const std::string& config, const std::string& domain) {
    return run(*options, common, config, domain);
  };
}

}  // namespace rcs::serve
