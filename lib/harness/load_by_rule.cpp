#include "harness/load_by_rule.hpp"

#include <algorithm>
#include <cmath>

#include "harness/flow_recorder.hpp"

namespace rcs::harness {
namespace {

using Sessions = std::array<std::uint64_t, sim::kKinds>;

constexpr double kRounding = 1e-9;  // of sums of whole numbers that went through a mean

/// What the devices of one kind of users have by a rule in one role: of all sessions, and of each where all
/// sessions have as many.
struct Messages {
  double sum = 0;
  std::optional<double> each{};
};

Messages count(const sim::LoadModel& model, const Sessions& sessions, ClientKind kind, std::uint16_t role,
               unsigned rule) {
  Messages out;
  bool first = true;
  for (std::size_t i = 0; i < sim::kKinds; ++i) {
    const bool api = role == sim::kSender ? sim::has_api_sender(i) : sim::has_api_receiver(i);
    if (api != (kind == ClientKind::open_api)) continue;
    const double messages = model.flows[i].messages(role, rule);
    out.sum += static_cast<double>(sessions[i]) * messages;
    if (first) {
      out.each = messages;
    } else if (out.each != messages) {
      out.each.reset();
    }
    first = false;
  }
  return out;
}

bool agree(double sum, const sim::Histogram& found) {
  const double total = found.mean() * static_cast<double>(found.count());
  return std::abs(total - sum) <= kRounding * std::max(total, sum);
}

/// From one rule to another, for a role; none where sessions differ in it.
std::optional<double> factor(const Messages& from, const Messages& to) {
  if (!from.each || !to.each || *from.each == 0) return std::nullopt;
  return *to.each / *from.each;
}

std::optional<RoleMoments> moments(const LoadOptions& options, const Sessions& sessions,
                                   const DeviceLoad& load, ClientKind kind, trace::CountRule rule) {
  const auto users = static_cast<double>(load.total.count());
  if (users == 0) return std::nullopt;
  const auto messages = [&](std::uint16_t role, trace::CountRule by) {
    return count(options.model, sessions, kind, role, rule_bit(by));
  };
  const auto sent = messages(sim::kSender, options.rule), received = messages(sim::kReceiver, options.rule);
  if (!agree(sent.sum, load.as_sender) || !agree(received.sum, load.as_receiver)) return std::nullopt;
  const auto sent_by = messages(sim::kSender, rule), received_by = messages(sim::kReceiver, rule);
  RoleMoments out;
  out[0].mean = sent_by.sum / users;
  out[1].mean = received_by.sum / users;
  out[2].mean = out[0].mean + out[1].mean;
  const auto s = factor(sent, sent_by), r = factor(received, received_by);
  const double of_sent = load.as_sender.variance(), of_received = load.as_receiver.variance();
  if (s) out[0].variance = *s * *s * of_sent;
  if (r) out[1].variance = *r * *r * of_received;
  if (s && r) {
    const double twice_covariance = load.total.variance() - of_sent - of_received;
    out[2].variance = std::max(0.0, *out[0].variance + *out[1].variance + *s * *r * twice_covariance);
  }
  return out;
}

}  // namespace

std::optional<RoleMoments> moments_by_rule(const LoadResult& result, const LoadOutcome& outcome,
                                           ClientKind kind, trace::CountRule rule) {
  return moments(result.options, outcome.tally.sessions, outcome.devices[static_cast<std::size_t>(kind)],
                 kind, rule);
}

std::optional<RoleMoments> moments_by_rule(const LoadResult& result, ClientKind kind, trace::CountRule rule) {
  Sessions all{};
  for (std::size_t i = 0; i < sim::kKinds; ++i) all[i] = sessions(result, i);
  DeviceLoad load;
  for (const auto& role : kDeviceRoles) load.*role.load = device_load(result, kind, role);
  return moments(result.options, all, load, kind, rule);
}

Estimate mean_by_rule(const LoadResult& result, ClientKind kind, trace::CountRule rule, std::size_t role) {
  return estimate(result, [&](const LoadOutcome& outcome) {
    const auto moments = moments_by_rule(result, outcome, kind, rule);
    return moments ? (*moments)[role].mean : 0.0;
  });
}

}  // namespace rcs::harness
