#pragma once

#include <weft/kernels/elementwise.hpp>
#include <weft/ops/operation.hpp>
#include <weft/probe/layout.hpp>

// What the probes that change values have in common. An editor is an object with
//
//   bool wants(const Point&) const
//   void change(const Point&, const Layout&, T* data, T* slopes) const
//
// of which the second changes elements, wherever the layout says they lie, and multiplies slopes,
// which lie in the same way, by the derivatives of what became of them.

namespace weft::inline WEFT_TARGET::detail {

// y = f(x), element by element.
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

// The value to go on with: itself where the editor does not want the point.
template <class T, class Editor, class X>
std::remove_cvref_t<X> edited(const Editor& editor, const Point& point, X&& value) {
  constexpr bool same_elements = std::is_same_v<element_of<X>, T>;
  static_assert(same_elements, "weft: an edit of T is for the values of a model of T");
  if constexpr (same_elements)
    if (editor.wants(point)) return apply_like(EditOperation<T, Editor>{&editor, point}, value);
  return std::forward<X>(value);
}

// The same in place, for the scores or the pattern of a head.
template <class T, std::size_t N, class Editor>
void edit_head(const Editor& editor, const Point& point, const HeadIndex& index,
               const View<T, N, N>& view, const View<T, N, N>& slope) {
  if (editor.wants(point))
    editor.change(point, layout_of_head(index, N, view.strides()[0], view.strides()[1]),
                  view.data(), slope.data());
}

}  // namespace weft::detail
