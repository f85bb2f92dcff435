#pragma once

#include <benchmarks/peak.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

#include <time.h>

// Measuring side by side. On a shared machine seconds drift by tens of percent; the ratio of two
// things that took turns does not.

namespace benchmarks {

// Processor seconds of the calling thread so far: they hold still where others use the machine too,
// and leave out the threads that a library keeps spinning beside it.
inline double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// thread_seconds() of every contender in every round, as seconds[contender][round]. All run in
// each round, one after the other, the first one another each time. The first rounds do not count:
// caches and memory are cold.
inline std::vector<std::vector<double>> seconds_of(
    const std::vector<std::function<void()>>& contenders, std::size_t rounds) {
  constexpr std::size_t uncounted = 2;
  const std::size_t count = contenders.size();
  std::vector<std::vector<double>> seconds(count);
  for (std::size_t round = 0; round < rounds + uncounted; ++round)
    for (std::size_t turn = 0; turn < count; ++turn) {
      const std::size_t i = (round + turn) % count;
      const double begin = thread_seconds();
      contenders[i]();
      const double end = thread_seconds();
      if (round >= uncounted) seconds[i].push_back(end - begin);
    }
  return seconds;
}

// A median and what it is at least, with 95 % confidence.
struct Estimate {
  double median, low;
};

// The lower bound is the k-th smallest value, with the largest k for which no more than k - 1 of n
// values lie below the true median in at most 5 % of cases, whatever their distribution (the sign
// test; Conover, Practical Nonparametric Statistics, 1999, section 3.2). It takes five values.
inline Estimate estimate_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  double probability = std::pow(0.5, static_cast<double>(n)), below = probability;
  std::size_t k = 0;
  while (below <= 0.05) {
    ++k;
    probability *= static_cast<double>(n - k + 1) / static_cast<double>(k);
    below += probability;
  }
  const double middle = (values[(n - 1) / 2] + values[n / 2]) / 2;
  return {middle, values[k == 0 ? 0 : k - 1]};
}

// How many times the seconds of `first` are in those of `second`, round by round.
inline std::vector<double> ratios(const std::vector<double>& second,
                                  const std::vector<double>& first) {
  std::vector<double> result(first.size());
  for (std::size_t i = 0; i < first.size(); ++i) result[i] = second[i] / first[i];
  return result;
}

}  // namespace benchmarks
