#include "scenario/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "core/text.hpp"

namespace rcs::scenario {
namespace {

constexpr std::size_t kMaxProblems = 100;

int line_of(const YAML::Mark& mark) { return mark.line < 0 ? 1 : mark.line + 1; }
int column_of(const YAML::Mark& mark) { return mark.column < 0 ? 1 : mark.column + 1; }

/// The values in a tree, itself included. Trees are at most kMaxYamlDepth deep, aliases or not.
std::size_t count_values(const YamlNode& node) {
  std::size_t count = 1;
  for (const auto& item : node.items) count += count_values(item);
  for (const auto& entry : node.entries) count += count_values(entry.value);
  return count;
}

std::size_t depth_of(const YamlNode& node) {
  std::size_t deepest = 0;
  for (const auto& item : node.items) deepest = std::max(deepest, depth_of(item));
  for (const auto& entry : node.entries) deepest = std::max(deepest, depth_of(entry.value));
  return deepest + 1;
}

/// Builds the tree from the parser's events. It can not stop the parser, so past a limit it goes on and keeps
/// nothing.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(YamlTree& tree) : tree_(tree) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) complain(line_of(mark), "YAML: expected one document a file, got a second one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf(mark, anchor, YamlNode::Kind::null, {});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    leaf(mark, anchor, YamlNode::Kind::scalar, value);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (skipped_ > 0) return;
    const auto line = line_of(mark);
    YamlNode node;
    node.line = line;
    node.column = column_of(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      complain(line,
               "YAML: expected an alias of a value that is complete, got one of a value that contains it or "
               "was left out");
    } else if (stack_.size() + found->second.depth > kMaxYamlDepth) {
      too_deep(line);
    } else if (charge(line, found->second.values)) {
      node = found->second.node;
    }
    place(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

  void complain(int line, std::string text) {
    if (tree_.problems.size() < kMaxProblems) tree_.problems.push_back({line, std::move(text)});
  }

 private:
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<YamlNode> key;  ///< of a map: the key whose value comes next
  };
  struct Anchored {
    YamlNode node;
    std::size_t values = 0;
    std::size_t depth = 0;
  };

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;  // plain, and quoted
    complain(line_of(mark), "YAML: expected values without tags, got " + core::quoted(tag));
  }

  void too_deep(int line) {
    if (std::exchange(told_depth_, true)) return;
    complain(line,
             "YAML: expected at most " + std::to_string(kMaxYamlDepth) + " levels of nesting, got more");
  }

  bool charge(int line, std::size_t values) {
    if (values <= kMaxYamlValues - count_) {
      count_ += values;
      return true;
    }
    if (!std::exchange(told_count_, true)) {
      complain(line, "YAML: expected at most " + std::to_string(kMaxYamlValues) +
                         " values, aliases copied, got more");
    }
    return false;
  }

  void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind, const std::string& text) {
    if (skipped_ > 0) return;
    YamlNode node;
    node.line = line_of(mark);
    node.column = column_of(mark);
    if (charge(node.line, 1)) {
      node.kind = kind;
      node.text = text;
    }
    remember(anchor, node);
    place(std::move(node));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    check_tag(mark, tag);
    if (skipped_ > 0 || stack_.size() == kMaxYamlDepth) {
      too_deep(line_of(mark));
      ++skipped_;
      return;
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.line = line_of(mark);
    frame.node.column = column_of(mark);
    frame.anchor = anchor;
    charge(frame.node.line, 1);
    stack_.push_back(std::move(frame));
  }

  void close() {
    if (skipped_ > 0) {
      if (--skipped_ == 0) place(YamlNode{});
      return;
    }
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    remember(frame.anchor, frame.node);
    place(std::move(frame.node));
  }

  /// The copy is charged like an alias: anchors within anchors multiply too.
  void remember(YAML::anchor_t anchor, const YamlNode& node) {
    if (anchor == YAML::NullAnchor) return;
    const auto values = count_values(node);
    if (charge(node.line, values)) anchors_[anchor] = Anchored{node, values, depth_of(node)};
  }

  void place(YamlNode node) {
    if (skipped_ > 0) return;
    if (stack_.empty()) {
      if (documents_ == 1) tree_.root = std::move(node);
      return;
    }
    auto& frame = stack_.back();
    if (frame.node.kind == YamlNode::Kind::list) {
      if (!told_count_) frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key = std::move(node);
    } else {
      const YamlNode key = std::move(*std::exchange(frame.key, std::nullopt));
      if (!key.is_scalar()) {
        complain(key.line, "YAML: expected a word before the colon, got something else");
      } else if (!told_count_) {
        if (node.is_null()) {  // the parser sees nothing only where the next thing starts
          node.line = key.line;
          node.column = key.column;
        }
        frame.node.entries.push_back({key.text, key.line, std::move(node), key.column});
      }
    }
  }

  YamlTree& tree_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t skipped_ = 0;  ///< open levels that are too deep
  std::size_t count_ = 0;
  int documents_ = 0;
  bool told_depth_ = false;
  bool told_count_ = false;
};

/// Where `text` holds an octet that has no business in a YAML file: the parser would take some of them for
/// its end.
std::optional<YamlProblem> foreign_octet(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto piece = text.substr(0, end);
    if (!core::is_utf8(piece))
      return YamlProblem{line, "YAML: expected UTF-8, got " + core::quoted(piece, 20)};
    const bool control = std::any_of(piece.begin(), piece.end(), [](char c) {
      return (static_cast<unsigned char>(c) < 32 && c != '\t' && c != '\r') || c == 127;
    });
    if (control)
      return YamlProblem{line,
                         "YAML: expected text without control characters, got " + core::quoted(piece, 20)};
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    ++line;
  }
  return std::nullopt;
}

}  // namespace

YamlTree read_yaml(std::string_view text, std::size_t max_bytes) {
  YamlTree tree;
  if (text.size() > max_bytes) {
    tree.problems.push_back({1, "file: expected at most " + std::to_string(max_bytes) + " octets, got " +
                                    std::to_string(text.size())});
    return tree;
  }
  if (auto problem = foreign_octet(text)) {
    tree.problems.push_back(std::move(*problem));
    return tree;
  }
  Builder builder(tree);
  const auto last_line =
      1 + static_cast<int>(std::count(text.begin(), text.end(), '\n')) - (text.ends_with('\n') ? 1 : 0);
  try {
    // The parser lets the end of a file close a quote, and so lose all that comes after one that was
    // forgotten; an end mark it does not.
    std::istringstream in(std::string(text) + (text.empty() || text.ends_with('\n') ? "...\n" : "\n...\n"));
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& e) {
    const auto line = line_of(e.mark);
    builder.complain(std::min(line, last_line),
                     line > last_line && e.msg == YAML::ErrorMsg::DOC_IN_SCALAR
                         ? "YAML: expected a closing quote, got the end of the file"
                         : "YAML: " + e.msg);
  } catch (const std::exception& e) {
    builder.complain(1, "YAML: " + std::string(e.what()));
  }
  return tree;
}

}  // namespace rcs::scenario
