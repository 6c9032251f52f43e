#pragma once
// YAML text as a small tree of our own: kinds, text as written, where it stands. Bounded whatever comes in:
// size, depth, and how much aliases may multiply. Values keep the text of the file, so "0108" stays four
// characters; what they mean is decided by whoever reads them.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rcs::scenario {

inline constexpr std::size_t kMaxYamlDepth = 32;  ///< a scenario needs seven
inline constexpr std::size_t kMaxYamlValues =
    300'000;  ///< with the copies that aliases make; 10,000 steps of 12 keys are 250,000

struct YamlEntry;

struct YamlNode {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  int line = 1;
  int column = 1;
  std::string text;                ///< of a scalar
  std::vector<YamlNode> items;     ///< of a list
  std::vector<YamlEntry> entries;  ///< of a map, in the order of the file; a key may stand twice

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
};

struct YamlEntry {
  std::string key;
  int line = 1;
  YamlNode value;
  int column = 1;  ///< of the key
};

struct YamlProblem {
  int line = 1;
  std::string text;
};

struct YamlTree {
  YamlNode root;                      ///< as far as it could be read
  std::vector<YamlProblem> problems;  ///< of the YAML itself
};

/// The one document of `text`; nothing at all is a null root.
YamlTree read_yaml(std::string_view text, std::size_t max_bytes);

}  // namespace rcs::scenario
