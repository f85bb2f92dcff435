#pragma once

#include <weft/core/scratch.hpp>
#include <weft/ops/operand.hpp>

#include <cmath>
#include <tuple>

// What every operation is made of. See ops/README.md, which adds one step by step.
//
// An operation is a small struct with its settings, a name, a forward and a backward:
//
//   struct Exp {
//     static constexpr const char* name = "exp";
//     void forward(Memory&, auto y, auto x) const;     // writes y.data(), reads x.data()
//     void backward(auto y, auto x) const;             // reads y.gradient_data(), fills x.target()
//   };
//
// and a free function that checks shapes and calls apply(). Types check shapes; below apply() they
// are numbers, so that an operation is compiled once for all shapes.

namespace weft::inline WEFT_TARGET {

// Memory for what a forward pass leaves to its backward pass. Where nothing is recorded it lasts
// for the operation only.
class Memory {
 public:
  Memory(Tape* tape, bool recording) : tape_(tape), recording_(recording) {}

  template <class T>
  T* allocate(std::size_t count) {
    return recording_ ? tape_->arena().allocate<T>(count) : scratch_.allocate<T>(count);
  }

  // Whether there will be a backward pass, so that it is worth keeping anything for it.
  bool is_recording() const { return recording_; }
  // The tape of the operands; null without one.
  Tape* tape() const { return tape_; }

 private:
  Scratch scratch_;
  Tape* tape_;
  bool recording_;
};

// Where a forward pass writes its result.
template <class T>
class Output {
 public:
  using value_type = T;

  Output(T* data, AnyShape shape) : data_(data), shape_(shape) {}

  T* data() const { return data_; }
  AnyShape shape() const { return shape_; }
  std::size_t leading() const { return shape_.leading(); }
  std::size_t size() const { return shape_.size(); }
  std::size_t extent(std::size_t axis) const { return shape_[axis]; }

 private:
  T* data_;
  AnyShape shape_;
};

namespace detail {

// Operands without their shapes in their types: an AnyVariable, or one of these.
template <class T>
struct AnyArray {
  const T* data;
  AnyShape shape;
  const std::size_t* strides;  // null: no gaps
  Arena* arena;                // that it lies in; null for other memory
};
template <class T>
struct AnyWeight {
  const T* data;
  AnyShape shape;
};

template <class T, std::size_t... Extents>
const AnyVariable<T>& any_operand(const Variable<T, Extents...>& x) {
  return x;
}
template <class T, std::size_t... Extents>
AnyArray<T> any_operand(const Tensor<T, Extents...>& x) {
  return {x.data(), x.shape(), nullptr, x.arena()};
}
template <class T, std::size_t... Extents>
AnyArray<std::remove_const_t<T>> any_operand(const View<T, Extents...>& x) {
  return {x.data(), x.shape(), x.strides().data(), nullptr};
}
template <ParameterLike P>
AnyWeight<element_of<P>> any_operand(const P& x) {
  return {x.value.data(), x.value.shape()};
}

template <class T>
void find_tape(const char* name, Tape*& tape, const AnyVariable<T>& x) {
  if (x.is_stale()) fail(name, "an operand is from before the last reset of its tape");
  if (tape && x.tape() && x.tape() != tape) fail(name, "operands must be on the same tape");
  if (x.tape()) tape = x.tape();
}
inline void find_tape(const char*, Tape*&, const auto& /*no variable*/) {}

// An operand as a variable of the tape: contiguous memory, and the slot of its gradient if it has
// one.
template <class T>
AnyVariable<T> lift(Tape&, const AnyVariable<T>& x) {
  return x;
}
template <class T>
AnyVariable<T> lift(Tape& tape, const AnyWeight<T>& x) {
  return {&tape, x.data, x.shape, tape.gradients().slot(x.data, x.shape.size())};
}
template <class T>
AnyVariable<T> lift(Tape& tape, const AnyArray<T>& x) {
  // The tape may outlive a tensor or what a view looks at; backward() must not depend on it.
  T* copy = tape.arena().template allocate<T>(x.shape.size());
  if (x.strides) copy_elements(x.shape, x.strides, x.data, copy);
  else std::copy_n(x.data, x.shape.size(), copy);
  return {&tape, copy, x.shape, nullptr};
}

// The same without a tape.
template <class T>
AnyVariable<T> lift(Scratch&, const AnyWeight<T>& x) {
  return {nullptr, x.data, x.shape, nullptr};
}
template <class T>
AnyVariable<T> lift(Scratch& scratch, const AnyArray<T>& x) {
  if (!x.strides || is_contiguous(x.shape, x.strides)) return {nullptr, x.data, x.shape, nullptr};
  T* copy = scratch.allocate<T>(x.shape.size());
  copy_elements(x.shape, x.strides, x.data, copy);
  return {nullptr, copy, x.shape, nullptr};
}

// The arena a tensor lies in; null for other operands.
template <class T>
Arena* arena_of(const AnyArray<T>& x) {
  return x.arena;
}
inline Arena* arena_of(const auto& /*no array*/) { return nullptr; }

template <class Op, class T, class... X>
struct Record {
  Op op;
  AnyVariable<T> y;
  std::tuple<AnyVariable<X>...> x;

  void backward() {
    if (!y.slot()->written) return;  // the loss does not depend on this result
    std::apply([this](const auto&... operand) { op.backward(y, operand...); }, x);
    y.tape()->release_gradient(*y.slot(), y.size() * sizeof(T));
  }
};

// Throws Error, in the name of an operation, where an element of its result is not finite.
template <class T>
[[gnu::cold, gnu::noinline]] void check_finite(const char* name, const T* result, AnyShape shape) {
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (!std::isfinite(result[i]))
      fail(name, "an element of the result is not finite",
           std::to_string(result[i]) + ", element " + std::to_string(i) + " of " +
               to_string(shape));
}

template <class T, class Op, class... X>
AnyVariable<T> run_and_record(Tape* tape, Op op, AnyShape shape, const AnyVariable<X>&... x) {
  const bool recording = (x.is_differentiated() || ...);
  T* data = tape->arena().allocate<T>(shape.size());
  {
    Memory memory(tape, recording);
    op.forward(memory, Output<T>(data, shape), x...);
  }
  if constexpr (std::is_floating_point_v<T>)
    if (tape->finds_not_finite) check_finite(Op::name, data, shape);
  GradientSlot* slot = nullptr;
  if (recording) slot = new (tape->arena().allocate<GradientSlot>(1)) GradientSlot();
  const AnyVariable<T> y(tape, data, shape, slot);
  constexpr bool has_backward = requires { op.backward(y, x...); };
  static_assert(has_backward,
                "weft: this operation has no backward; take stop_gradient() of its operands");
  if constexpr (has_backward)
    if (recording) tape->append(Record<Op, T, X...>{op, y, {x...}}, slot);
  return y;
}

// An operation on a tape; all of it that does not depend on shapes.
template <class T, class Op, class... X>
[[gnu::noinline]] AnyVariable<T> run_on_tape(const Op& op, AnyShape shape, const X&... operands) {
  Tape* tape = nullptr;
  (find_tape(Op::name, tape, operands), ...);
  return run_and_record<T>(tape, op, shape, lift(*tape, operands)...);
}

// The same without a tape.
template <class T, class Op, class... X>
[[gnu::noinline]] Storage<T> run(Op op, AnyShape shape, const X&... operands) {
  Arena* arena = nullptr;
  ((arena = arena ? arena : arena_of(operands)), ...);
  Storage<T> y(shape.leading(), shape.product(1, shape.rank()), arena);
  Scratch scratch;
  Memory memory(nullptr, false);
  op.forward(memory, Output<T>(y.data(), shape), lift(scratch, operands)...);
  return y;
}

}  // namespace detail

// Runs an operation whose result has elements T and shape S, with `leading` as its leading extent.
//
// With a variable among the operands the result is a variable of the same tape, and the operation
// is recorded if the gradient of any operand is wanted. Otherwise the result is a tensor, in the
// arena of the first operand that lies in one, else on the heap.
// Throws Error where operands are on different tapes or older than the last reset.
template <class T, class S, class Op, Operand... X>
auto apply(const Op& op, std::size_t leading, const X&... operands) {
  const AnyShape shape(S{}, leading);
  if constexpr ((TapedOperand<X> || ...))
    return variable_of<T, S>(
        detail::run_on_tape<T>(op, shape, detail::any_operand(operands)...));
  else
    return tensor_of<T, S>(detail::run<T>(op, shape, detail::any_operand(operands)...), leading);
}

// The same for a result with the elements and shape of x.
template <class Op, Operand X, Operand... Others>
auto apply_like(const Op& op, const X& x, const Others&... others) {
  return apply<element_of<X>, shape_of<X>>(op, leading_of(x), x, others...);
}

namespace detail {

// Stands in for an operation whose operands a static_assert has refused, so that the compiler says
// nothing more.
struct Refused {
  static constexpr const char* name = "refused";
  void forward(Memory&, const auto&...) const {}
  void backward(const auto&...) const {}
};

}  // namespace detail

}  // namespace weft
