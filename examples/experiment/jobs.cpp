#include "jobs.hpp"

#include <weft/core/error.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace experiment {

namespace {

// In the new process. Its status says whether the job succeeded.
[[noreturn]] void run_and_exit(const Job& job, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);  // it has ended already
  for (std::FILE* stream : {stdout, stderr})
    if (!std::freopen(job.output.c_str(), stream == stdout ? "w" : "a", stream)) _exit(1);
  int status = 0;
  try {
    job.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    status = 1;
  }
  std::fflush(nullptr);
  _exit(status);
}

pid_t start(const Job& job) {
  const pid_t parent = getpid();
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) run_and_exit(job, parent);
  if (child < 0)
    weft::fail("run_jobs", "a process must be one that can be started", std::strerror(errno));
  return child;
}

}  // namespace

void run_jobs(std::size_t count, std::size_t at_once,
              const std::function<Job(std::size_t index)>& job_of,
              const std::function<void(std::size_t index, bool succeeded)>& done) {
  std::map<pid_t, std::size_t> running;
  std::size_t next = 0;
  while (next < count || !running.empty()) {
    if (next < count && running.size() < at_once) {
      running[start(job_of(next))] = next;
      ++next;
      continue;
    }
    int status = 0;
    const pid_t child = wait(&status);
    if (child < 0 && errno != EINTR)
      weft::fail("run_jobs", "the end of a process must be one that can be waited for",
                 std::string(std::strerror(errno)) + ", with " + std::to_string(running.size()) +
                     " started");
    const auto found = running.find(child);
    if (found == running.end()) continue;
    const std::size_t index = found->second;
    running.erase(found);
    done(index, WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
}

}  // namespace experiment
