#pragma once

#include <weft/core/arena.hpp>
#include <weft/core/config.hpp>

#include <vector>

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
  Gradients(Gradients&&) = default;
  Gradients& operator=(Gradients&&) = default;

  // Takes memory for `count` parameters with this many bytes together in one piece.
  void reserve(std::size_t count, std::size_t bytes) {
    const Arena::Mark start = memory_.mark();
    memory_.allocate<std::byte>(Arena::bytes_for(2 * count, bytes));  // with a slot each
    memory_.rewind(start);
  }

  // The slot of the parameter whose value lies at `value`, with room for `count` elements of T.
  // Null where it is frozen.
  template <class T>
  GradientSlot* slot(const T* value, std::size_t count) {
    Entry* entry = find(value);
    if (!entry) entry = add(value);
    if (entry->is_frozen()) return nullptr;
    if (entry->bytes != count * sizeof(T)) {  // new, or another model has come to this address
      *entry->slot = {memory_.allocate<T>(count), false};
      entry->bytes = count * sizeof(T);
    }
    return entry->slot;
  }

  // The gradient collected for a parameter; null where nothing was.
  template <class T>
  T* collected(const T* value) const {
    const Entry* entry = find(value);
    if (!entry || entry->is_frozen() || !entry->slot->written) return nullptr;
    return static_cast<T*>(entry->slot->data);
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
    for (Entry& entry : entries_) entry.slot->written = false;
  }

 private:
  struct Entry {
    const void* value;
    GradientSlot* slot;
    std::size_t bytes;  // of the slot's memory
    bool frozen, frozen_for_optimizer;

    bool is_frozen() const { return frozen || frozen_for_optimizer; }
  };

  void freeze_entry(const void* value, bool Entry::*flag, bool frozen) {
    Entry* entry = find(value);
    if (!entry) entry = add(value);
    entry->*flag = frozen;
    if (frozen) entry->slot->written = false;
  }

  // Parameters are used in the same order at every step, so the search starts where the last ended.
  Entry* find(const void* value) {
    for (std::size_t step = 0; step < entries_.size(); ++step) {
      if (next_ >= entries_.size()) next_ = 0;
      Entry& entry = entries_[next_++];
      if (entry.value == value) return &entry;
    }
    return nullptr;
  }
  const Entry* find(const void* value) const {
    for (const Entry& entry : entries_)
      if (entry.value == value) return &entry;
    return nullptr;
  }

  Entry* add(const void* value) {
    auto* slot = new (memory_.allocate<GradientSlot>(1)) GradientSlot();
    entries_.push_back({value, slot, 0, false, false});
    return &entries_.back();
  }

  Arena memory_;
  std::vector<Entry> entries_;
  std::size_t next_ = 0;
};

}  // namespace weft
