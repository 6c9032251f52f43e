#pragma once
// An actor of a running scenario behind the API: its client, and what has come to it.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "harness/api_client.hpp"
#include "harness/learned.hpp"
#include "harness/world.hpp"
#include "scenario/scenario.hpp"

namespace rcs::harness {

/// What a name of the scenario stands for: a chat by its URL or, outside of chats, a contact.
struct ApiTalk {
  std::string instance;
  std::string contact;
};

class ApiActor {
 public:
  ApiActor(World& world, const scenario::Actor& actor, std::uint64_t seed);

  void open_events(const scenario::Step& step);
  ApiClient& client() { return *client_; }
  /// A handler that keeps the answer.
  ApiClient::OnReply keep_reply();
  const std::optional<core::Result<core::WebReply>>& reply() const { return reply_; }
  void forget_reply() { reply_.reset(); }
  /// The first event not taken yet that is of `talk`, if that names anything, and like the step; it is taken.
  /// nullptr when there is none.
  const ApiEvent* take_event(const scenario::Step& step, const ApiTalk& talk = {});
  /// What has come and was not taken, for a failure message.
  std::string pending() const;

  /// What is known of a contact; nothing until it was asked about.
  std::map<std::string, Learned>& learned() { return learned_; }

 private:
  void make_client(const std::string& device, EventTransport transport);

  World& world_;
  std::string name_;
  std::string rcs_id_;
  core::Random random_;
  std::unique_ptr<ApiClient> client_;
  std::optional<core::Result<core::WebReply>> reply_;
  struct Seen {
    ApiEvent event;
    bool taken = false;
  };
  std::vector<std::unique_ptr<Seen>> events_;
  std::map<std::string, Learned> learned_;
};

}  // namespace rcs::harness
