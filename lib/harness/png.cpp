#include "harness/png.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/text.hpp"

namespace rcs::harness {
namespace {

constexpr const char* kProgram = "rsvg-convert";

/// The child reads and says nothing: what it might print is no output of ours.
class Silence {
 public:
  Silence() {
    posix_spawn_file_actions_init(&actions_);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0);
  }
  ~Silence() { posix_spawn_file_actions_destroy(&actions_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

/// Its wait status. Errors: unsupported, when there is no such program; refused.
core::Result<int> run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const Silence silence;
  pid_t child = 0;
  if (const int error =
          ::posix_spawnp(&child, arguments[0], silence.get(), nullptr, arguments.data(), environ);
      error != 0) {
    if (error == ENOENT)
      return core::Error(core::Errc::unsupported,
                         words[0] + " is not installed; install the package librsvg2-bin");
    return core::Error(core::Errc::refused, words[0] + ": " + std::strerror(error));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return core::Error(core::Errc::refused, words[0] + ": " + std::strerror(errno));
  }
  return status;
}

std::string ending(int status) {
  return WIFEXITED(status) ? "status " + std::to_string(WEXITSTATUS(status))
                           : "signal " + std::to_string(WTERMSIG(status));
}

}  // namespace

core::Result<void> draw_pngs(const std::vector<std::string>& svgs) {
  for (const auto& svg : svgs) {
    const auto png = std::filesystem::path(svg).replace_extension(".png").string();
    RCS_TRY(const int status, run({kProgram, "--format=png", "--output=" + png, "--", svg}));
    if (status != 0) {
      return core::Error(core::Errc::refused, png + ": expected a picture of " + core::quoted(svg) +
                                                  ", but " + kProgram + " ended with " + ending(status));
    }
  }
  return {};
}

}  // namespace rcs::harness
