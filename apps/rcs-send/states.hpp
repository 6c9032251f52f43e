#pragma once
// Prints what happens as it happens: a word a line for a person, or one JSON object a line.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "cli/tool.hpp"
#include "net/loop.hpp"

namespace rcs::send {

class StatePrinter {
 public:
  /// SAFETY: loop and options outlive the printer.
  StatePrinter(const net::Loop& loop, const cli::CommonOptions& options) : loop_(loop), options_(options) {}
  /// `fields` with empty values are left out.
  void print(std::string_view state,
             std::initializer_list<std::pair<std::string_view, std::string>> fields) const;

 private:
  const net::Loop& loop_;
  const cli::CommonOptions& options_;
};

}  // namespace rcs::send
