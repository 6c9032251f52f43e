#pragma once
// The one header through which tests reach Catch2: version 2 on Debian 12, version 3 on newer systems.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;  // which version 2 leaves in the global namespace
#else
#include <catch2/catch.hpp>
#endif

#include "core/result.hpp"

// A Result in a failed check prints its error's words; its value need not be printable.
template <class T>
struct Catch::StringMaker<rcs::core::Result<T>> {
  static std::string convert(const rcs::core::Result<T>& result) {
    return result ? "a value" : "error: " + result.error().detail();
  }
};
