#include "construction_crosstalk.hpp"

#include <cmath>

namespace contextual_recall {

namespace {

// The distribution function of N(0, 1).
double normal_below(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// How many different ones there are among `draws` of `count`, on average.
double distinct(double draws, double count) { return count * (1 - std::pow(1 - 1 / count, draws)); }

// Keys of one kind: their score without error, its deviation, how many there are.
struct Keys {
  double score, deviation, count;

  // The probability that all of them score less than x.
  double below(double x) const {
    return count > 0 ? std::pow(normal_below((x - score) / deviation), count) : 1;
  }
};

// The probability that one of the first keys scores more than all others.
double probability_of_first(const std::vector<Keys>& keys) {
  constexpr double from = -20, to = 20, step = 0.01;  // all scores lie well within
  double sum = 0;
  for (double x = from; x < to; x += step) {
    double others = 1;
    for (std::size_t i = 1; i < keys.size(); ++i) others *= keys[i].below(x + step / 2);
    sum += (keys[0].below(x + step) - keys[0].below(x)) * others;
  }
  return sum;
}

// What the type head sees, in units of beta.
struct KeyMemory {
  explicit KeyMemory(const CrosstalkCase& at)
      : dimension(static_cast<double>(at.dimension)), attribute(at.options.edited ? 3 : 0) {
    const double types = at.size.types;
    stored = types * at.size.typed_grammar * grammar * grammar + bos * bos +
             types * at.size.values * attribute * attribute;
  }

  // Keys of a kind that is stored with this weight; own: of the query's own tuple.
  Keys keys(double weight, bool own, double count) const {
    return {weight - (own ? 0 : 2), std::sqrt((stored + weight * weight) / dimension), count};
  }

  static constexpr double grammar = 2, bos = 2.5;
  double dimension, attribute, stored;
};

// The probability that the right attribute outdoes all rivals, with the right code of the type.
double probability_in_logits(const CrosstalkCase& at) {
  const double d = static_cast<double>(at.dimension);
  const double types = at.size.types, values = at.size.values;
  // Variances: of the code that is read off a token; of a value, in whose memory are the subjects
  // that have it; and of the products of unembeddings, one for each attribute that is written.
  const double code = (at.size.typed_grammar + (at.options.edited ? values : 0)) / d;
  const double value = at.size.subjects / values / d;
  if (!at.two_layers) {
    const double unembedding = (types - 1 + values - 1 + 4) / d;
    const double of_subject = normal_below(1 / std::sqrt(2 * (unembedding + code)));
    const double of_type = normal_below(1 / std::sqrt(2 * (unembedding + value)));
    return std::pow(of_subject, types - 1) * std::pow(of_type, values - 1);
  }
  const double deviation = std::sqrt(2 * (value + 2 / d));
  const double of_type = normal_below(1 / deviation);
  // The head of another type opens by an error z of the code, and then writes its attribute.
  double of_subject = 0, weights = 0;
  for (double z = -6; z <= 6; z += 0.05) {
    const double weight = std::exp(-z * z / 2);
    const double gate = at.options.gate * std::sqrt(code) * z - at.options.rest;
    const double rival = 1 / (1 + std::exp(-gate));
    of_subject += weight * normal_below((1 - rival) / deviation);
    weights += weight;
  }
  return std::pow(of_subject / weights, types - 1) * std::pow(of_type, values - 1);
}

Prediction prediction(const CrosstalkCase& at, double of_keys) {
  const double by_chance = (1 - of_keys) / at.size.types;
  return {of_keys + by_chance, of_keys * probability_in_logits(at) + by_chance};
}

}  // namespace

Prediction predict_factual_recall(const CrosstalkCase& at) {
  const WorldSize& size = at.size;
  const KeyMemory memory(at);
  const double neutral = size.neutral_rate, grammar = size.types * size.typed_grammar;
  double sum = 0;
  for (int earlier = 0; earlier < size.tuples; ++earlier)
    for (int typed = 1; typed <= 2; ++typed) {
      // Given that one of the two grammar tokens is typed.
      const double weight =
          (typed == 2 ? 1 - neutral : 2 * neutral) * (1 - neutral) / (1 - neutral * neutral);
      sum += weight *
             probability_of_first(
                 {memory.keys(memory.grammar, true, distinct(typed, size.typed_grammar)),
                  memory.keys(memory.bos, false, 1),
                  memory.keys(0, true, 3 - typed),
                  memory.keys(memory.attribute, false,
                              distinct(earlier, size.types * size.values)),
                  memory.keys(memory.grammar, false,
                              distinct(2 * (1 - neutral) * earlier, grammar)),
                  memory.keys(0, false,
                              distinct(earlier, size.subjects) +
                                  distinct(2 * neutral * earlier, size.neutral_grammar))});
    }
  return prediction(at, sum / size.tuples);
}

Prediction predict_contextual_recall(const CrosstalkCase& at) {
  if (!at.options.edited) return {1.0 / at.size.types, 1.0 / at.size.types};
  const WorldSize& size = at.size;
  const KeyMemory memory(at);
  const int earlier = size.tuples - 1;
  return prediction(at, probability_of_first(
                            {memory.keys(memory.attribute, false, distinct(earlier, size.values)),
                             memory.keys(memory.bos, false, 1),
                             memory.keys(0, true, 1 + distinct(2, size.neutral_grammar)),
                             memory.keys(0, false,
                                         earlier + distinct(2 * earlier, size.neutral_grammar))}));
}

}  // namespace contextual_recall
