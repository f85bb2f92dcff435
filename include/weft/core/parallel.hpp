#pragma once

#include <weft/core/error.hpp>

#include <cstddef>
#include <exception>
#include <string>

#if defined(_OPENMP)
#include <omp.h>

#define WEFT_THREADS openmp
#else
#define WEFT_THREADS serial
#endif

// The one place that knows OpenMP. Without it everything runs on the calling thread.
//
// What uses threads lives in a further inline namespace, named after how this translation unit
// gets them, so that objects built with and without OpenMP link together:
//
//   namespace weft::inline WEFT_TARGET::inline WEFT_THREADS { ... }
//   namespace weft::inline WEFT_TARGET::detail::inline WEFT_THREADS { ... }

namespace weft::inline WEFT_TARGET::detail::inline WEFT_THREADS {

// The exception of the lowest index among those that threw.
struct Failure {
  std::size_t index = 0;
  std::exception_ptr exception;

  // To be called in a handler.
  void keep(std::size_t failed) {
    if (exception && index < failed) return;
    index = failed;
    exception = std::current_exception();
  }
};

template <class Function>
void serial_for(std::size_t count, Failure& failure, Function& function) {
  for (std::size_t index = 0; index < count; ++index) {
    try {
      function(index, 0);
    } catch (...) {
      failure.keep(index);
    }
  }
}

#if defined(_OPENMP)
template <class Function>
void openmp_for(std::size_t count, int threads, Failure& failure, Function& function) {
  std::size_t taken = 0;
#pragma omp parallel num_threads(threads) default(shared)
  {
    const int thread = omp_get_thread_num();
    const auto team = static_cast<std::size_t>(omp_get_num_threads());
    auto index = static_cast<std::size_t>(thread);
    while (index < count) {
      try {
        function(index, thread);
      } catch (...) {
#pragma omp critical(weft_parallel_for)
        failure.keep(index);
      }
      std::size_t next;
#pragma omp atomic capture relaxed
      next = taken++;
      index = team + next;
    }
  }
}
#endif

// Calls function(), which must not throw, while no other thread is in such a call.
template <class Function>
void one_at_a_time(Function function) {
#if defined(_OPENMP)
#pragma omp critical(weft_one_at_a_time)
#endif
  function();
}

}  // namespace weft::detail

namespace weft::inline WEFT_TARGET::inline WEFT_THREADS {

// Whether this translation unit is compiled with OpenMP.
#if defined(_OPENMP)
inline constexpr bool has_openmp = true;
#else
inline constexpr bool has_openmp = false;
#endif

// The number of threads used where nothing else is asked for: OMP_NUM_THREADS where it is set, else
// the processors this process may use; 1 without OpenMP.
inline int default_threads() {
#if defined(_OPENMP)
  return omp_get_max_threads();
#else
  return 1;
#endif
}

// Calls function(index, thread) for every index below count, on up to `threads` threads, where
// thread is the number of the one that runs it, below `threads`.
//
// A thread begins with the index of its own number and then takes the lowest one left, so each has
// work in every call, and memory that a thread keeps is grown by the first call. Every index is
// run; if any throws, the exception of the lowest one is thrown again when all have ended. Inside
// another parallel_for it runs on the thread it is called from, as thread 0. Nothing is allocated
// from the second call with the same number of threads on. Throws Error where threads is below 1.
template <class Function>
void parallel_for(std::size_t count, int threads, Function&& function) {
  if (threads < 1) fail("parallel_for", "at least one thread is needed", std::to_string(threads));
  detail::Failure failure;
#if defined(_OPENMP)
  if (threads > 1 && count > 1 && !omp_in_parallel())
    detail::openmp_for(count, threads, failure, function);
  else
    detail::serial_for(count, failure, function);
#else
  detail::serial_for(count, failure, function);
#endif
  if (failure.exception) std::rethrow_exception(failure.exception);
}

}  // namespace weft
