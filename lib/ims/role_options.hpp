#pragma once
// The application server for capability inquiries: asks the receiver's device by passing the OPTIONS back to
// the CSCF, and says in time that nobody answers (SIM-10). By option it then answers itself, with what the
// user's device registered last.

#include <cstdint>
#include <unordered_map>

#include "ims/role.hpp"

namespace rcs::ims {

enum class OptionsMode : std::uint8_t {
  device,   ///< only a device answers: 480 when there is none
  network,  ///< then the network does (`automata`), when it has learned something of the user
};

struct OptionsConfig {
  OptionsMode mode = OptionsMode::device;
  /// A device that says nothing for so long is taken as gone. Who asks gives up after 64 * T1, and would take
  /// that for a failure of the network (CAP-21).
  Duration answer_within = std::chrono::seconds(8);
};

class OptionsRole final : public Role {
 public:
  OptionsRole(OptionsConfig config, Places places) : config_(config), places_(places) {}

  void on_message(Instant now, NodeId from, const Signal& signal, RoleOutbox& out) override;
  void on_timer(Instant now, node::TimerKey key, RoleOutbox& out) override;

 private:
  void on_request(const Signal& request, RoleOutbox& out);
  void on_response(Signal response, RoleOutbox& out);
  /// Nobody else does.
  void answer_for_device(const Signal& request, RoleOutbox& out);
  void answer(const Signal& request, int status, RoleOutbox& out, Flags flags = 0);

  OptionsConfig config_;
  Places places_;
  std::unordered_map<TxnKey, Signal> asked_;  ///< of the device; as many as the host has transactions
};

}  // namespace rcs::ims
