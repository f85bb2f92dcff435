#pragma once

#include <weft/autograd/tape.hpp>
#include <weft/core/tensor.hpp>
#include <weft/core/visit.hpp>

#include <algorithm>

namespace weft::inline WEFT_TARGET {

// Where a backward pass puts a gradient:
//   if (auto dx = x.target()) kernel(..., dx.data, dx.write);
// False where no one wants it.
template <class T>
struct GradientTarget {
  T* data;
  Write write;
  explicit operator bool() const { return data != nullptr; }
};

// A variable whose shape is no part of its type: what the forward and backward of operations are
// compiled for, once for all shapes. With no slot it is a constant; with no tape as well it is an
// operand of an operation that is not recorded.
template <class T>
class AnyVariable {
 public:
  using element_type = T;
  using value_type = T;

  AnyVariable(Tape* tape, const T* data, AnyShape shape, GradientSlot* slot)
      : tape_(tape),
        data_(data),
        shape_(shape),
        slot_(slot),
        generation_(tape ? tape->generation() : 0) {}

  const T* data() const { return data_; }
  AnyShape shape() const { return shape_; }
  std::size_t leading() const { return shape_.leading(); }
  std::size_t size() const { return shape_.size(); }
  std::size_t extent(std::size_t axis) const { return shape_[axis]; }

  Tape* tape() const { return tape_; }
  GradientSlot* slot() const { return slot_; }
  bool is_differentiated() const { return slot_ != nullptr; }
  // Whether the tape was reset after this variable was made.
  bool is_stale() const { return tape_ && tape_->generation() != generation_; }

  // For operations: the gradient of a result, as plain memory.
  const T* gradient_data() const { return static_cast<const T*>(slot_->data); }

  // For operations: takes the place for one contribution to the gradient, which the caller must
  // then write whole.
  GradientTarget<T> target() const {
    if (!slot_) return {nullptr, Write::store};
    if (!slot_->data) slot_->data = tape_->gradient_memory(size() * sizeof(T));
    const Write write = slot_->written ? Write::add : Write::store;
    slot_->written = true;
    return {static_cast<T*>(slot_->data), write};
  }

  // The same for contributions that touch a part only: zeros where nothing was written yet.
  GradientTarget<T> target_of_zeros() const {
    GradientTarget<T> place = target();
    if (place && place.write == Write::store) std::fill_n(place.data, size(), T{});
    return {place.data, Write::add};
  }

  // For operations with dx = dy: gives x the memory of this result's gradient for its own, where no
  // one will read it again and x has no gradient yet. If not, the caller must copy.
  bool hands_gradient_to(const AnyVariable& x) const {
    if (!tape_->recycles_gradients || !x.slot_ || x.slot_->data || x.size() != size()) return false;
    *x.slot_ = std::exchange(*slot_, {});
    return true;
  }

 private:
  Tape* tape_;
  const T* data_;
  AnyShape shape_;
  GradientSlot* slot_;
  std::uint32_t generation_;
};

// A value on a tape: contiguous elements, and the slot that collects their gradient.
//
// A variable is a small handle, copied freely. It is valid until its tape is reset. With no slot it
// is a constant.
template <class T, std::size_t... Extents>
class Variable : public AnyVariable<T> {
 public:
  using shape_type = Shape<Extents...>;
  static constexpr std::size_t rank = shape_type::rank;

  Variable(Tape* tape, const T* data, std::size_t leading, GradientSlot* slot)
      : AnyVariable<T>(tape, data, AnyShape(shape_type{}, leading), slot) {}
  // Of a variable that is known to have this shape.
  explicit Variable(const AnyVariable<T>& variable) : AnyVariable<T>(variable) {}

  std::array<std::size_t, rank> extents() const { return extents_of<shape_type>(this->leading()); }

  View<const T, Extents...> value() const {
    return View<const T, Extents...>(this->data(), this->leading());
  }
  T item() const
    requires(rank == 0)
  {
    return *this->data();
  }

  // The gradient that backward() collected. Throws Error where there is none.
  View<const T, Extents...> gradient() const {
    if (!this->slot()) fail("gradient", "a constant has no gradient");
    if (!this->slot()->written) fail("gradient", "no gradient has reached this variable");
    return View<const T, Extents...>(this->gradient_data(), this->leading());
  }
};

template <class T, std::size_t... Extents>
Variable<T, Extents...> Tape::constant(const Tensor<T, Extents...>& value) {
  return {this, value.data(), value.leading(), nullptr};
}

template <class T, std::size_t... Extents>
Variable<T, Extents...> Tape::constant(Tensor<T, Extents...>&& value) {
  auto* copy = arena_.allocate<T>(value.size());
  std::copy_n(value.data(), value.size(), copy);
  return {this, copy, value.leading(), nullptr};
}

template <class T, std::size_t... Extents>
auto Tape::constant(const View<T, Extents...>& value) {
  using Element = std::remove_const_t<T>;
  const Element* data = value.data();
  if (!value.is_contiguous()) {
    auto* copy = arena_.allocate<Element>(value.size());
    copy_elements(value, copy);
    data = copy;
  }
  return Variable<Element, Extents...>(this, data, value.leading(), nullptr);
}

template <class T, std::size_t... Extents>
Variable<T, Extents...> Tape::variable(const Tensor<T, Extents...>& value) {
  return variable(value.view());
}

template <class T, std::size_t... Extents>
auto Tape::variable(const View<T, Extents...>& value) {
  using Element = std::remove_const_t<T>;
  auto* copy = arena_.allocate<Element>(value.size());
  copy_elements(value, copy);
  auto* slot = new (arena_.allocate<GradientSlot>(1)) GradientSlot();
  return Variable<Element, Extents...>(this, copy, value.leading(), slot);
}

namespace detail {

template <class T, std::size_t... Extents>
Variable<T, Extents...> parameter_variable(Tape* tape, const Tensor<T, Extents...>& value) {
  GradientSlot* slot = tape ? tape->gradients().slot(value.data(), value.size()) : nullptr;
  return {tape, value.data(), value.leading(), slot};
}

}  // namespace detail

template <class Parameter>
auto Tape::parameter(const Parameter& parameter) {
  static_assert(ParameterLike<Parameter>);
  return detail::parameter_variable(this, parameter.value);
}

template <class T>
void Tape::backward(const Variable<T>& loss, std::type_identity_t<T> scale) {
  if (loss.tape() != this || loss.is_stale())
    fail("backward", "the loss must be a variable of this tape, made since its last reset");
  if (!loss.is_differentiated())
    fail("backward", "the loss depends on no parameter and no variable");
  forget_results();
  const GradientTarget<T> target = loss.target();
  *target.data = target.write == Write::add ? *target.data + scale : scale;
  backward();
}

}  // namespace weft
