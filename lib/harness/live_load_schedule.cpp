#include "harness/live_load_schedule.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "harness/load_tables.hpp"
#include "sim/sessions.hpp"

namespace rcs::harness {
namespace {

std::string number(std::size_t n) { return number_text(static_cast<double>(n)); }

core::Result<void> check(const sim::LoadModel& model, double speed) {
  const auto& people = model.population;
  if (people.users < 2 || people.users > sim::kMaxUsers)
    return core::malformed("users: expected 2 to " + std::to_string(sim::kMaxUsers) + ", got " +
                           std::to_string(people.users));
  if (!(model.mean_per_day > 0) || model.mean_per_day > sim::kMaxMeanPerDay)
    return core::malformed("mean: expected more than 0 and at most " + short_text(sim::kMaxMeanPerDay) +
                           " texts a day");
  if (!(people.zipf_exponent >= 0 && people.zipf_exponent <= sim::kMaxZipf))
    return core::malformed("zipf: expected 0 to " + short_text(sim::kMaxZipf));
  if (model.length <= core::Duration::zero() || model.length > sim::kMaxLength)
    return core::malformed("hours: expected more than 0, at most 744");
  if (!(speed > 0) || speed > kMaxLiveSpeed)
    return core::malformed("speed: expected more than 0 and at most " + short_text(kMaxLiveSpeed));
  if (core::to_seconds(model.length) / speed > core::to_seconds(sim::kMaxLength))
    return core::malformed("speed: expected a run of at most 31 days of real time");
  return {};
}

/// Of all shards, the earliest first. Nothing: there are too many.
std::optional<std::vector<sim::Session>> draw_sessions(const sim::LoadModel& model) {
  const sim::Population people(model.population);
  std::vector<sim::Session> out;
  for (std::uint32_t shard = 0; shard < model.shards; ++shard) {
    sim::Sessions sessions(model, people, shard);
    for (auto session = sessions.next(); session.begin != sim::kNever; session = sessions.next()) {
      if (out.size() == kMaxLiveSessions) return std::nullopt;
      out.push_back(session);
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const sim::Session& a, const sim::Session& b) { return a.begin < b.begin; });
  return out;
}

std::vector<std::uint64_t> users_of(const std::vector<sim::Session>& drawn) {
  std::vector<std::uint64_t> out;
  out.reserve(2 * drawn.size());
  for (const auto& session : drawn) {
    out.push_back(session.sender);
    out.push_back(session.receiver);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

core::Result<LiveSchedule> make_live_schedule(const sim::LoadModel& model, double speed) {
  RCS_CHECK_OK(check(model, speed));
  const auto drawn = draw_sessions(model);
  if (!drawn)
    return core::malformed("users: these would begin more than " + number(kMaxLiveSessions) +
                           " chats in this time, the most that are kept; take fewer users, a smaller mean or "
                           "fewer hours");

  LiveSchedule out;
  out.users = users_of(*drawn);
  if (out.users.size() > kMaxLiveUsers)
    return core::malformed("users: " + number(out.users.size()) + " of them take part, expected at most " +
                           number(kMaxLiveUsers) +
                           ", as each holds an event connection; take fewer users, a smaller mean or fewer "
                           "hours");
  const auto index_of = [&](std::uint64_t user) {
    const auto at = std::lower_bound(out.users.begin(), out.users.end(), user);
    return static_cast<std::uint32_t>(at - out.users.begin());
  };
  const auto real = [speed](double virtual_ns) {
    return core::Duration(static_cast<std::int64_t>(virtual_ns / speed));
  };
  out.window = real(static_cast<double>(model.length.count()));
  out.sessions.reserve(drawn->size());
  for (const auto& session : *drawn)
    out.sessions.push_back({real(static_cast<double>(session.begin) * 1000), index_of(session.sender),
                            index_of(session.receiver)});
  return out;
}

}  // namespace rcs::harness
