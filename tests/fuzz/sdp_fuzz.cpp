// SDP: what parses, formats and parses again to the same session.
#include <cstdlib>
#include <string_view>

#include "body/sdp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcs::body;
  const auto sdp = parse_sdp({reinterpret_cast<const char*>(data), size});
  if (!sdp) return 0;
  const auto again = parse_sdp(format_sdp(*sdp));
  if (!again || *again != *sdp) std::abort();
  if (const auto media = msrp_media(*sdp)) {
    const auto made = msrp_media(make_msrp_sdp(*media, sdp->session_id, sdp->session_version));
    if (!made || made->path != media->path || made->setup != media->setup) std::abort();
  }
  return 0;
}
