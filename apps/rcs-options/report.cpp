#include "rcs-options/report.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "chat/identity.hpp"
#include "cli/table.hpp"

namespace rcs::options {
namespace {

std::string_view word_of(Said said) {
  return said == Said::yes ? "yes" : said == Said::no ? "no" : "unknown";
}

constexpr std::size_t kMaxCell = 1024;  // octets: of one tag
constexpr double kMaxAge = 1e9;         // seconds: a gateway says what it likes

/// What a peer sent may hold what moves a cursor.
std::string plain(const std::string& text) { return chat::one_line(text, kMaxCell); }

/// For a person; one that this version does not know as it is.
std::string name_of(const std::string& id) {
  const auto service = chat::parse_service(id);
  if (!service) return plain(id);
  for (const auto& known : chat::service_names()) {
    if (known.service == *service) return std::string(known.name);
  }
  return plain(id);
}

std::string listed(const std::vector<std::string>& items,
                   const std::function<std::string(const std::string&)>& shown) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + shown(item);
  return out;
}

std::string age_text(const std::optional<double>& told) {
  if (!told) return {};
  const double age = std::clamp(*told, 0.0, kMaxAge);
  const auto whole = [](double value, const char* unit) {
    return std::to_string(static_cast<long>(value)) + unit;
  };
  if (age < 120) return whole(age, " s");
  if (age < 2 * 3600) return whole(age / 60, " min");
  return age < 2 * 86400 ? whole(age / 3600, " h") : whole(age / 86400, " d");
}

std::vector<std::string> cells(const Row& row, bool tags, bool errors) {
  const auto& answer = row.answer;
  std::vector<std::string> out{row.contact, std::string(word_of(answer.rcs_user)),
                               std::string(word_of(answer.registered)), listed(answer.services, name_of),
                               age_text(answer.age)};
  if (tags) out.push_back(listed(answer.raw_tags.empty() ? answer.tags : answer.raw_tags, plain));
  if (errors) out.push_back(plain(answer.error));
  return out;
}

std::string painted(const std::string& line, const Answer& answer) {
  if (!answer.error.empty()) return "\x1b[31m" + line + "\x1b[0m";
  return answer.registered == Said::yes ? "\x1b[32m" + line + "\x1b[0m" : line;
}

void add_step(std::string& out, const std::string& words) { out += (out.empty() ? "" : "; ") + words; }

void compare(std::string& out, const char* what, Said before, Said now) {
  if (before != now)
    add_step(out,
             std::string(what) + ": " + std::string(word_of(before)) + " -> " + std::string(word_of(now)));
}

/// What stands in `a` and not in `b`.
void name_missing(std::string& out, const char* sign, const std::vector<std::string>& a,
                  const std::vector<std::string>& b,
                  const std::function<std::string(const std::string&)>& shown) {
  for (const auto& item : a) {
    if (std::find(b.begin(), b.end(), item) == b.end()) add_step(out, sign + shown(item));
  }
}

}  // namespace

std::string json_line(const Row& row) {
  const auto& answer = row.answer;
  nlohmann::ordered_json out{{"contact", row.contact},
                             {"rcs", word_of(answer.rcs_user)},
                             {"registered", word_of(answer.registered)},
                             {"services", answer.services}};
  if (answer.age) out["age"] = std::round(*answer.age * 10) / 10;
  if (answer.status != 0) out["status"] = answer.status;
  if (!answer.tags.empty()) out["tags"] = answer.tags;
  if (!answer.raw_tags.empty()) out["raw_tags"] = answer.raw_tags;
  if (!answer.error.empty()) out["error"] = answer.error;
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string table(const std::vector<Row>& rows, bool tags, bool color) {
  const bool errors =
      std::any_of(rows.begin(), rows.end(), [](const Row& row) { return !row.answer.error.empty(); });
  std::vector<std::vector<std::string>> lines{{"Contact", "RCS", "Registered", "Services", "Age"}};
  if (tags) lines.front().emplace_back("Tags");
  if (errors) lines.front().emplace_back("Error");
  for (const auto& row : rows) lines.push_back(cells(row, tags, errors));
  const auto text = cli::format_table(lines);
  if (!color) return text;
  std::string out;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size(); ++number) {
    const auto end = text.find('\n', at);
    const auto line = text.substr(at, end - at);
    out += (number < 2 ? line : painted(line, rows[number - 2].answer)) + '\n';  // after heading and rule
    at = end + 1;
  }
  return out;
}

std::string difference(const Answer& before, const Answer& now) {
  std::string out;
  compare(out, "RCS", before.rcs_user, now.rcs_user);
  compare(out, "registered", before.registered, now.registered);
  name_missing(out, "+ ", now.services, before.services, name_of);
  name_missing(out, "- ", before.services, now.services, name_of);
  name_missing(out, "+ ", now.tags, before.tags, plain);
  name_missing(out, "- ", before.tags, now.tags, plain);
  return out;
}

std::string summary(const std::vector<Row>& rows) {
  const auto count = [&](auto wanted) {
    return std::to_string(std::count_if(rows.begin(), rows.end(), wanted));
  };
  return std::to_string(rows.size()) +
         " contacts: " + count([](const Row& row) { return row.answer.rcs_user == Said::yes; }) +
         " RCS users, " + count([](const Row& row) { return row.answer.registered == Said::yes; }) +
         " registered, " + count([](const Row& row) { return row.answer.registered == Said::no; }) +
         " not registered, " + count([](const Row& row) { return !row.answer.error.empty(); }) +
         " without an answer";
}

cli::Exit exit_of(const std::vector<Row>& rows) {
  auto out = cli::Exit::ok;
  for (const auto& row : rows) out = std::max(out, row.answer.exit);
  return out;
}

}  // namespace rcs::options
