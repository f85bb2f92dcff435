#pragma once

#include <weft/probe/cache.hpp>
#include <weft/probe/site.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

template <class T>
class SourceInUse;

}  // namespace detail

// What an edit puts at a point, or adds to it: a number, an array, or what a cache kept of the same
// point. An array, or what was kept, repeats along axes as in NumPy: axes are matched from the last
// one on, and an axis that is missing or has extent 1 serves every index.
//
// A number and an array are copied. A cache is looked at when the edit takes place, and must live
// as long.
template <class T>
class EditSource {
 public:
  EditSource(T number) : elements_{number} {}
  template <std::size_t... Extents>
  EditSource(const Tensor<T, Extents...>& tensor) : EditSource(tensor.view()) {}
  template <class U, std::size_t... Extents>
    requires std::is_same_v<std::remove_const_t<U>, T>
  EditSource(const View<U, Extents...>& view) : elements_(view.size()) {
    copy_elements(view, elements_.data());
    for (const std::size_t extent : view.extents()) extents_.push_back(extent);
  }
  EditSource(const AnyView<const T>& view)
      : elements_(view.data(), view.data() + view.size()), extents_(view.extents()) {}
  EditSource(const Cache<T>& cache) : cache_(&cache) {}
  EditSource(const Cache<T>&&) = delete;

 private:
  friend class detail::SourceInUse<T>;

  const Cache<T>* cache_ = nullptr;
  std::vector<T> elements_;
  std::vector<std::size_t> extents_;
};

namespace detail {

// A source beside the value of a point: where the element lies that meets one of the value.
template <class T>
class SourceInUse {
 public:
  // Throws Error, with both shapes, where the source does not fit the value.
  SourceInUse(const EditSource<T>& source, const Point& point, const AxisLayout& layout)
      : data_(source.elements_.data()) {
    if (source.cache_) {
      const auto view = source.cache_->view(to_string(point));
      data_ = view.data();
      const auto& kept = source.cache_->positions();
      if (!kept.empty()) place_ = places(kept, layout.extents[position_axis]);
      find_steps(point, layout, view.extents());
    } else {
      find_steps(point, layout, source.extents_);
    }
  }

  T operator()(const Point& point, const ElementIndex& index) const {
    std::size_t position = index.position;
    if (!place_.empty()) {
      position = place_[index.position];
      if (position == missing)
        fail("edit", "a position to take from a cache must be one that it kept",
             to_string(point) + ", position " + std::to_string(index.position));
    }
    return data_[index.sequence * step_[sequence_axis] + position * step_[position_axis] +
                 index.head * step_[head_axis] + index.feature * step_[feature_axis]];
  }

 private:
  static constexpr std::size_t missing = static_cast<std::size_t>(-1);

  // For each position its place among those that were kept.
  static std::vector<std::size_t> places(const std::vector<std::size_t>& kept,
                                         std::size_t positions) {
    std::vector<std::size_t> result(positions, missing);
    for (std::size_t i = 0; i < kept.size(); ++i)
      if (kept[i] < positions) result[kept[i]] = i;
    return result;
  }

  void find_steps(const Point& point, const AxisLayout& layout,
                  const std::vector<std::size_t>& extents) {
    bool fits = extents.size() <= layout.rank;
    std::size_t step = 1;
    for (std::size_t i = 1; fits && i <= extents.size(); ++i) {
      const std::size_t extent = extents[extents.size() - i];
      const Axis axis = layout.axes[layout.rank - i];
      const bool is_part = axis == position_axis && !place_.empty();
      fits = extent == 1 || extent == layout.extents[axis] || is_part;
      step_[axis] = extent == 1 && !is_part ? 0 : step;
      step *= extent;
    }
    if (!fits)
      fail("edit", "what is put at a point must have its shape, or repeat along its axes",
           to_string(point) + " is " + extents_text(layout.shown()) + ", what is put there " +
               extents_text(extents));
  }

  const T* data_;
  std::array<std::size_t, 4> step_{};
  std::vector<std::size_t> place_;  // of each position in the cache; empty where all are there
};

}  // namespace detail

}  // namespace weft
