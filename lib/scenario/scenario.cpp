#include "scenario/scenario.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "scenario/fields.hpp"
#include "scenario/readers.hpp"

namespace rcs::scenario {
namespace {

constexpr std::size_t kMaxName = 128;

constexpr std::string_view kTopKeys[] = {"scenario", "title", "network", "actors", "steps", "expect"};

bool is_scenario_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && core::is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return core::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

class FileReader {
 public:
  FileReader(Complaints& complaints, Scenario& scenario) : complaints_(complaints), scenario_(scenario) {}

  void read(const YamlNode& root) {
    const Fields top(complaints_, root, "", kTopKeys);
    if (!root.is_map()) return;
    if (const auto* name = top.require("scenario", "the name of the scenario")) {
      if (name->is_scalar() && is_scenario_name(name->text)) {
        scenario_.name = name->text;
      } else {
        complaints_.expected(*name, "scenario", "a name of letters, digits, - _ and .");
      }
    }
    scenario_.title = scenario_.name;
    top.text("title", scenario_.title);
    if (const auto* network = top.find("network")) scenario_.network = read_network(complaints_, *network);
    if (const auto* actors = top.require("actors", "who takes part"))
      scenario_.actors = read_actors(complaints_, *actors, scenario_.network);
    if (const auto* steps = top.require("steps", "what they do"))
      scenario_.steps = read_steps(complaints_, *steps, scenario_);
    if (const auto* expect = top.find("expect")) read_expectations(complaints_, *expect, scenario_);
  }

 private:
  Complaints& complaints_;
  Scenario& scenario_;
};

void add_problems(Complaints& complaints, const YamlTree& tree) {
  for (const auto& problem : tree.problems) complaints.add(problem.line, problem.text);
}

}  // namespace

std::string format_diagnostics(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const auto& d : diagnostics) {
    if (!out.empty()) out += '\n';
    out += d.file + ':' + std::to_string(d.line);
    if (d.column > 0) out += ':' + std::to_string(d.column);
    out += ": " + d.text;
  }
  return out;
}

const Actor* Scenario::actor(std::string_view name_) const {
  const auto found =
      std::find_if(actors.begin(), actors.end(), [&](const Actor& a) { return a.name == name_; });
  return found == actors.end() ? nullptr : &*found;
}

Parsed parse_scenario(std::string_view yaml, const std::string& file) {
  Parsed parsed;
  parsed.scenario.file = file;
  Complaints complaints(file);
  const auto tree = read_yaml(yaml, kMaxFileBytes);
  add_problems(complaints, tree);
  // What the parser made of a file it refuses would only be complained about twice.
  if (complaints.empty()) FileReader(complaints, parsed.scenario).read(tree.root);
  parsed.diagnostics = std::move(complaints).take();
  return parsed;
}

ParsedProfile parse_profile(std::string_view yaml, const std::string& file) {
  static constexpr std::string_view kKeys[] = {"profile"};
  ParsedProfile parsed;
  Complaints complaints(file);
  const auto tree = read_yaml(yaml, kMaxFileBytes);
  add_problems(complaints, tree);
  if (complaints.empty()) {
    if (tree.root.is_map()) {
      const Fields fields(complaints, tree.root, "", kKeys);
      if (const auto* rows = fields.require("profile", "a list of rows"))
        parsed.rows = read_profile(complaints, *rows);
    } else {
      parsed.rows = read_profile(complaints, tree.root);
    }
  }
  parsed.diagnostics = std::move(complaints).take();
  return parsed;
}

}  // namespace rcs::scenario
