#include "harness/step_run.hpp"

#include "core/text.hpp"
#include "harness/learned.hpp"
#include "harness/sip_actor.hpp"

namespace rcs::harness {
namespace {

constexpr std::size_t kMessageIdLength = 20;  // about 103 random bits

std::string ms_text(core::Duration span) { return std::to_string(core::to_ms(span)) + " ms"; }

}  // namespace

std::string StepRun::identity(const std::string& id) const {
  return public_identity(id, scenario_.network.domain);
}

std::string StepRun::message_id(const scenario::Step& step) {
  return step.message_id.empty() ? random_.token(kMessageIdLength) : step.message_id;
}

bool StepRun::expect(const scenario::Step& step, const std::string& wish, const std::function<bool()>& there,
                     const std::function<std::string()>& instead) {
  const auto begin = world_.now();
  if (!world_.run_until(there, step.within)) {
    fail(step, wish + " within " + ms_text(step.within) + ", got " + instead());
    return false;
  }
  const auto took = world_.now() - begin;
  if (took >= step.not_before) return true;
  fail(step, wish + " not before " + ms_text(step.not_before) + ", got it after " + ms_text(took));
  return false;
}

void StepRun::cut_media(const scenario::Step& step, const std::string& name) {
  if (const auto cut = world_.cut_media(name); !cut) fail(step, "hang: " + cut.error().detail());
}

std::string fields_text(const scenario::Step& step) {
  std::string out;
  for (const auto& [name, value] : step.fields)
    out += (out.empty() ? "" : ", ") + name + ": " + core::quoted(value);
  if (step.services)
    out += (out.empty() ? "" : ", ") + std::string("services: ") + words_of(services_of(*step.services));
  return out.empty() ? "any" : out;
}

}  // namespace rcs::harness
