#include "bitwise.hpp"

#include "checkpoint_notes.hpp"

#include "../experiment/principal_components.hpp"
#include "../experiment/stopwatch.hpp"

#include <algorithm>
#include <array>

namespace task_vectors {

namespace {

constexpr std::size_t pictured_prompts = 300;  // more only cover each other
constexpr int least_shots = 3;                 // of the accuracy that times the decoding

StatePicture picture_of(const experiment::Activations& states) {
  StatePicture picture;
  for (std::size_t layer = 0; layer < states.layers; ++layer) {
    const experiment::Matrix samples = samples_of(states, layer, states.positions - 1);
    const auto drawn =
        experiment::rows_of(samples, 0, std::min(samples.shape(0), pictured_prompts));
    const auto projected = experiment::principal_components(samples).project(drawn, 2);
    picture.points.emplace_back();
    for (std::size_t i = 0; i < projected.shape(0); ++i)
      picture.points.back().push_back({projected(i, 0), projected(i, 1)});
  }
  return picture;
}

Accuracy accuracy_on(const experiment::Learner& learner, const Prompts& prompts) {
  return accuracy_of(hits_of(learner.predict(prompts.rows()), prompts), prompts);
}

// Evaluates as training goes on.
struct Observer {
  const experiment::Learner& learner;
  Prompts monitor, curve;
  int threads;
  std::vector<Checkpoint>& checkpoints;

  const Checkpoint& look(std::size_t step) const {
    const experiment::Activations states = states_of(learner, curve);
    checkpoints.push_back({step, accuracy_on(learner, monitor).by_shots,
                           accuracy_on(learner, curve).by_shots,
                           decodability(states, curve, threads), picture_of(states)});
    return checkpoints.back();
  }
};

std::vector<weft::Metric> metrics_of(const Checkpoint& checkpoint) {
  std::vector<weft::Metric> metrics{{"monitor_accuracy", checkpoint.monitor.back()}};
  for (std::size_t s = 0; s < checkpoint.accuracy.size(); ++s)
    metrics.emplace_back("accuracy_" + std::to_string(s) + "shot", checkpoint.accuracy[s]);
  const auto& layers = checkpoint.decodability.mean;
  for (std::size_t layer = 0; layer < layers.size(); ++layer)
    metrics.emplace_back("decodability_layer" + std::to_string(layer + 1), layers[layer].back());
  return metrics;
}

Decodability decodability_on(const Run& run, const experiment::Learner& learner,
                             const weft::Random& draws) {
  std::vector<Decodability> several;
  for (std::size_t set = 0; set < decodability_sets; ++set) {
    const Prompts prompts = decodability_prompts(run, 0, draws.fork(set));
    several.push_back(decodability(states_of(learner, prompts), prompts, run.threads));
  }
  return mean_of(several);
}

std::vector<double> ones_baseline(const Run& run, const weft::Random& draws) {
  std::vector<double> sum(static_cast<std::size_t>(run.preset.size.blocks));
  for (std::size_t set = 0; set < decodability_sets; ++set) {
    const auto one = decodability_of_ones(decodability_prompts(run, 0, draws.fork(set)));
    for (std::size_t s = 0; s < sum.size(); ++s) sum[s] += one[s] / decodability_sets;
  }
  return sum;
}

// Each value averaged with its neighbours.
std::vector<double> smoothed(const std::vector<double>& values) {
  std::vector<double> result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t begin = i > 0 ? i - 1 : 0, end = std::min(i + 2, values.size());
    double sum = 0;
    for (std::size_t j = begin; j < end; ++j) sum += values[j];
    result.push_back(sum / static_cast<double>(end - begin));
  }
  return result;
}

// The step of the first value past the middle between the plateau and the last value; none where
// values did not rise.
std::optional<std::size_t> step_past_middle(const std::vector<Checkpoint>& checkpoints,
                                            const std::vector<double>& values, double plateau) {
  const std::vector<double> smooth = smoothed(values);
  if (smooth.back() <= plateau) return {};
  const double middle = (plateau + smooth.back()) / 2;
  std::size_t i = 0;
  while (i + 1 < smooth.size() && smooth[i] < middle) ++i;
  return checkpoints[i].step;
}

// The mean over the shots from least_shots on.
double late_accuracy(const Checkpoint& checkpoint) {
  const std::size_t shots = checkpoint.accuracy.size();
  const std::size_t first = std::min(static_cast<std::size_t>(least_shots), shots - 1);
  double sum = 0;
  for (std::size_t s = first; s < shots; ++s) sum += checkpoint.accuracy[s];
  return sum / static_cast<double>(shots - first);
}

std::vector<Point> points_over_tasks(const Accuracy& accuracy, const Decodability& found,
                                     std::size_t layer) {
  std::vector<Point> points;
  for (std::size_t task = 0; task < accuracy.by_task.size(); ++task)
    for (std::size_t s = 1; s < accuracy.by_shots.size(); ++s)
      points.push_back({found.by_task[layer][s][task], accuracy.by_task[task][s], task});
  return points;
}

std::vector<Point> points_over_checkpoints(const std::vector<Checkpoint>& checkpoints,
                                           std::size_t layer) {
  std::vector<Point> points;
  for (const Checkpoint& checkpoint : checkpoints)
    points.push_back({checkpoint.decodability.mean[layer].back(), checkpoint.accuracy.back(),
                      points.size() / stretch});
  return points;
}

// The first evaluation at which the most examples were good enough often enough; 0: none.
std::size_t find_goal(const std::vector<Checkpoint>& checkpoints) {
  std::size_t good = 0;
  for (const Checkpoint& checkpoint : checkpoints) {
    good = checkpoint.monitor.back() >= goal_accuracy ? good + 1 : 0;
    if (good == good_in_a_row) return checkpoint.step;
  }
  return 0;
}

}  // namespace

bool reaches_goal(const std::vector<double>& monitor, const std::vector<double>& ideal) {
  for (std::size_t s = 1; s + 1 < monitor.size(); ++s)
    if (monitor[s] < goal_share * ideal[s]) return false;
  return monitor.back() >= goal_accuracy;
}

Jump find_jump(const std::vector<Checkpoint>& checkpoints, std::size_t layer) {
  Jump jump;
  const auto found = std::find_if(checkpoints.begin(), checkpoints.end(), [](const auto& one) {
    return one.monitor.back() > jump_accuracy;
  });
  if (found == checkpoints.end()) return jump;
  jump.step = found->step;
  jump.goal_step = find_goal(checkpoints);
  double count = 0, late = 0;
  std::vector<double> accuracy, decodability;
  for (const Checkpoint& checkpoint : checkpoints) {
    accuracy.push_back(late_accuracy(checkpoint));
    decodability.push_back(checkpoint.decodability.mean[layer].back());
    if (checkpoint.step + 200 < jump.step || checkpoint.step + 100 > jump.step) continue;
    ++count;
    late += accuracy.back();
    jump.plateau_accuracy += checkpoint.accuracy.back();
    jump.plateau_decodability += decodability.back();
  }
  if (count == 0) return jump;
  jump.plateau_accuracy /= count;
  jump.plateau_decodability /= count;
  jump.encoding_step = step_past_middle(checkpoints, decodability, jump.plateau_decodability);
  jump.decoding_step = step_past_middle(checkpoints, accuracy, late / count);
  return jump;
}

BitwiseFindings run_bitwise(const Run& run, const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  const Preset& preset = run.preset;
  const weft::Random draws = run.random.fork("bitwise checks");
  const experiment::Learner learner =
      preset.make_learner(run.random.fork("bitwise weights"), run.threads);
  BitwiseFindings findings{};
  const Observer observer{
      learner,
      draw_prompts(preset.size, preset.monitor_prompts, Operators::by_turns, 0,
                   run.random.fork("bitwise monitor")),
      decodability_prompts(run, 0, run.random.fork("bitwise curve")), run.threads,
      findings.checkpoints};
  const auto& curve_operators = observer.curve.operators;
  findings.pictured_operators.assign(
      curve_operators.begin(),
      curve_operators.begin() +
          static_cast<std::ptrdiff_t>(std::min(curve_operators.size(), pictured_prompts)));
  observer.look(0);
  findings.untrained = decodability_on(run, learner, draws.fork("decodability"));

  experiment::Training training = training_of(run, "bitwise", preset.bitwise_steps, 0);
  training.options.good_in_a_row = good_in_a_row;
  const auto possible = accuracy_of(bayes_hits(observer.monitor), observer.monitor).by_shots;
  training.evaluate = [&](const weft::TrainingState& state) {
    const Checkpoint& checkpoint = observer.look(state.step);
    return weft::Evaluation{metrics_of(checkpoint), reaches_goal(checkpoint.monitor, possible)};
  };
  training.options.save_notes = [&] { return notes_of(findings.checkpoints); };
  training.options.load_notes = [&](std::string_view notes) {
    findings.checkpoints = checkpoints_of(notes);
  };
  findings.training = learner.train(training);
  learner.save(directory.file("model_bitwise.safetensors"));

  findings.best_layer = findings.checkpoints.back().decodability.best_layer();
  findings.jump = find_jump(findings.checkpoints, findings.best_layer);
  const Prompts prompts = draw_prompts(preset.size, preset.check_prompts, Operators::by_turns, 0,
                                       draws.fork("accuracy"));
  const Hits hits = hits_of(learner.predict(prompts.rows()), prompts);
  const Hits ideal = bayes_hits(prompts);
  findings.accuracy = accuracy_of(hits, prompts);
  findings.bayes = accuracy_of(ideal, prompts);
  findings.above_bayes = differences_in_errors(hits, ideal, prompts);
  findings.trained = decodability_on(run, learner, draws.fork("decodability"));
  findings.ones = ones_baseline(run, draws.fork("decodability"));
  const auto patch = [&](PatchAt at) {
    return patch_all(learner, preset.size, at, preset.prompts_per_task, draws.fork("patching"));
  };
  findings.patch_equals = patch(PatchAt::equals);
  findings.patch_answer = patch(PatchAt::answer);
  findings.over_tasks =
      fit_line(points_over_tasks(findings.accuracy, findings.trained, findings.best_layer),
               draws.fork("fit over tasks"));
  findings.over_checkpoints =
      fit_line(points_over_checkpoints(findings.checkpoints, findings.best_layer),
               draws.fork("fit over checkpoints"));
  findings.seconds = stopwatch.seconds();
  return findings;
}

}  // namespace task_vectors
