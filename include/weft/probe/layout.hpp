#pragma once

#include <weft/probe/point.hpp>

#include <array>
#include <vector>

namespace weft::inline WEFT_TARGET::detail {

// What an axis of a value is for. Of scores and patterns the position is the query, and the feature
// the key.
enum Axis : std::size_t { sequence_axis, position_axis, head_axis, feature_axis };

// Where the elements of a value lie: by axis the extent, the step from one index to the next, and
// the indices [begin, end) that are there. A value that lacks an axis has it once.
struct AxisLayout {
  std::array<std::size_t, 4> extents, strides, begin, end;
  std::array<Axis, 4> axes;  // those the value has, in its order
  std::size_t rank;          // how many it has
  bool is_causal;            // whether keys behind the query are hidden

  // The extents in the order of the value's axes.
  std::vector<std::size_t> shown() const {
    std::vector<std::size_t> result(rank);
    for (std::size_t i = 0; i < rank; ++i) result[i] = extents[axes[i]];
    return result;
  }
};

// Of a whole value: (batch, position, width), where width may be that of several heads;
// (batch, position, head, width); or (position, width).
inline AxisLayout layout_of(const Point& point, AnyShape shape) {
  const std::size_t rank = shape.rank();
  if (rank < 2 || rank > 4)
    fail("probe", "a value must have two to four axes",
         to_string(point) + " has shape " + to_string(shape));
  const std::size_t heads = rank == 4 ? shape[2] : point.heads > 0 ? point.heads : 1;
  const std::size_t features = rank == 4 ? shape[3] : shape[rank - 1] / heads;
  const std::size_t sequences = rank == 2 ? 1 : shape[0], positions = shape[rank == 2 ? 0 : 1];
  AxisLayout layout{{sequences, positions, heads, features},
                    {positions * heads * features, heads * features, features, 1},
                    {},
                    {sequences, positions, heads, features},
                    {},
                    0,
                    false};
  if (rank > 2) layout.axes[layout.rank++] = sequence_axis;
  layout.axes[layout.rank++] = position_axis;
  if (rank == 4 || point.heads > 0) layout.axes[layout.rank++] = head_axis;
  layout.axes[layout.rank++] = feature_axis;
  return layout;
}

// Of one head of (batch, head, query, key).
inline AxisLayout layout_of_head(const HeadIndex& index, std::size_t positions,
                                 std::size_t query_step, std::size_t key_step) {
  return {{index.sequences, positions, index.heads, positions},
          {0, query_step, 0, key_step},
          {index.sequence, 0, index.head, 0},
          {index.sequence + 1, positions, index.head + 1, positions},
          {sequence_axis, head_axis, position_axis, feature_axis},
          4,
          true};
}

}  // namespace weft::detail
