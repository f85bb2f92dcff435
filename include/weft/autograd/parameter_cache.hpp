#pragma once

#include <weft/core/arena.hpp>
#include <weft/core/config.hpp>

#include <cstddef>
#include <utility>

namespace weft::inline WEFT_TARGET {

// What operations make of parameters, such as a weight in the order its product reads it, kept
// while the parameters stay as they are.
class ParameterCache {
 public:
  ParameterCache() = default;
  ParameterCache(ParameterCache&&) = delete;  // tapes hold its address

  // `count` elements that make(T*) wrote, when they were first asked for under this parameter's
  // address and `key`, which tells apart what is made of one parameter.
  template <class T, class Make>
  const T* get(const T* parameter, int key, std::size_t count, Make make) {
    if (const void* found = find(parameter, key)) return static_cast<const T*>(found);
    T* made = memory_.allocate<T>(count);
    make(made);
    auto* entry = new (memory_.allocate<Entry>(1)) Entry{parameter, key, made, nullptr};
    entry->next = found_ ? std::exchange(found_->next, entry) : entry;
    found_ = entry;
    return made;
  }

  // Forgets everything and keeps the memory: parameters may change now.
  void clear() {
    found_ = nullptr;
    memory_.reset();
  }

 private:
  struct Entry {
    const void* parameter;
    int key;
    const void* made;
    Entry* next;  // of a circle
  };

  // They are asked for in the same order again and again, so the search starts where it last ended.
  const void* find(const void* parameter, int key) {
    Entry* const start = found_;
    if (!start) return nullptr;
    do {
      found_ = found_->next;
      if (found_->parameter == parameter && found_->key == key) return found_->made;
    } while (found_ != start);
    return nullptr;
  }

  Arena memory_;            // of entries and of what they have made
  Entry* found_ = nullptr;  // the one found last; null before the first
};

}  // namespace weft
