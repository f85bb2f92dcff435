#include "interruption.hpp"

#include <weft/io/file.hpp>

#include <csignal>
#include <exception>
#include <sstream>

#include <unistd.h>

namespace experiment {

namespace {

// What a handler may touch.
volatile std::sig_atomic_t noted = 0, are_noted = 0;
std::string farewell;  // made before there is a handler

void handle(int signal) {
  if (are_noted && !noted) {
    noted = signal;
    return;
  }
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, farewell.data(), farewell.size());
  ::_exit(128 + signal);
}

// A word as a shell reads it.
std::string quoted(const std::string& word) {
  constexpr const char* plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

// The command this program was started with, and an option added to it.
std::string command_with(const std::string& option) {
  std::string arguments;
  try {
    arguments = weft::read_file("/proc/self/cmdline");  // each ends with a zero
  } catch (const weft::Error&) {
    return "the same command with " + option;
  }
  std::string command, word;
  std::istringstream words(arguments);
  while (std::getline(words, word, '\0'))
    if (word != option) command += quoted(word) + " ";
  return command + option;
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

SignalsAreNoted::SignalsAreNoted() { are_noted = are_noted + 1; }
SignalsAreNoted::~SignalsAreNoted() {
  are_noted = are_noted - 1;
  // One that came when the training had just ended.
  if (noted && !are_noted && std::uncaught_exceptions() == 0) handle(noted);
}

}  // namespace experiment
