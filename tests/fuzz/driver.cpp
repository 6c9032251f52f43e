// Runs a fuzz target without libFuzzer: every file of the corpus once, then mutations of them drawn from a
// seed. Usage: X_fuzz [--runs N] [--seed N] [FILE|DIR ...]. The same seed gives the same inputs; a crash is
// replayed by its seed.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

const std::string* current = nullptr;  // what a finding is about

/// Only what may be called in a handler: the input goes out in hexadecimal, to be put back by xxd -r -p.
void show_input(int) {
  static const char kDigits[] = "0123456789abcdef";
  if (current == nullptr) return;
  for (const char c : *current) {
    const auto octet = static_cast<unsigned char>(c);
    const char pair[] = {kDigits[octet >> 4], kDigits[octet & 15]};
    if (write(STDERR_FILENO, pair, 2) != 2) return;
  }
  if (write(STDERR_FILENO, "\n", 1) != 1) return;
}

void run(const std::string& input) {
  current = &input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string mutate(std::string s, const std::vector<std::string>& corpus, rcs::core::Random& random) {
  const auto edits = 1 + random.below(6);
  for (std::uint64_t i = 0; i < edits; ++i) {
    const auto at = s.empty() ? 0 : random.below(s.size());
    switch (random.below(7)) {
      case 0:
        if (!s.empty()) s[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        s.insert(at, 1, static_cast<char>(random.below(256)));
        break;
      case 2:
        s.erase(at, 1 + random.below(16));
        break;
      case 3:
        s.resize(at);
        break;
      case 4: {
        static const char* const kTokens[] = {"\r\n",
                                              "\r\n\r\n",
                                              ":",
                                              ";",
                                              ",",
                                              "\"",
                                              "<",
                                              ">",
                                              "\\",
                                              "--",
                                              "%00",
                                              "=",
                                              "@",
                                              " ",
                                              "\t",
                                              "0",
                                              "99999999999999999999"};
        s.insert(at, kTokens[random.below(std::size(kTokens))]);
        break;
      }
      case 5: {
        const auto& other = corpus[random.below(corpus.size())];
        if (!other.empty()) {
          const auto from = random.below(other.size());
          s.insert(at, other.substr(from, 1 + random.below(64)));
        }
        break;
      }
      default:
        if (!s.empty()) s.insert(at, s.substr(at, 1 + random.below(32)));
        break;
    }
    if (s.size() > 65536) s.resize(65536);
  }
  return s;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t runs = 20000;
  std::uint64_t seed = 1;
  std::vector<std::string> corpus;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--runs") == 0 && i + 1 < argc) {
      runs = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::filesystem::is_directory(argv[i])) {
      std::vector<std::filesystem::path> files;
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
      std::sort(files.begin(), files.end());
      for (const auto& file : files) corpus.push_back(read_file(file));
    } else {
      corpus.push_back(read_file(argv[i]));
    }
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: no corpus: name a file or a folder of inputs\n", argv[0]);
    return 2;
  }
  std::signal(SIGABRT, show_input);
  for (const auto& input : corpus) run(input);
  rcs::core::Random random(seed);
  for (std::uint64_t i = 0; i < runs; ++i) run(mutate(corpus[random.below(corpus.size())], corpus, random));
  std::printf("%zu inputs of the corpus and %llu mutations, seed %llu: no finding\n", corpus.size(),
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(seed));
  return 0;
}
