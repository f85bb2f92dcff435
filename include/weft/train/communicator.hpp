#pragma once

#include <weft/core/function.hpp>

#include <cstddef>

namespace weft::inline WEFT_TARGET {

// The processes that compute one thing together, each of which runs the same program and calls the
// same functions in the same order. One process alone needs no more than this; for several see
// distributed/mpi.hpp.
struct Communicator {
  std::size_t rank = 0;   // of this process, below ranks
  std::size_t ranks = 1;  // a power of two
  // Sends bytes to another rank and receives as many from it, which does the same with this one.
  Function<void(std::size_t other, const void* sent, void* received, std::size_t bytes)> exchange{};
};

// Gives each rank what every rank has: blocks of `count` elements, in order of the ranks, of which
// only the own one is there on entry. By recursive doubling: in log2(ranks) rounds, twice as many
// blocks in each (Thakur, Rabenseifner and Gropp 2005, "Optimization of collective communication
// operations in MPICH", section 3.1).
template <class T>
void all_gather(const Communicator& communicator, T* blocks, std::size_t count) {
  for (std::size_t stride = 1; stride < communicator.ranks; stride *= 2) {
    const std::size_t own = communicator.rank & ~(stride - 1), other = own ^ stride;
    communicator.exchange(communicator.rank ^ stride, blocks + own * count, blocks + other * count,
                          stride * count * sizeof(T));
  }
}

}  // namespace weft
