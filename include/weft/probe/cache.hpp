#pragma once

#include <weft/core/any_view.hpp>
#include <weft/core/tensor.hpp>
#include <weft/probe/layout.hpp>
#include <weft/probe/point_name.hpp>

#include <string>
#include <vector>

namespace weft::inline WEFT_TARGET {

struct CacheOptions {
  std::vector<std::size_t> positions{};  // of tokens, or queries, to keep, in this order; none: all
};

// A probe that keeps the values it is asked for, and no others.
//
//   Cache cache({"blocks.*.attn.hook_pattern", "ln_final"}, {.positions = {22, 23}});
//   model(tokens, cache);
//   auto last = cache.get<Tensor<float, dynamic, 2, 64>>("ln_final");
//
// Names are those of probe/point.hpp, with * for every layer. Values have the axes listed there,
// but what has heads is kept as TransformerLens does: q, k, v and z are (batch, position, head,
// feature), scores and patterns (batch, head, query, key). `positions` picks positions, or queries.
//
// A run replaces what the one before left. Throws Error where the model has no such point, with the
// nearest names, or a sequence has no such position. T is the element type of the model.
template <class T = float>
class Cache {
 public:
  struct Entry {
    std::string name;  // "blocks.0.attn.pattern"
    std::vector<std::size_t> extents;
    std::vector<T> elements;
  };

  explicit Cache(const std::vector<std::string>& names, CacheOptions options = {})
      : options_(std::move(options)) {
    for (const std::string& name : names) wanted_.emplace_back(name);
  }

  // All values of the last run, in the order in which they passed.
  const std::vector<Entry>& entries() const { return entries_; }
  // The positions that were kept; empty for all of them.
  const std::vector<std::size_t>& positions() const { return options_.positions; }

  // The value of this name; null where there is none.
  const Entry* find(std::string_view name) const {
    const PointName wanted(name);
    for (const Entry& entry : entries_)
      if (entry.name == wanted.text()) return &entry;
    return nullptr;
  }

  // The value of this name, valid until the next run. Throws Error where there is none.
  AnyView<const T> view(std::string_view name) const {
    const Entry& entry = existing(name);
    return {entry.elements.data(), entry.extents};
  }

  // The same as a tensor of its own, whose leading extent may be dynamic. Throws Error, with both
  // shapes, where it is of another one.
  template <class Array>
  Array get(std::string_view name) const {
    using S = typename Array::shape_type;
    static_assert(std::is_same_v<typename Array::value_type, T>,
                  "weft: a cache gives tensors of its own element type");
    const Entry& entry = existing(name);
    check_shape(entry, AnyShape(S{}));
    Array array(uninitialized, S::rank > 0 ? entry.extents[0] : 1);
    std::copy(entry.elements.begin(), entry.elements.end(), array.data());
    return array;
  }

  // The same values, each the mean over the sequences of the batch: (1, position, ...).
  Cache mean_over_sequences() const {
    Cache result = *this;
    for (Entry& entry : result.entries_)
      if (entry.extents.size() > 2) average(entry);
    return result;
  }

  // What makes it a probe.
  bool wants(const Point& point) const {
    for (const PointName& name : wanted_)
      if (name.matches(point)) return true;
    return false;
  }
  void start(const PointList& points) {
    for (const PointName& name : wanted_) detail::check_point("cache", name, points);
    entries_.clear();
  }
  template <class X>
  void operator()(const Point& point, const X& value) {
    if (!wants(point)) return;
    if constexpr (std::is_same_v<typename X::value_type, T>)
      keep(point, detail::layout_of(point, value.shape()), value.data());
    else
      static_assert(!sizeof(X), "weft: Cache<T> keeps the values of a model of T");
  }
  template <std::size_t N>
  void see_head(const Point& point, const HeadIndex& index, const View<const T, N, N>& view) {
    if (wants(point))
      keep(point, detail::layout_of_head(index, N, view.strides()[0], view.strides()[1]),
           view.data());
  }

 private:
  // Copies what is there of a value behind what came of it before: all at once, or head by head.
  void keep(const Point& point, const detail::AxisLayout& layout, const T* data) {
    using namespace detail;
    const bool is_first = layout.begin[sequence_axis] == 0 && layout.begin[head_axis] == 0;
    Entry& entry = is_first ? renewed(point, layout) : entries_[find_index(to_string(point))];
    const std::size_t count = kept_positions(layout);
    for (std::size_t s = layout.begin[sequence_axis]; s < layout.end[sequence_axis]; ++s)
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t position = options_.positions.empty() ? i : options_.positions[i];
        for (std::size_t h = layout.begin[head_axis]; h < layout.end[head_axis]; ++h) {
          const T* row = data + s * layout.strides[sequence_axis] +
                         position * layout.strides[position_axis] + h * layout.strides[head_axis];
          for (std::size_t f = 0; f < layout.extents[feature_axis]; ++f)
            entry.elements.push_back(row[f * layout.strides[feature_axis]]);
        }
      }
  }

  std::size_t kept_positions(const detail::AxisLayout& layout) const {
    const std::size_t positions = layout.extents[detail::position_axis];
    return options_.positions.empty() ? positions : options_.positions.size();
  }

  std::size_t find_index(std::string_view name) const {
    std::size_t i = 0;
    while (i < entries_.size() && entries_[i].name != name) ++i;
    return i;
  }

  // An entry without elements, with room for all that will come.
  Entry& renewed(const Point& point, const detail::AxisLayout& layout) {
    const std::size_t positions = layout.extents[detail::position_axis];
    for (const std::size_t position : options_.positions)
      if (position >= positions)
        fail("cache", "a position to keep must be one of the sequence",
             to_string(point) + ", position " + std::to_string(position) + " of " +
                 std::to_string(positions));
    Entry entry{to_string(point), {}, {}};
    entry.extents = layout.shown();
    for (std::size_t i = 0; i < layout.rank; ++i)
      if (layout.axes[i] == detail::position_axis) entry.extents[i] = kept_positions(layout);
    entry.elements.reserve(AnyView<T>(nullptr, entry.extents).size());
    const std::size_t i = find_index(entry.name);
    if (i == entries_.size()) entries_.push_back(std::move(entry));
    else entries_[i] = std::move(entry);
    return entries_[i];
  }

  const Entry& existing(std::string_view name) const {
    if (const Entry* entry = find(name)) return *entry;
    std::vector<std::string> names;
    for (const Entry& entry : entries_) names.push_back(entry.name);
    fail("cache", "no value of this name was kept",
         '"' + std::string(name) + "\"; near are " + detail::near_names(name, names));
  }

  static void check_shape(const Entry& entry, AnyShape wanted) {
    bool fits = entry.extents.size() == wanted.rank();
    for (std::size_t axis = 0; fits && axis < wanted.rank(); ++axis)
      fits = wanted[axis] == dynamic || wanted[axis] == entry.extents[axis];
    if (!fits)
      fail("cache", "a value is of another shape",
           entry.name + " is " + detail::extents_text(entry.extents) + ", asked for as " +
               to_string(wanted));
  }

  static void average(Entry& entry) {
    const std::size_t sequences = std::exchange(entry.extents[0], 1);
    const std::size_t size = sequences > 0 ? entry.elements.size() / sequences : 0;
    for (std::size_t i = 0; i < size; ++i) {
      double sum = 0;
      for (std::size_t s = 0; s < sequences; ++s)
        sum += static_cast<double>(entry.elements[s * size + i]);
      entry.elements[i] = static_cast<T>(sum / static_cast<double>(sequences));
    }
    entry.elements.resize(size);
  }

  std::vector<PointName> wanted_;
  CacheOptions options_;
  std::vector<Entry> entries_;
};

}  // namespace weft
