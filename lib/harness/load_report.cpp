#include "harness/load_report.hpp"

#include "harness/load_tables.hpp"
#include "harness/report.hpp"
#include "trace/escape.hpp"

namespace rcs::harness {
namespace {

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;background:#fff;"
    "color:#1a1a1a;max-width:860px;margin:2em auto;padding:0 1em}"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9em}"
    "th,td{padding:.25em .7em;border-bottom:1px solid #d9dde3;text-align:right;vertical-align:top}"
    "th{border-bottom:2px solid #6b7280}.word{text-align:left}.note{color:#555;font-size:.9em}"
    "svg{max-width:100%;height:auto;display:block;margin:1.5em 0}dt{font-weight:bold}dd{margin:0 0 .5em "
    "1.5em}";

constexpr std::pair<trace::CountRule, std::string_view> kMeanings[] = {
    {trace::CountRule::paper,
     "What the published figures of a chat set-up draw: INVITE and its final responses, POST and PUT with "
     "their "
     "responses, and the events trying and initiate."},
    {trace::CountRule::ack, "These, and each ACK."},
    {trace::CountRule::provisional, "These, and the 1xx responses to INVITE."},
    {trace::CountRule::rfc3261,
     "All that a session makes the actors say: every SIP message but registration, subscription and "
     "publication, "
     "every HTTP message but polls, every event whatever carried it."},
    {trace::CountRule::wire,
     "Every message there is. How events travel shows only here: by long polling each event costs a request "
     "and "
     "an answer, and the next poll follows; a stream of server-sent events or a WebSocket is opened once."},
};

constexpr std::string_view kFairness =
    "The paper&#39;s rule favours standard clients: it leaves out ACK and the 1xx responses, which SIP makes "
    "their "
    "devices send or receive in every set-up, while the gateway deals with them for clients of the open API. "
    "It "
    "favours the open API too: it leaves out all further events and the polls, which only clients "
    "with "
    "long polling have. Which of the two weighs more, the ratios above tell; a ratio below 1 means fewer "
    "messages "
    "at the device of an open API client.";

std::string row_html(const std::vector<std::string>& cells, std::string_view tag, std::size_t words) {
  std::string out = "<tr>";
  const std::string name(tag);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out +=
        '<' + name + (i < words ? " class=\"word\">" : ">") + trace::xml_text(cells[i]) + "</" + name + '>';
  }
  return out + "</tr>\n";
}

std::string rules_html() {
  std::string out = "<h2>What each rule counts</h2>\n<dl>\n";
  for (const auto& [rule, meaning] : kMeanings) {
    out += "<dt>" + trace::xml_text(trace::name(rule)) + "</dt><dd>" + trace::xml_text(meaning) + "</dd>\n";
  }
  return out + "</dl>\n<p>" + std::string(kFairness) + "</p>\n";
}

}  // namespace

std::string table_html(const LoadTable& table) {
  auto out = "<h2>" + trace::xml_text(table.title) + "</h2>\n<div class=\"wide\"><table>\n";
  if (!table.head.empty()) out += "<thead>" + row_html(table.head, "th", table.words) + "</thead>\n";
  out += "<tbody>\n";
  for (const auto& row : table.rows) out += row_html(row, "td", table.words);
  out += "</tbody></table></div>\n";
  if (!table.note.empty()) out += "<p class=\"note\">" + trace::xml_text(table.note) + "</p>\n";
  return out;
}

std::string page_html(const std::string& title, const std::string& body) {
  const auto words = trace::xml_text(title);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>" +
         words + "</title>\n<style>" + std::string(kStyle) + "</style>\n</head>\n<body>\n<h1>" + words +
         "</h1>\n" + body + "</body>\n</html>\n";
}

std::string load_html(const LoadResult& result, double node_capacity) {
  std::string body = load_rules_svg(result) + rules_html() + load_devices_svg(result) + load_day_svg(result);
  for (const auto& table : load_tables(result, node_capacity)) body += table_html(table);
  return page_html("Load of RCS chat", body);
}

core::Result<std::vector<std::string>> write_load_report(const LoadResult& result, double node_capacity,
                                                         const std::string& folder) {
  return write_files(folder, {{"result.json", load_json(result, node_capacity) + "\n"},
                              {"by-minute.csv", load_by_minute_csv(result)},
                              {"devices.csv", load_devices_csv(result)},
                              {"rules.svg", load_rules_svg(result)},
                              {"day.svg", load_day_svg(result)},
                              {"devices.svg", load_devices_svg(result)},
                              {"report.html", load_html(result, node_capacity)}});
}

}  // namespace rcs::harness
