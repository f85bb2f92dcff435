#pragma once

#include <weft/core/parallel.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace weft::inline WEFT_TARGET::inline WEFT_THREADS {

// The best instruction set that weft has code for and this machine offers, by the name that
// weft::instruction_set would have. Where there is no telling: that of this build.
inline std::string_view machine_instruction_set() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512vl"))
    return "AVX-512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "AVX2";
  if (__builtin_cpu_supports("sse4.2")) return "SSE4.2";
  return "SSE2";
#else
  return instruction_set;
#endif
}

// What a program runs on.
struct Environment {
  std::string_view instruction_set;  // of this build
  std::string_view machine;          // the best this machine offers
  int threads;
  bool is_optimized;
  bool is_parallel;  // built with OpenMP
};

// The optimisation of this translation unit.
#if defined(__OPTIMIZE__)
constexpr bool is_optimized_build = true;
#else
constexpr bool is_optimized_build = false;
#endif

inline Environment environment(int threads = default_threads(),
                               bool is_optimized = is_optimized_build) {
  return {instruction_set, machine_instruction_set(), threads, is_optimized, has_openmp};
}

// "AVX-512, 2 threads (OpenMP), optimized build", and a second line where the build makes less of
// the machine than it could.
inline std::string describe(const Environment& environment) {
  std::string text(environment.instruction_set);
  text += ", " + std::to_string(environment.threads);
  text += environment.threads == 1 ? " thread" : " threads";
  text += environment.is_parallel ? " (OpenMP)" : " (built without OpenMP)";
  text += environment.is_optimized ? ", optimized build" : ", build without optimization";
  if (environment.machine != environment.instruction_set) {
    text += "\nwarning: built for ";
    text.append(environment.instruction_set).append(", this machine has ");
    text.append(environment.machine).append("; build with -march=native to use it");
  }
  return text;
}

// Prints it. A program calls this once, when it starts.
inline void print_environment(int threads = default_threads(), std::FILE* stream = stderr,
                              bool is_optimized = is_optimized_build) {
  std::fprintf(stream, "weft: %s\n", describe(environment(threads, is_optimized)).c_str());
}

}  // namespace weft
