#pragma once
// The keys of one map of a scenario file, and readers for their values. A reader that finds something else
// complains, leaves its target as it was and returns false; so reading goes on and all complaints of a file
// come at once.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "scenario/complaints.hpp"
#include "scenario/yaml_tree.hpp"

namespace rcs::scenario {

inline constexpr std::size_t kMaxText = 64 * 1024;  ///< of one value: what the API takes as a body
inline constexpr core::Duration kMaxSpan =
    std::chrono::hours(24 * 366);  ///< a wait; virtual time has no hurry, but it has an end

/// The map `node`, called `name` in complaints, which may have the keys `known` once each. Anything else is
/// complained about.
class Fields {
 public:
  /// SAFETY: complaints and node outlive the fields.
  Fields(Complaints& complaints, const YamlNode& node, std::string name,
         std::span<const std::string_view> known);

  /// nullptr where there is none.
  const YamlNode* find(std::string_view key) const;
  /// Complains where there is none, with what belongs there.
  const YamlNode* require(std::string_view key, std::string_view wish) const;
  /// "chat.to", for complaints about the value of a key.
  std::string path(std::string_view key) const {
    return name_.empty() ? std::string(key) : name_ + '.' + std::string(key);
  }
  Complaints& complaints() const { return complaints_; }
  const YamlNode& node() const { return node_; }

  // Readers of optional keys: true when the key is there and was read.
  bool text(std::string_view key, std::string& out) const;
  bool duration(std::string_view key, core::Duration& out) const;
  bool integer(std::string_view key, std::uint64_t min, std::uint64_t max, std::uint64_t& out) const;

 private:
  Complaints& complaints_;
  const YamlNode& node_;
  std::string name_;
};

/// Any scalar; may be empty where it is quoted.
bool read_text(Complaints& complaints, const YamlNode& node, std::string_view key, std::string& out);
/// A scalar that is one of `known`.
bool read_word(Complaints& complaints, const YamlNode& node, std::string_view key,
               std::span<const std::string_view> known, std::string& out);
/// One word of `known`, or a list of them without repetition.
bool read_words(Complaints& complaints, const YamlNode& node, std::string_view key,
                std::span<const std::string_view> known, std::vector<std::string>& out);
bool read_integer(Complaints& complaints, const YamlNode& node, std::string_view key, std::uint64_t min,
                  std::uint64_t max, std::uint64_t& out);
/// A decimal number, no exponent.
bool read_number(Complaints& complaints, const YamlNode& node, std::string_view key, double min, double max,
                 double& out);
/// "500ms", "1.5s", "2m" or "1h", at most kMaxSpan; a bare number is milliseconds where `bare_ms`.
bool read_duration(Complaints& complaints, const YamlNode& node, std::string_view key, core::Duration& out,
                   bool bare_ms = false);
/// true or false.
bool read_flag(Complaints& complaints, const YamlNode& node, std::string_view key, bool& out);

}  // namespace rcs::scenario
