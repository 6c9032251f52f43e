#pragma once
// What was learned, as a table for a person, as JSON lines, and as the difference between two rounds.

#include <string>
#include <vector>

#include "cli/tool.hpp"
#include "rcs-options/asker.hpp"

namespace rcs::options {

/// A contact and what is known of it; `heard`: its answer has come.
struct Row {
  std::string contact;
  Answer answer;
  bool heard = false;
};

/// One object without the line end; what is not known is left out.
std::string json_line(const Row& row);
/// A line a contact; a column of errors where there is one, one of tags with `tags`.
std::string table(const std::vector<Row>& rows, bool tags, bool color);
/// "registered: no -> yes; + IM/CHAT; - File transfer"; empty: nothing has changed.
std::string difference(const Answer& before, const Answer& now);
/// "3 of 12 contacts: yes ..." for a person at the end of a list.
std::string summary(const std::vector<Row>& rows);
/// The worst of them.
cli::Exit exit_of(const std::vector<Row>& rows);

}  // namespace rcs::options
