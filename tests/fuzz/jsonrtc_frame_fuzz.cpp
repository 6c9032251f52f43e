// Frames of JSON signalling, one a line: what is read is written and read again as the same value, and a
// session deals with what its peer numbers in order, each once.
#include <cstdlib>
#include <string_view>

#include "core/text.hpp"
#include "gateway/jsonrtc_session.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcs::gateway;
  JsonRtcSession session("s", {});
  rcs::core::Instant now{};
  std::uint64_t last = 0;
  for (const auto line : rcs::core::split({reinterpret_cast<const char*>(data), size}, '\n')) {
    auto read = read_frame(line);
    if (!read.fault && read_frame(write_frame(read.frame)) != read) std::abort();
    now += std::chrono::seconds(1);
    session.on_due(now);
    if (line.size() % 7 == 6) session.cut(now);
    if (session.is_cut()) session.resume(now, Frame{}, Frame{});
    for (const auto& one : session.receive(now, std::move(read))) {
      if (!one.frame.sequence) continue;
      if (*one.frame.sequence <= last) std::abort();
      last = *one.frame.sequence;
    }
    if (session.take().over) break;
  }
  return 0;
}
