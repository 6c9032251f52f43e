#include "harness/ranks.hpp"

#include <cstdlib>

#ifdef RCS_MPI
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#endif

namespace rcs::harness {
namespace {

/// By what Open MPI and MPICH give to the processes they start.
bool started_by_mpirun() {
  return std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr || std::getenv("PMI_SIZE") != nullptr;
}

class Alone final : public Ranks {
 public:
  unsigned rank() const override { return 0; }
  unsigned count() const override { return 1; }
  std::vector<std::vector<std::uint64_t>> gather(const std::vector<std::uint64_t>& words) override {
    return {words};
  }
  void sum(std::span<std::uint32_t>) override {}
};

#ifdef RCS_MPI
// An error of MPI ends all processes with its own words: that is its default.
class MpiRanks final : public Ranks {
 public:
  MpiRanks() {
    int level = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &count_);
  }
  ~MpiRanks() override { MPI_Finalize(); }
  MpiRanks(const MpiRanks&) = delete;
  MpiRanks& operator=(const MpiRanks&) = delete;

  unsigned rank() const override { return static_cast<unsigned>(rank_); }
  unsigned count() const override { return static_cast<unsigned>(count_); }

  std::vector<std::vector<std::uint64_t>> gather(const std::vector<std::uint64_t>& words) override {
    if (rank_ != 0) {
      const std::uint64_t size = words.size();
      MPI_Send(&size, 1, MPI_UINT64_T, 0, kTag, MPI_COMM_WORLD);
      MPI_Send(words.data(), static_cast<int>(size), MPI_UINT64_T, 0, kTag, MPI_COMM_WORLD);
      return {};
    }
    std::vector<std::vector<std::uint64_t>> out{words};
    for (int from = 1; from < count_; ++from) {
      std::uint64_t size = 0;
      MPI_Recv(&size, 1, MPI_UINT64_T, from, kTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      out.emplace_back(size);
      MPI_Recv(out.back().data(), static_cast<int>(size), MPI_UINT64_T, from, kTag, MPI_COMM_WORLD,
               MPI_STATUS_IGNORE);
    }
    return out;
  }

  void sum(std::span<std::uint32_t> values) override {
    const int size = static_cast<int>(values.size());
    if (rank_ == 0) {
      MPI_Reduce(MPI_IN_PLACE, values.data(), size, MPI_UINT32_T, MPI_SUM, 0, MPI_COMM_WORLD);
    } else {
      MPI_Reduce(values.data(), nullptr, size, MPI_UINT32_T, MPI_SUM, 0, MPI_COMM_WORLD);
    }
  }

 private:
  static constexpr int kTag = 1;
  int rank_ = 0;
  int count_ = 1;
};
#endif

}  // namespace

core::Result<std::unique_ptr<Ranks>> make_ranks() {
  if (!started_by_mpirun()) return std::unique_ptr<Ranks>(std::make_unique<Alone>());
#ifdef RCS_MPI
  return std::unique_ptr<Ranks>(std::make_unique<MpiRanks>());
#else
  return core::Error(
      core::Errc::refused,
      "started by mpirun, but built without MPI: install libopenmpi-dev, configure and build again");
#endif
}

}  // namespace rcs::harness
