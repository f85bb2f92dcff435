#pragma once

#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>

// A program that stays alive and is asked, one line at a time, so that what is compared can take
// turns. worker.py is the same in Python.

namespace compare {

// Seconds that `count` calls take.
template <class Function>
double seconds_of(std::size_t count, Function function) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  for (std::size_t i = 0; i < count; ++i) function();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Prints "ready", then for each line of the standard input a line that answer(words, reply) has
// written to the stream `reply`. Returns the status to exit with.
template <class Answer>
int serve(Answer answer) try {
  std::printf("ready\n");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::ostringstream reply;
    reply.precision(9);
    answer(words, reply);
    std::printf("%s\n", reply.str().c_str());
    std::fflush(stdout);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}

}  // namespace compare
