#include "body/cpim.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "core/text.hpp"

namespace rcs::body {
namespace {

using core::Errc;
using core::Error;
using core::malformed;
using core::quoted;

constexpr std::size_t kMaxCpimHeaders = 64;    // real messages carry about ten
constexpr std::size_t kMaxCpimPrefixes = 128;  // real messages declare one or two

constexpr std::string_view kImdnPrefix = "imdn";
constexpr std::array<std::string_view, 7> kCoreNames = {"From",    "To", "cc",     "DateTime",
                                                        "Subject", "NS", "Require"};
constexpr std::array<std::string_view, 5> kImdnNames = {"Message-ID", "Disposition-Notification",
                                                        "Original-To", "IMDN-Record-Route", "IMDN-Route"};

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return core::is_alnum(c) || std::string_view("!#$%&'*+-^_`|~").find(c) != std::string_view::npos;
  });
}

bool understood(std::string_view ns, std::string_view name) {
  if (ns.empty()) return std::find(kCoreNames.begin(), kCoreNames.end(), name) != kCoreNames.end();
  return ns == kImdnNamespace && std::find(kImdnNames.begin(), kImdnNames.end(), name) != kImdnNames.end();
}

// D17: where the blank line is missing, a Content-* field shows that the headers of the content have begun.
bool starts_content(std::string_view line) {
  return core::istarts_with(line, "content-") &&
         line.substr(0, line.find(':')).find('.') == std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { prefixes_.emplace(kImdnPrefix, kImdnNamespace); }

  Result<Cpim> run() {
    for (;;) {
      if (text_.empty())
        return malformed(
            "CPIM: expected an empty line and a content after the message headers, found the end");
      const auto end = text_.find('\n');
      auto line = text_.substr(0, end);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (starts_content(line)) break;
      text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
      if (line.empty()) break;
      RCS_CHECK_OK(take_line(line));
    }
    RCS_TRY(cpim_.content.headers, take_mime_headers(text_));
    cpim_.content.content = text_;
    return std::move(cpim_);
  }

 private:
  Result<void> take_line(std::string_view line) {
    if (!core::is_utf8(line)) return malformed("CPIM header: expected UTF-8, got " + quoted(line));
    if (std::any_of(line.begin(), line.end(), [](char c) {
          return c != '\t' && core::has_control({&c, 1});
        })) {
      return malformed("CPIM header: expected no control characters, got " + quoted(line));
    }
    const auto field = core::split_once(line, ':');
    if (!field) return malformed("CPIM header: expected \"Name: value\", got " + quoted(line));
    RCS_TRY(auto where, resolve(field->first, line));
    const auto params = params_length(field->second);
    if (!params)
      return malformed("CPIM header: expected a closing quote in the parameters, got " + quoted(line));
    auto value = field->second.substr(*params);
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    if (where && where->first.empty() && where->second == "NS") return take_namespace(cpim_unescape(value));
    if (!where) return {};
    CpimHeader header{std::move(where->first), std::move(where->second),
                      std::string(field->second.substr(0, *params)), cpim_unescape(value)};
    if (header.ns.empty() && header.name == "Require") RCS_CHECK_OK(take_require(header.value));
    if (cpim_.headers.size() == kMaxCpimHeaders) {
      return Error(Errc::too_large,
                   "CPIM: more than " + std::to_string(kMaxCpimHeaders) + " message headers");
    }
    cpim_.headers.push_back(std::move(header));
    return {};
  }

  using Name = std::optional<std::pair<std::string, std::string>>;

  // Namespace URI and name of a header; nullopt where the prefix was never declared, so nobody can say what
  // it means.
  Result<Name> resolve(std::string_view written, std::string_view line) const {
    const auto dotted = core::split_once(written, '.');
    const auto name = dotted ? dotted->second : written;
    if (!is_name(name) || (dotted && !is_name(dotted->first))) {
      return malformed("CPIM header: expected a header name before the colon, got " + quoted(line));
    }
    std::string ns = default_;
    if (dotted) {
      const auto known = prefixes_.find(dotted->first);
      if (known == prefixes_.end()) return Name();
      ns = known->second;
    } else if (name == "NS") {
      ns.clear();  // else a changed default could never be changed back
    }
    if (ns == kCpimNamespace) ns.clear();
    return Name(std::in_place, std::move(ns), std::string(name));
  }

  // How many octets of `text` (what follows the colon) are ";param" pieces; nullopt where a quote stays open.
  static std::optional<std::size_t> params_length(std::string_view text) {
    if (text.empty() || text.front() != ';') return 0;
    bool in_quotes = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (in_quotes && text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        in_quotes = !in_quotes;
      } else if (text[i] == ' ' && !in_quotes) {
        return i;
      }
    }
    return in_quotes ? std::nullopt : std::optional(text.size());
  }

  // `[prefix ]<URI>`
  Result<void> take_namespace(std::string_view value) {
    const auto text = core::trim(value);
    const auto open = text.find('<');
    const auto prefix = core::trim(text.substr(0, open));
    if (open == std::string_view::npos || text.back() != '>' || text.size() - open < 3 ||
        (!prefix.empty() && !is_name(prefix))) {
      return malformed("CPIM NS: expected [prefix ]<URI>, got " + quoted(value));
    }
    const std::string uri(text.substr(open + 1, text.size() - open - 2));
    if (prefix.empty()) {
      default_ = uri;
      return {};
    }
    prefixes_.insert_or_assign(std::string(prefix), uri);
    if (prefixes_.size() > kMaxCpimPrefixes) {
      return Error(Errc::too_large,
                   "CPIM: more than " + std::to_string(kMaxCpimPrefixes) + " namespace prefixes");
    }
    return {};
  }

  // CPIM-11; `value` is rewritten to the prefixes that format_cpim declares, since those of the sender are
  // its own.
  Result<void> take_require(std::string& value) const {
    std::string canonical;
    for (const auto piece : core::split(value, ',')) {
      const auto written = core::trim(piece);
      if (written.empty()) continue;
      RCS_TRY(const auto name, resolve(written, value));
      if (!name || !understood(name->first, name->second)) {
        return Error(Errc::unsupported, "CPIM Require: " + quoted(written) + " is not understood");
      }
      canonical += (canonical.empty() ? "" : ",") +
                   (name->first.empty() ? "" : std::string(kImdnPrefix) + ".") + name->second;
    }
    value = std::move(canonical);
    return {};
  }

  std::string_view text_;  // SAFETY: borrowed from parse_cpim's argument, which outlives the parser
  Cpim cpim_;
  std::string default_{kCpimNamespace};
  std::map<std::string, std::string, std::less<>> prefixes_;
};

// Quotes inside a display name have to be escaped; the outer ones, which delimit it, must not be (CPIM-5).
std::string escape_address(std::string_view value) {
  const auto close = value.rfind('"', value.rfind('<'));
  if (value.empty() || value.front() != '"' || close == std::string_view::npos || close == 0)
    return cpim_escape(value);
  std::string out = "\"";
  for (const char c : value.substr(1, close - 1))
    out += c == '"' ? std::string("\\\"") : cpim_escape({&c, 1});
  return out + cpim_escape(value.substr(close));
}

bool is_address_header(const CpimHeader& header) {
  return header.ns.empty() && (header.name == "From" || header.name == "To" || header.name == "cc");
}

}  // namespace

const std::string* Cpim::header(std::string_view ns, std::string_view name) const {
  if (ns == kCpimNamespace) ns = {};
  for (const auto& header : headers) {
    if (header.ns == ns && header.name == name) return &header.value;
  }
  return nullptr;
}

std::optional<CpimAddress> Cpim::from() const {
  const auto* value = header({}, "From");
  auto address = parse_cpim_address(value ? *value : std::string());
  return address ? std::optional(std::move(*address)) : std::nullopt;
}

std::optional<CpimAddress> Cpim::to() const {
  const auto* value = header({}, "To");
  auto address = parse_cpim_address(value ? *value : std::string());
  return address ? std::optional(std::move(*address)) : std::nullopt;
}

void Cpim::add(std::string_view ns, std::string_view name, std::string_view value) {
  headers.push_back({std::string(ns == kCpimNamespace ? std::string_view() : ns),
                     std::string(name),
                     {},
                     std::string(value)});
}

Result<Cpim> parse_cpim(std::string_view text) { return Parser(text).run(); }

std::string format_cpim(const Cpim& cpim) {
  std::map<std::string_view, std::string> prefixes;  // SAFETY: keys are borrowed from `cpim`
  std::string out;
  const auto prefix_of = [&](std::string_view ns) -> const std::string& {
    const auto [at, fresh] = prefixes.try_emplace(ns);
    if (fresh) {
      at->second = ns == kImdnNamespace ? std::string(kImdnPrefix) : "ns" + std::to_string(prefixes.size());
      out += "NS: " + at->second + " <" + cpim_escape(ns) + ">\r\n";
    }
    return at->second;
  };
  for (const auto& header : cpim.headers) {
    const bool core = header.ns.empty() || header.ns == kCpimNamespace;
    if (!core) prefix_of(header.ns);
    if (core && header.name == "Require" && header.value.find("imdn.") != std::string::npos)
      prefix_of(kImdnNamespace);
  }
  for (const auto& header : cpim.headers) {
    if (!is_name(header.name)) continue;
    const bool core = header.ns.empty() || header.ns == kCpimNamespace;
    if (!core) out += prefix_of(header.ns) + '.';
    out += header.name + ':';
    for (const char c : header.params) out += core::has_control({&c, 1}) && c != '\t' ? '_' : c;
    out +=
        ' ' + (is_address_header(header) ? escape_address(header.value) : cpim_escape(header.value)) + "\r\n";
  }
  return out + "\r\n" + format_mime_headers(cpim.content.headers) + cpim.content.content;
}

Result<CpimAddress> parse_cpim_address(std::string_view text) {
  const auto bad = [&] { return malformed("CPIM address: expected [name ]<URI>, got " + quoted(text)); };
  const auto whole = core::trim(text);
  const auto open = whole.rfind('<');
  CpimAddress out;
  std::string_view uri = whole;
  if (open != std::string_view::npos) {
    if (whole.back() != '>') return bad();
    uri = core::trim(whole.substr(open + 1, whole.size() - open - 2));
    auto display = core::trim(whole.substr(0, open));
    if (display.size() >= 2 && display.front() == '"' && display.back() == '"') {
      display = display.substr(1, display.size() - 2);
    } else if (display.find('"') != std::string_view::npos) {
      return bad();
    }
    out.display = display;
  }
  if (uri.empty() || core::has_control(uri) || uri.find_first_of(" <>\"") != std::string_view::npos)
    return bad();
  out.uri = uri;
  return out;
}

std::string format_cpim_address(const CpimAddress& address) {
  return (address.display.empty() ? "" : '"' + address.display + "\" ") + '<' + address.uri + '>';
}

}  // namespace rcs::body
