#pragma once
// What stands around the body of an MSRP request or response (RFC 4975 sections 7 and 9), as values. Paths
// stay text: who has to look into one calls parse_path, who only carries it on pays nothing for it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rcs::msrp {

/// The last character of an end-line (MSRP-8).
enum class Flag : char {
  last = '$',
  more = '+',
  abandoned = '#',
};

constexpr bool is_flag(char c) { return c == '$' || c == '+' || c == '#'; }

enum class FailureReport : std::uint8_t { yes, partial, no };

/// `start-end/total` (MSRP-32); what is not known is `*`. Empty content is 1-0/0.
struct ByteRange {
  std::uint64_t start = 1;
  std::optional<std::uint64_t> end;
  std::optional<std::uint64_t> total;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// The Status field of a REPORT; only name space 000 exists (MSRP-71).
struct ReportStatus {
  int code = 0;
  std::string comment;
  friend bool operator==(const ReportStatus&, const ReportStatus&) = default;
};

struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

struct Head {
  std::string transaction_id;
  std::string method;   ///< upper case; empty in a response
  int status = 0;       ///< 0 in a request
  std::string comment;  ///< of the status; usually empty
  std::string to_path;
  std::string from_path;
  std::string message_id;                       ///< empty: none
  std::optional<bool> success_report;           ///< absent means no (MSRP-31)
  std::optional<FailureReport> failure_report;  ///< absent means yes
  std::optional<ByteRange> byte_range;          ///< absent means from octet 1
  std::optional<ReportStatus> report_status;    ///< in a REPORT
  std::string use_nickname;                     ///< in a NICKNAME, with its quotes; empty: none
  std::vector<Header> others;                   ///< in order, as written, with those of MIME
  std::string content_type;                     ///< empty: none
  bool has_body = false;  ///< an empty body is one, and content; no body is none (MSRP-7)

  bool is_request() const { return !method.empty(); }
  friend bool operator==(const Head&, const Head&) = default;
};

/// The URI that comes first in a path.
inline std::string_view first_uri(std::string_view path) { return path.substr(0, path.find(' ')); }

/// What every end-line begins with.
inline constexpr std::string_view kHyphens = "-------";

/// At most so many octets are the body of a request that is no SEND (MSRP-11).
inline constexpr std::uint64_t kMaxNonSendBody = 10240;

}  // namespace rcs::msrp
