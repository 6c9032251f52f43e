#include "harness/load_config.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "scenario/yaml_tree.hpp"

namespace rcs::harness {
namespace {

using scenario::YamlEntry;
using scenario::YamlNode;

constexpr std::string_view kTop[] = {"load"};

class Reader {
 public:
  Reader(LoadConfig& out, std::span<const std::string_view> known) : out_(out), known_(known) {}

  void read(const YamlNode& root) {
    if (!root.is_map() || find_load(root) == nullptr)
      return expected(root, "file", "a map with the key load and options below it");
    for (const auto& entry : root.entries) {
      if (is_new(entry, "file", kTop, seen_top_)) read_options(entry.value);
    }
  }

  static const YamlNode* find_load(const YamlNode& root) {
    for (const auto& entry : root.entries) {
      if (entry.key == kTop[0]) return &entry.value;
    }
    return nullptr;
  }

 private:
  void expected(const YamlNode& node, std::string_view key, std::string_view wish) {
    out_.complaints.add(node.line,
                        std::string(key) + ": expected " + std::string(wish) + ", got " + describe(node),
                        node.column);
  }

  /// A key that is known and stands there for the first time.
  bool is_new(const YamlEntry& entry, std::string_view map, std::span<const std::string_view> known,
              std::set<std::string>& seen) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      out_.complaints.unknown_word(entry.line, map, entry.key, known,
                                   "one of the keys " + scenario::listed(known), entry.column);
      return false;
    }
    if (seen.insert(entry.key).second) return true;
    out_.complaints.add(entry.line,
                        std::string(map) + ": expected " + entry.key + " once, got it a second time",
                        entry.column);
    return false;
  }

  void read_options(const YamlNode& options) {
    if (!options.is_map()) return expected(options, kTop[0], "a map of options");
    for (const auto& entry : options.entries) {
      if (!is_new(entry, kTop[0], known_, seen_)) continue;
      ConfigEntry option{entry.key, {}, entry.line, entry.column};
      if (entry.value.is_list()) {
        for (const auto& item : entry.value.items) read_value(item, option);
      } else {
        read_value(entry.value, option);
      }
      if (!option.values.empty()) out_.entries.push_back(std::move(option));
    }
  }

  void read_value(const YamlNode& node, ConfigEntry& option) {
    if (!node.is_scalar()) return expected(node, config_path(option.key), "a value");
    option.values.push_back({node.text, node.line, node.column});
  }

  LoadConfig& out_;
  std::span<const std::string_view> known_;
  std::set<std::string> seen_;
  std::set<std::string> seen_top_;
};

}  // namespace

LoadConfig read_load_config(std::string_view yaml, const std::string& file,
                            std::span<const std::string_view> known) {
  LoadConfig out{{}, scenario::Complaints(file)};
  const auto tree = scenario::read_yaml(yaml, scenario::kMaxFileBytes);
  for (const auto& problem : tree.problems) out.complaints.add(problem.line, problem.text);
  if (tree.problems.empty()) Reader(out, known).read(tree.root);
  return out;
}

bool is_load_config(std::string_view yaml) {
  const auto tree = scenario::read_yaml(yaml, scenario::kMaxFileBytes);
  return tree.root.is_map() && Reader::find_load(tree.root) != nullptr;
}

std::string config_path(std::string_view key) { return std::string(kTop[0]) + "." + std::string(key); }

}  // namespace rcs::harness
