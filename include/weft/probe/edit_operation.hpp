#pragma once

#include <weft/kernels/elementwise.hpp>
#include <weft/ops/operation.hpp>
#include <weft/probe/layout.hpp>

namespace weft::inline WEFT_TARGET::detail {

// y = f(x), element by element: editor->change(point, layout, data, slopes) changes elements,
// wherever the layout says they lie, and multiplies slopes, which lie in the same way, by the
// derivatives of what became of them.
template <class T, class Editor>
struct EditOperation {
  static constexpr const char* name = "edit";

  const Editor* editor;  // used by the forward pass only
  Point point;
  const T* slopes = nullptr;

  void forward(Memory& memory, auto y, auto x) {
    T* derivatives = memory.allocate<T>(x.size());
    std::fill_n(derivatives, x.size(), T{1});
    std::copy_n(x.data(), x.size(), y.data());
    editor->change(point, layout_of(point, x.shape()), y.data(), derivatives);
    slopes = derivatives;
  }
  // dx = f'(x) dy
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::multiply(1, x.size(), y.gradient_data(), slopes, dx.data, dx.write);
  }
};

}  // namespace weft::detail
