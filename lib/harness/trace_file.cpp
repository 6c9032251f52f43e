#include "harness/trace_file.hpp"

#include <cerrno>
#include <cstring>

namespace rcs::harness {

core::Result<std::unique_ptr<TraceFile>> TraceFile::open(const std::string& path) {
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "w");
  if (file == nullptr)
    return core::Error(core::Errc::unknown, "--trace " + path + ": " + std::strerror(errno));
  return std::unique_ptr<TraceFile>(new TraceFile(file));
}

TraceFile::TraceFile(std::FILE* file)
    : file_(file),
      recorder_(
          [this](const trace::Record& record) {
            const auto line = trace::to_json(record) + "\n";
            std::fwrite(line.data(), 1, line.size(), file_);
            std::fflush(file_);
          },
          trace::Recorder::Keep::none) {}

TraceFile::~TraceFile() {
  if (file_ != stdout) std::fclose(file_);
}

}  // namespace rcs::harness
