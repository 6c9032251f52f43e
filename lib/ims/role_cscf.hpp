#pragma once
// A call session control function. The originating one (P-CSCF and originating S-CSCF in one) is where
// devices send their requests; the terminating one is registrar, location service and terminating S-CSCF of
// everybody. Both evaluate filter criteria; neither keeps anything about a call: responses find their way by
// the Via stack.

#include <unordered_map>

#include "ims/profile.hpp"
#include "ims/registrar.hpp"
#include "ims/role.hpp"

namespace rcs::ims {

enum class CscfPart : std::uint8_t { originating, terminating };

class CscfRole final : public Role {
 public:
  CscfRole(CscfPart part, Places places, FilterSet filters)
      : part_(part), places_(places), filters_(std::move(filters)) {}

  void on_message(Instant now, NodeId from, const Signal& signal, RoleOutbox& out) override;
  void on_register(Instant now, NodeId from, const Signal& signal, std::span<const ContactSpec> contacts,
                   RoleOutbox& out) override;
  void on_timer(Instant now, node::TimerKey key, RoleOutbox& out) override;
  const Registrar* registrar() const override {
    return part_ == CscfPart::terminating ? &registrar_ : nullptr;
  }

 private:
  void on_response(Instant now, Signal response, RoleOutbox& out);
  void answer(const Signal& request, int status, RoleOutbox& out);
  void send(Signal request, NodeId to, RoleOutbox& out);
  void pass_in_dialog(Signal request, RoleOutbox& out);
  void originate(Instant now, Signal request, RoleOutbox& out);
  void terminate(Instant now, Signal request, RoleOutbox& out);
  /// True when a criterion sent it to an application server.
  bool to_server(const Signal& request, RoleOutbox& out);
  void deliver(Instant now, Signal request, RoleOutbox& out);
  void answer_nobody(Instant now, const Signal& request, RoleOutbox& out);
  void registration_changed(Instant now, UserId user, bool was, bool is, RoleOutbox& out);
  void tell_servers(UserId user, std::uint32_t expires, RoleOutbox& out);
  bool has_registered(Instant now, UserId user);

  CscfPart part_;
  Places places_;
  FilterSet filters_;
  Registrar registrar_;                             ///< terminating
  std::unordered_map<UserId, Instant> registered_;  ///< originating: who, until when
};

}  // namespace rcs::ims
