// Coroutines live in four rooms, and never in the shapes that g++ 12 compiles wrongly: it destroys some
// temporaries of a co_await expression twice (aggregates and capturing lambdas), so such things are named
// first and then moved.

#include <regex>
#include <set>

#include "house/source_files.hpp"
#include "support/catch.hpp"

namespace {

const std::set<std::string> kWithCoroutines = {"net", "http", "harness", "apps"};

/// The text from `co_await` to the end of its statement, comments taken out.
std::vector<std::string> awaited_statements(const std::string& text) {
  std::vector<std::string> out;
  const std::string code = std::regex_replace(text, std::regex("//[^\n]*"), "");
  for (auto at = code.find("co_await"); at != std::string::npos; at = code.find("co_await", at + 1)) {
    int depth = 0;
    auto end = at;
    for (; end < code.size(); ++end) {
      const char c = code[end];
      if (c == '(' || c == '{' || c == '[') ++depth;
      if (c == ')' || c == '}' || c == ']') --depth;
      if (depth < 0 || (depth == 0 && c == ';')) break;
    }
    out.push_back(code.substr(at, end - at));
  }
  return out;
}

}  // namespace

TEST_CASE("coroutines stay in the rooms that do I/O") {
  const std::regex coroutine(R"re(\bco_(await|return|yield)\b)re");
  for (const auto& file : house::source_files()) {
    if (kWithCoroutines.count(file.room) == 1) continue;
    INFO(file.path);
    CHECK_FALSE(std::regex_search(file.text, coroutine));
  }
}

TEST_CASE("R1: no braced temporary and no capturing lambda inside an awaited expression") {
  const std::regex braced(R"re([A-Za-z_>]\s*\{|[(,]\s*\{)re");
  const std::regex capturing(R"re(\[[^\]\s][^\]]*\]\s*(\([^)]*\))?\s*(mutable)?\s*\{)re");
  for (const auto& file : house::source_files()) {
    for (const auto& statement : awaited_statements(file.text)) {
      INFO(file.path << ": " << statement);
      CHECK_FALSE(std::regex_search(statement, braced));
      CHECK_FALSE(std::regex_search(statement, capturing));
    }
  }
}

TEST_CASE("R2: coroutine lambdas capture nothing") {
  const std::regex capturing_coroutine(
      R"re(\[[^\]\s][^\]]*\]\s*\([^)]*\)\s*->\s*(boost::asio::|asio::|net::)?awaitable)re");
  for (const auto& file : house::source_files()) {
    INFO(file.path);
    CHECK_FALSE(std::regex_search(file.text, capturing_coroutine));
  }
}

TEST_CASE("R3: nothing is awaited in a catch block") {
  for (const auto& file : house::source_files()) {
    for (auto at = file.text.find("catch ("); at != std::string::npos;
         at = file.text.find("catch (", at + 1)) {
      int depth = 0;
      auto end = file.text.find('{', at);
      const auto begin = end;
      for (; end < file.text.size(); ++end) {
        if (file.text[end] == '{') ++depth;
        if (file.text[end] == '}' && --depth == 0) break;
      }
      INFO(file.path);
      CHECK(file.text.substr(begin, end - begin).find("co_await") == std::string::npos);
    }
  }
}

TEST_CASE("the guard itself sees the shapes it forbids") {
  CHECK(awaited_statements("co_await f(Opt{1, 2}); x();") ==
        std::vector<std::string>{"co_await f(Opt{1, 2})"});
  const std::regex braced(R"re([A-Za-z_>]\s*\{|[(,]\s*\{)re");
  CHECK(std::regex_search(std::string("co_await f(Opt{1})"), braced));
  CHECK(std::regex_search(std::string("co_await f(a, {1})"), braced));
  CHECK_FALSE(std::regex_search(std::string("co_await f(std::move(named), token)"), braced));
}
