#pragma once
// A file with the options of a load simulation: the key `load`, and below it names of options with a value or
// a list of values each. What the options are and what they take knows whoever reads them from here.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/complaints.hpp"

namespace rcs::harness {

struct ConfigValue {
  std::string text;  ///< as in the file
  int line = 1;
  int column = 1;
};

struct ConfigEntry {
  std::string key;
  std::vector<ConfigValue> values;  ///< several only of a list
  int line = 1;
  int column = 1;
};

struct LoadConfig {
  std::vector<ConfigEntry> entries;  ///< each key once, in the order of the file; none without values
  scenario::Complaints complaints;   ///< about what stands in the file and not in `entries`
};

/// `known`: names of options.
LoadConfig read_load_config(std::string_view yaml, const std::string& file,
                            std::span<const std::string_view> known);

/// Is this such a file, and no scenario? Nothing is said about whether it is a good one.
bool is_load_config(std::string_view yaml);

/// "load.mean", for complaints.
std::string config_path(std::string_view key);

}  // namespace rcs::harness
