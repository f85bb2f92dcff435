#pragma once

#include <weft/core/clock.hpp>
#include <weft/core/error.hpp>
#include <weft/train/communicator.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>

#include <mpi.h>

namespace weft::inline WEFT_TARGET {

// MPI, from the making of this object to its end: one for a program, on its main thread.
//
//   Mpi mpi;
//   Lanes lanes{model, {.communicator = mpi.communicator()}};
//
// and `mpirun -n 4 program`. Each rank runs a quarter of the lanes and makes the same steps, with
// the same bits as one process would.
class Mpi {
 public:
  // Throws Error where MPI cannot be started.
  Mpi() {
    int given = 0;
    check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given), "start");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;
  // Waits for the other ranks.
  ~Mpi() { MPI_Finalize(); }

  // All ranks of the program. Throws Error where their number is not a power of two. Its exchange
  // throws Error where MPI does, and names the other rank.
  Communicator communicator() const {
    int rank = 0, ranks = 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if ((ranks & (ranks - 1)) != 0)
      fail("mpi", "the number of ranks must be a power of two", std::to_string(ranks) + " ranks");
    return {static_cast<std::size_t>(rank), static_cast<std::size_t>(ranks), &exchange};
  }

  // Waits until every rank calls this, at most for so many seconds; whether all did. For a rank
  // that has failed and does not know whether the others have.
  static bool all_arrive(double seconds) {
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    int done = 0;
    for (const double start = detail::seconds_now();
         !done && detail::seconds_now() - start < seconds;)
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    return done != 0;
  }

  // Ends all ranks at once; mpirun names the one that did it.
  [[noreturn]] static void abort(int status) {
    MPI_Abort(MPI_COMM_WORLD, status);
    std::abort();
  }

 private:
  static void check(int error, const std::string& what) {
    if (error == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING] = {};
    int length = 0;
    MPI_Error_string(error, text, &length);
    fail("mpi", text, what);
  }

  static void exchange(std::size_t other, const void* sent, void* received, std::size_t bytes) {
    constexpr std::size_t most = std::size_t{1} << 30;  // MPI counts in int
    const int rank = static_cast<int>(other);
    for (std::size_t begin = 0; begin < bytes; begin += most) {
      const int count = static_cast<int>(std::min(most, bytes - begin));
      check(MPI_Sendrecv(static_cast<const char*>(sent) + begin, count, MPI_BYTE, rank, 0,
                         static_cast<char*>(received) + begin, count, MPI_BYTE, rank, 0,
                         MPI_COMM_WORLD, MPI_STATUS_IGNORE),
            "exchange with rank " + std::to_string(other));
    }
  }
};

}  // namespace weft
