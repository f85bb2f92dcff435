#pragma once

#include "settings.hpp"

// What the experiments of a seed train with, and on.

namespace task_vectors {

// The optimiser of every training.
weft::AdamWOptions optimizer_of(const Preset& preset);

// What a seed's experiments share.
struct Run {
  const Preset& preset;
  weft::Random random;
  int threads;
  weft::MetricsLog* log;  // null: none
  weft::Checkpoints* checkpoints = nullptr;  // null: none
};

// A stretch of training on prompts with labels at this rate, without evaluations.
experiment::Training training_of(const Run& run, const char* phase, std::size_t steps,
                                 double label_rate);

// As many prompts of each operator as decodability is measured on, without labels.
Prompts decodability_prompts(const Run& run, double label_rate, const weft::Random& draws);

}  // namespace task_vectors
