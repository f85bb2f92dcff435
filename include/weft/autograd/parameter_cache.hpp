#pragma once

#include <weft/core/arena.hpp>
#include <weft/core/config.hpp>

#include <cstddef>
#include <vector>

namespace weft::inline WEFT_TARGET {

// What operations make of parameters, such as a weight in the order its product reads it, kept
// while the parameters stay as they are.
class ParameterCache {
 public:
  // `count` elements that make(T*) wrote, when they were first asked for under this parameter's
  // address and `key`, which tells apart what is made of one parameter.
  template <class T, class Make>
  const T* get(const T* parameter, int key, std::size_t count, Make make) {
    if (const void* found = find(parameter, key)) return static_cast<const T*>(found);
    T* made = memory_.allocate<T>(count);
    make(made);
    entries_.push_back({parameter, key, made});
    return made;
  }

  // Forgets everything and keeps the memory: parameters may change now.
  void clear() {
    entries_.clear();
    next_ = 0;
    memory_.reset();
  }

 private:
  struct Entry {
    const void* parameter;
    int key;
    const void* made;
  };

  // They are asked for in the same order again and again, so the search starts where it last ended.
  const void* find(const void* parameter, int key) {
    for (std::size_t step = 0; step < entries_.size(); ++step) {
      if (next_ >= entries_.size()) next_ = 0;
      const Entry& entry = entries_[next_++];
      if (entry.parameter == parameter && entry.key == key) return entry.made;
    }
    return nullptr;
  }

  Arena memory_;
  std::vector<Entry> entries_;
  std::size_t next_ = 0;
};

}  // namespace weft
