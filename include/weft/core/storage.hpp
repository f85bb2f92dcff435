#pragma once

#include <weft/core/arena.hpp>

#include <algorithm>
#include <utility>

namespace weft::inline WEFT_TARGET::detail {

// The memory of a tensor, 64-byte aligned, of the heap or of an arena. It knows no shape, so that
// it is compiled once for all of them.
template <class T>
class Storage {
 public:
  Storage() = default;
  // leading * tail elements.
  [[gnu::noinline]] Storage(std::size_t leading, std::size_t tail, Arena* arena) : arena_(arena) {
    const std::size_t row_bytes = std::max<std::size_t>(tail, 1) * sizeof(T);
    if (leading > static_cast<std::size_t>(-1) / 2 / row_bytes) throw std::bad_alloc();
    const std::size_t count = leading * tail;
    if (arena) data_ = arena->allocate<T>(count);
    else data_ = static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{alignment}));
  }
  Storage(Storage&& other) noexcept { swap(other); }
  Storage& operator=(Storage&& other) noexcept {
    swap(other);
    return *this;
  }
  // Nothing at all where the compiler sees that the memory was moved away.
  ~Storage() {
    if (data_ && !arena_) release(data_);
  }

  T* data() const { return data_; }
  Arena* arena() const { return arena_; }

 private:
  [[gnu::noinline]] static void release(T* data) {
    ::operator delete(data, std::align_val_t{alignment});
  }

  void swap(Storage& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(arena_, other.arena_);
  }

  T* data_ = nullptr;
  Arena* arena_ = nullptr;
};

template <class T>
[[gnu::noinline]] Storage<T> zeros(std::size_t leading, std::size_t tail) {
  Storage<T> storage(leading, tail, nullptr);
  std::fill_n(storage.data(), leading * tail, T{});
  return storage;
}

}  // namespace weft::detail
