#pragma once

#include <weft/core/config.hpp>

#include <cstddef>

// Named points of a model, where its intermediate values pass a probe.
//
// A probe is an object that a model calls with
//
//   probe(name, layer, value)              the whole batch: data(), size(), extents()
//   probe(name, layer, batch, head, view)  one head of attention: (query, key)
//
// The second form is optional; a probe without it leaves the attention as it is. Names are those of
// TransformerLens, without the block: "resid_post" of layer 0 is its "blocks.0.hook_resid_post".

namespace weft::inline WEFT_TARGET::nn {

// Sees nothing, and compiles to nothing.
struct NoProbe {
  void operator()(const char*, std::size_t, const auto&) const {}
};

// The layer of points that are in no block.
inline constexpr std::size_t no_layer = static_cast<std::size_t>(-1);

}  // namespace weft::nn
