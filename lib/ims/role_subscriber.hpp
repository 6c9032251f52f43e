#pragma once
// A subscriber's device on Signals alone: a standard client that registers, calls and answers. For runs
// without text.

#include <cstdint>
#include <unordered_map>

#include "ims/role.hpp"

namespace rcs::ims {

struct SubscriberConfig {
  NodeId self;
  NodeId entry;  ///< where its requests go: the originating CSCF
  UserId user;
  int answer = 200;              ///< to an invitation; 0: none
  bool rings = false;            ///< 180 first
  Duration answer_after{};       ///< 0: at once
  bool update_allowed = true;    ///< its Allow lists UPDATE
  std::uint32_t expires = 3600;  ///< of its registration, seconds
};

inline constexpr std::uint32_t kAnswerTimer = 40;  ///< id: CallKey of the invitation

class SubscriberRole final : public Role {
 public:
  explicit SubscriberRole(SubscriberConfig config) : config_(config) {}

  void register_now(RoleOutbox& out);
  void unregister(RoleOutbox& out);
  /// Starts a chat; the key names its leg until it is over.
  CallKey invite(UserId to, RoleOutbox& out);
  /// Ends a chat that is up; nothing when it is not.
  void bye(CallKey call, RoleOutbox& out);
  void cancel(CallKey call, RoleOutbox& out);
  SubscriberConfig& config() { return config_; }

  void on_message(Instant now, NodeId from, const Signal& signal, RoleOutbox& out) override;
  void on_timer(Instant now, node::TimerKey key, RoleOutbox& out) override;

  // What it has lived through.
  std::size_t invitations = 0;
  std::size_t accepted = 0;  ///< 2xx to its own INVITEs
  std::size_t refused = 0;
  int last_status = 0;
  std::size_t updates = 0;
  std::size_t ended = 0;  ///< BYEs it got
  bool registered = false;

 private:
  struct Call {
    bool caller = false;
    bool up = false;
    Signal invite;
    Signal pattern;  ///< of requests within the dialog
  };
  void send_register(std::uint32_t expires, RoleOutbox& out);
  void send_in_dialog(const Call& call, Method method, RoleOutbox& out);
  void answer_invite(Call& call, int status, RoleOutbox& out);
  void on_response(const Signal& response, RoleOutbox& out);

  SubscriberConfig config_;
  std::unordered_map<CallKey, Call> calls_;
  std::uint32_t last_call_ = 0;
  std::uint32_t register_cseq_ = 0;
  std::uint64_t last_txn_ = 0;
};

}  // namespace rcs::ims
