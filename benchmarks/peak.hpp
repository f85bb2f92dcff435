#pragma once

#include <weft/simd/reduce.hpp>
#include <weft/core/environment.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

// What a machine can do at best, measured in the run whose figures are held against it.

namespace benchmarks {

namespace detail {

inline constexpr std::size_t chains = 12;

// count multiply-adds in each of 12 registers, none of which waits for another: enough to hide a
// latency of 4 at two a cycle, or a multiplication and an addition of 3 each, and few enough for 16
// registers. The values tend to 2, so none becomes denormal.
template <class T>
[[gnu::noinline]] T multiply_add_chains(std::size_t count, T start) {
  using Batch = weft::simd::Batch<T>;
  const Batch half(start), one(2 * start);
  Batch values[chains];
  for (std::size_t i = 0; i < chains; ++i) values[i] = Batch(start + static_cast<T>(i));
  for (std::size_t step = 0; step < count; ++step)
#pragma GCC unroll 12
    for (std::size_t i = 0; i < chains; ++i)
      values[i] = weft::simd::fma<T>(values[i], half, one);
  for (std::size_t i = 1; i < chains; ++i) values[0] = values[0] + values[i];
  return weft::simd::sum<T>(values[0]);
}

// The best of some tries of 100 to 400 microseconds: the machine may be busy, and an Intel Xeon loses
// about the first microsecond of each, so that tries of 17 read 7 % less than these.
template <class T>
double peak_of_one_thread(int tries) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t count = 80000;
  double best = 1;
  volatile T start = static_cast<T>(0.5), sink = 0;
  for (int attempt = 0; attempt < tries; ++attempt) {
    const auto begin = Clock::now();
    sink = multiply_add_chains<T>(count, start);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  static_cast<void>(sink);
  return static_cast<double>(2 * count * chains * weft::simd::width<T>) / best;
}

}  // namespace detail

// Multiply-adds of T that so many threads do in a second when nothing else holds them up, counted
// as two operations each; of the instruction set this is compiled for. A few tries tell what the
// machine does just now, many what it can do at best.
template <class T>
double peak_flops(int threads = 1, int tries = 50) {
  std::vector<double> peaks(static_cast<std::size_t>(threads));
  weft::parallel_for(peaks.size(), threads, [&](std::size_t i, int) {
    peaks[i] = detail::peak_of_one_thread<T>(tries);
  });
  double sum = 0;
  for (const double peak : peaks) sum += peak;
  return sum;
}

// "AMD EPYC", as the system has it; empty where it does not say.
inline std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return {};
}

// "gcc 12.2.0".
inline const char* compiler_name() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

// The first lines of a benchmark's output: what machine this is, what was built, and its peak.
inline void print_machine(std::FILE* stream = stderr) {
  const std::string processor = processor_name();
  std::fprintf(stream, "machine: %s\ncompiler: %s\n",
               processor.empty() ? "unknown" : processor.c_str(), compiler_name());
  weft::print_environment(weft::default_threads(), stream);
  std::fprintf(stream, "multiply-add peak of one thread: %.1f GFLOP/s float, %.1f double\n",
               1e-9 * peak_flops<float>(), 1e-9 * peak_flops<double>());
}

}  // namespace benchmarks
