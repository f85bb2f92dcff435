#pragma once

#include <weft/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>
#include <vector>

namespace weft::inline WEFT_TARGET {

// Memory handed out by moving a pointer and taken back all at once.
//
// allocate() returns 64-byte aligned memory that stays where it is until reset(). The first pass
// over a piece of work grows the arena in chunks; reset() merges them into one that held it all,
// so later passes of the same size allocate nothing and their memory is contiguous.
class Arena {
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
    if (chunks_.size() > 1) {
      const std::size_t total = capacity();
      release();
      add_chunk(total);
    }
    rewind({0, 0});
  }

  // A position to come back to with rewind(), which forgets what was allocated since.
  struct Mark {
    std::size_t chunk, used;
  };
  Mark mark() const { return {current_, used_}; }
  void rewind(Mark mark) {
    current_ = mark.chunk;
    used_ = mark.used;
  }

  // So many are enough for `count` arrays of this many bytes together.
  static constexpr std::size_t bytes_for(std::size_t count, std::size_t bytes) {
    return bytes + count * (alignment + skew);
  }

  // Bytes held, used or not.
  std::size_t capacity() const {
    std::size_t bytes = 0;
    for (const Chunk& chunk : chunks_) bytes += chunk.bytes;
    return bytes;
  }

 private:
  struct Chunk {
    std::byte* begin;
    std::size_t bytes;
  };
  static constexpr std::size_t first_chunk = std::size_t{1} << 16;

  // Arrays of a whole number of pages, one behind the other, would share cache sets, element by
  // element. An odd number of cache lines between them saves 1 to 5 % of a training step.
  static constexpr std::size_t page = 4096, skew = 3 * alignment;

  std::byte* allocate_bytes(std::size_t bytes) {
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (bytes >= page) bytes += skew;
    while (current_ < chunks_.size() && bytes > chunks_[current_].bytes - used_) {
      ++current_;
      used_ = 0;
    }
    if (current_ == chunks_.size()) add_chunk(std::max({bytes, first_chunk, capacity()}));
    std::byte* result = chunks_[current_].begin + used_;
    used_ += bytes;
    return result;
  }

  void add_chunk(std::size_t bytes) {
    chunks_.reserve(chunks_.size() + 1);
    chunks_.push_back({static_cast<std::byte*>(::operator new(bytes, std::align_val_t{alignment})),
                       bytes});
  }

  void release() {
    for (const Chunk& chunk : chunks_) ::operator delete(chunk.begin, std::align_val_t{alignment});
    chunks_.clear();
    rewind({0, 0});
  }

  void swap(Arena& other) noexcept {
    chunks_.swap(other.chunks_);
    std::swap(current_, other.current_);
    std::swap(used_, other.used_);
  }

  std::vector<Chunk> chunks_;
  std::size_t current_ = 0;  // the chunk allocated from
  std::size_t used_ = 0;     // bytes of it
};

}  // namespace weft
