#pragma once

#include <weft/core/arena.hpp>

namespace weft::inline WEFT_TARGET {

// Temporary memory of a function, given back when the object goes out of scope.
//
// Each thread keeps one arena for it, used as a stack, so a kernel that packs a panel or an
// operation without a tape allocates nothing from its second call on.
class Scratch {
 public:
  Scratch() : arena_(of_this_thread()), mark_(arena_.mark()) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    arena_.rewind(mark_);
    if (arena_.is_empty()) arena_.reset();
  }

  // Uninitialised, 64-byte aligned memory for count objects.
  template <class T>
  T* allocate(std::size_t count) {
    return arena_.allocate<T>(count);
  }

 private:
  static Arena& of_this_thread() {
    static thread_local Arena arena;
    return arena;
  }

  Arena& arena_;
  Arena::Mark mark_;
};

}  // namespace weft
