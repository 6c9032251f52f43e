#include "rcs-send/states.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace rcs::send {

void StatePrinter::print(std::string_view state,
                         const std::vector<std::pair<std::string_view, std::string>>& fields) const {
  std::string line;
  if (options_.json) {
    nlohmann::ordered_json object{{"state", state}, {"ms", core::to_ms(loop_.now().time_since_epoch())}};
    for (const auto& [name, value] : fields) {
      if (!value.empty()) object[std::string(name)] = value;
    }
    line = object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  } else {
    const bool color = cli::wants_color(options_.color, 1);
    const bool bad = state == "declined" || state == "error" || state == "expired" || state == "failed";
    const std::string padded =
        std::string(state) + std::string(state.size() < 10 ? 10 - state.size() : 0, ' ');
    line = color ? (bad ? "\x1b[31m" : "\x1b[32m") + padded + "\x1b[0m" : padded;
    for (const auto& [name, value] : fields) {
      if (!value.empty())
        line += " " + std::string(name) + "=" +
                (value.find_first_of(" \"\r\n\t\\") == std::string::npos ? value : core::quoted(value, 4096));
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

}  // namespace rcs::send
