#pragma once

#include "latents.hpp"

// Whether the latent code of the type decides the answer: it alone is taken from one prompt into
// another.

namespace contextual_recall {

// Recall prompts whose latent was replaced by that of a donor, a prompt that ends in the same query
// and whose examples are of another type. The latent is the residual stream after the first layer,
// at the query's tuple, projected on the types - 1 directions that the means by type span: of the
// 3 x width numbers only so many change.
struct LatentPatch {
  double success;    // share of answers that then are the query's value of the donor's type
  double unpatched;  // the same share without the patch
  double kept;       // share of answers that, patched, still are those of the prompt's own examples
  double control;    // as success, where the change has the same norm and a random direction
};

// The code is found on some prompts, and tried on others.
LatentPatch patch_latents(const Learner& learner, const World& world, std::size_t rows,
                          const weft::Random& draws);

// The means by type less their mean, as orthonormal columns, (place and feature, types - 1).
experiment::Matrix type_code(const experiment::Matrix& latents, const experiment::Labels& types,
                             int kinds);

}  // namespace contextual_recall
