#include "msrp-cat/sdp.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace rcs::cat {
namespace {

constexpr std::size_t kMaxSdp = 64 * 1024;  // real ones have about 600 octets

/// To the empty line or the end. Octet by octet: what follows it is content.
core::Result<std::string> read_text(const std::string& path, int fd) {
  std::string text;
  char octet = 0;
  for (;;) {
    const auto got = ::read(fd, &octet, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return core::Error(core::Errc::unknown, path + ": " + std::strerror(errno));
    if (got == 0) return text;
    if (octet == '\n' && (text.ends_with('\n') || text.ends_with("\n\r"))) return text;
    text += octet;
    if (text.size() > kMaxSdp) {
      return core::Error(core::Errc::too_large, path + ": expected SDP and an empty line, got more than " +
                                                    std::to_string(kMaxSdp) + " octets without one");
    }
  }
}

}  // namespace

core::Result<body::MsrpMedia> read_sdp(const std::string& path, body::Setup unsaid) {
  const bool standard = path == "-";
  const int fd = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return core::Error(core::Errc::unknown, path + ": expected a file with SDP: " + std::strerror(errno));
  const auto text = read_text(path, fd);
  if (!standard) ::close(fd);
  if (!text) return text.error();
  const auto sdp = body::parse_sdp(*text);
  if (!sdp) return core::malformed(path + ": " + sdp.error().detail());
  const auto media = body::msrp_media(*sdp, unsaid);
  if (!media) {
    return core::Error(core::Errc::unsupported,
                       path + ": expected an m=message line with a port, a=path and a=accept-types");
  }
  return *media;
}

std::string sdp_text(const body::MsrpMedia& media, core::Random& random) {
  // 31 bits: some peers keep no more of it.
  return body::format_sdp(body::make_msrp_sdp(media, random.below(std::uint64_t{1} << 31), 1));
}

}  // namespace rcs::cat
