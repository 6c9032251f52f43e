#include "sip/head.hpp"

#include <array>
#include <cstring>

#include "core/text.hpp"
#include "sip/codec.hpp"
#include "sip/grammar.hpp"

namespace rcs::sip {

using core::malformed;

namespace {

constexpr FieldName kNames[] = {
    {"Via", FieldKind::via},
    {"From", FieldKind::from},
    {"To", FieldKind::to},
    {"Call-ID", FieldKind::call_id},
    {"CSeq", FieldKind::cseq},
    {"Contact", FieldKind::contact},
    {"Max-Forwards", FieldKind::max_forwards},
    {"Route", FieldKind::route},
    {"Record-Route", FieldKind::record_route},
    {"Content-Length", FieldKind::content_length},
    {"Accept"},
    {"Accept-Contact"},
    {"Accept-Encoding"},
    {"Accept-Language"},
    {"Accept-Resource-Priority"},
    {"Alert-Info"},
    {"Allow"},
    {"Allow-Events"},
    {"Authentication-Info"},
    {"Authorization"},
    {"Call-Info"},
    {"Content-Disposition"},
    {"Content-Encoding"},
    {"Content-ID"},
    {"Content-Language"},
    {"Content-Transfer-Encoding"},
    {"Content-Type"},
    {"Contribution-ID"},
    {"Conversation-ID"},
    {"Date"},
    {"Error-Info"},
    {"Event"},
    {"Expires"},
    {"Feature-Caps"},
    {"Flow-Timer"},
    {"Geolocation"},
    {"History-Info"},
    {"Identity"},
    {"Identity-Info"},
    {"In-Reply-To"},
    {"InReplyTo-Contribution-ID"},
    {"Info-Package"},
    {"Join"},
    {"MIME-Version"},
    {"Min-Expires"},
    {"Min-SE"},
    {"Organization"},
    {"P-Access-Network-Info"},
    {"P-Asserted-Identity"},
    {"P-Asserted-Service"},
    {"P-Associated-URI"},
    {"P-Called-Party-ID"},
    {"P-Charging-Function-Addresses"},
    {"P-Charging-Vector"},
    {"P-Preferred-Identity"},
    {"P-Preferred-Service"},
    {"P-Profile-Key"},
    {"P-Served-User"},
    {"P-Visited-Network-ID"},
    {"Path"},
    {"Priority"},
    {"Privacy"},
    {"Proxy-Authenticate"},
    {"Proxy-Authentication-Info"},
    {"Proxy-Authorization"},
    {"Proxy-Require"},
    {"RAck"},
    {"RSeq"},
    {"Reason"},
    {"Recv-Info"},
    {"Refer-Sub"},
    {"Refer-To"},
    {"Referred-By"},
    {"Reject-Contact"},
    {"Replaces"},
    {"Reply-To"},
    {"Request-Disposition"},
    {"Require"},
    {"Resource-Priority"},
    {"Retry-After"},
    {"Security-Client"},
    {"Security-Server"},
    {"Security-Verify"},
    {"Server"},
    {"Service-Route"},
    {"Session-Expires"},
    {"Session-ID"},
    {"Session-Replaces"},
    {"SIP-ETag"},
    {"SIP-If-Match"},
    {"Subject"},
    {"Subscription-State"},
    {"Supported"},
    {"Target-Dialog"},
    {"Timestamp"},
    {"Trigger-Consent"},
    {"Unsupported"},
    {"User-Agent"},
    {"Warning"},
    {"WWW-Authenticate"},
};

struct Compact {
  char letter;
  std::string_view name;
};
// RFC 3261 section 7.3.3 and the registrations after it.
constexpr Compact kCompact[] = {
    {'a', "Accept-Contact"},
    {'b', "Referred-By"},
    {'c', "Content-Type"},
    {'d', "Request-Disposition"},
    {'e', "Content-Encoding"},
    {'f', "From"},
    {'i', "Call-ID"},
    {'j', "Reject-Contact"},
    {'k', "Supported"},
    {'l', "Content-Length"},
    {'m', "Contact"},
    {'n', "Identity-Info"},
    {'o', "Event"},
    {'r', "Refer-To"},
    {'s', "Subject"},
    {'t', "To"},
    {'u', "Allow-Events"},
    {'v', "Via"},
    {'x', "Session-Expires"},
    {'y', "Identity"},
};

constexpr std::size_t kBuckets = 256;

constexpr std::size_t bucket_of(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(core::ascii_lower(c))) * 16777619U;
  return (hash ^ (hash >> 16)) % kBuckets;
}

// Chains of kNames by hash, made at compile time: 1-based, 0 ends a chain.
struct NameTable {
  std::array<std::uint8_t, kBuckets> first{};
  std::array<std::uint8_t, std::size(kNames)> next{};
};
constexpr NameTable make_name_table() {
  NameTable table;
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    auto& head = table.first[bucket_of(kNames[i].name)];
    table.next[i] = head;
    head = static_cast<std::uint8_t>(i + 1);
  }
  return table;
}
static_assert(std::size(kNames) < 255);
constexpr auto kNameTable = make_name_table();

const FieldName* find_long_name(std::string_view name) {
  for (std::size_t at = kNameTable.first[bucket_of(name)]; at != 0; at = kNameTable.next[at - 1]) {
    if (core::iequals(kNames[at - 1].name, name)) return &kNames[at - 1];
  }
  return nullptr;
}

constexpr bool is_line_blank(char c) { return grammar::is_blank(c) || c == '\r' || c == '\n'; }

std::string_view trim_folds(std::string_view text) {
  while (!text.empty() && is_line_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_line_blank(text.back())) text.remove_suffix(1);
  return text;
}

// One pass over the lines of a head.
class HeadScanner {
 public:
  HeadScanner(std::string_view octets, bool lenient) : octets_(octets), lenient_(lenient) {}

  core::Result<void> scan() {
    head_.fields.reserve(24);
    RCS_TRY(head_.start_line, line());
    if (head_.start_line.empty()) return malformed("SIP message: the start line is empty");
    for (;;) {
      const auto start = at_;
      RCS_TRY(const std::string_view first, line());
      if (first.empty()) break;
      if (grammar::is_blank(first.front())) return bad("a continuation line without a field before it");
      bool folded = false;
      auto whole = first;
      while (at_ < octets_.size() && grammar::is_blank(octets_[at_])) {
        RCS_TRY(const std::string_view more, line());
        folded = true;
        whole = octets_.substr(start,
                               static_cast<std::size_t>(more.data() + more.size() - octets_.data()) - start);
      }
      const auto added = add_field(whole, folded);
      if (!added && (!lenient_ || added.error().code() == core::Errc::too_large)) return added;
    }
    head_.size = at_;
    return {};
  }
  Head take() { return std::move(head_); }

 private:
  core::Error bad(std::string_view what) const {
    return malformed("SIP message, line " + std::to_string(line_number_) + ": " + std::string(what));
  }

  // The next line without its CRLF. A bare LF ends a line too, as tools and people send it; a lone CR does
  // not, and is refused because elements differ in how they read it.
  core::Result<std::string_view> line() {
    ++line_number_;
    const auto window = octets_.substr(at_, kMaxHeaderBytes + 1 - at_);
    const auto end = window.find('\n');
    if (end == std::string_view::npos) {
      if (octets_.size() > kMaxHeaderBytes) {
        return core::Error(core::Errc::too_large,
                           "SIP message: the header is over " + std::to_string(kMaxHeaderBytes) + " octets");
      }
      return bad("expected an empty line after the header fields, got the end of the message");
    }
    auto text = window.substr(0, end);
    at_ += end + 1;
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (std::memchr(text.data(), '\r', text.size()) != nullptr) return bad("a CR without LF");
    if (std::memchr(text.data(), '\0', text.size()) != nullptr) return bad("a NUL octet");
    return text;
  }

  core::Result<void> add_field(std::string_view whole, bool folded) {
    if (head_.fields.size() == kMaxHeaderFields) {
      return core::Error(core::Errc::too_large,
                         "SIP message: more than " + std::to_string(kMaxHeaderFields) + " header fields");
    }
    std::size_t n = 0;
    while (n < whole.size() && grammar::is(whole[n], grammar::kToken)) ++n;
    auto rest = whole.substr(n);
    while (!rest.empty() && is_line_blank(rest.front())) rest.remove_prefix(1);
    if (n == 0 || rest.empty() || rest.front() != ':') {
      return bad("expected \"Name: value\", got " + core::quoted(whole, 40));
    }
    rest.remove_prefix(1);
    Field field;
    field.name = whole.substr(0, n);
    field.raw = trim_folds(rest);
    field.folded = folded && field.raw.find('\n') != std::string_view::npos;
    if (const auto* known = find_field_name(field.name)) {
      field.name = known->name;
      field.kind = known->kind;
    }
    if (field.kind == FieldKind::content_length) return take_length(field);
    head_.fields.push_back(field);
    return {};
  }

  core::Result<void> take_length(const Field& field) {
    const auto length = core::parse_u64(field.raw);
    if (!length) return bad("Content-Length: expected a number, got " + core::quoted(field.raw, 40));
    if (head_.content_length && *head_.content_length != *length) {
      return bad("Content-Length: given twice, with different values");
    }
    head_.content_length = *length;
    return {};
  }

  std::string_view octets_;
  bool lenient_;  ///< bad fields are left out
  std::size_t at_ = 0;
  std::size_t line_number_ = 0;
  Head head_;
};

}  // namespace

const FieldName* find_field_name(std::string_view name) {
  if (name.size() != 1) return find_long_name(name);
  for (const auto& compact : kCompact) {
    if (compact.letter == core::ascii_lower(name.front())) return find_long_name(compact.name);
  }
  return nullptr;
}

std::string Field::value() const {
  if (!folded) return std::string(raw);
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\r' && raw[i] != '\n') {
      out += raw[i];
      continue;
    }
    while (!out.empty() && grammar::is_blank(out.back())) out.pop_back();
    while (i + 1 < raw.size() && is_line_blank(raw[i + 1])) ++i;
    out += ' ';
  }
  return out;
}

const Field* Head::find(FieldKind kind) const {
  for (const auto& field : fields) {
    if (field.kind == kind) return &field;
  }
  return nullptr;
}

std::size_t Head::count(FieldKind kind) const {
  std::size_t n = 0;
  for (const auto& field : fields) n += field.kind == kind ? 1 : 0;
  return n;
}

core::Result<Head> scan_head(std::string_view octets) {
  HeadScanner scanner(octets, false);
  RCS_CHECK_OK(scanner.scan());
  return scanner.take();
}

Head salvage_head(std::string_view octets) {
  HeadScanner scanner(octets, true);
  static_cast<void>(scanner.scan());
  return scanner.take();
}

}  // namespace rcs::sip
