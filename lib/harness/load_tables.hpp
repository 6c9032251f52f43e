#pragma once
// The load simulation's findings as tables of words, for whatever shows them: a terminal or a page.

#include <string>
#include <vector>

#include "harness/load_run.hpp"

namespace rcs::harness {

struct LoadTable {
  std::string title;
  std::vector<std::string> head{};  ///< empty: the rows are names and what they are
  std::vector<std::vector<std::string>> rows{};
  std::size_t words = 1;  ///< so many columns on the left are words, the others numbers
  std::string note{};     ///< what a reader needs beside it; may be empty
};

/// What was run, messages of one set-up, messages of a user, load of the nodes, delays. One that would have
/// no rows is left out.
std::vector<LoadTable> load_tables(const LoadResult& result, double node_capacity);

/// For a terminal; ends with a line end.
std::string table_text(const LoadTable& table);
/// For a page.
std::string table_html(const LoadTable& table);

/// "1,234,567.8"; "-" for what is no number.
std::string number_text(double value, int decimals = 0);
/// At most three decimals, and no zeros at their end.
std::string short_text(double value);
/// Of the simulated time: "hh:mm", hours going on past 24.
std::string minute_text(std::size_t minute);
/// What a rule is called where also its transport of events counts: "paper", "wire, sse".
std::string rule_text(const RuleCount& count);
/// "standard to open API".
std::string kind_text(std::size_t kind);

}  // namespace rcs::harness
