#include "figures.hpp"

#include <cstdio>
#include <cstdlib>

#include <sys/wait.h>
#include <unistd.h>

namespace experiment {

namespace {

// Runs a command without a shell; its exit status, or -1 where it could not be run.
int run(std::vector<std::string> command, bool quiet) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    const auto silence = [](std::FILE* stream) {
      return std::freopen("/dev/null", "w", stream) != nullptr;
    };
    if (quiet && !(silence(stdout) && silence(stderr))) _exit(127);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

std::string find_python() {
  std::vector<std::string> candidates;
  if (const char* chosen = std::getenv("WEFT_PYTHON")) candidates.emplace_back(chosen);
  candidates.insert(candidates.end(), {"python3", "/usr/bin/python3"});
  for (const std::string& candidate : candidates)
    if (run({candidate, "-c", "import matplotlib, numpy"}, true) == 0) return candidate;
  return {};
}

}  // namespace

bool draw_figures(const std::string& script, const std::vector<std::string>& arguments) {
  const std::string python = find_python();
  if (python.empty()) {
    std::fprintf(stderr,
                 "No figures: no python3 with matplotlib was found. Debian has it in the package "
                 "python3-matplotlib; WEFT_PYTHON names another interpreter.\n");
    return true;
  }
  std::vector<std::string> command{python, script};
  command.insert(command.end(), arguments.begin(), arguments.end());
  if (run(command, false) == 0) return true;
  std::fprintf(stderr, "Figures are missing: %s failed.\n", script.c_str());
  return false;
}

}  // namespace experiment
