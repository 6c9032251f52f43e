#pragma once
// Prints what happens as it happens: a word a line for a person, or one JSON object a line.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/tool.hpp"
#include "net/loop.hpp"
#include "rcs-send/link.hpp"

namespace rcs::send {

class StatePrinter {
 public:
  /// SAFETY: loop and options outlive the printer.
  StatePrinter(const net::Loop& loop, const cli::CommonOptions& options) : loop_(loop), options_(options) {}
  /// `fields` with empty values are left out.
  void print(std::string_view state,
             const std::vector<std::pair<std::string_view, std::string>>& fields) const;
  void print(const News& news) const { print(news.state, news.fields()); }

 private:
  const net::Loop& loop_;
  const cli::CommonOptions& options_;
};

}  // namespace rcs::send
