#pragma once
// What the load simulation found, for people and for scripts: a table, JSON, CSV, and pictures.

#include <string>
#include <vector>

#include "core/result.hpp"
#include "harness/load_run.hpp"

namespace rcs::harness {

/// For a terminal; ends with a line end. `node_capacity`: messages a second that one machine of a node takes,
/// for how many of them the busiest minute needs.
std::string load_text(const LoadResult& result, double node_capacity);
/// One object, one line, no line end. The same for the same options and seed, whatever the threads were.
std::string load_json(const LoadResult& result, double node_capacity);
/// "replication,node,minute,messages" and a line for each; replications from 1, minutes from 0.
std::string load_by_minute_csv(const LoadResult& result);
/// "client,role,low,high,users": how many users, of all replications, had so many messages at their device.
std::string load_devices_csv(const LoadResult& result);
/// The evaluation's picture: messages a chat set-up takes at a device, standard and open API, by each rule.
std::string load_rules_svg(const LoadResult& result);
/// The load of each node over the day.
std::string load_day_svg(const LoadResult& result);
/// How many users had how many messages, by kind of client.
std::string load_devices_svg(const LoadResult& result);
/// A page by itself: its style, a heading, and `body`, which is HTML.
std::string page_html(const std::string& title, const std::string& body);
/// Everything on one page without any other file.
std::string load_html(const LoadResult& result, double node_capacity);

/// Writes result.json, by-minute.csv, devices.csv, rules.svg, day.svg, devices.svg and report.html; gives
/// back the paths of the pictures. Errors: unknown, names the file and the reason.
core::Result<std::vector<std::string>> write_load_report(const LoadResult& result, double node_capacity,
                                                         const std::string& folder);

}  // namespace rcs::harness
