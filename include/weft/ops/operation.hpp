#pragma once

#include <weft/autograd/variable.hpp>
#include <weft/core/scratch.hpp>
#include <weft/core/tensor.hpp>

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
// and a free function that checks shapes and calls apply().

namespace weft::inline WEFT_TARGET {

namespace detail {

template <class X>
struct OperandTraits {
  static constexpr bool is_operand = false;
};
template <class T, std::size_t... Extents>
struct OperandTraits<Tensor<T, Extents...>> {
  static constexpr bool is_operand = true;
  static constexpr bool is_variable = false;
  using element = T;
  using shape = Shape<Extents...>;
};
template <class T, std::size_t... Extents>
struct OperandTraits<View<T, Extents...>>
    : OperandTraits<Tensor<std::remove_const_t<T>, Extents...>> {};
template <class T, std::size_t... Extents>
struct OperandTraits<Variable<T, Extents...>> : OperandTraits<Tensor<T, Extents...>> {
  static constexpr bool is_variable = true;
};
template <ParameterLike P>
struct OperandTraits<P> : OperandTraits<std::remove_cvref_t<decltype(P::value)>> {};

template <template <class, std::size_t...> class Array, class T, class S>
struct Reshaped;
template <template <class, std::size_t...> class Array, class T, std::size_t... Extents>
struct Reshaped<Array, T, Shape<Extents...>> {
  using type = Array<T, Extents...>;
};

}  // namespace detail

// What operations take: tensors, views, parameters and variables.
template <class X>
concept Operand = detail::OperandTraits<std::remove_cvref_t<X>>::is_operand;

// Operands that live on a tape; one of them is enough to record an operation.
template <class X>
concept TapedOperand = Operand<X> && detail::OperandTraits<std::remove_cvref_t<X>>::is_variable;

template <Operand X>
using element_of = typename detail::OperandTraits<std::remove_cvref_t<X>>::element;
template <Operand X>
using shape_of = typename detail::OperandTraits<std::remove_cvref_t<X>>::shape;

// Tensor, View or Variable of a shape given as a type.
template <class T, class S>
using tensor_of = typename detail::Reshaped<Tensor, T, S>::type;
template <class T, class S>
using view_of = typename detail::Reshaped<View, T, S>::type;
template <class T, class S>
using variable_of = typename detail::Reshaped<Variable, T, S>::type;

// The leading extent in use.
template <Operand X>
std::size_t leading_of(const X& x) {
  if constexpr (ParameterLike<X>) return x.value.leading();
  else return x.leading();
}

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

namespace detail {

template <class Op, class Y, class... X>
struct Record {
  Op op;
  Y y;
  std::tuple<X...> x;

  void replay() {
    if (!y.slot()->written) return;  // the loss does not depend on this result
    std::apply([this](const X&... operand) { op.backward(y, operand...); }, x);
  }
};

template <class X>
void find_tape(const char* name, Tape*& tape, const X& x) {
  if constexpr (TapedOperand<X>) {
    if (x.is_stale()) fail(name, "an operand is from before the last reset of its tape");
    if (tape && x.tape() && x.tape() != tape) fail(name, "operands must be on the same tape");
    if (x.tape()) tape = x.tape();
  }
}

// Any operand as a variable: contiguous memory, and the slot of its gradient if it has one.
template <class X>
auto lift(Tape* tape, Scratch& scratch, const X& x) {
  using Result = variable_of<element_of<X>, shape_of<X>>;
  if constexpr (TapedOperand<X>) {
    return x;
  } else if constexpr (ParameterLike<X>) {
    return parameter_variable(tape, x.value);
  } else {
    // The tape may outlive a tensor or what a view looks at; backward() must not depend on it.
    const auto view = [&] {
      if constexpr (requires { x.strides(); }) return x;
      else return x.view();
    }();
    if (!tape && view.is_contiguous()) return Result(nullptr, x.data(), x.leading(), nullptr);
    auto* copy = tape ? tape->arena().allocate<element_of<X>>(x.size())
                      : scratch.allocate<element_of<X>>(x.size());
    copy_elements(view, copy);
    return Result(tape, copy, x.leading(), nullptr);
  }
}

template <class X>
Arena* arena_of(const X& x) {
  if constexpr (requires { x.arena(); }) return x.arena();
  else return nullptr;
}

template <class T, class S, class Op, class... X>
auto run_on_tape(Tape* tape, Op op, std::size_t leading, const X&... x) {
  const bool recording = (x.is_differentiated() || ...);
  T* data = tape->arena().allocate<T>(leading * S::tail);
  {
    Memory memory(tape, recording);
    op.forward(memory, view_of<T, S>(data, leading), x...);
  }
  GradientSlot* slot = nullptr;
  if (recording) slot = new (tape->arena().allocate<GradientSlot>(1)) GradientSlot();
  variable_of<T, S> y(tape, data, leading, slot);
  constexpr bool has_backward = requires { op.backward(y, x...); };
  static_assert(has_backward,
                "weft: this operation has no backward; take stop_gradient() of its operands");
  if constexpr (has_backward)
    if (recording) tape->append(Record<Op, variable_of<T, S>, X...>{op, y, {x...}});
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
auto apply(Op op, std::size_t leading, const X&... operands) {
  Tape* tape = nullptr;
  (detail::find_tape(Op::name, tape, operands), ...);
  Scratch scratch;
  if constexpr ((TapedOperand<X> || ...)) {
    return detail::run_on_tape<T, S>(tape, op, leading,
                                     detail::lift(tape, scratch, operands)...);
  } else {
    Arena* arena = nullptr;
    ((arena = arena ? arena : detail::arena_of(operands)), ...);
    tensor_of<T, S> y(uninitialized, leading, arena);
    Memory memory(nullptr, false);
    op.forward(memory, y.view(), detail::lift(tape, scratch, operands)...);
    return y;
  }
}

// The same for a result with the elements and shape of x.
template <class Op, Operand X, Operand... Others>
auto apply_like(Op op, const X& x, const Others&... others) {
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
