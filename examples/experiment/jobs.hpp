#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace experiment {

// A task that runs in a process of its own, and so with threads of its own.
struct Job {
  std::function<void()> run;  // fails where it throws
  std::string output;         // a file for what it prints, the message of a failure included
};

// Runs job_of(0), ..., job_of(count - 1), at most `at_once` at a time and in this order, and calls
// done(index, succeeded) here after each. Jobs end with the process that started them. Must be
// called before this process runs anything on several threads. Throws weft::Error where no process
// can be started, or waited for, as when SIGCHLD is ignored.
void run_jobs(std::size_t count, std::size_t at_once,
              const std::function<Job(std::size_t index)>& job_of,
              const std::function<void(std::size_t index, bool succeeded)>& done);

}  // namespace experiment
