#pragma once
// The sources of the house, for the tests that hold them against its rules.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace house {

struct SourceFile {
  std::string path;  ///< from the project's root: lib/sip/uri.hpp
  std::string room;  ///< "sip"; for apps: "apps"
  std::string text;
};

inline std::vector<SourceFile> source_files() {
  namespace fs = std::filesystem;
  const fs::path root = RCS_SOURCE_DIR;
  std::vector<SourceFile> out;
  for (const auto* top : {"lib", "apps"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const auto extension = entry.path().extension();
      if (extension != ".hpp" && extension != ".cpp") continue;
      std::ifstream in(entry.path());
      std::stringstream text;
      text << in.rdbuf();
      const auto relative = fs::relative(entry.path(), root);
      auto part = relative.begin();
      std::string room = std::string(top) == "apps" ? "apps" : (++part)->string();
      out.push_back({relative.string(), room, text.str()});
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

}  // namespace house
