#pragma once

#include "task.hpp"

// The worlds of the presets, as constants, since models are compiled for their sizes.

namespace contextual_recall {

inline constexpr WorldSize quick_world{.subjects = 16,
                                       .types = 3,
                                       .values = 4,
                                       .typed_grammar = 2,
                                       .neutral_grammar = 2,
                                       .tuples = 4};
inline constexpr WorldSize default_world{};
inline constexpr WorldSize large_world{.subjects = 512, .types = 8, .values = 16};

}  // namespace contextual_recall
