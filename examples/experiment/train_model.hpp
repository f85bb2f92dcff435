#pragma once

#include "interruption.hpp"
#include "learner.hpp"

#include <weft/core/visit.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/train/trainer.hpp>

#include <optional>

// What learners have in common, whatever their models read.

namespace experiment {

// Trains a model. rows_of(batch) is the number of rows of a batch. loss_of(batch) is called once,
// with the batch that every step draws anew, and gives the loss of some of its rows, as
// weft::Lanes::step() calls it.
template <class Model, class Batch, class RowsOf, class LossOf>
weft::TrainingState train_model(Model& model, const weft::LaneOptions& lanes,
                                const TrainingOn<Batch>& training, RowsOf rows_of,
                                LossOf loss_of) {
  weft::AdamW optimizer{model, training.optimizer};
  if (training.frozen) optimizer.group(training.frozen, {.frozen = true});
  weft::Trainer trainer{model, optimizer, lanes};
  std::optional<SignalsAreNoted> noted;
  if (training.options.checkpoints) noted.emplace();
  Batch batch;
  const auto make_batch = [&](std::size_t step) {
    batch = training.draw(step);
    return rows_of(batch);
  };
  return trainer.run(training.options, make_batch, loss_of(batch), training.evaluate);
}

// The rows of a microbatch that weft chooses for a model. It does so in the first step, so this
// makes one, with a loss of one row.
template <class Model, class Loss>
std::size_t fitting_microbatch(const Model& model, const Loss& loss) {
  weft::Lanes lanes{model, {.lanes = 1, .threads = 1}};
  lanes.step(1, loss);
  return lanes.microbatch();
}

// How many numbers training changes.
template <class Model>
std::size_t parameter_count(const Model& model) {
  std::size_t count = 0;
  weft::for_each_parameter(model, [&](const std::string&, const auto& parameter) {
    count += parameter.value.size();
  });
  return count;
}

}  // namespace experiment
