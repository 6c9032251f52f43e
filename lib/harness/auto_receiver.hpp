#pragma once
// Somebody at the other end: a client of the API that accepts every chat it is invited to, has seen every
// text that comes in it or outside of chats and, if that is wanted, says the same back.

#include <memory>
#include <string>

#include "core/random.hpp"
#include "harness/api_client.hpp"
#include "http/url.hpp"
#include "net/loop.hpp"
#include "trace/recorder.hpp"

namespace rcs::harness {

class AutoReceiver {
 public:
  /// SAFETY: loop and recorder outlive the receiver; `recorder` may be null.
  AutoReceiver(net::Loop& loop, const http::Url& gateway, const std::string& rcs_id,
               trace::Recorder* recorder, bool echo = false);
  /// Its event channel is open.
  bool ready() const { return ready_; }
  unsigned accepted() const { return accepted_; }

 private:
  void on_text(const ApiEvent& event);
  void on_message(const ApiEvent& event);

  core::Random random_;
  bool echo_;
  std::unique_ptr<ApiClient> client_;
  bool ready_ = false;
  unsigned accepted_ = 0;
};

}  // namespace rcs::harness
