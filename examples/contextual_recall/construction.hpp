#pragma once

#include "matrix_transformer.hpp"

// Contextual recall with weights that are written down: what finetuning has to add to a model that
// stores facts is a low-rank edit without a subject in it. The README derives all of it.

namespace contextual_recall {

// Vectors of the residual stream, a row each, in four blocks that are orthogonal to each other.
struct Embeddings {
  Matrix tokens;     // e: what a token writes, (token, width)
  Matrix positions;  // p: where it stands, (position, width)
  Matrix types;      // c: the latent code, (type, width)
  Matrix outputs;    // u: what a token's logit reads, (token, width)
};

// All of them orthonormal: unit vectors.
Embeddings orthonormal_embeddings(const WorldSize& size);

// e and u with elements N(0, 1 / dimension) in blocks of so many dimensions; p and c orthonormal.
Embeddings gaussian_embeddings(const WorldSize& size, std::size_t dimension,
                               const weft::Random& random);

struct ConstructionOptions {
  double attention = 20;  // beta: how sharply the type head attends
  double gate = 20;       // tau: score of the subject at the head of the latent's type
  double rest = 2;        // score of BOS, where heads of other types rest
  double mask = 200;      // score that hides everything else: exp(rest - mask) is 0 in float
  double logit = 8;       // lambda: scale of the logits
  bool edited = false;    // with the edit: values of attributes are evidence of their type too
};

// Layer 1, one head, writes the code of the type at every position:
//   scores  2 beta (typed grammar) + 2.5 beta (BOS) + 2 beta (own tuple)     [+ 3 beta (attribute)]
//   OV      sum_t c_t (sum of the embeddings of typed grammar [and attributes] of t)^T
// Layer 2, head t:
//   scores  mask (subject slot of the own tuple) + tau <c_t, h> (any subject slot) + (mask + 2) BOS
//   OV      sum_s u_attr(s, t) e_s^T
MatrixTransformer construct_two_layers(const World& world, const Embeddings& embeddings,
                                       const ConstructionOptions& options);

// One layer, whose logits add up: a head that reads the own tuple's subject and writes all of its
// attributes, and the head of layer 1 above, which writes all attributes of the type.
MatrixTransformer construct_one_layer(const World& world, const Embeddings& embeddings,
                                      const ConstructionOptions& options);

}  // namespace contextual_recall
