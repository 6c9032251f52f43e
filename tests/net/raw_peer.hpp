#pragma once
// Plain sockets for tests: they say exactly the octets a test wants, in the pieces it wants, and never block.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

namespace rcs::test {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class RawSocket {
 public:
  /// `receive_buffer` > 0 makes a peer that soon stops taking octets.
  explicit RawSocket(int type, int receive_buffer = 0) : fd_(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    if (type == SOCK_STREAM) {
      const int on = 1;
      ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
  }
  ~RawSocket() { close(); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool connect(std::uint16_t port) {
    const sockaddr_in address = loopback(port);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  /// Begins to connect without waiting for the end of it.
  void start_connecting(std::uint16_t port) {
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    connect(port);
  }
  /// Binds to a free port of 127.0.0.1 and returns it.
  std::uint16_t bind() {
    sockaddr_in address = loopback(0);
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    return port();
  }
  std::uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  void listen(int backlog = 16) {
    ::listen(fd_, backlog);
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  /// True when someone has connected; the connection takes the listener's place.
  bool accept() {
    const int peer = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (peer < 0) return false;
    ::close(fd_);
    fd_ = peer;
    return true;
  }

  bool send(std::string_view octets) {
    return ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(octets.size());
  }
  void send_to(std::uint16_t port, std::string_view octets) {
    const sockaddr_in address = loopback(port);
    ::sendto(fd_, octets.data(), octets.size(), 0, reinterpret_cast<const sockaddr*>(&address),
             sizeof(address));
  }
  /// Takes in what has come; use it as the condition of run_until.
  const std::string& received() {
    char space[16 * 1024];
    while (!closed_) {
      const auto got = ::recv(fd_, space, sizeof(space), MSG_DONTWAIT);
      if (got < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) closed_ = true;
        break;
      }
      if (got == 0) {
        closed_ = true;
        break;
      }
      received_.append(space, static_cast<std::size_t>(got));
    }
    return received_;
  }
  bool has(std::string_view part) { return received().find(part) != std::string::npos; }
  /// How often `part` has come.
  int count(std::string_view part) {
    int found = 0;
    const std::string& text = received();
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
    return found;
  }
  bool closed() {
    received();
    return closed_;
  }
  void shut_down_sending() { ::shutdown(fd_, SHUT_WR); }
  /// The next close is a reset.
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
  std::string received_;
  bool closed_ = false;
};

}  // namespace rcs::test
