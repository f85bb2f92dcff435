#include "regression_patching.hpp"

#include "regression_measures.hpp"

#include <algorithm>

namespace task_vectors {

namespace {

Sequences of_basis(const Sequences& all, int basis) {
  const std::size_t pairs = all.size.pairs;
  Sequences result{all.size, {}, {}, {}};
  for (std::size_t i = 0; i < all.count(); ++i) {
    if (all.bases[i] != basis) continue;
    const auto append = [i](auto& to, const auto& from, std::size_t count) {
      const auto begin = from.begin() + static_cast<std::ptrdiff_t>(i * count);
      to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
    };
    result.bases.push_back(basis);
    append(result.x, all.x, pairs * all.size.dimensions);
    append(result.y, all.y, pairs);
  }
  return result;
}

double last_error(const std::vector<float>& predictions, const Sequences& sequences) {
  return errors_of({predictions.begin(), predictions.end()}, sequences).by_examples.back();
}

}  // namespace

std::vector<double> BasisPatching::mean_rise() const {
  std::vector<double> result;
  for (const PairValues& layer : errors) result.push_back(mean_rise_over_pairs(layer));
  return result;
}

BasisPatching patch_bases(const RegressionLearner& learner, const Sequences& means,
                          const Sequences& patched) {
  const RegressionSize& size = patched.size;
  const auto bases = static_cast<int>(size.bases);
  const std::vector<std::size_t> last_x{size.prediction_of(size.pairs - 1)};
  const TaskMeans states =
      task_means(learner.observe(tokens_of(means), last_x), means.bases, bases, last_x);
  const PairValues empty(size.bases, std::vector<double>(size.bases));
  BasisPatching result{{states.layers, empty}, true};
  for (int source = 0; source < bases; ++source) {
    const Sequences sequences = of_basis(patched, source);
    const std::vector<float> tokens = tokens_of(sequences);
    const std::vector<float> unpatched = learner.predict(tokens);
    for (std::size_t layer = 0; layer < states.layers; ++layer)
      for (int target = 0; target < bases; ++target) {
        const std::vector<float> moved = learner.predict_with(
            tokens, mean_shift(states, layer, source, target, size.positions()));
        if (source == target && moved != unpatched) result.self_changes_nothing = false;
        result.errors[layer][static_cast<std::size_t>(source)][static_cast<std::size_t>(target)] =
            last_error(moved, sequences);
      }
  }
  return result;
}

}  // namespace task_vectors
