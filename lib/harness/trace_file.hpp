#pragma once
// --trace FILE: every record as one JSON object a line, written as it is made.

#include <cstdio>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "trace/recorder.hpp"

namespace rcs::harness {

class TraceFile {
 public:
  /// "-" is standard output. Errors: unknown (names the file and the reason).
  static core::Result<std::unique_ptr<TraceFile>> open(const std::string& path);
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  trace::Recorder& recorder() { return recorder_; }

 private:
  explicit TraceFile(std::FILE* file);
  std::FILE* file_;
  trace::Recorder recorder_;
};

}  // namespace rcs::harness
