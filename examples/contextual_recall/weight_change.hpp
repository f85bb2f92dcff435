#pragma once

#include "latents.hpp"

#include "../experiment/subspaces.hpp"

#include <nlohmann/json.hpp>

// What a finetuning has done to the attention of the first layer.

namespace contextual_recall {

// The change of W_V W_O, which is what a head reads and writes but for where it attends, as maps
// of row vectors: added up over the heads, and of each head.
struct WeightChange {
  experiment::Decomposition all;
  std::vector<experiment::Decomposition> heads;
  std::size_t directions;  // as many as there are types: those whose energy and overlap count

  // Mean squared cosine of the angles between the first directions that the change writes and the
  // code of the type at the place of the query's tuple where the type shows most; and of those that
  // it reads with the means by type of the embeddings of values. By chance, directions / width.
  double written_overlap, read_overlap;
};

WeightChange weight_change(const Learner& before, const Learner& after, const World& world,
                           std::size_t rows, const weft::Random& draws);

// Where the first layer attends, a mean over prompts: shares of the keys at each place of the
// query's tuple, for each head.
struct AttentionShares {
  static constexpr const char* keys[] = {"BOS", "subjects", "grammar", "values", "own tuple"};
  std::size_t heads = 0;
  std::vector<double> shares;  // (place, head, kind of key)

  double at(std::size_t place, std::size_t head, std::size_t key) const {
    return shares[(place * heads + head) * std::size(keys) + key];
  }
};

AttentionShares attention_shares(const Learner& learner, const World& world, std::size_t rows,
                                 const weft::Random& draws);

nlohmann::ordered_json to_json(const WeightChange& change);
nlohmann::ordered_json to_json(const AttentionShares& attention);

}  // namespace contextual_recall
