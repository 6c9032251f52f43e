#pragma once
// What a load against a live gateway found, for people and for scripts: tables, JSON, CSV and pictures.

#include <string>
#include <vector>

#include "core/result.hpp"
#include "harness/live_load_run.hpp"
#include "harness/live_load_tally.hpp"

namespace rcs::harness {

struct LiveResult {
  LiveLoadOptions options;
  LiveRun run;
  LiveTally tally;
};

/// For a terminal; ends with a line end.
std::string live_text(const LiveResult& result);
/// One object, one line, no line end.
std::string live_json(const LiveResult& result);
/// "session,sender,receiver,intended_ms,sent_ms,answered_ms,initiate_ms,accepted_ms,outcome" and a line for
/// each session; times from the beginning of the run, empty where it did not get so far; outcome: completed,
/// the failure, unfinished (the run was stopped) or not begun.
std::string live_sessions_csv(const LiveResult& result);
/// Latency until `accepted` over the time of the run.
std::string live_latency_svg(const LiveResult& result);
/// The latencies by quantile, and what they would seem to be if the generator's own delay were left out.
std::string live_quantiles_svg(const LiveResult& result);
/// Everything on one page without any other file.
std::string live_html(const LiveResult& result);

/// Writes result.json, sessions.csv, latency.svg, quantiles.svg and report.html; gives back the paths of the
/// pictures. Errors: unknown, names the file and the reason.
core::Result<std::vector<std::string>> write_live_report(const LiveResult& result, const std::string& folder);

}  // namespace rcs::harness
