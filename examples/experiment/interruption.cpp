#include "interruption.hpp"

#include "own_command.hpp"

#include <atomic>
#include <csignal>
#include <exception>

#include <unistd.h>

namespace experiment {

namespace {

// What a handler may touch.
volatile std::sig_atomic_t noted = 0;
std::atomic<int> are_noted = 0;  // trainings, which may be side by side
static_assert(std::atomic<int>::is_always_lock_free);
std::string farewell;  // made before there is a handler

void handle(int signal) {
  if (are_noted && !noted) {
    noted = signal;
    return;
  }
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, farewell.data(), farewell.size());
  ::_exit(128 + signal);
}

// The command this program was started with, and an option added to it.
std::string command_with(const std::string& option) {
  std::vector<std::string> words = without_option(own_command(), option, false);
  if (words.empty()) return "the same command with " + option;
  words.push_back(option);
  return shell_text(words);
}

}  // namespace

void end_on_signals() {
  farewell = "\n" + resume_advice();
  struct sigaction action {};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

int noted_signal() { return noted; }

std::string resume_advice() { return "stopped; to go on:\n  " + command_with("--resume") + "\n"; }

SignalsAreNoted::SignalsAreNoted() { ++are_noted; }
SignalsAreNoted::~SignalsAreNoted() {
  const bool is_last = --are_noted == 0;
  // One that came when the training had just ended.
  if (noted && is_last && std::uncaught_exceptions() == 0) handle(noted);
}

}  // namespace experiment
