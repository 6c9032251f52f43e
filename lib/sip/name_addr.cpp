// Name-addr and header parameters: the text form of From, To, Contact, Route and their kin (RFC 3261
// section 25.1).
#include "core/text.hpp"
#include "sip/grammar.hpp"
#include "sip/uri.hpp"

namespace rcs::sip {

using core::malformed;

namespace {

constexpr std::size_t kMaxAddresses = 256;  // in one list: as many as a message may have header fields

constexpr std::size_t kMaxParams = 64;  // of one address; a contact with every feature tag has about 20

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && grammar::is_blank(rest.front())) rest.remove_prefix(1);
}

// How long the quoted string at the front is, quotes included; npos when it has no end.
std::size_t quoted_length(std::string_view rest) {
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::string unquote(std::string_view inner) {
  std::string out;
  out.reserve(inner.size());
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '\\' && i + 1 < inner.size()) ++i;
    out += inner[i];
  }
  return out;
}

// One address at the front of `rest`, taken off it; what follows is empty or begins with a comma.
class AddressReader {
 public:
  explicit AddressReader(std::string_view& rest) : rest_(rest), whole_(rest) {}

  Result<NameAddr> read() {
    skip_blanks(rest_);
    if (rest_.empty()) return bad("empty");
    NameAddr out;
    if (rest_.front() == '"') {
      const auto length = quoted_length(rest_);
      if (length == std::string_view::npos) return bad("the display name has no closing quote");
      out.display = unquote(rest_.substr(1, length - 2));
      rest_.remove_prefix(length);
      skip_blanks(rest_);
      if (rest_.empty() || rest_.front() != '<') return bad("expected < after the quoted display name");
    } else {
      take_words(out.display);
    }
    const bool bracketed = !rest_.empty() && rest_.front() == '<';
    if (!bracketed && !out.display.empty()) {
      return bad("a display name that is not quoted may hold words only");
    }
    RCS_TRY(out.uri, bracketed ? take_bracketed() : take_bare());
    if (const auto why = take_params(out.params); !why.empty()) return bad(why);
    return out;
  }

 private:
  core::Error bad(std::string_view why) const {
    return malformed("address " + core::quoted(whole_) + ": " + std::string(why));
  }

  // The words before '<'. Nothing is taken when they turn out to be the start of a bare URI. Octets past 127
  // are let through: peers send UTF-8 names without quotes.
  void take_words(std::string& display) {
    auto rest = rest_;
    while (!rest.empty() && rest.front() != '<') {
      std::size_t n = 0;
      while (n < rest.size() &&
             (grammar::is(rest[n], grammar::kToken) || static_cast<unsigned char>(rest[n]) >= 0x80))
        ++n;
      if (n == 0) {
        const bool bare_uri = rest.front() == ':' && display.find(' ') == std::string::npos;
        if (bare_uri) display.clear();
        return;
      }
      if (!display.empty()) display += ' ';
      display += rest.substr(0, n);
      rest.remove_prefix(n);
      skip_blanks(rest);
    }
    rest_ = rest;
  }

  Result<Uri> take_bracketed() {
    const auto end = rest_.find('>');
    if (end == std::string_view::npos) return bad("expected > after the URI");
    const auto text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return parse_uri(text);
  }

  // Without brackets the parameters belong to the header field, and a URI that holds ? or , must have
  // brackets (section 20).
  Result<Uri> take_bare() {
    const auto text = rest_.substr(0, grammar::find_any(rest_, ";, \t"));
    if (text.find('?') != std::string_view::npos) return bad("a URI with ? needs angle brackets");
    rest_.remove_prefix(text.size());
    return parse_uri(text);
  }

  std::string_view take_params(Params& params) {
    for (;;) {
      skip_blanks(rest_);
      if (rest_.empty() || rest_.front() == ',') return {};
      if (rest_.front() != ';') return "unexpected text after the URI";
      rest_.remove_prefix(1);
      skip_blanks(rest_);
      std::size_t n = 0;
      while (n < rest_.size() && grammar::is(rest_[n], grammar::kToken)) ++n;
      if (n == 0) return "expected a parameter name after ;";
      if (params.size() == kMaxParams) return "more than 64 parameters";
      Param param{std::string(rest_.substr(0, n)), std::nullopt};
      rest_.remove_prefix(n);
      skip_blanks(rest_);
      if (!rest_.empty() && rest_.front() == '=') {
        rest_.remove_prefix(1);
        skip_blanks(rest_);
        const auto length = value_length();
        if (length == 0) return "expected a value after =";
        param.value = std::string(rest_.substr(0, length));
        rest_.remove_prefix(length);
      }
      params.push_back(std::move(param));
    }
  }

  // 0: there is none.
  std::size_t value_length() const {
    if (!rest_.empty() && rest_.front() == '"') {
      const auto length = quoted_length(rest_);
      return length == std::string_view::npos ? 0 : length;
    }
    std::size_t n = 0;
    while (n < rest_.size() && grammar::is(rest_[n], grammar::kGenValue)) ++n;
    return n;
  }

  std::string_view& rest_;
  std::string_view whole_;
};

// An address is one line: the three octets that no writer of ours lets into a line are not taken in either.
Result<void> check_line(std::string_view text) {
  constexpr std::string_view kLineBreakers("\r\n\0", 3);
  if (grammar::find_any(text, kLineBreakers) == std::string_view::npos) return {};
  return malformed("address " + core::quoted(text) + ": a CR, LF or NUL in it");
}

}  // namespace

Result<NameAddr> parse_name_addr(std::string_view text) {
  RCS_CHECK_OK(check_line(text));
  auto rest = text;
  RCS_TRY(auto out, AddressReader(rest).read());
  if (!rest.empty()) return malformed("address " + core::quoted(text) + ": expected one address, got a list");
  return out;
}

Result<std::vector<NameAddr>> parse_name_addr_list(std::string_view text) {
  RCS_CHECK_OK(check_line(text));
  std::vector<NameAddr> out;
  auto rest = text;
  for (;;) {
    if (out.size() == kMaxAddresses) {
      return core::Error(core::Errc::too_large,
                         "address list: more than " + std::to_string(kMaxAddresses) + " addresses");
    }
    RCS_TRY(auto one, AddressReader(rest).read());
    out.push_back(std::move(one));
    if (rest.empty()) return out;
    rest.remove_prefix(1);
  }
}

std::string NameAddr::to_string() const {
  std::string out;
  out.reserve(96);
  grammar::append(out, *this);
  return out;
}

namespace grammar {

bool is_param_value(std::string_view value) {
  if (value.empty()) return false;
  return value.front() == '"' ? value.size() >= 2 && quoted_length(value) == value.size()
                              : all(value, kGenValue);
}

void append_line(std::string& out, std::string_view value) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\r' && value[i] != '\n' && value[i] != '\0') continue;
    out += value.substr(done, i - done);
    out += ' ';
    done = i + 1;
  }
  out += value.substr(done);
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  }
  out += '"';
}

void append_params(std::string& out, const Params& params) {
  for (const auto& param : params) {
    out += ';';
    append_escaped(out, param.name, kToken, true);
    if (!param.value) continue;
    out += '=';
    if (is_param_value(*param.value)) {
      append_line(out, *param.value);
    } else {
      append_quoted(out, *param.value);
    }
  }
}

void append(std::string& out, const NameAddr& address) {
  if (!address.display.empty()) {
    append_quoted(out, address.display);
    out += ' ';
  }
  out += '<';
  append(out, address.uri);
  out += '>';
  append_params(out, address.params);
}

}  // namespace grammar

}  // namespace rcs::sip
