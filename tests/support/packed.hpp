#pragma once
// What a peer sends that packs its bodies.

#include <zlib.h>

#include <string>

#include "support/catch.hpp"

namespace rcs::test {

/// The heads that packed octets may have.
enum class Packing { zlib = 15, gzip = 15 + 16, bare = -15 };

inline std::string packed(std::string text, Packing packing) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, static_cast<int>(packing), 9,
                       Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace rcs::test
