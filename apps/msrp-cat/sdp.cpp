#include "msrp-cat/sdp.hpp"

#include <span>
#include <utility>

namespace rcs::cat {
namespace {

constexpr std::size_t kMaxSdp = 64 * 1024;  // real ones have about 600 octets

}  // namespace

core::Result<std::unique_ptr<SdpReader>> SdpReader::open(net::Loop& loop, const std::string& path) {
  RCS_TRY(auto input, Input::open(loop, path));
  return std::unique_ptr<SdpReader>(new SdpReader(std::move(input), path));
}

void SdpReader::read(OnRead on_read) {
  on_read_ = std::move(on_read);
  go_on();
}

/// To the empty line or the end. Octet by octet: what follows it is content.
void SdpReader::go_on() {
  char octet = 0;
  for (;;) {
    const auto got = input_->read(std::span(&octet, 1));
    if (got.state == msrp::Source::State::dry) return input_->when_ready([this] { go_on(); });
    if (got.state == msrp::Source::State::broken)
      return finish(core::Error(core::Errc::unknown, path_ + ": expected SDP, could not be read"));
    if (got.state == msrp::Source::State::end) return finish(parsed());
    if (octet == '\n' && (text_.ends_with('\n') || text_.ends_with("\n\r"))) return finish(parsed());
    text_ += octet;
    if (text_.size() > kMaxSdp) {
      return finish(
          core::Error(core::Errc::too_large, path_ + ": expected SDP and an empty line, got more than " +
                                                 std::to_string(kMaxSdp) + " octets without one"));
    }
  }
}

void SdpReader::finish(core::Result<body::Sdp> sdp) {
  done_ = true;
  on_read_(std::move(sdp));
}

core::Result<body::Sdp> SdpReader::parsed() const {
  auto sdp = body::parse_sdp(text_);
  if (!sdp) return core::malformed(path_ + ": " + sdp.error().detail());
  return sdp;
}

core::Result<body::MsrpMedia> message_media(const body::Sdp& sdp, const std::string& place,
                                            body::Setup unsaid) {
  auto media = body::msrp_media(sdp, unsaid);
  if (!media) {
    return core::Error(core::Errc::unsupported,
                       place + ": expected an m=message line with a port, a=path and a=accept-types");
  }
  return std::move(*media);
}

std::string sdp_text(const body::MsrpMedia& media, core::Random& random) {
  // 31 bits: some peers keep no more of it.
  return body::format_sdp(body::make_msrp_sdp(media, random.below(std::uint64_t{1} << 31), 1));
}

}  // namespace rcs::cat
