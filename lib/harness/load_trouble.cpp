#include "harness/load_trouble.hpp"

#include <algorithm>
#include <functional>

#include "harness/load_summary.hpp"

namespace rcs::harness {
namespace {

std::uint64_t sum(const LoadResult& result, const std::function<std::uint64_t(const sim::LoadTally&)>& of) {
  std::uint64_t out = 0;
  for (const auto& outcome : result.replications) out += of(outcome.tally);
  return out;
}

std::string whole(std::uint64_t n) { return number_text(static_cast<double>(n)); }

std::string percent(std::uint64_t part, std::uint64_t all) {
  return number_text(100 * static_cast<double>(part) / static_cast<double>(all), 3) + " %";
}

LoadTable fates_table(const LoadResult& result) {
  LoadTable out{.title = "What became of the chats",
                .head = {"chat", "sessions", "answered", "refused", "timed out", "text delivered"}};
  for (const auto& fates : session_fates(result)) {
    out.rows.push_back({kind_text(fates.kind), whole(fates.sessions), percent(fates.answered, fates.sessions),
                        percent(fates.refused, fates.sessions), percent(fates.timed_out, fates.sessions),
                        percent(fates.delivered, fates.sessions)});
  }
  out.note =
      "Lost: " + whole(lost(result)) + " datagrams. Sent again: " + whole(repeats(result)) +
      " messages. Answered: the sender's device was told of success; the text may still be on its way, "
      "or never get there.";
  return out;
}

LoadTable work_table(const LoadResult& result) {
  LoadTable out{
      .title = "Work of the nodes",
      .head = {"node", "workers", "busy", "waited mean ms", "p50", "p99", "longest queue", "refused"}};
  for (const auto& work : node_works(result)) {
    out.rows.push_back(
        {work.name, std::to_string(work.workers), number_text(100 * work.utilisation, 2) + " %",
         number_text(work.waits.mean() / 1000, 3), number_text(to_ms(work.waits.quantile(0.5)), 3),
         number_text(to_ms(work.waits.quantile(0.99)), 3), whole(work.longest_queue), whole(work.refused)});
  }
  out.note = "Workers and queue of each of " + std::to_string(result.options.model.shards) +
             " sites; a site serves the chats that its own users begin.";
  return out;
}

}  // namespace

std::uint64_t repeats(const LoadResult& result) {
  return sum(result, [](const sim::LoadTally& tally) { return tally.repeats; });
}
std::uint64_t lost(const LoadResult& result) {
  return sum(result, [](const sim::LoadTally& tally) { return tally.lost; });
}

std::vector<SessionFates> session_fates(const LoadResult& result) {
  std::vector<SessionFates> out;
  if (result.options.fidelity == Fidelity::flow) return out;
  for (std::size_t kind = 0; kind < sim::kKinds; ++kind) {
    SessionFates fates{.kind = kind};
    for (const auto& outcome : result.replications) {
      fates.sessions += outcome.tally.sessions[kind];
      fates.answered += outcome.tally.answered[kind].count();
      fates.delivered += outcome.tally.invited[kind].count();
      fates.refused += outcome.tally.refused[kind];
      fates.timed_out += outcome.tally.timed_out[kind];
    }
    if (fates.sessions > 0) out.push_back(fates);
  }
  return out;
}

std::vector<NodeWork> node_works(const LoadResult& result) {
  std::vector<NodeWork> out;
  const auto& model = result.options.model;
  const auto& nodes = model.transactions.nodes;
  for (const auto& load : result.replications.front().nodes) {
    if (load.actor >= nodes.size() || nodes[load.actor].workers == 0) continue;
    NodeWork work{.name = load.name, .workers = nodes[load.actor].workers};
    double busy = 0;
    double available = 0;
    for (const auto& outcome : result.replications) {
      const auto& tally = outcome.tally.nodes.at(load.actor);
      busy += static_cast<double>(tally.busy) / 1e6;
      available += static_cast<double>(work.workers) * model.shards * length_in_seconds(result);
      work.waits.add(tally.waits);
      work.longest_queue = std::max(work.longest_queue, tally.longest_queue);
      work.refused += tally.refused;
    }
    work.utilisation = busy / available;
    out.push_back(std::move(work));
  }
  return out;
}

std::vector<LoadTable> trouble_tables(const LoadResult& result) {
  std::vector<LoadTable> out{fates_table(result), work_table(result)};
  std::erase_if(out, [](const LoadTable& table) { return table.rows.empty(); });
  return out;
}

}  // namespace rcs::harness
