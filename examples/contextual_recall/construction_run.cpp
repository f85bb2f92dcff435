#include "construction_run.hpp"

#include "configuration.hpp"
#include "construction_crosstalk.hpp"

#include "../experiment/bootstrap.hpp"
#include "../experiment/environment.hpp"
#include "../experiment/stopwatch.hpp"

#include <weft/core/parallel.hpp>

#include <cstdio>

namespace contextual_recall {

namespace {

constexpr std::size_t fact_rows = 128;     // texts, of `tuples` facts each
constexpr std::size_t recall_rows = 4;     // prompts of each subject and type
constexpr std::size_t dimensions[] = {128, 256, 512, 1024, 2048, 4096};
constexpr std::size_t embedding_draws = 10;  // for each dimension

struct Variant {
  const char* name;
  const char* check_prefix;
  Construct construct;
  MatrixRunner ConstructionRunners::*runner;
  bool two_layers;
};

constexpr Variant variants[] = {
    {"two_layers", "", construct_two_layers, &ConstructionRunners::two_layers, true},
    {"one_layer", "_one_layer", construct_one_layer, &ConstructionRunners::one_layer, false}};

// What is drawn as a curve over dimensions.
struct Curve {
  const char* name;
  bool edited;
  double ConstructionScore::*value;
  Prediction (*predict)(const CrosstalkCase&);
};

constexpr Curve curves[] = {
    {"fact_base", false, &ConstructionScore::fact, predict_factual_recall},
    {"fact_edited", true, &ConstructionScore::fact, predict_factual_recall},
    {"icl_base", false, &ConstructionScore::icl, predict_contextual_recall},
    {"icl_edited", true, &ConstructionScore::icl, predict_contextual_recall}};

// One construction with Gaussian embeddings of one dimension: a score for each draw.
struct GaussianScores {
  std::vector<ConstructionScore> base, edited;
};

GaussianScores score_gaussian(const MatrixRunner& runner, const Variant& variant,
                              const World& world, const ConstructionTexts& texts,
                              std::size_t dimension, const weft::Random& draws, int threads) {
  GaussianScores scores;
  for (std::size_t draw = 0; draw < embedding_draws; ++draw) {
    const Embeddings embeddings =
        gaussian_embeddings(world.size(), dimension, draws.fork(dimension, draw));
    for (bool edited : {false, true}) {
      const MatrixTransformer weights =
          in_reading_coordinates(variant.construct(world, embeddings, {.edited = edited}));
      (edited ? scores.edited : scores.base)
          .push_back(score(runner, weights, world, texts, threads));
    }
  }
  return scores;
}

// The points of a curve at one dimension.
nlohmann::ordered_json point_of(const Curve& curve, const GaussianScores& scores,
                                const CrosstalkCase& at, const weft::Random& draws) {
  std::vector<double> values;
  for (const ConstructionScore& score : curve.edited ? scores.edited : scores.base)
    values.push_back(score.*curve.value);
  const experiment::Interval interval =
      experiment::bootstrap_interval(values, draws.fork(curve.name, at.dimension));
  const Prediction prediction = curve.predict(at);
  return {{"dimension", at.dimension},  {"mean", interval.estimate},
          {"low", interval.low},        {"high", interval.high},
          {"values", values},           {"predicted", prediction.all},
          {"predicted_of_keys", prediction.keys}};
}

nlohmann::ordered_json gaussian_curves(const MatrixRunner& runner, const Variant& variant,
                                       const World& world, const weft::Random& random,
                                       int threads) {
  const ConstructionTexts texts =
      construction_texts(world, fact_rows / 2, 1, random.fork("texts"));
  nlohmann::ordered_json result;
  for (std::size_t dimension : dimensions) {
    const GaussianScores scores = score_gaussian(runner, variant, world, texts, dimension,
                                                 random.fork("embeddings"), threads);
    std::printf("%s, %zu dimensions:", variant.name, dimension);
    for (const Curve& curve : curves) {
      const CrosstalkCase at{.size = world.size(),
                             .dimension = dimension,
                             .two_layers = variant.two_layers,
                             .options = {.edited = curve.edited}};
      result[curve.name].push_back(point_of(curve, scores, at, random.fork("bootstrap")));
      const nlohmann::ordered_json& point = result[curve.name].back();
      std::printf("  %s %.2f (%.2f)", curve.name, point["mean"].get<double>(),
                  point["predicted"].get<double>());
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return result;
}

void save_weights(const MatrixRunner& runner, const Variant& variant, const World& world,
                  const experiment::RunDirectory& directory) {
  const Embeddings embeddings = orthonormal_embeddings(world.size());
  for (bool edited : {false, true})
    runner.save(variant.construct(world, embeddings, {.edited = edited}),
                directory.file(std::string("construction_") + variant.name +
                               (edited ? "_edited" : "_base") + ".safetensors"));
}

nlohmann::ordered_json configuration_of(const Preset& preset, std::uint64_t seed, int threads) {
  const ConstructionOptions options;
  return {{"example", "contextual_recall"},
          {"mode", "construct"},
          {"preset", preset.name},
          {"seed", seed},
          {"world", to_json(preset.world)},
          {"attention", options.attention},
          {"gate", options.gate},
          {"rest", options.rest},
          {"mask", options.mask},
          {"logit", options.logit},
          {"fact_rows", fact_rows},
          {"recall_rows", recall_rows},
          {"dimensions", dimensions},
          {"embedding_draws", embedding_draws},
          {"environment", experiment::environment(threads)}};
}

}  // namespace

ConstructionFindings check_construction(const Preset& preset, const World& world,
                                        const weft::Random& draws, int threads) {
  return examine(preset.construction().two_layers, construct_two_layers, world,
                 construction_texts(world, fact_rows / 2, 1, draws), threads);
}

experiment::Checks run_construction(const Preset& preset, std::uint64_t seed, int threads,
                                    const experiment::RunDirectory& directory) {
  const experiment::Stopwatch stopwatch;
  if (threads == 0) threads = weft::default_threads();
  const weft::Random random(seed);
  const World world(preset.world, 1, random.fork("world"));
  const ConstructionRunners runners = preset.construction();
  directory.write_configuration(configuration_of(preset, seed, threads));

  experiment::Checks checks;
  nlohmann::ordered_json exact, gaussian;
  const weft::Random draws = random.fork("construction");
  for (const Variant& variant : variants) {
    const MatrixRunner& runner = runners.*variant.runner;
    const ConstructionFindings findings =
        examine(runner, variant.construct, world,
                construction_texts(world, fact_rows, recall_rows, draws.fork("texts")), threads);
    add_checks(checks, variant.check_prefix, world.size(), findings);
    exact[variant.name] = to_json(findings);
    save_weights(runner, variant, world, directory);
    gaussian[variant.name] =
        gaussian_curves(runner, variant, world, draws.fork("gaussian"), threads);
  }
  directory.write_summary({{"example", "contextual_recall"},
                          {"mode", "construct"},
                          {"preset", preset.name},
                          {"seed", seed},
                          {"threads", threads},
                          {"instruction_set", weft::instruction_set},
                          {"seconds", {{"total", stopwatch.seconds()}}},
                          {"types", world.size().types},
                          {"orthonormal", exact},
                          {"gaussian", gaussian},
                          {"checks", experiment::to_json(checks)}});
  return checks;
}

}  // namespace contextual_recall
