// Feature tags as peers write them. The first line of the input is an Accept-Contact value, the rest what
// follows the address of a Contact. Every tag that is read is found again, alone and by its value, and values
// survive being written as one list.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/text.hpp"
#include "sip/feature_tags.hpp"

namespace {

using namespace rcs::sip;

Params params_of(const std::string& text) {
  const auto contact = parse_name_addr("<sip:bob@192.0.2.1>" + text);
  return contact ? contact->params : Params();
}

/// By itself it would say something else.
bool is_truth(const std::string& value) { return value == "true" || value == "false"; }

void tags_survive(const Params& params) {
  std::map<std::string, std::vector<std::string>> values;
  for (const auto& tag : read_feature_tags(params)) {
    RCS_ASSERT(is_feature_tag(tag.name) && has_feature(params, tag.name));
    if (tag.value.empty() || is_truth(tag.value)) continue;
    const auto equals = tag.text.find("=\"");
    RCS_ASSERT(equals != std::string::npos && tag.text.back() == '"');
    const auto entry = tag.text.substr(equals + 2, tag.text.size() - equals - 3);
    RCS_ASSERT(has_feature(params, tag.name, entry));
    const auto alone = read_feature_tags({{tag.text.substr(0, equals), "\"" + entry + "\""}});
    RCS_ASSERT(alone.size() == 1 && alone[0] == tag);
    auto& of_name = values[tag.name];
    if (of_name.size() < kMaxTagEntries) of_name.push_back(tag.value);
  }
  for (const auto& [name, of_name] : values) {
    std::vector<std::string> again;
    for (const auto& tag : read_feature_tags(params_of(format_params({make_list_tag(name, of_name)}))))
      again.push_back(tag.value);
    RCS_ASSERT(again == of_name);
  }
}

void preferences_survive(std::string_view value) {
  const auto preferences = parse_preferences(value);
  std::string written;
  for (const auto& params : preferences) {
    tags_survive(params);
    written += (written.empty() ? "*" : ",*") + format_params(params);
  }
  RCS_ASSERT(preferences.empty() || parse_preferences(written) == preferences);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.substr(0, input.find('\n'));
  preferences_survive(line);
  tags_survive(params_of(std::string(input.substr(std::min(input.size(), line.size() + 1)))));
  return 0;
}
