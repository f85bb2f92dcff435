#pragma once

#include <weft/autograd/gradients.hpp>
#include <weft/core/parallel.hpp>
#include <weft/core/visit.hpp>
#include <weft/kernels/elementwise.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace weft::inline WEFT_TARGET::inline WEFT_THREADS {

// The gradients of one model's parameters, once for each lane, and their sum.
//
// The memory of all is taken when the object is made. The parameters must stay where they are.
class LaneGradients {
 public:
  LaneGradients(const std::vector<AnyParameter>& parameters, std::size_t lanes)
      : gradients_(lanes) {
    for (const AnyParameter& parameter : parameters) {
      add_parameter(parameter.path, parameter.elements<float>());
      add_parameter(parameter.path, parameter.elements<double>());
    }
    for (Gradients& lane : gradients_) lane.reserve(parameters_.size(), parameter_bytes());
    for (Parameter& parameter : parameters_)
      for (Gradients& lane : gradients_) slots_.push_back(parameter.make_slot(lane, parameter));
  }

  Gradients& operator[](std::size_t lane) { return gradients_[lane]; }

  // Adds all lanes into lane 0 and forgets the others.
  //
  // Lane i takes lane i + stride for stride 1, 2, 4, ..., whatever the number of threads, so the
  // sum has the same bits for any. Lanes that collected nothing for a parameter are passed over.
  void sum(int threads) {
    parallel_for(pieces_.size(), threads, [&](std::size_t index, int) {
      const Piece& piece = pieces_[index];
      parameters_[piece.parameter].sum(slots_of(piece.parameter), lanes(), piece.begin,
                                       piece.count);
    });
    for (std::size_t parameter = 0; parameter < parameters_.size(); ++parameter) {
      GradientSlot* const* slots = slots_of(parameter);
      for (std::size_t lane = 1; lane < lanes(); ++lane) {
        slots[0]->written |= slots[lane]->written;
        slots[lane]->written = false;
      }
    }
  }

  // Bytes of the values whose gradients these are.
  std::size_t parameter_bytes() const {
    std::size_t bytes = 0;
    for (const Parameter& parameter : parameters_) bytes += parameter.bytes;
    return bytes;
  }

  void clear() {
    for (Gradients& lane : gradients_) lane.clear();
  }

  // Freezes, or unfreezes, the parameters whose path the predicate is true of; returns how many.
  template <class Predicate>
  std::size_t freeze(Predicate&& predicate, bool frozen) {
    std::size_t found = 0;
    for (const Parameter& parameter : parameters_) {
      if (!predicate(std::string_view(parameter.path))) continue;
      freeze_value(parameter.value, frozen);
      ++found;
    }
    return found;
  }
  void freeze_value(const void* value, bool frozen) {
    for (Gradients& lane : gradients_) lane.freeze(value, frozen);
  }

 private:
  struct Parameter {
    std::string path;
    const void* value;
    std::size_t count, bytes;
    GradientSlot* (*make_slot)(Gradients&, const Parameter&);
    bool (*sum)(GradientSlot* const* slots, std::size_t lanes, std::size_t begin,
                std::size_t count);
  };
  // Elements [begin, begin + count) of one parameter: what one thread sums at a time.
  struct Piece {
    std::size_t parameter, begin, count;
  };
  // Small enough for the partial sums of the tree to stay in the first-level cache.
  static constexpr std::size_t piece_size = 1024;

  template <class T>
  void add_parameter(const std::string& path, std::span<T> elements) {
    const T* value = elements.data();
    const std::size_t count = elements.size();
    if (count == 0) return;
    for (const Parameter& other : parameters_)
      if (other.value == value) return;  // shared by two modules
    const auto make_slot = [](Gradients& lane, const Parameter& parameter) {
      return lane.slot(static_cast<const T*>(parameter.value), parameter.count);
    };
    for (std::size_t begin = 0; begin < count; begin += piece_size)
      pieces_.push_back({parameters_.size(), begin, std::min(piece_size, count - begin)});
    parameters_.push_back({path, value, count, count * sizeof(T), make_slot, &sum_tree<T>});
  }

  // Sums a piece over `lanes` lanes into the first; false where none of them collected anything.
  template <class T>
  static bool sum_tree(GradientSlot* const* slots, std::size_t lanes, std::size_t begin,
                       std::size_t count) {
    if (lanes == 1) return slots[0]->written;
    const std::size_t half = lanes / 2;
    const bool left = sum_tree<T>(slots, half, begin, count);
    const bool right = sum_tree<T>(slots + half, half, begin, count);
    if (!right) return left;
    T* target = static_cast<T*>(slots[0]->data) + begin;
    const T* source = static_cast<const T*>(slots[half]->data) + begin;
    if (left) kernels::copy(count, source, target, Write::add);
    else std::copy_n(source, count, target);
    return true;
  }

  std::size_t lanes() const { return gradients_.size(); }
  GradientSlot* const* slots_of(std::size_t parameter) const {
    return slots_.data() + parameter * lanes();
  }

  std::vector<Gradients> gradients_;  // by lane
  std::vector<Parameter> parameters_;
  std::vector<GradientSlot*> slots_;  // by parameter and lane
  std::vector<Piece> pieces_;
};

}  // namespace weft
