#pragma once

#include <weft/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace weft::inline WEFT_TARGET {

// Memory handed out by moving a pointer and taken back all at once.
//
// allocate() returns 64-byte aligned memory that stays where it is until reset(). The first pass
// over a piece of work grows the arena in chunks; reset() merges them into one that held it all,
// so later passes of the same size allocate nothing and their memory is contiguous.
class Arena {
  struct Chunk;

 public:
  Arena() = default;
  Arena(Arena&& other) noexcept { swap(other); }
  Arena& operator=(Arena&& other) noexcept {
    swap(other);
    return *this;
  }
  [[gnu::noinline]] ~Arena() { release(); }

  // Uninitialised memory for count objects, which no one will destroy.
  // Throws std::bad_alloc when there is none.
  template <class T>
  T* allocate(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
    if (count > static_cast<std::size_t>(-1) / 2 / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(static_cast<void*>(allocate_bytes(count * sizeof(T))));
  }

  // Forgets everything allocated and keeps the memory.
  void reset() {
    if (first_ && first_->next) {
      const std::size_t total = capacity();
      release();
      add_chunk(total);
    }
    rewind({});
  }

  // A position to come back to with rewind(), which forgets what was allocated since.
  struct Mark {
    Chunk* chunk = nullptr;  // null for the beginning, which outlives a reset()
    std::size_t used = 0;
  };
  Mark mark() const { return is_empty() ? Mark{} : Mark{current_, used_}; }
  void rewind(Mark mark) {
    current_ = mark.chunk ? mark.chunk : first_;
    used_ = mark.used;
  }
  // Whether nothing is allocated.
  bool is_empty() const { return current_ == first_ && used_ == 0; }

  // So many are enough for `count` arrays of this many bytes together.
  static constexpr std::size_t bytes_for(std::size_t count, std::size_t bytes) {
    return bytes + count * (alignment + skew);
  }

  // Bytes held, used or not.
  std::size_t capacity() const {
    std::size_t bytes = 0;
    for (const Chunk* chunk = first_; chunk; chunk = chunk->next) bytes += chunk->bytes;
    return bytes;
  }

 private:
  // What begins the memory of each; what is handed out follows, a cache line on.
  struct Chunk {
    Chunk* next;
    std::size_t bytes;

    std::byte* begin() { return reinterpret_cast<std::byte*>(this) + alignment; }
  };
  static_assert(alignment >= 2 * sizeof(void*));
  static constexpr std::size_t first_chunk = std::size_t{1} << 16;

  // Arrays of a whole number of pages, one behind the other, would share cache sets, element by
  // element. An odd number of cache lines between them saves 1 to 5 % of a training step.
  static constexpr std::size_t page = 4096, skew = 3 * alignment;

  std::byte* allocate_bytes(std::size_t bytes) {
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (bytes >= page) bytes += skew;
    while (!current_ || bytes > current_->bytes - used_) {
      if (!current_ || !current_->next) add_chunk(std::max({bytes, first_chunk, capacity()}));
      else rewind({current_->next, 0});
    }
    return current_->begin() + std::exchange(used_, used_ + bytes);
  }

  // Behind the last one, and goes on there.
  void add_chunk(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(-1) / 2) throw std::bad_alloc();
    void* memory = ::operator new(alignment + bytes, std::align_val_t{alignment});
    Chunk** end = &first_;
    while (*end) end = &(*end)->next;
    *end = new (memory) Chunk{nullptr, bytes};
    rewind({*end, 0});
  }

  void release() {
    while (first_)
      ::operator delete(std::exchange(first_, first_->next), std::align_val_t{alignment});
    rewind({});
  }

  void swap(Arena& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(current_, other.current_);
    std::swap(used_, other.used_);
  }

  Chunk* first_ = nullptr;
  Chunk* current_ = nullptr;  // the one allocated from
  std::size_t used_ = 0;      // bytes of it
};

}  // namespace weft
