#include "msrp-cat/report.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "msrp-cat/output.hpp"

namespace rcs::cat {

std::string json_line(const nlohmann::ordered_json& object) {
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void Report::event(std::string_view name,
                   std::initializer_list<std::pair<std::string_view, std::string>> members) const {
  if (options_.json) {
    nlohmann::ordered_json object{{"event", name}};
    for (const auto& [key, value] : members) {
      if (!value.empty()) object[std::string(key)] = value;
    }
    static_cast<void>(write_out(json_line(object)));  // whoever reads no more is found by the next content
    return;
  }
  if (options_.verbosity == 0) return;
  std::string line(name);
  for (const auto& [key, value] : members) {
    if (!value.empty()) line += " " + std::string(key) + "=" + value;
  }
  cli::say(line);
}

void Report::tell(std::string_view name, std::string_view member, const std::string& value) const {
  if (options_.json) return event(name, {{member, value}});
  if (options_.quiet) return;
  std::fprintf(stderr, "%s %s\n", std::string(name).c_str(), value.c_str());
}

}  // namespace rcs::cat
