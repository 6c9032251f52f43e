#pragma once
// What a receiver owes for a chunk (RFC 4975 section 7.1.2 to 7.3, rules MSRP-70 to MSRP-76): a response, a
// REPORT, both or nothing, as its Failure-Report and Success-Report ask. It stands beside a Reassembly and is
// told the same: a head, octets, and how the chunk ended. What it owes is appended to a buffer, for
// Outbound::add_control.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/random.hpp"
#include "core/result.hpp"
#include "msrp/reassembly.hpp"

namespace rcs::msrp {

/// A REPORT about these octets of the message that `request` is a chunk of (MSRP-71, MSRP-74). Whether it is
/// wanted, the caller has asked.
void append_report(std::string& out, core::Random& random, const Head& request, const ByteRange& range,
                   int status, std::string_view comment = {});

class Reports {
 public:
  /// SAFETY: `random` outlives this.
  explicit Reports(core::Random& random) : random_(&random) {}

  /// A request, of any method, and its octets as they come: what counts is what arrives (MSRP-53).
  void begin(const Head& request);
  void add(std::string_view octets) { octets_ += octets.size(); }

  /// Answers what can not be taken, at once or after any of its octets; once. Nothing more is owed for this
  /// request.
  void refuse(std::string& out, int status, std::string_view comment = {});
  /// What reassembly said to the request, with an Error where it refused.
  void end(std::string& out, const core::Result<ChunkEnd>& result);

  /// A failure that shows after the 200, of all that has arrived of this request (MSRP-74).
  void report_failure(std::string& out, int status, std::string_view comment = {});

  /// The session is known to be over: no more REPORTs (MSRP-76). Requests are still answered.
  void end_session() { over_ = true; }

 private:
  ByteRange range() const;
  bool may_fail() const;
  void respond(std::string& out, int status, std::string_view comment);

  core::Random* random_;
  Head request_;
  std::uint64_t octets_ = 0;  // of its body
  bool answered_ = true;
  bool over_ = false;
};

}  // namespace rcs::msrp
