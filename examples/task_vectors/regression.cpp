#include "regression.hpp"

#include "checkpoint_notes.hpp"

#include "../experiment/stopwatch.hpp"

#include <weft/optim/schedule.hpp>

#include <algorithm>
#include <limits>

namespace task_vectors {

namespace {

std::vector<double> predictions_of(const RegressionLearner& learner,
                                   const std::vector<float>& tokens) {
  const std::vector<float> predicted = learner.predict(tokens);
  return {predicted.begin(), predicted.end()};
}

// Sequences with their tokens.
struct Tokenized {
  Sequences sequences;
  std::vector<float> tokens;

  explicit Tokenized(Sequences drawn)
      : sequences(std::move(drawn)), tokens(tokens_of(sequences)) {}
};

// Evaluates as training goes on.
struct Observer {
  int threads;
  Tokenized curve, grouped;  // for errors, and for decodability
  ReferenceErrors references;

  RegressionCheckpoint look(const RegressionLearner& learner, std::size_t step) const {
    const RegressionSize& size = curve.sequences.size;
    const auto states = learner.observe(grouped.tokens, decoded_positions(size));
    Errors errors = errors_of(predictions_of(learner, curve.tokens), curve.sequences);
    const double score = basis_score(size, errors.by_examples, references.mixture.by_examples,
                                     references.blind.by_examples);
    return {step, std::move(errors), score,
            basis_decodability(states, grouped.sequences, threads), components_of(states)};
  }
};

std::vector<weft::Metric> metrics_of(const RegressionCheckpoint& checkpoint) {
  std::vector<weft::Metric> metrics{{"score", checkpoint.score}};
  for (std::size_t n = 0; n < checkpoint.errors.by_examples.size(); ++n)
    metrics.emplace_back("error_" + std::to_string(n) + "shot", checkpoint.errors.by_examples[n]);
  const auto& layers = checkpoint.decodability.mean;
  for (std::size_t layer = 0; layer < layers.size(); ++layer)
    metrics.emplace_back("decodability_layer" + std::to_string(layer + 1), layers[layer].front());
  return metrics;
}

RegressionTraining training_of(const Run& run, const RegressionSettings& settings,
                               const char* phase) {
  return {.options = {.phase = phase,
                      .steps = settings.steps,
                      .schedule = [settings](std::size_t step) {
                        return learning_rate_factor(settings, step);
                      },
                      .evaluate_every = settings.evaluate_every,
                      .tokens_per_row = static_cast<double>(settings.size.positions()),
                      .batch_seed = [draws = run.random.fork(phase)](
                                        std::size_t step) { return draws.fork(step).key(); },
                      .log = run.log,
                      .checkpoints = run.checkpoints},
          .optimizer = {.learning_rate = settings.learning_rate,
                        .weight_decay = 0,
                        .clip_norm = 1},
          .draw = [settings, draws = run.random.fork(phase)](std::size_t step) {
            const Sequences drawn =
                draw_sequences(settings.size, settings.batch, Bases::drawn, draws.fork(step),
                               bases_at(settings, step));
            return RegressionBatch{tokens_of(drawn), drawn.y};
          },
          .evaluate = {}};
}

// Trains, and appends what is observed.
weft::TrainingState train_observed(const Run& run, const RegressionSettings& settings,
                                   const char* phase, const RegressionLearner& learner,
                                   const Observer& observer,
                                   std::vector<RegressionCheckpoint>& checkpoints) {
  RegressionTraining training = training_of(run, settings, phase);
  checkpoints.push_back(observer.look(learner, 0));
  training.evaluate = [&](const weft::TrainingState& state) {
    checkpoints.push_back(observer.look(learner, state.step));
    return weft::Evaluation{metrics_of(checkpoints.back())};
  };
  training.options.save_notes = [&] { return notes_of(checkpoints); };
  training.options.load_notes = [&](std::string_view notes) {
    checkpoints = regression_checkpoints_of(notes);
  };
  return learner.train(training);
}

// The step of the first value past the middle between the first and the last one.
std::size_t step_past_middle(const std::vector<RegressionCheckpoint>& checkpoints,
                             const std::vector<double>& values) {
  const double middle = (values.front() + values.back()) / 2;
  std::size_t i = 0;
  while (i + 1 < values.size() && values[i] < middle) ++i;
  return checkpoints[i].step;
}

// The score counts from 0, which is blind regression; what lies below says nothing about bases.
Emergence find_emergence(const std::vector<RegressionCheckpoint>& checkpoints,
                         std::size_t layer) {
  std::vector<double> scores, decodability;
  for (const RegressionCheckpoint& checkpoint : checkpoints) {
    scores.push_back(std::max(checkpoint.score, 0.0));
    decodability.push_back(checkpoint.decodability.mean[layer].front());
  }
  return {step_past_middle(checkpoints, decodability), step_past_middle(checkpoints, scores)};
}

}  // namespace

std::size_t bases_at(const RegressionSettings& settings, std::size_t step) {
  const std::size_t all = settings.size.bases;
  return settings.basis_steps > 0 ? std::min(all, 1 + step / settings.basis_steps) : all;
}

double learning_rate_factor(const RegressionSettings& settings, std::size_t step) {
  using namespace weft::schedule;
  const std::size_t decay = settings.decay_steps;
  return Product{LinearWarmup{warmup_steps},
                 Sequence{Constant{}, settings.steps - decay, Cosine{decay, 0.05}}}(step);
}

double blind_decodability(const std::vector<RegressionCheckpoint>& checkpoints,
                          std::size_t layer) {
  double sum = 0, count = 0;
  for (const RegressionCheckpoint& checkpoint : checkpoints) {
    if (!(checkpoint.score <= 0)) continue;
    sum += checkpoint.decodability.mean[layer].front();
    ++count;
  }
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

RegressionFindings run_regression(const Run& run, const RegressionSettings& settings,
                                  const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  const RegressionSize& size = settings.size;
  const RegressionLearner learner =
      settings.make_learner(run.random.fork("regression weights"), run.threads);
  const auto drawn = [&](std::size_t count, const weft::Random& draws) {
    return Tokenized(draw_sequences(size, count, Bases::by_turns, draws));
  };
  RegressionFindings findings{};
  const std::size_t grouped = size.bases * settings.sequences_per_basis;
  Observer observer{run.threads,
                    drawn(settings.curve_sequences, run.random.fork("regression curve")),
                    drawn(grouped, run.random.fork("regression decodability")), {}};
  observer.references =
      errors_of(reference_predictions(observer.curve.sequences), observer.curve.sequences);
  findings.pictured_bases = observer.grouped.sequences.bases;
  if (settings.basis_steps > 0 && settings.blind_steps > 0) {
    RegressionSettings at_once = settings;
    at_once.basis_steps = at_once.decay_steps = 0;
    at_once.steps = settings.blind_steps;
    const RegressionLearner beside =
        settings.make_learner(run.random.fork("regression weights"), run.threads);
    train_observed(run, at_once, "regression: all bases", beside, observer, findings.blind);
  }
  findings.training =
      train_observed(run, settings, "regression", learner, observer, findings.checkpoints);
  learner.save(directory.file(regression_model));

  const weft::Random draws = run.random.fork("regression checks");
  const Tokenized checked = drawn(settings.check_sequences, draws.fork("errors"));
  const References references = reference_predictions(checked.sequences);
  findings.references = errors_of(references, checked.sequences);
  findings.mixture_over_oracle =
      error_differences(references.mixture, references.oracle, checked.sequences);
  findings.blind_over_mixture =
      error_differences(references.blind, references.mixture, checked.sequences);
  findings.errors = errors_of(predictions_of(learner, checked.tokens), checked.sequences);
  findings.score =
      basis_score(size, findings.errors.by_examples, findings.references.mixture.by_examples,
                  findings.references.blind.by_examples);
  const Tokenized fresh = drawn(grouped, draws.fork("decodability"));
  const auto states = learner.observe(fresh.tokens, decoded_positions(size));
  findings.decodability = basis_decodability(states, fresh.sequences, run.threads);
  findings.decodability_by_basis = decodability_by_basis(states, fresh.sequences, run.threads);
  if (size.overlapping)
    findings.halves = halves_decodability(states, fresh.sequences, run.threads);
  const weft::Random patching = draws.fork("patching");
  findings.patching =
      patch_bases(learner, draw_sequences(size, grouped, Bases::by_turns, patching.fork("means")),
                  draw_sequences(size, settings.curve_sequences, Bases::by_turns,
                                 patching.fork("patched")));
  findings.best_layer = findings.checkpoints.back().decodability.best_layer();
  findings.emergence = find_emergence(findings.checkpoints, findings.best_layer);
  findings.seconds = stopwatch.seconds();
  return findings;
}

}  // namespace task_vectors
