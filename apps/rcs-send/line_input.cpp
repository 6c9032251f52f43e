#include "rcs-send/line_input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

namespace rcs::send {

struct LineInput::State : std::enable_shared_from_this<LineInput::State> {
  State(net::Loop& loop_in, Handlers handlers_in)
      : loop(loop_in), handlers(std::move(handlers_in)), descriptor(loop.context()) {}

  /// A descriptor of our own, which may be closed; it is only read when there is something.
  void open() {
    const int fd = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return end(core::Error(core::Errc::unknown, failure()));
    struct stat what {};
    always_ready = ::fstat(fd, &what) == 0 && S_ISREG(what.st_mode);
    descriptor.assign(fd);
    wait();
  }

  void wait() {
    const auto ready = [self = shared_from_this()](const boost::system::error_code& ec = {}) {
      if (!ec && !self->closed) self->read();
    };
    if (always_ready) return loop.post(ready);  // a file can not be waited for
    descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read, ready);
  }

  void read() {
    std::array<char, 16 * 1024> octets;
    const auto got = ::read(descriptor.native_handle(), octets.data(), octets.size());
    if (got < 0 && errno != EINTR && errno != EAGAIN) return end(core::Error(core::Errc::unknown, failure()));
    if (got > 0) held.append(octets.data(), static_cast<std::size_t>(got));
    for (auto at = held.find('\n'); at != std::string::npos && !closed; at = held.find('\n')) {
      auto line = held.substr(0, at);
      held.erase(0, at + 1);
      handlers.on_line(std::move(line));
    }
    if (closed) return;
    if (held.size() > kMaxLine) {
      return end(core::Error(core::Errc::too_large, "standard input: expected lines of at most " +
                                                        std::to_string(kMaxLine) + " octets"));
    }
    if (got != 0) return wait();
    if (!held.empty()) handlers.on_line(std::exchange(held, {}));
    end({});
  }

  void end(core::Result<void> how) {
    closed = true;
    handlers.on_end(std::move(how));
  }
  static std::string failure() { return std::string("standard input: ") + std::strerror(errno); }

  net::Loop& loop;
  Handlers handlers;
  boost::asio::posix::stream_descriptor descriptor;
  std::string held;
  bool always_ready = false;
  bool closed = false;
};

LineInput::LineInput(net::Loop& loop, Handlers handlers)
    : state_(std::make_shared<State>(loop, std::move(handlers))) {
  loop.post([state = state_] {
    if (!state->closed) state->open();
  });
}

LineInput::~LineInput() {
  state_->closed = true;
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

}  // namespace rcs::send
