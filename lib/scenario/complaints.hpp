#pragma once
// What is wrong with a file, collected while it is read, and the words for it: what was expected, what there
// was, what was perhaps meant.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/scenario.hpp"
#include "scenario/yaml_tree.hpp"

namespace rcs::scenario {

inline constexpr std::size_t kMaxDiagnostics = 100;  ///< of one file; a person reads the first ones

class Complaints {
 public:
  explicit Complaints(std::string file) : file_(std::move(file)) {}

  /// `column` 0: not told.
  void add(int line, std::string text, int column = 0);
  /// "key: expected ..., got ..."
  void expected(const YamlNode& node, std::string_view key, std::string_view wish);
  /// The same where a word is none of `known`, with the nearest of them if one is near. `wish` empty: lists
  /// them all.
  void unknown_word(int line, std::string_view key, std::string_view got,
                    std::span<const std::string_view> known, std::string_view wish = {}, int column = 0);
  bool empty() const { return diagnostics_.empty(); }
  /// By line; those of one line in the order they were found.
  std::vector<Diagnostic> take() &&;

 private:
  std::string file_;
  std::vector<Diagnostic> diagnostics_;
  std::size_t left_out_ = 0;
};

/// For a person: "fast", nothing, a list, a map.
std::string describe(const YamlNode& node);
/// The word of `known` that `word` is likely a slip for: at most two letters, and at most a third of them,
/// differ, a swap counting as one. Empty: none.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);
/// "a", "a or b", "a, b or c"
std::string listed(std::span<const std::string_view> words);

}  // namespace rcs::scenario
