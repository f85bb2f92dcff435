#pragma once

#include "latent_patch.hpp"
#include "measures.hpp"
#include "phases.hpp"
#include "weight_change.hpp"

#include "../experiment/checks.hpp"

// Whether training finds what the construction writes down.

namespace contextual_recall {

// A finetuned model beside the one it came from.
struct Inside {
  LatentStatistics latents;  // at the query's tuple, after each layer
  WeightChange change;
  AttentionShares attention;
  LatentPatch patch;
};

struct Mechanism {
  std::size_t steps;  // of the finetuning of the first layer's attention alone
  Measures alone;     // of that model
  AttentionShares before;
  Inside first_attention, whole;  // of that model, and of the one all of which was finetuned
};

// Finetunes the first layer's attention of a copy of the pretrained model, and looks into both.
// Writes model_first_attention.safetensors.
Mechanism find_mechanism(const Course& course, const Learner& pretrained, const Learner& finetuned,
                         const weft::Random& draws, const std::string& path);

// finetuned_rank_energy, latent_patch_success and latent_patch_control, and others without a band.
void add_checks(experiment::Checks& checks, const Mechanism& mechanism);

// Those with a band, which was set with the default preset and recipe.
inline const std::vector<std::string> mechanism_bands{"finetuned_rank_energy",
                                                      "latent_patch_success",
                                                      "latent_patch_control"};

nlohmann::ordered_json to_json(const Mechanism& mechanism);

}  // namespace contextual_recall
