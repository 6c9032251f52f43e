// A message far larger than memory: pulled from a source, cut into chunks, decoded, put in order and passed
// on, with an answer to every chunk, under a limit of the address space that no copy of it would fit. Usage:
// msrp_huge [GIBIBYTES (4)]. It ends with status 1 when an octet is missing, and by the kernel's hand when
// the memory grows. The reference is a plain copy of as many octets.

#include <sys/resource.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/random.hpp"
#include "msrp/decoder.hpp"
#include "msrp/outbound.hpp"
#include "msrp/reassembly.hpp"
#include "msrp/reports.hpp"

namespace {

using namespace rcs;

constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;
constexpr rlim_t kAddressSpace = 64 << 20;  // program, libraries and buffers take about 12 MiB
constexpr std::size_t kWrite = 256 << 10;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Random octets, the same block again and again.
class Noise final : public msrp::Source {
 public:
  Noise(core::Random& random, std::uint64_t size) : block_(64 << 10, ' '), size_(size) {
    for (auto& c : block_) c = static_cast<char>(random.below(256));
  }
  std::optional<std::uint64_t> size() const override { return size_; }
  Pulled pull(std::span<char> into) override {
    const auto at = static_cast<std::size_t>(done_ % block_.size());
    const auto n = static_cast<std::size_t>(
        std::min<std::uint64_t>(std::min(into.size(), block_.size() - at), size_ - done_));
    std::memcpy(into.data(), block_.data() + at, n);
    done_ += n;
    return {n, done_ == size_ ? State::end : State::more};
  }

 private:
  std::string block_;
  std::uint64_t size_;
  std::uint64_t done_ = 0;
};

struct Count final : msrp::Reassembly::Sink {
  std::uint64_t octets = 0;
  bool is_void = false;
  void on_content(const std::string&, std::string_view piece) override { octets += piece.size(); }
  void on_void(const std::string&) override { is_void = true; }
};

class Receiver {
 public:
  Receiver(core::Random& random, std::uint64_t size) : reassembly(limits(size), count), reports(random) {}

  /// What it answers.
  std::string take(std::string_view octets) {
    std::string answers;
    decoder.feed(octets);
    while (auto item = decoder.next()) {
      if (const auto* arrived = std::get_if<msrp::HeadArrived>(&*item)) {
        reports.begin(*arrived->head);
        result = reassembly.begin(*arrived->head);
      } else if (const auto* part = std::get_if<msrp::BodyPart>(&*item)) {
        reports.add(part->octets);
        if (result) result = reassembly.add(part->octets);
      } else if (const auto* end = std::get_if<msrp::End>(&*item)) {
        core::Result<msrp::ChunkEnd> ended =
            result ? reassembly.end(end->flag) : core::Result<msrp::ChunkEnd>(result.error());
        whole = whole || (ended && ended->result == msrp::ChunkResult::whole);
        reports.end(answers, ended);
      } else {
        std::fprintf(stderr, "%s\n", std::get<core::Error>(*item).detail().c_str());
        std::exit(1);
      }
    }
    return answers;
  }

  static msrp::ReassemblyLimits limits(std::uint64_t size) {
    msrp::ReassemblyLimits out;
    out.max_message = size;
    return out;
  }

  Count count;
  msrp::Decoder decoder;
  msrp::Reassembly reassembly;
  msrp::Reports reports;
  core::Result<void> result;
  bool whole = false;
};

/// Everything the receiver says, back to the sender.
void answer(msrp::Outbound& outbound, msrp::Decoder& decoder, std::string_view octets) {
  decoder.feed(octets);
  while (auto item = decoder.next()) {
    const auto* arrived = std::get_if<msrp::HeadArrived>(&*item);
    if (arrived != nullptr && !arrived->head->is_request()) outbound.on_response(*arrived->head);
  }
}

/// CPU seconds of one message.
double exchange(std::uint64_t size, std::uint64_t chunk_size) {
  core::Random random(1);
  msrp::OutboundOptions options;
  options.sender.chunk_size = chunk_size;
  msrp::Outbound outbound(random, options);
  msrp::Outgoing message;
  message.session = msrp::SessionId{1};
  message.to_path = "msrp://b.example:2855/session;tcp";
  message.from_path = "msrp://a.example:2855/session;tcp";
  message.content_type = "application/octet-stream";
  message.content = std::make_unique<Noise>(random, size);
  if (!outbound.send(std::move(message))) std::exit(1);

  Receiver receiver(random, size);
  msrp::Decoder answers;
  std::string octets;
  const double from = cpu_seconds();
  while (!outbound.idle()) {
    octets.clear();
    outbound.append(core::Instant{}, octets, kWrite);
    answer(outbound, answers, receiver.take(octets));
  }
  const double took = cpu_seconds() - from;
  const auto fates = outbound.take_events();
  const bool sent = fates.size() == 1 && fates[0].kind == msrp::MessageFate::Kind::sent;
  if (!receiver.whole || receiver.count.is_void || receiver.count.octets != size || !sent) {
    std::fprintf(stderr, "expected %llu octets, whole and answered, got %llu\n",
                 static_cast<unsigned long long>(size),
                 static_cast<unsigned long long>(receiver.count.octets));
    std::exit(1);
  }
  return took;
}

double plain_copy(std::uint64_t size) {
  std::string from(kWrite, 'x');
  std::string to(kWrite, 'y');
  const double start = cpu_seconds();
  for (std::uint64_t done = 0; done < size; done += kWrite) {
    std::memcpy(to.data(), from.data(), kWrite);
    asm volatile("" : : "r"(to.data()) : "memory");
  }
  return cpu_seconds() - start;
}

}  // namespace

int main(int argc, char** argv) {
  const double gibibytes = argc > 1 ? std::strtod(argv[1], nullptr) : 4;
  const auto size = static_cast<std::uint64_t>(gibibytes * static_cast<double>(kGibibyte));
  const rlimit limit{kAddressSpace, kAddressSpace};
  if (size == 0 || setrlimit(RLIMIT_AS, &limit) != 0) {
    std::fprintf(stderr, "usage: msrp_huge [GIBIBYTES]\n");
    return 2;
  }
  const double copy = plain_copy(size);
  std::printf("one message of %.2f GiB in an address space of %llu MiB; a plain copy of it: %.2f s\n",
              gibibytes, static_cast<unsigned long long>(kAddressSpace >> 20), copy);
  const auto show = [&](const char* what, std::uint64_t chunk_size) {
    const double took = exchange(size, chunk_size);
    std::printf("%-28s %.2f s, %.2f GiB/s, %.1f times the copy\n", what, took, gibibytes / took, took / copy);
  };
  show("one chunk", 0);
  show("chunks of 64 KiB", 64 << 10);
}
