#include "msrp-cat/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

#include "cli/tool.hpp"

namespace rcs::cat {
namespace {

using Source = msrp::Source;
constexpr std::size_t kReadBytes = 64 * 1024;

}  // namespace

struct Input::State {
  State(net::Loop& loop, std::string named, int fd) : name(std::move(named)), descriptor(loop.context(), fd) {
    struct stat what {};
    regular = ::fstat(fd, &what) == 0 && S_ISREG(what.st_mode);
    if (regular) size = static_cast<std::uint64_t>(what.st_size);
  }

  std::string name;
  boost::asio::posix::stream_descriptor descriptor;
  bool regular = false;
  bool waiting = false;
  std::optional<std::uint64_t> size;
};

core::Result<std::unique_ptr<Input>> Input::open(net::Loop& loop, const std::string& path) {
  // A descriptor of our own, which may be closed and waited for. A pipe with a name, which nobody writes to
  // yet, is not waited for here.
  const int fd = path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                             : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return core::Error(core::Errc::unknown, path + ": expected a file to read: " + std::strerror(errno));
  return std::unique_ptr<Input>(
      new Input(std::make_unique<State>(loop, path == "-" ? "standard input" : path, fd)));
}

Input::Input(std::unique_ptr<State> state) : state_(std::move(state)) {}
Input::~Input() = default;

std::optional<std::uint64_t> Input::size() const { return state_->size; }

Source::Pulled Input::read(std::span<char> into) {
  const int fd = state_->descriptor.native_handle();
  // Asked first: standard input is shared with others, who would see it no longer wait.
  pollfd ready{fd, POLLIN, 0};
  if (!state_->regular && ::poll(&ready, 1, 0) == 0) return {0, Source::State::dry};
  const auto got = ::read(fd, into.data(), into.size());
  if (got > 0) return {static_cast<std::size_t>(got), Source::State::more};
  if (got == 0) return {0, Source::State::end};
  if (errno == EAGAIN || errno == EINTR) return {0, Source::State::dry};
  cli::say(state_->name + ": " + std::strerror(errno));
  return {0, Source::State::broken};
}

void Input::when_ready(std::function<void()> work) {
  if (std::exchange(state_->waiting, true)) return;
  state_->descriptor.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [state = state_.get(), work = std::move(work)](const boost::system::error_code& ec) {
        if (ec == boost::asio::error::operation_aborted) return;  // and it is gone
        state->waiting = false;
        work();
      });
}

InputSource::InputSource(Input& input, std::string prefix, std::function<void()> on_dry,
                         std::function<void(std::uint64_t)> on_octets)
    : input_(input),
      prefix_(std::move(prefix)),
      on_dry_(std::move(on_dry)),
      on_octets_(std::move(on_octets)) {}

std::optional<std::uint64_t> InputSource::size() const {
  const auto size = input_.size();
  if (!size) return std::nullopt;
  return *size + prefix_.size();
}

Source::Pulled InputSource::pull(std::span<char> into) {
  if (prefix_sent_ < prefix_.size()) {
    const std::size_t n = prefix_.copy(into.data(), into.size(), prefix_sent_);
    prefix_sent_ += n;
    return {n, State::more};
  }
  const auto pulled = input_.read(into);
  pulled_ += pulled.octets;
  if (pulled.octets > 0) on_octets_(pulled_);
  if (pulled.state == State::dry) on_dry_();
  return pulled;
}

Lines::Line Lines::next() {
  for (;;) {
    const auto end = held_.find('\n', searched_);
    if (end != std::string::npos) {
      Line line{held_.substr(at_, end + 1 - at_)};
      at_ = searched_ = end + 1;
      return line;
    }
    held_.erase(0, at_);
    at_ = 0;
    searched_ = held_.size();
    const bool ended = state_ != Source::State::more;
    if (ended && held_.empty()) return {std::nullopt, state_};
    if (held_.size() >= kMaxLine || (ended && state_ == Source::State::end)) {
      searched_ = 0;
      return {std::exchange(held_, {})};  // a line without an end, or too long for one
    }
    if (ended) return {std::nullopt, state_};
    held_.resize(searched_ + kReadBytes);
    const auto got = input_.read(std::span(held_).subspan(searched_));
    held_.resize(searched_ + got.octets);
    if (got.state == Source::State::dry) return {std::nullopt, Source::State::dry};
    state_ = got.state;
  }
}

}  // namespace rcs::cat
