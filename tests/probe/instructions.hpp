#pragma once

#include <csignal>
#include <cstddef>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft_tests {

// The number of machine instructions that a function takes from its second call on, counted by
// going through it step by step in a process of its own; 0 where that is not allowed. The function
// must not start threads.
template <class Function>
std::size_t instructions_of(Function function) {
  const pid_t child = fork();
  if (child < 0) return 0;
  if (child == 0) {
    function();
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
    raise(SIGSTOP);
    function();
    raise(SIGSTOP);
    _exit(0);
  }
  std::size_t count = 0;
  int status = 0, stops = 0;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    if (WSTOPSIG(status) == SIGSTOP && ++stops == 2) break;
    if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) break;
    ++count;
  }
  if (WIFSTOPPED(status)) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
  }
  return stops == 2 ? count : 0;
}

}  // namespace weft_tests
