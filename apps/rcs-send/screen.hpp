#pragma once
// What a person sees of a conversation: a prompt, the texts of the other side with their times, marks for
// what has become of one's own. Without a terminal there is no prompt, and in an ASCII locale no other
// characters.

#include <string>
#include <string_view>

#include "cli/tool.hpp"
#include "core/time.hpp"

namespace rcs::send {

class Screen {
 public:
  explicit Screen(const cli::CommonOptions& options);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void prompt();
  /// Enter was pressed: the line below is empty.
  void line_typed() { prompted_ = false; }
  /// "10:10:10 01012345678: Hello"
  void text(core::UnixMs time, std::string_view sender, std::string_view text);
  /// `state` of a text of ours: sent, delivered, displayed or failed; `reason` may be empty.
  void mark(std::string_view state, std::string_view text, std::string_view reason);
  /// Something about the chat itself.
  void remark(std::string_view words);

 private:
  void put(std::string line);

  bool prompts_;
  bool color_;
  bool utf8_;
  bool prompted_ = false;
};

/// As it may be written on a terminal: control characters, which could move its cursor or worse, are shown as
/// blanks, what is no UTF-8 as '?'.
std::string printable(std::string_view text);

}  // namespace rcs::send
