#pragma once

#include <benchmarks/training.hpp>

#include <examples/contextual_recall/phases.hpp>

// The pretraining of the contextual recall example, for who trains it without the example's loop.

namespace benchmarks {

// The world, first weights, batches, optimizer and schedule of the default preset with this seed,
// for the first steps of its pretraining. A Training of it has the losses that the example writes
// to metrics.jsonl, to the bit.
inline Start<recall_shape.config> recall_start(std::uint64_t seed, std::size_t steps) {
  using namespace contextual_recall;
  using S = Start<recall_shape.config>;
  const Preset preset = default_preset();
  const Recipe& recipe = recipes().front();
  const weft::Random random(seed);
  const World world(preset.world, recipe.finetuned_share, random.fork("world"));
  const Course course{preset, recipe, world, random, random.fork("monitor"), nullptr};
  const Learner nobody;  // who would be evaluated
  const experiment::Training training = pretraining_of(course, nobody);

  const std::size_t rows = preset.batch * steps;
  S start{preset.batch, S::Tokens(rows), S::Tokens(rows),
          weft::init<S::Model>(random.fork("initial weights"), first_values(recall_shape.config)),
          training.optimizer, training.options.schedule};
  for (std::size_t step = 0; step < steps; ++step) {
    const Batch batch = training.draw(step);
    for (std::size_t row = 0; row < preset.batch; ++row)
      for (std::size_t position = 0; position < recall_shape.config.positions; ++position) {
        start.tokens(step * preset.batch + row, position) =
            batch.tokens[row * batch.length + position];
        start.targets(step * preset.batch + row, position) =
            batch.targets[row * recall_shape.config.positions + position];
      }
  }
  return start;
}

}  // namespace benchmarks
