#pragma once

#include <weft/core/arena.hpp>
#include <weft/core/config.hpp>

#include <utility>

namespace weft::inline WEFT_TARGET {

// Where the gradient of one value is collected. The first contribution stores, later ones add, so
// nothing has to be cleared.
struct GradientSlot {
  void* data = nullptr;  // elements of the value's type, as many as it has; null until needed
  bool written = false;
};

// The gradients of a model's parameters, which outlive the records of a tape.
//
// A slot belongs to the memory of a parameter's value. Slots are made when a parameter is first
// used, and kept; a frozen parameter has none, so no one computes its gradient.
class Gradients {
 public:
  Gradients() = default;
  Gradients(Gradients&& other) noexcept
      : memory_(std::move(other.memory_)),
        found_(std::exchange(other.found_, nullptr)),
        is_closed_(std::exchange(other.is_closed_, false)) {}
  Gradients& operator=(Gradients&& other) noexcept {
    memory_ = std::move(other.memory_);  // which swaps
    std::swap(found_, other.found_);
    std::swap(is_closed_, other.is_closed_);
    return *this;
  }

  // Takes memory for `count` parameters with this many bytes together in one piece.
  void reserve(std::size_t count, std::size_t bytes) {
    const Arena::Mark start = memory_.mark();
    memory_.allocate<std::byte>(Arena::bytes_for(2 * count, bytes));  // with an entry each
    memory_.rewind(start);
  }

  // From now on parameters that have no slot yet are as if frozen.
  void close() { is_closed_ = true; }

  // The slot of the parameter whose value lies at `value`, with room for `count` elements of T.
  // Null where it is frozen.
  template <class T>
  GradientSlot* slot(const T* value, std::size_t count) {
    Entry* entry = find(value);
    if (is_closed_ && count > 0 && (!entry || entry->bytes == 0)) return nullptr;
    if (!entry) entry = add(value);
    if (entry->is_frozen()) return nullptr;
    if (entry->bytes != count * sizeof(T)) {  // new, or another model has come to this address
      entry->slot = {memory_.allocate<T>(count), false};
      entry->bytes = count * sizeof(T);
    }
    return &entry->slot;
  }

  // The gradient collected for a parameter; null where nothing was.
  template <class T>
  T* collected(const T* value) const {
    const Entry* entry = find(value);
    if (!entry || entry->is_frozen() || !entry->slot.written) return nullptr;
    return static_cast<T*>(entry->slot.data);
  }

  // The same, and forgets it.
  template <class T>
  T* take(const T* value) {
    T* gradient = std::as_const(*this).collected(value);
    if (gradient) find(value)->slot.written = false;
    return gradient;
  }

  // A frozen parameter takes part in the forward pass only.
  void freeze(const void* value, bool frozen = true) {
    freeze_entry(value, &Entry::frozen, frozen);
  }
  // The same by an optimizer, for its groups; what is frozen in either way is frozen.
  void freeze_for_optimizer(const void* value, bool frozen) {
    freeze_entry(value, &Entry::frozen_for_optimizer, frozen);
  }
  bool is_frozen(const void* value) const {
    const Entry* entry = find(value);
    return entry && entry->is_frozen();
  }

  // Forgets what was collected and keeps the memory.
  void clear() {
    if (!found_) return;
    Entry* entry = found_;
    do {
      entry->slot.written = false;
      entry = entry->next;
    } while (entry != found_);
  }

 private:
  struct Entry {
    const void* value;
    Entry* next;  // of a circle
    GradientSlot slot{};
    std::size_t bytes = 0;  // of the slot's memory
    bool frozen = false, frozen_for_optimizer = false;

    bool is_frozen() const { return frozen || frozen_for_optimizer; }
  };

  void freeze_entry(const void* value, bool Entry::*flag, bool frozen) {
    Entry* entry = find(value);
    if (!entry) entry = add(value);
    entry->*flag = frozen;
    if (frozen) entry->slot.written = false;
  }

  // Parameters are used in the same order at every step, so a search starts where the last one that
  // may move found_ has ended.
  Entry* find(const void* value) {
    Entry* entry = find_behind(found_, value);
    if (entry) found_ = entry;
    return entry;
  }
  const Entry* find(const void* value) const { return find_behind(found_, value); }

  static Entry* find_behind(Entry* start, const void* value) {
    if (!start) return nullptr;
    Entry* entry = start;
    do {
      entry = entry->next;
      if (entry->value == value) return entry;
    } while (entry != start);
    return nullptr;
  }

  // Behind the one found last.
  Entry* add(const void* value) {
    auto* entry = new (memory_.allocate<Entry>(1)) Entry{value, nullptr};
    entry->next = found_ ? std::exchange(found_->next, entry) : entry;
    return found_ = entry;
  }

  Arena memory_;  // of entries and what their slots point to
  Entry* found_ = nullptr;  // the one found last; null before the first
  bool is_closed_ = false;
};

}  // namespace weft
