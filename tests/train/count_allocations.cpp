#include <tests/train/count_allocations.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER
#endif

namespace {
std::atomic<std::size_t> allocations{0};
}

std::size_t allocations_so_far() { return allocations; }

#if defined(__GLIBC__) && !defined(UNDER_SANITIZER)

const bool counts_malloc = true;

// glibc lets a program bring its own malloc, and keeps its own under these names.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, std::size_t bytes) {
  ++allocations;
  return __libc_realloc(memory, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  ++allocations;
  *memory = __libc_memalign(alignment, bytes);
  return *memory ? 0 : 12;  // ENOMEM
}
void free(void* memory) { __libc_free(memory); }
}

#else

const bool counts_malloc = false;

void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  ++allocations;
  const auto step = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(step, (bytes + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

#endif

TEST_CASE("the counter of allocations sees those of every kind and thread") {
  struct alignas(64) Line {
    char bytes[64];
  };
  // Through a volatile pointer, since a compiler may leave out what it can follow.
  static void* volatile memory;
  const auto plain = [] {
    memory = new int;
    delete static_cast<int*>(memory);
  };
  const auto aligned = [] {
    memory = new Line;
    delete static_cast<Line*>(memory);
  };
  const auto from_c = [] {
    memory = std::malloc(8);
    std::free(memory);
  };
  CHECK(count_allocations(plain) == 1);
  CHECK(count_allocations(aligned) == 1);
  CHECK(count_allocations(from_c) == (counts_malloc ? 1 : 0));
  std::size_t seen = 0;
  std::thread([&] { seen = count_allocations(aligned); }).join();
  CHECK(seen == 1);
  CHECK(count_allocations([] {}) == 0);
}
