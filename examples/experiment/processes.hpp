#pragma once

#include <weft/train/communicator.hpp>

#include <functional>
#include <string>

// The processes that mpirun has started a program as. All of them run the same; the first one,
// which is the only one without mpirun, writes and prints.

namespace experiment {

// Joins the other processes, and silences all but the first. Throws weft::Error under mpirun where
// the program was built without MPI, and where there are more of them than lanes, or not a power of
// two.
void join_processes();

// Of all processes that joined; for weft::LaneOptions. One alone before that.
const weft::Communicator& processes();
inline bool is_first_process() { return processes().rank == 0; }

// Whether it is true of any of them; all must ask.
bool is_true_of_any(bool here);

// Has every process do something, and waits for all. Where one of them throws, so do all.
void all_processes_do(const std::function<void()>& work);

// The same for something that the first process alone does.
void first_process_does(const std::function<void()>& work);

// Ends this process's part, which has failed or been stopped: says why, waits a while for the
// others to come to the same end and, where they do not, ends them. The status to exit with.
int leave_processes(int status, const std::string& reason);

}  // namespace experiment
