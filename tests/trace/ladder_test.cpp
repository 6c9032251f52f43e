#include "trace/ladder.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "support/catch.hpp"
#include "trace/chat_records.hpp"
#include "trace/escape.hpp"
#include "trace/ladder_layout.hpp"

using rcs::trace::character_count;
using rcs::trace::ladder_svg;
using rcs::trace::ladder_text;
using rcs::trace::LadderOptions;
using rcs::trace::Protocol;
using rcs::trace::Record;
using rcs::trace::RecordId;
using trace_test::Chat;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::stringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

const std::vector<std::string> kEight = {"jack",   "gateway", "o-cscf", "o-imas",
                                         "t-cscf", "t-imas",  "rose",   "eve"};

}  // namespace

TEST_CASE("a ladder has its actors on top, one line an arrow and life lines between") {
  Chat chat;
  chat.http("jack", "gateway", "POST")
      .sip("gateway", "o-cscf", "INVITE")
      .sip("o-cscf", "gateway", "200 INVITE")
      .event("gateway", "jack", "trying");
  LadderOptions options;
  options.title = "A chat";
  options.step_labels = {{RecordId{1}, "(1)"}, {RecordId{4}, "(13)"}};
  CHECK(ladder_text(chat.records, options) ==
        "A chat\n"
        "\n"
        "   ms   jack           gateway        o-cscf\n"
        "0.000     |--(1) POST---->|              |\n"
        "1.000     |               |--INVITE----->|\n"
        "2.000     |               |<-200 INVITE--|\n"
        "3.000     |<-(13) trying--|              |\n");
}

TEST_CASE("actors stand in the order asked for, the others as they appear") {
  Chat chat;
  chat.sip("b", "c", "INVITE").sip("c", "a", "INVITE");
  LadderOptions options;
  options.actors = {"a", "z"};
  const auto header = lines_of(ladder_text(chat.records, options)).front();
  CHECK((header.find(" a ") < header.find(" z ") && header.find(" z ") < header.find(" b ") &&
         header.find(" b ") < header.find(" c")));
}

TEST_CASE("an arrow over several life lines is one arrow from its sender to its receiver") {
  Chat chat;
  chat.sip("a", "d", "INVITE").sip("d", "a", "200 INVITE");
  LadderOptions options;
  options.actors = {"a", "b", "c", "d"};
  const auto lines = lines_of(ladder_text(chat.records, options));
  REQUIRE(lines.size() == 3);
  CHECK(std::count(lines[1].begin(), lines[1].end(), '|') == 2);
  CHECK(lines[1].ends_with("->|"));
  CHECK(lines[1].find("|--INVITE--") != std::string::npos);
  CHECK(lines[2].find("|<-----") != std::string::npos);
  CHECK(lines[2].ends_with("-200 INVITE--|"));
}

TEST_CASE("a message to oneself stays at its life line, also at the last one") {
  Chat chat;
  chat.sip("a", "b", "INVITE").sip("a", "a", "tick").sip("b", "b", "a long self message");
  const auto lines = lines_of(ladder_text(chat.records, {}));
  REQUIRE(lines.size() == 4);
  CHECK(lines[2].find("|<-. tick") != std::string::npos);
  CHECK(lines[3].find("|<-. a long self message") != std::string::npos);
}

TEST_CASE("the figures fit a wide terminal with eight actors") {
  LadderOptions options;
  options.actors = kEight;
  const auto records = trace_test::figure_3();
  for (std::size_t i = 0; i < records.size(); ++i)
    options.step_labels[records[i].id] = "(" + std::to_string(i % 20 + 1) + ")";
  const auto lines = lines_of(ladder_text(records, options));
  CHECK(lines.size() == records.size() + 1);
  for (const auto& line : lines) {
    CAPTURE(line);
    CHECK(character_count(line) <= 125);
  }
  // No label is cut.
  for (std::size_t i = 0; i < records.size(); ++i) {
    CHECK(lines[i + 1].find(options.step_labels[records[i].id] + ' ' + records[i].label) !=
          std::string::npos);
  }
}

TEST_CASE("a fixed column width holds: labels are cut to it") {
  Chat chat;
  chat.sip("a", "b", "VERYLONGMETHODNAME").sip("b", "c", "INVITE");
  LadderOptions options;
  options.column_width = 12;
  const auto plan = rcs::trace::ladder_layout(chat.records, options);
  CHECK(plan.centers[1] - plan.centers[0] == 12);
  CHECK(plan.centers[2] - plan.centers[1] == 12);
  CHECK(ladder_text(chat.records, options).find("VERYLO~") != std::string::npos);
  options.column_width = 1;  // too narrow for an arrow: the least that is one
  CHECK_FALSE(ladder_text(chat.records, options).empty());
}

TEST_CASE("colours stand around arrows only and are closed on each line") {
  Chat chat;
  chat.sip("a", "b", "INVITE").sip("b", "a", "486 INVITE").http("a", "b", "POST");
  LadderOptions options;
  options.color = true;
  const auto lines = lines_of(ladder_text(chat.records, options));
  CHECK(lines[0].find('\x1b') == std::string::npos);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    CHECK(occurrences(lines[i], "\x1b[") == 2);
    CHECK(occurrences(lines[i], "\x1b[0m") == 1);
  }
  CHECK(lines[2].find("\x1b[31m") != std::string::npos);
  options.color = false;
  CHECK(ladder_text(chat.records, options).find('\x1b') == std::string::npos);
}

TEST_CASE("a ladder of nothing is a header") {
  LadderOptions options;
  options.actors = {"jack"};
  CHECK(lines_of(ladder_text({}, options)).size() == 1);
  CHECK(lines_of(ladder_text({}, {})).size() == 1);
  CHECK(ladder_svg({}, {}).find("</svg>") != std::string::npos);
}

TEST_CASE("foreign names and labels reach neither terminal nor markup unescaped") {
  Chat chat;
  chat.sip("<script>\x1b[2J", "b\xff", "\"><img src=x onerror=alert(1)>\n\x1b]0;");
  LadderOptions options;
  options.title = "</title><script>\x1b[1m";
  const auto text = ladder_text(chat.records, options);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(rcs::core::is_utf8(text));
  const auto svg = ladder_svg(chat.records, options);
  CHECK(svg.find('\x1b') == std::string::npos);
  CHECK(rcs::core::is_utf8(svg));
  CHECK(svg.find("<script") == std::string::npos);
  CHECK(svg.find("<img") == std::string::npos);
  CHECK(occurrences(svg, "<") == occurrences(svg, ">"));
}

TEST_CASE("any number of strangers share the last column") {
  Chat chat;
  for (int i = 0; i < 500; ++i) chat.sip("stranger" + std::to_string(i), "o-cscf", "OPTIONS");
  const auto plan = rcs::trace::ladder_layout(chat.records, {});
  CHECK(plan.actors.size() == rcs::trace::kMaxColumns);
  CHECK(plan.actors.back() == "others");
  CHECK(lines_of(ladder_text(chat.records, {})).size() == 501);
}

TEST_CASE("an SVG ladder stands alone, with a tooltip an arrow") {
  const auto records = trace_test::figure_1();
  LadderOptions options;
  options.title = "Figure 1 & more";
  options.step_labels = {{RecordId{5}, "(1)"}};
  const auto svg = ladder_svg(records, options);
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(occurrences(svg, "<g><title>") == records.size());
  CHECK(svg.find("<title>Figure 1 &amp; more</title>") != std::string::npos);
  CHECK(svg.find(">(1) INVITE</text>") != std::string::npos);
  CHECK(svg.find("jack -&gt; o-cscf: INVITE\nSIP over udp, 100 octets, at 4.000 ms\nrecord 5, caused by a "
                 "person or a timer") != std::string::npos);
  // Nothing is fetched from anywhere.
  CHECK(occurrences(svg, "http:") == 1);
  CHECK(svg.find("href") == std::string::npos);
  CHECK(svg.find("url(") == std::string::npos);
  for (const auto* tag : {"svg", "g", "title", "text", "style"}) {
    CAPTURE(tag);
    CHECK(occurrences(svg, "<" + std::string(tag) + ">") + occurrences(svg, "<" + std::string(tag) + " ") ==
          occurrences(svg, "</" + std::string(tag) + ">"));
  }
}
