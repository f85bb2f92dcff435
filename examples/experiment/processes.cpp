#include "processes.hpp"

#include <weft/core/error.hpp>
#include <weft/train/lanes.hpp>

#if defined(WEFT_WITH_MPI)
#include <weft/distributed/mpi.hpp>
#endif

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <vector>

#include <unistd.h>

namespace experiment {

namespace {

weft::Communicator all;
std::FILE* complaints = stderr;  // where failures are told, by any process

// Set by mpirun: that of Open MPI, of MPICH and relatives, of Slurm's PMIx.
bool is_started_by_mpirun() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"})
    if (std::getenv(name)) return true;
  return false;
}

#if defined(WEFT_WITH_MPI)
std::unique_ptr<weft::Mpi> mpi;

void silence() {
  complaints = ::fdopen(::dup(STDERR_FILENO), "w");
  for (std::FILE* stream : {stdout, stderr})
    if (!std::freopen("/dev/null", "w", stream)) weft::fail("mpirun", "/dev/null must open");
}
#endif

}  // namespace

void join_processes() {
  if (!is_started_by_mpirun() || all.exchange) return;
#if defined(WEFT_WITH_MPI)
  mpi = std::make_unique<weft::Mpi>();
  const weft::Communicator found = mpi->communicator();
  if (const std::size_t lanes = weft::LaneOptions{}.lanes; found.ranks > lanes)
    weft::fail("mpirun", "the number of processes must be at most that of lanes",
               std::to_string(found.ranks) + " processes, " + std::to_string(lanes) + " lanes");
  all = found;
  if (!is_first_process()) silence();
#else
  weft::fail("mpirun", "this program was built without MPI (Debian: libopenmpi-dev)");
#endif
}

const weft::Communicator& processes() { return all; }

bool is_true_of_any(bool here) {
  if (all.ranks == 1) return here;
  std::vector<char> answers(all.ranks);
  answers[all.rank] = here;
  weft::all_gather(all, answers.data(), 1);
  for (const char answer : answers)
    if (answer) return true;
  return false;
}

void all_processes_do(const std::function<void()>& work) {
  std::exception_ptr problem;
  try {
    work();
  } catch (...) {
    problem = std::current_exception();
  }
  if (!is_true_of_any(problem != nullptr)) return;
  if (problem) std::rethrow_exception(problem);
  weft::fail("run", "another process has failed");
}

void first_process_does(const std::function<void()>& work) {
  all_processes_do([&] {
    if (is_first_process()) work();
  });
}

int leave_processes(int status, const std::string& reason) {
  if (all.ranks > 1) std::fprintf(complaints, "rank %zu: ", all.rank);
  std::fputs(reason.c_str(), complaints);
  std::fflush(complaints);
#if defined(WEFT_WITH_MPI)
  constexpr double patience = 10;  // seconds
  if (all.ranks > 1 && !weft::Mpi::all_arrive(patience)) weft::Mpi::abort(status);
#endif
  return status;
}

}  // namespace experiment
