#pragma once

#include <cstddef>

// Allocations of this process, on any thread: malloc and its relatives, and so operator new and
// what libraries take for themselves. test_train replaces malloc for it; where that cannot be done
// (a sanitizer, another C library than glibc) only operator new is counted.

// Whether malloc itself is counted.
extern const bool counts_malloc;

// Allocations made while function() runs.
std::size_t allocations_so_far();

template <class Function>
std::size_t count_allocations(Function&& function) {
  const std::size_t before = allocations_so_far();
  function();
  return allocations_so_far() - before;
}
