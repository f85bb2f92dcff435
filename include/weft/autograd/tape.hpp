#pragma once

#include <weft/autograd/gradients.hpp>
#include <weft/autograd/parameter_cache.hpp>
#include <weft/core/error.hpp>
#include <weft/core/random.hpp>

#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace weft::inline WEFT_TARGET {

template <class T, std::size_t... Extents>
class Variable;
template <class T, std::size_t... Extents>
class Tensor;
template <class T, std::size_t... Extents>
class View;

// Dropout works in training, and passes its input through in evaluation.
enum class Mode : bool { train, evaluate };

// Reverse-mode differentiation: the memory of a forward pass, and the list of what it did.
//
// Operations on variables append one record each; backward() walks the list from its end and lets
// each record turn the gradient of its result into gradients of its operands. The tape knows no
// operation. See autograd/README.md, which builds one from nothing.
class Tape {
 public:
  Mode mode = Mode::train;
  Random random{0};  // what dropout draws from; set it to a key of the step before the forward pass

  // Where operations may keep what they make of parameters, beyond reset(); null for nowhere. Who
  // sets it clears the cache before parameters change.
  ParameterCache* parameter_cache = nullptr;

  // Whether backward() uses the memory of a result's gradient again as soon as it was passed on to
  // the operands, which cannot be read then. A smaller part of the cache serves all of them.
  bool recycles_gradients = false;

  // A value that is not differentiated. A contiguous tensor is looked at where it is and must live
  // until reset(); a temporary or a view with gaps is copied into the tape.
  template <class T, std::size_t... Extents>
  Variable<T, Extents...> constant(const Tensor<T, Extents...>& value);
  template <class T, std::size_t... Extents>
  Variable<T, Extents...> constant(Tensor<T, Extents...>&& value);
  template <class T, std::size_t... Extents>
  auto constant(const View<T, Extents...>& value);

  // A value whose gradient is wanted; read it with gradient() after backward().
  template <class T, std::size_t... Extents>
  Variable<T, Extents...> variable(const Tensor<T, Extents...>& value);
  template <class T, std::size_t... Extents>
  auto variable(const View<T, Extents...>& value);

  // A parameter of a model; its gradient is kept in gradients() beyond reset().
  template <class Parameter>
  auto parameter(const Parameter& parameter);

  // Collects scale * d(loss)/d(x) for every variable and parameter x the scalar loss depends on.
  // Gradients of parameters add up over calls until they are cleared, those of variable() until
  // reset(); those of results are of the last call. Throws Error where the loss is not on this tape
  // or depends on nothing that is differentiated.
  template <class T>
  void backward(const Variable<T>& loss, std::type_identity_t<T> scale = T{1});

  // The walk itself, for those who have put the gradient of a result in its slot by hand.
  void backward() {
    has_walked_ = true;
    for (Node* node = last_; node; node = node->previous) node->backward(node);
  }

  // Forgets the records and values, and keeps the memory and the parameters' gradients.
  // Variables made before are no longer valid.
  void reset() {
    last_ = nullptr;
    records_ = 0;
    has_walked_ = false;
    ++generation_;
    spare_ = nullptr;
    arena_.reset();
  }

  // Whether operations throw Error where an element of their result is not finite: slow, to find
  // out where a loss that is not finite comes from.
  bool finds_not_finite = false;

  // For operations: memory for the gradient of a value.
  void* gradient_memory(std::size_t bytes) {
    for (Spare** link = &spare_; *link; link = &(*link)->next)
      if ((*link)->bytes == bytes) return std::exchange(*link, (*link)->next);
    return arena_.allocate<std::byte>(bytes);
  }

  // For operations: the gradient in this slot has been passed on.
  void release_gradient(GradientSlot& slot, std::size_t bytes) {
    if (!recycles_gradients || !slot.data || bytes == 0) return;
    spare_ = new (slot.data) Spare{spare_, bytes};
    slot = {};
  }

  Gradients& gradients() { return gradients_; }
  const Gradients& gradients() const { return gradients_; }

  // Number of records since the last reset().
  std::size_t size() const { return records_; }
  // Counts resets, so that a variable from before one can be recognised.
  std::uint32_t generation() const { return generation_; }
  // Memory that lives until reset().
  Arena& arena() { return arena_; }

  // Appends a record, a trivially destructible object with `void backward()`, and the slot of its
  // result's gradient.
  template <class Record>
  void append(const Record& record, GradientSlot* result) {
    static_assert(std::is_trivially_destructible_v<Record>);
    auto* link =
        new (arena_.allocate<Link<Record>>(1)) Link<Record>{{last_, result, nullptr}, record};
    link->backward = [](Node* node) { static_cast<Link<Record>*>(node)->record.backward(); };
    last_ = link;
    ++records_;
  }

 private:
  struct Node {
    Node* previous;
    GradientSlot* result;
    void (*backward)(Node*);
  };
  template <class Record>
  struct Link : Node {
    Record record;
  };

  // Begins the memory of a gradient that was passed on: an arena hands out whole cache lines, but
  // none for a value without elements.
  struct Spare {
    Spare* next;
    std::size_t bytes;
  };
  static_assert(sizeof(Spare) <= alignment);

  // A second walk must not pass on again what an earlier one has left in results.
  void forget_results() {
    if (!has_walked_) return;
    for (Node* node = last_; node; node = node->previous) node->result->written = false;
  }

  Arena arena_;
  Gradients gradients_;
  Spare* spare_ = nullptr;  // the one released last
  Node* last_ = nullptr;
  std::size_t records_ = 0;
  bool has_walked_ = false;  // since the last reset
  std::uint32_t generation_ = 0;
};

}  // namespace weft
