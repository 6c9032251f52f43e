#include "harness/report.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "trace/capture.hpp"
#include "trace/ladder.hpp"

namespace rcs::harness {
namespace {

using nlohmann::ordered_json;

std::string hash_text(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string xml_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

/// Senders' devices left, the network between, receivers right: jack, gateway, o-cscf, o-imas, t-cscf,
/// t-imas, rose.
std::vector<std::string> columns(const scenario::Scenario& scenario) {
  std::vector<std::string> out;
  const bool api = std::any_of(scenario.actors.begin(), scenario.actors.end(),
                               [](const auto& a) { return a.kind == scenario::ActorKind::api; });
  if (!scenario.actors.empty()) out.push_back(scenario.actors.front().name);
  if (api) out.push_back("gateway");
  for (const auto* node : {"o-cscf", "o-imas", "t-cscf", "t-imas"}) out.push_back(node);
  for (std::size_t i = 1; i < scenario.actors.size(); ++i) out.push_back(scenario.actors[i].name);
  return out;
}

trace::LadderOptions ladder_options(const FinishedRun& run) {
  trace::LadderOptions options;
  options.actors = columns(run.scenario);
  options.step_labels = run.result.step_labels;
  options.title = run.scenario.title;
  return options;
}

std::string ratio_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

/// The sum over the users' devices.
double device_total(const FinishedRun& run, trace::CountRule rule) {
  const auto counts = trace::count_messages(run.result.records, rule);
  double sum = 0;
  for (const auto& actor : run.scenario.actors) {
    if (const auto found = counts.find(actor.name); found != counts.end())
      sum += static_cast<double>(found->second);
  }
  return sum;
}

}  // namespace

std::string run_json(const FinishedRun& run) {
  ordered_json out{{"scenario", run.scenario.name},
                   {"file", run.scenario.file},
                   {"mode", run.live ? "live" : "virtual"},
                   {"seed", run.seed},
                   {"passed", run.result.passed()},
                   {"hash", hash_text(run.result.hash)},
                   {"took_ms", core::to_ms(run.result.took)},
                   {"records", run.result.records.size()},
                   {"steps_matched", run.result.step_labels.size()},
                   {"counts", ordered_json::object()},
                   {"failures", ordered_json::array()}};
  for (const auto rule : trace::kTableRules) {
    auto& counts = out["counts"][std::string(trace::name(rule))] = ordered_json::object();
    for (const auto& [actor, messages] : trace::count_messages(run.result.records, rule))
      counts[actor] = messages;
  }
  for (const auto& failure : run.result.failures)
    out["failures"].push_back({{"line", failure.line}, {"text", failure.text}});
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string junit_xml(const std::vector<FinishedRun>& runs) {
  std::size_t failed = 0;
  for (const auto& run : runs) failed += run.result.passed() ? 0 : 1;
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"ims-sim\" tests=\"" +
      std::to_string(runs.size()) + "\" failures=\"" + std::to_string(failed) + "\">\n";
  for (const auto& run : runs) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.3f", core::to_seconds(run.result.took));
    out += "<testcase classname=\"" + std::string(run.live ? "live" : "virtual") + "\" name=\"" +
           xml_escape(run.scenario.name) + "\" file=\"" + xml_escape(run.scenario.file) + "\" time=\"" +
           seconds + "\">\n";
    for (const auto& failure : run.result.failures) {
      const auto place = run.scenario.file + ":" + std::to_string(failure.line) + ": " + failure.text;
      out += "<failure message=\"" + xml_escape(failure.text) + "\">" + xml_escape(place) + "</failure>\n";
    }
    out += "</testcase>\n";
  }
  return out + "</testsuite>\n</testsuites>\n";
}

std::string run_ladder(const FinishedRun& run, bool color) {
  auto options = ladder_options(run);
  options.color = color;
  return trace::ladder_text(run.result.records, options);
}

std::string device_table(const std::vector<FinishedRun>& runs) {
  std::string out = "Messages at the users' devices\n";
  std::size_t width = 8;
  for (const auto& run : runs) width = std::max(width, run.scenario.name.size());
  const auto line = [&](const std::string& scenario, const std::string& user,
                        const std::vector<std::string>& cells) {
    std::string row = "  " + scenario + std::string(width - std::min(width, scenario.size()), ' ') + "  " +
                      user + std::string(12 - std::min<std::size_t>(12, user.size()), ' ');
    for (const auto& cell : cells)
      row += std::string(10 - std::min<std::size_t>(10, cell.size()), ' ') + cell;
    out += row + "\n";
  };
  std::vector<std::string> head;
  for (const auto rule : trace::kTableRules) head.emplace_back(trace::name(rule));
  line("scenario", "user", head);
  for (const auto& run : runs) {
    for (const auto& actor : run.scenario.actors) {
      std::vector<std::string> cells;
      for (const auto rule : trace::kTableRules) {
        const auto counts = trace::count_messages(run.result.records, rule);
        const auto found = counts.find(actor.name);
        cells.push_back(std::to_string(found == counts.end() ? 0 : found->second));
      }
      line(run.scenario.name, actor.name, cells);
    }
  }
  for (std::size_t i = 1; i < runs.size(); ++i) {
    std::vector<std::string> cells;
    for (const auto rule : trace::kTableRules) {
      const auto base = device_total(runs.front(), rule);
      cells.push_back(base > 0 ? ratio_text(device_total(runs[i], rule) / base) : "-");
    }
    line(runs[i].scenario.name, "ratio", cells);
  }
  return out;
}

core::Result<void> write_file(const std::string& path, const std::string& content) {
  const auto error = [&] { return core::Error(core::Errc::unknown, path + ": " + std::strerror(errno)); };
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return error();
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const auto reason = error();
  if (std::fclose(file) != 0 || !written) return reason;
  return {};
}

core::Result<void> write_report(const std::string& directory, const FinishedRun& run) {
  const auto folder = std::filesystem::path(directory) / run.scenario.name;
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return core::Error(core::Errc::unknown, folder.string() + ": " + failure.message());
  std::string records;
  for (const auto& record : run.result.records) records += trace::to_json(record) + "\n";
  RCS_CHECK_OK(write_file((folder / "records.jsonl").string(), records));
  RCS_CHECK_OK(write_file((folder / "ladder.txt").string(), run_ladder(run, false)));
  RCS_CHECK_OK(write_file((folder / "ladder.svg").string(),
                          trace::ladder_svg(run.result.records, ladder_options(run))));
  RCS_CHECK_OK(
      write_file((folder / "capture.pcap").string(), trace::to_pcap(run.result.records, run.result.wall)));
  return write_file((folder / "result.json").string(), run_json(run) + "\n");
}

core::Result<std::vector<std::string>> write_files(const std::string& folder,
                                                   const std::vector<ReportFile>& files) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return core::Error(core::Errc::unknown, folder + ": " + failure.message());
  std::vector<std::string> pictures;
  for (const auto& file : files) {
    const auto path = std::filesystem::path(folder) / file.name;
    RCS_CHECK_OK(write_file(path.string(), file.content));
    if (path.extension() == ".svg") pictures.push_back(path.string());
  }
  return pictures;
}

}  // namespace rcs::harness
