#include "run.hpp"

#include <weft/optim/schedule.hpp>

namespace task_vectors {

weft::AdamWOptions optimizer_of(const Preset& preset) {
  return {.learning_rate = preset.learning_rate, .weight_decay = 0, .clip_norm = 1};
}

experiment::Training training_of(const Run& run, const char* phase, std::size_t steps,
                                 double label_rate) {
  const Preset& preset = run.preset;
  return {.options = {.phase = phase,
                      .steps = steps,
                      .schedule = weft::schedule::LinearWarmup{warmup_steps},
                      .evaluate_every = preset.evaluate_every,
                      .tokens_per_row = static_cast<double>(preset.size.positions()),
                      .batch_seed = [draws = run.random.fork(phase)](
                                        std::size_t step) { return draws.fork(step).key(); },
                      .log = run.log,
                      .checkpoints = run.checkpoints},
          .optimizer = optimizer_of(preset),
          .draw = [&preset, label_rate, draws = run.random.fork(phase)](std::size_t step) {
            return batch_of(draw_prompts(preset.size, preset.batch, Operators::drawn, label_rate,
                                         draws.fork(step)));
          },
          .evaluate = [](const weft::TrainingState&) { return weft::Evaluation{}; }};
}

Prompts decodability_prompts(const Run& run, double label_rate, const weft::Random& draws) {
  const auto kinds = static_cast<std::size_t>(run.preset.size.operators());
  return draw_prompts(run.preset.size, kinds * run.preset.prompts_per_task, Operators::by_turns,
                      label_rate, draws);
}

}  // namespace task_vectors
