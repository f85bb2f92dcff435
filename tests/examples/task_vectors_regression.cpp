#include <examples/task_vectors/regression.hpp>

#include <weft/core/error.hpp>
#include <weft/io/file.hpp>
#include <weft/io/safetensors_file.hpp>

#include <tests/io/temporary_folder.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace task_vectors;

namespace {

using Catch::Approx;

const weft::Random key(7);
constexpr RegressionSize packed_size{};  // 8 coordinates, 4 bases of 2, 10 pairs
constexpr RegressionSize interleaved_size = interleaved(packed_size);

const RegressionSettings& quick(Format format) {
  static const Preset preset = quick_preset();
  return *std::find_if(preset.regressions.begin(), preset.regressions.end(),
                       [&](const auto& one) { return one.size.format == format; });
}

// Adds 1 to the last number of a parameter in a safetensors file.
void change_a_weight(const std::string& path) {
  const weft::SafetensorsFile file(path);
  const auto* entry = file.find("read_in.weight");
  REQUIRE(entry);
  std::vector<float> values((entry->end - entry->begin) / sizeof(float));
  file.copy_to(values.data(), *entry);
  std::string bytes = weft::read_file(path);
  const std::string old(reinterpret_cast<const char*>(values.data()), values.size() * 4);
  const std::size_t at = bytes.find(old);
  REQUIRE(at != std::string::npos);
  values.back() += 1;
  std::memcpy(bytes.data() + at, values.data(), old.size());
  weft::write_file(path, bytes);
}

// A checkpoint of a model of one layer.
RegressionCheckpoint at(std::size_t step, double score, double decodability) {
  return {step, {}, score, {std::vector<std::vector<double>>{{decodability}}}, {}};
}

}  // namespace

TEST_CASE("bases lie beside each other, or overlap by half within their half of the coordinates") {
  using Coordinates = std::vector<std::vector<std::size_t>>;
  CHECK(bases_of(packed_size) == Coordinates{{0, 1}, {2, 3}, {4, 5}, {6, 7}});
  CHECK(six_bases(packed_size).dimensions == 12);
  CHECK(bases_of(six_bases(packed_size)).back() == std::vector<std::size_t>{10, 11});
  CHECK(bases_of(overlapping_bases(packed_size)) ==
        Coordinates{{0, 1}, {1, 2}, {2, 3}, {3, 0}, {4, 5}, {5, 6}, {6, 7}, {7, 4}});
  CHECK_THROWS_AS(bases_of({.dimensions = 7, .rank = 2, .bases = 4}), weft::Error);
  CHECK_THROWS_AS(bases_of({.rank = 0}), weft::Error);
  CHECK_THROWS_AS(bases_of({.dimensions = 8, .rank = 4, .bases = 8, .overlapping = true}),
                  weft::Error);
}

TEST_CASE("labels are a function of the basis's coordinates, with noise, and have variance 1") {
  const Sequences drawn = draw_sequences(packed_size, 8000, Bases::drawn, key);
  double squares = 0, residuals = 0;
  std::vector<double> counts(4);
  for (std::size_t i = 0; i < drawn.count(); ++i) {
    ++counts[std::size_t(drawn.bases[i])];
    for (std::size_t n = 0; n < 10; ++n) squares += std::pow(double(drawn.y[i * 10 + n]), 2);
    // The weights by least squares through all pairs, on the two coordinates.
    const auto coordinates = bases_of(packed_size)[std::size_t(drawn.bases[i])];
    double xx = 0, xz = 0, zz = 0, xy = 0, zy = 0, yy = 0;
    for (std::size_t n = 0; n < 10; ++n) {
      const float* pair = drawn.x.data() + (i * 10 + n) * 8;
      const double x = double(pair[coordinates[0]]), z = double(pair[coordinates[1]]);
      const double y = double(drawn.y[i * 10 + n]);
      xx += x * x, xz += x * z, zz += z * z, xy += x * y, zy += z * y, yy += y * y;
    }
    const double determinant = xx * zz - xz * xz;
    residuals += yy - (xy * (zz * xy - xz * zy) + zy * (xx * zy - xz * xy)) / determinant;
  }
  CHECK(squares / 80000 == Approx(1 + noise * noise / 2).margin(0.03));
  CHECK(residuals / 8000 == Approx(8 * noise * noise / 2).epsilon(0.03));  // 10 pairs, 2 weights
  for (const double count : counts) CHECK(std::abs(count - 2000) < 160);
  const Sequences by_turns = draw_sequences(packed_size, 40, Bases::by_turns, key);
  for (int basis = 0; basis < 4; ++basis)
    CHECK(std::count(by_turns.bases.begin(), by_turns.bases.end(), basis) == 10);
}

TEST_CASE("a token is an x or a y by turns, or an x with the pair before it") {
  const Sequences drawn = draw_sequences(interleaved_size, 3, Bases::drawn, key);
  const std::vector<float> tokens = tokens_of(drawn);
  REQUIRE(tokens.size() == 3 * 20 * 8);
  Sequences same = drawn;
  same.size = packed_size;
  const std::vector<float> packed_tokens = tokens_of(same);
  REQUIRE(packed_tokens.size() == 3 * 10 * 17);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t n = 0; n < 10; ++n) {
      const float* x = drawn.x.data() + (i * 10 + n) * 8;
      const float* token = tokens.data() + (i * 20 + 2 * n) * 8;
      REQUIRE(std::equal(x, x + 8, token));
      REQUIRE(token[8] == drawn.y[i * 10 + n]);
      REQUIRE(std::count(token + 9, token + 16, 0.0f) == 7);
      const float* both = packed_tokens.data() + (i * 10 + n) * 17;
      REQUIRE(std::equal(x, x + 8, both));
      if (n == 0) REQUIRE(std::count(both + 8, both + 17, 0.0f) == 9);
      else REQUIRE((std::equal(x - 8, x, both + 8) && both[16] == drawn.y[i * 10 + n - 1]));
    }
}

TEST_CASE("the three observers predict what NumPy computes from the closed forms") {
  // x_ij = 1.5 sin(1 + 3 i + 7 j), y_i = cos(2 + 5 i), in single precision; the second basis.
  const RegressionSize size{.dimensions = 4, .rank = 2, .bases = 2, .pairs = 5};
  Sequences given{size, {1}, {}, {}};
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 4; ++j)
      given.x.push_back(static_cast<float>(1.5 * std::sin(1 + 3 * i + 7 * j)));
    given.y.push_back(static_cast<float>(std::cos(2 + 5 * i)));
  }
  // solve(X.T @ X + 0.01 eye, X.T @ y), with weights exp(-y @ solve(S, y) / 2 - slogdet(S) / 2),
  // S = X @ X.T + 0.01 eye; all in units in which the weights have a variance of 1.
  const double oracle[] = {0, 0.474362342274, -0.954239377187, -0.981722882910, 0.839979718527};
  const double mixture[] = {0, 0.447251864794, -0.944853434128, -0.981721282937, 0.839325979563};
  const double blind[] = {0, 0.415962234601, -0.980681122724, -1.068939618991, 0.873767469185};
  const References found = reference_predictions(given);
  for (std::size_t n = 0; n < 5; ++n) {
    CAPTURE(n);
    CHECK(found.oracle[n] == Approx(oracle[n]).margin(1e-9));
    CHECK(found.mixture[n] == Approx(mixture[n]).margin(1e-9));
    CHECK(found.blind[n] == Approx(blind[n]).margin(1e-9));
  }
}

TEST_CASE("no observer does better than one that knows more, after any number of examples") {
  for (const RegressionSize& size :
       {packed_size, overlapping_bases(packed_size), six_bases(packed_size)}) {
    const Sequences drawn = draw_sequences(size, 10000, Bases::by_turns, key);
    const References found = reference_predictions(drawn);
    for (const double error : error_differences(found.mixture, found.oracle, drawn))
      CHECK(error > -3);
    const auto gap = error_differences(found.blind, found.mixture, drawn);
    for (const double error : gap) CHECK(error > -3);
    for (std::size_t n = size.rank; n < std::min(size.dimensions, size.pairs); ++n)
      CHECK(gap[n] > 3);
  }
  const Sequences drawn = draw_sequences(packed_size, 10000, Bases::by_turns, key);
  const ReferenceErrors errors = errors_of(reference_predictions(drawn), drawn);
  // The noise floor is noise^2 / 2 = 0.005; blind regression needs D + 2 examples for it.
  CHECK(errors.oracle.by_examples[9] == Approx(0.0063).margin(0.001));
  CHECK(errors.mixture.by_examples[6] < 0.02);
  CHECK(errors.blind.by_examples[6] > 0.2);
  CHECK(errors.mixture.by_examples[0] == Approx(1.005).margin(0.05));
}

TEST_CASE("the basis score is 0 for blind regression and 1 for the mixture") {
  const std::vector<double> mixture(10, 0.1), blind(10, 0.5);
  CHECK(basis_score(packed_size, blind, mixture, blind) == 0);
  CHECK(basis_score(packed_size, mixture, mixture, blind) == 1);
  std::vector<double> model = blind;
  for (std::size_t n = 0; n < 3; ++n) model[n] = 0;  // does not count
  model[8] = model[9] = 0;
  CHECK(basis_score(packed_size, model, mixture, blind) == 0);
  model[5] = 0.1;  // one of n = 3, ..., 7
  CHECK(basis_score(packed_size, model, mixture, blind) == Approx(0.2));
}

TEST_CASE("errors are means of squares, by examples and by basis, and differences are paired") {
  const RegressionSize size{.dimensions = 2, .rank = 1, .bases = 2, .pairs = 2};
  const Sequences given{size, {0, 1}, std::vector<float>(8), {1, 2, 3, 4}};
  const Errors errors = errors_of({1, 0, 0, 4}, given);
  CHECK(errors.by_examples == std::vector<double>{4.5, 2});
  CHECK(errors.by_basis == std::vector<std::vector<double>>{{0, 4}, {9, 0}});
  // After no example 0 - 0 and 9 - 1: mean 4, error 4 / sqrt(1).
  const auto differences = error_differences({1, 0, 0, 4}, {1, 0, 2, 4}, given);
  CHECK(differences[0] == Approx(1));
  CHECK(differences[1] == 0);
}

TEST_CASE("a regressor predicts every label from what stands before it and nothing else") {
  for (const Format format : {Format::packed, Format::interleaved}) {
    const RegressionSettings& settings = quick(format);
    const RegressionLearner learner = settings.make_learner(weft::Random(3), 1);
    const Sequences drawn = draw_sequences(settings.size, 5, Bases::drawn, key);
    const std::size_t pairs = settings.size.pairs, d = settings.size.dimensions;
    const std::vector<float> before = learner.predict(tokens_of(drawn));
    REQUIRE(before.size() == 5 * pairs);
    for (std::size_t changed = 0; changed < pairs; ++changed) {
      Sequences other = drawn;
      other.y[pairs + changed] += 1;
      std::vector<float> after = learner.predict(tokens_of(other));
      for (std::size_t i = 0; i < after.size(); ++i)
        REQUIRE((after[i] == before[i]) == !(i / pairs == 1 && i % pairs > changed));
      other = drawn;
      other.x[(pairs + changed) * d] += 1;
      after = learner.predict(tokens_of(other));
      for (std::size_t i = 0; i < after.size(); ++i)
        REQUIRE((after[i] == before[i]) == !(i / pairs == 1 && i % pairs >= changed));
    }
  }
}

TEST_CASE("a regressor learns, and is the same after it was saved and loaded") {
  for (const Format format : {Format::packed, Format::interleaved}) {
    const RegressionSettings& settings = quick(format);
    const RegressionLearner learner = settings.make_learner(weft::Random(3), 1);
    const Sequences batch = draw_sequences(settings.size, 32, Bases::drawn, key);
    const std::vector<float> tokens = tokens_of(batch);
    const auto error = [&] {
      const std::vector<float> predicted = learner.predict(tokens);
      double sum = 0;
      for (std::size_t i = 0; i < predicted.size(); ++i)
        sum += std::pow(double(predicted[i] - batch.y[i]), 2);
      return sum / double(predicted.size());
    };
    const double untrained = error();
    RegressionTraining training;
    training.options.steps = 150;
    training.options.progress.display = weft::ProgressDisplay::quiet;
    training.optimizer = {.learning_rate = 3e-3, .weight_decay = 0};
    training.draw = [&](std::size_t) { return RegressionBatch{tokens, batch.y}; };
    training.evaluate = [](const weft::TrainingState&) { return weft::Evaluation{}; };
    const weft::TrainingState state = learner.train(training);
    CHECK(error() < untrained / 4);
    CHECK(state.loss < untrained / 4);

    const TemporaryFolder folder;
    learner.save(folder / "model.safetensors");
    const RegressionLearner loaded = settings.make_learner(weft::Random(4), 1);
    CHECK(loaded.predict(tokens) != learner.predict(tokens));
    loaded.load(folder / "model.safetensors");
    CHECK(loaded.predict(tokens) == learner.predict(tokens));
    change_a_weight(folder / "model.safetensors");
    CHECK_THROWS_AS(loaded.load(folder / "model.safetensors"), weft::Error);
  }
}

TEST_CASE("moving sequences to another basis changes their last prediction, to their own no bit") {
  for (const Format format : {Format::packed, Format::interleaved}) {
    const RegressionSettings& settings = quick(format);
    const RegressionSize& size = settings.size;
    const RegressionLearner learner = settings.make_learner(weft::Random(3), 1);
    const Sequences drawn = draw_sequences(size, 40, Bases::by_turns, key);
    const std::vector<float> tokens = tokens_of(drawn), before = learner.predict(tokens);
    const std::size_t last_x = size.prediction_of(size.pairs - 1);
    const TaskMeans means =
        task_means(learner.observe(tokens, {last_x}), drawn.bases, 4, {last_x});
    std::vector<float> of_first_layer;
    for (const std::size_t layer : {0u, 1u}) {
      const auto moved = [&](int target) {
        return learner.predict_with(tokens, mean_shift(means, layer, 2, target, size.positions()));
      };
      CHECK(moved(2) == before);
      const std::vector<float> after = moved(1);
      for (std::size_t i = 0; i < after.size(); ++i)
        REQUIRE((after[i] == before[i]) == ((i + 1) % size.pairs != 0));
      if (layer == 0) of_first_layer = after;
      else CHECK(after != of_first_layer);
    }
  }
}

TEST_CASE("patching bases reports the errors of each source's last predictions, by hand") {
  const RegressionSettings& settings = quick(Format::packed);
  const RegressionSize& size = settings.size;
  const RegressionLearner learner = settings.make_learner(weft::Random(3), 1);
  const Sequences means = draw_sequences(size, 40, Bases::by_turns, key);
  const Sequences patched = draw_sequences(size, 60, Bases::by_turns, key.fork(1));
  const BasisPatching found = patch_bases(learner, means, patched);
  CHECK(found.self_changes_nothing);
  REQUIRE(found.errors.size() == learner.config.layers);
  const std::vector<std::size_t> last_x{size.pairs - 1};
  const TaskMeans states = task_means(learner.observe(tokens_of(means), last_x), means.bases, 4,
                                      last_x);
  const auto error_of = [&](std::size_t source, const std::vector<float>& predicted) {
    double sum = 0;
    for (std::size_t i = source; i < 60; i += 4)  // by turns
      sum += std::pow(double(predicted[(i + 1) * size.pairs - 1] -
                             patched.y[(i + 1) * size.pairs - 1]), 2);
    return sum / 15;
  };
  const std::vector<float> tokens = tokens_of(patched);
  for (std::size_t source = 0; source < 4; ++source) {
    CHECK(found.errors[1][source][source] == Approx(error_of(source, learner.predict(tokens))));
    const auto edit = mean_shift(states, 1, int(source), 3, size.positions());
    CHECK(found.errors[1][source][3] ==
          Approx(error_of(source, learner.predict_with(tokens, edit))));
  }
  const BasisPatching by_hand{{{{1, 3}, {2, 4}}, {{1, 1}, {5, 5}}}, true};
  CHECK(by_hand.mean_rise() == std::vector<double>{0, 0});
  CHECK(BasisPatching{{{{1, 3}, {6, 4}}}, true}.mean_rise() == std::vector<double>{2});
  CHECK_THROWS_AS(patch_bases(learner, draw_sequences(size, 3, Bases::by_turns, key), patched),
                  weft::Error);
}

TEST_CASE("at first training draws from one basis, then from one more each so many steps") {
  RegressionSettings settings = quick(Format::packed);
  settings.basis_steps = 100;
  CHECK(bases_at(settings, 0) == 1);
  CHECK(bases_at(settings, 99) == 1);
  CHECK(bases_at(settings, 100) == 2);
  CHECK(bases_at(settings, 1000) == 4);
  settings.basis_steps = 0;
  CHECK(bases_at(settings, 0) == 4);
  const Sequences drawn =
      draw_sequences(overlapping_bases(packed_size), 90, Bases::drawn, key, 3);
  for (int basis = 0; basis < 8; ++basis)
    CHECK((std::count(drawn.bases.begin(), drawn.bases.end(), basis) > 0) == (basis < 3));
  CHECK_THROWS_AS(draw_sequences(packed_size, 1, Bases::drawn, key, 5), weft::Error);
}

TEST_CASE("the learning rate rises, stays, and falls to a twentieth over the last steps") {
  RegressionSettings settings = quick(Format::packed);
  settings.steps = 1000;
  settings.decay_steps = 400;
  CHECK(learning_rate_factor(settings, 0) == Approx(1.0 / warmup_steps));
  CHECK(learning_rate_factor(settings, warmup_steps - 1) == 1);
  CHECK(learning_rate_factor(settings, 600) == 1);
  CHECK(learning_rate_factor(settings, 800) == Approx(0.525));
  CHECK(learning_rate_factor(settings, 999) == Approx(0.05).margin(1e-4));
  settings.decay_steps = 0;
  CHECK(learning_rate_factor(settings, 999) == 1);
}

TEST_CASE("of overlapping bases halves are told apart, and bases beside those of their half") {
  const RegressionSize size = overlapping_bases(packed_size);
  const Sequences drawn = draw_sequences(size, 8 * 30, Bases::by_turns, key);
  experiment::Activations states{drawn.count(), 2, 1, 1, {}, {}};
  for (const int basis : drawn.bases) {
    states.residual.push_back(basis < 4 ? 0.0f : 1.0f);
    states.residual.push_back(basis < 4 ? float(basis) : 2.0f);  // the last half at one place
  }
  const HalvesDecodability found = halves_decodability(states, drawn, 1);
  REQUIRE(found.between.size() == 2);
  CHECK(found.between[0][0] == 1);
  CHECK(found.between[1][0] < 1);  // a basis of the first half is at that place too
  CHECK(found.within_first[0][0] < 0.3);
  CHECK(found.within_first[1][0] == 1);
  CHECK(found.within_last[0][0] < 0.3);
  CHECK(found.within_last[1][0] < 0.3);

  const auto by_basis = decodability_by_basis(states, drawn, 1);
  REQUIRE(by_basis.size() == 2);
  CHECK(by_basis[1][0] == 1);
  CHECK(by_basis[1][7] < 0.3);
  double mean = 0;
  for (const double one : by_basis[1]) mean += one / 8;
  CHECK(basis_decodability(states, drawn, 1).mean[1][0] == Approx(mean));
}

TEST_CASE("decodability counts as blind while the score is at or below 0") {
  const std::vector<RegressionCheckpoint> checkpoints{at(0, -3, 0.2), at(50, 0, 0.3),
                                                      at(100, 0.1, 0.9), at(150, 0.9, 1)};
  CHECK(blind_decodability(checkpoints, 0) == Approx(0.25));
  CHECK(std::isnan(blind_decodability({at(0, 0.5, 0.3)}, 0)));

  RegressionFindings findings{};
  findings.checkpoints = checkpoints;
  findings.decodability = checkpoints.back().decodability;
  findings.patching = {{PairValues(4, std::vector<double>(4))}, true};
  findings.mixture_over_oracle = findings.blind_over_mixture = std::vector<double>(10, 5);
  RegressionSettings settings = quick(Format::packed);
  settings.size = packed_size;
  settings.sequences_per_basis = 100;
  const auto passed = [&](const char* name) {
    experiment::Checks checks;
    add_checks(checks, findings, settings);
    return std::find_if(checks.all().begin(), checks.all().end(), [&](const auto& check) {
             return check.name == name;
           })->passed();
  };
  CHECK(passed("regression_td_blind"));
  findings.blind = {at(0, -1, 0.5)};  // of the model beside it, where there is one
  CHECK_FALSE(passed("regression_td_blind"));
  findings.blind.clear();
  CHECK(passed("bayes_order"));
  CHECK(passed("bayes_order_gap"));
  findings.checkpoints[1].decodability.mean[0][0] = 0.5;
  CHECK_FALSE(passed("regression_td_blind"));
  findings.blind_over_mixture[7] = 2;
  CHECK(passed("bayes_order"));
  CHECK_FALSE(passed("bayes_order_gap"));
  findings.mixture_over_oracle[9] = -4;
  CHECK_FALSE(passed("bayes_order"));
}
