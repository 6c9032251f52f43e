#include "msrp-cat/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "msrp-cat/report.hpp"

namespace rcs::cat {

core::Result<void> write_out(std::string_view octets) {
  while (!octets.empty()) {
    const auto written = ::write(STDOUT_FILENO, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {  // somebody who shares it wants it so
      pollfd taken{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&taken, 1, -1);
      continue;
    }
    if (written < 0)
      return core::Error(core::Errc::unreachable, std::string("standard output: ") + std::strerror(errno));
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Output::Open& Output::find(const std::string& message_id) {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& open) {
    return open.message_id == message_id && !open.over;
  });
  if (found != open_.end()) return *found;
  open_.push_back({message_id, {}, false});
  return open_.back();
}

core::Result<void> Output::add(const std::string& message_id, const std::string& content_type,
                               std::string_view octets) {
  octets_ += octets.size();
  if (json_) {
    static_cast<void>(find(message_id));
    nlohmann::ordered_json object{
        {"event", "content"}, {"message_id", message_id}, {"content_type", content_type}};
    const bool text = core::is_utf8(octets);
    object[text ? "content" : "content_base64"] = text ? std::string(octets) : core::base64_encode(octets);
    return write_out(json_line(object));
  }
  Open& open = find(message_id);
  if (&open == &open_.front()) return write_out(octets);
  waiting_ += octets.size();
  if (waiting_ > kMaxWaiting) {
    return core::Error(core::Errc::too_large, "message " + message_id + ": more than " +
                                                  std::to_string(kMaxWaiting) + " octets wait for message " +
                                                  open_.front().message_id + " to be complete");
  }
  open.waiting += octets;
  return {};
}

core::Result<void> Output::complete(const std::string& message_id, const std::string& content_type,
                                    std::uint64_t length) {
  if (json_) {
    nlohmann::ordered_json object{
        {"event", "message"}, {"message_id", message_id}, {"content_type", content_type}, {"length", length}};
    RCS_CHECK_OK(write_out(json_line(object)));
  }
  return end(message_id);
}

core::Result<void> Output::abandon(const std::string& message_id) {
  if (json_) {
    nlohmann::ordered_json object{{"event", "abandoned"}, {"message_id", message_id}};
    RCS_CHECK_OK(write_out(json_line(object)));
  }
  return end(message_id);
}

core::Result<void> Output::end(const std::string& message_id) {
  find(message_id).over = true;
  while (!open_.empty() && open_.front().over) {
    open_.pop_front();
    if (open_.empty()) break;
    waiting_ -= open_.front().waiting.size();
    RCS_CHECK_OK(write_out(std::exchange(open_.front().waiting, {})));
  }
  return {};
}

}  // namespace rcs::cat
