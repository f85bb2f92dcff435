#pragma once

#include <weft/probe/edit_operation.hpp>
#include <weft/probe/site.hpp>

namespace weft::inline WEFT_TARGET {

// What becomes of an element x: f(x), and f'(x) for the backward pass. A value that does not depend
// on x has slope 0.
template <class T>
struct Changed {
  T value;
  T slope;
};

// A probe that changes the elements of a site by a function of the element and its index:
//
//   auto soft = edit_by<float>({.point = "blocks.0.mlp.post"}, [](const ElementIndex&, float x) {
//     const float y = std::tanh(x);
//     return Changed<float>{y, 1 - y * y};
//   });
//
// Throws Error as Edit does. What is not a function of one element at a time is a probe of one's
// own: see probe/point.hpp.
template <class T, class Function>
class FunctionEdit {
 public:
  FunctionEdit(Site where, Function function)
      : where_(std::move(where)), function_(std::move(function)) {}

  bool wants(const Point& point) const { return where_.matches(point); }
  void start(const PointList& points) const { where_.check(points); }
  template <class X>
  std::remove_cvref_t<X> operator()(const Point& point, X&& value) const {
    return detail::edited<T>(*this, point, std::forward<X>(value));
  }
  template <std::size_t N>
  void edit_head(const Point& point, const HeadIndex& index, const View<T, N, N>& view,
                 const View<T, N, N>& slope) const {
    detail::edit_head(*this, point, index, view, slope);
  }
  void change(const Point& point, const detail::Layout& layout, T* data, T* slopes) const {
    where_.for_each_element(point, layout, [&](const ElementIndex& index, std::size_t i) {
      const Changed<T> changed = function_(index, data[i]);
      data[i] = changed.value;
      slopes[i] *= changed.slope;
    });
  }

 private:
  detail::SiteInUse where_;
  Function function_;
};

template <class T = float, class Function>
FunctionEdit<T, Function> edit_by(Site where, Function function) {
  return {std::move(where), std::move(function)};
}

}  // namespace weft
