#pragma once
// What msrp-cat tells of its work: objects on standard output with --json, else words on standard error.

#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "cli/tool.hpp"

namespace rcs::cat {

std::string json_line(const nlohmann::ordered_json& object);

class Report {
 public:
  /// SAFETY: options outlive this.
  explicit Report(const cli::CommonOptions& options) : options_(options) {}

  /// An event with its members; those with empty values are left out. Without --json it is said where -v asks
  /// for it.
  void event(std::string_view name,
             std::initializer_list<std::pair<std::string_view, std::string>> members) const;
  /// Words that everybody is told, but for --quiet; with --json as an event with the member.
  void tell(std::string_view name, std::string_view member, const std::string& value) const;

 private:
  const cli::CommonOptions& options_;
};

}  // namespace rcs::cat
