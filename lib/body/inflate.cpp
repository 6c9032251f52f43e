#include "body/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace rcs::body {
namespace {

using core::Errc;
using core::Error;
using core::malformed;

constexpr int kZlibOrGzip = MAX_WBITS + 32;
constexpr int kNoHead = -MAX_WBITS;
constexpr std::size_t kStep = 16 << 10;

class Inflater {
 public:
  explicit Inflater(int window_bits) { ready_ = inflateInit2(&stream_, window_bits) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Result<std::string> run(std::string_view packed, std::size_t max) {
    if (!ready_) return Error(Errc::too_large, "packed content: no memory to unpack it");
    // zlib takes a pointer to what it only reads.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    std::string out;
    std::array<char, kStep> step;
    for (;;) {
      stream_.next_out = reinterpret_cast<Bytef*>(step.data());
      stream_.avail_out = static_cast<uInt>(step.size());
      const int status = ::inflate(&stream_, Z_NO_FLUSH);
      const std::size_t got = step.size() - stream_.avail_out;
      if (got > max - out.size())
        return Error(Errc::too_large,
                     "packed content: more than " + std::to_string(max) + " octets unpacked");
      out.append(step.data(), got);
      if (status == Z_STREAM_END) return out;
      if (status != Z_OK)
        return malformed("packed content: expected gzip or deflate, got " +
                         std::string(status == Z_BUF_ERROR ? "only its beginning" : "something else"));
    }
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

Result<std::string> inflate(std::string_view packed, std::size_t max) {
  auto unpacked = Inflater(kZlibOrGzip).run(packed, max);
  if (unpacked || unpacked.error().code() == Errc::too_large) return unpacked;
  auto without_head = Inflater(kNoHead).run(packed, max);
  const bool is_it = without_head || without_head.error().code() == Errc::too_large;
  return is_it ? std::move(without_head) : std::move(unpacked);
}

Result<std::string> without_coding(std::string_view coding, std::string_view octets) {
  const auto name = core::to_lower(core::trim(coding));
  if (name.empty() || name == "identity") return std::string(octets);
  if (name == "gzip" || name == "x-gzip" || name == "deflate") return inflate(octets);
  return core::Error(core::Errc::unsupported,
                     "Content-Encoding: expected gzip or deflate, got " + core::quoted(coding));
}

}  // namespace rcs::body
