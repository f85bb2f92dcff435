#pragma once

#include <weft/probe/layout.hpp>
#include <weft/probe/point_name.hpp>

#include <string>
#include <vector>

namespace weft::inline WEFT_TARGET {

// Where an edit takes place: a point, and of its value the chosen indices of each axis, all of them
// where none are given.
//
//   {.point = "blocks.*.attn.z", .layers = {0, 2}, .heads = {1}, .positions = {5}}
struct Site {
  std::string point;                     // with * for a layer: that of every block, or of .layers
  std::vector<std::size_t> layers{};
  std::vector<std::size_t> heads{};
  std::vector<std::size_t> positions{};  // of scores and patterns: queries
  std::vector<std::size_t> keys{};       // of scores and patterns only
  std::vector<std::size_t> sequences{};  // of the batch
};

// One element of a value. Of scores and patterns the position is the query, the feature the key.
struct ElementIndex {
  std::size_t sequence, position, head, feature;
};

namespace detail {

inline bool is_chosen(const std::vector<std::size_t>& chosen, std::size_t index) {
  for (const std::size_t one : chosen)
    if (one == index) return true;
  return chosen.empty();
}

// A site whose point's name has been read.
class SiteInUse {
 public:
  explicit SiteInUse(Site site) : site_(std::move(site)), name_(site_.point) {}

  bool matches(const Point& point) const {
    if (!name_.matches(point)) return false;
    return point.layer == no_layer || is_chosen(site_.layers, point.layer);
  }

  // Throws Error unless the model has the point, in every layer that was chosen, or where layers
  // are chosen of a point that names one or none.
  void check(const auto& points) const {
    check_point("edit", name_, points);
    if (!site_.layers.empty() && !name_.is_in_every_layer())
      fail("edit", "layers are chosen by a point with * for the layer", site_.point);
    for (const std::size_t layer : site_.layers)
      if (layer >= points.layers)
        fail("edit", "a layer must be one of the model",
             site_.point + ", layer " + std::to_string(layer) + " of " +
                 std::to_string(points.layers));
  }

  // Calls function(index, offset of the element) for all elements of the site that are there, and
  // that no mask hides.
  // Throws Error where an index lies beyond its axis.
  template <class Function>
  void for_each_element(const Point& point, const AxisLayout& layout, Function&& function) const {
    const bool has_heads = layout.rank == 4;
    const bool has_keys = has_heads && layout.axes[1] == head_axis;
    if (!has_heads) check_axis(point, "head", site_.heads, 0);
    if (!has_keys) check_axis(point, "key", site_.keys, 0);
    check_axis(point, "sequence", site_.sequences, layout.extents[sequence_axis]);
    check_axis(point, "position", site_.positions, layout.extents[position_axis]);
    check_axis(point, "head", site_.heads, layout.extents[head_axis]);
    check_axis(point, "key", site_.keys, layout.extents[feature_axis]);
    const auto& step = layout.strides;
    for_each_chosen(site_.sequences, layout, sequence_axis, [&](std::size_t s) {
      for_each_chosen(site_.positions, layout, position_axis, [&](std::size_t p) {
        for_each_chosen(site_.heads, layout, head_axis, [&](std::size_t h) {
          for_each_chosen(site_.keys, layout, feature_axis, [&](std::size_t f) {
            if (layout.is_causal && f > p) return;
            function(ElementIndex{s, p, h, f},
                     s * step[0] + p * step[1] + h * step[2] + f * step[3]);
          });
        });
      });
    });
  }

 private:
  static void check_axis(const Point& point, const char* what,
                         const std::vector<std::size_t>& indices, std::size_t extent) {
    for (const std::size_t index : indices)
      if (index >= extent)
        fail("edit", "an index must be one of its axis",
             to_string(point) + ", " + what + ' ' + std::to_string(index) + " of " +
                 std::to_string(extent));
  }

  static void for_each_chosen(const std::vector<std::size_t>& chosen, const AxisLayout& layout,
                              Axis axis, const auto& function) {
    for (std::size_t i = layout.begin[axis]; i < layout.end[axis]; ++i)
      if (is_chosen(chosen, i)) function(i);
  }

  Site site_;
  PointName name_;
};

}  // namespace detail

}  // namespace weft
