#include <examples/task_vectors/finetune.hpp>
#include <examples/task_vectors/patching.hpp>
#include <examples/task_vectors/relation.hpp>

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

const Preset preset = quick_preset();

experiment::Learner new_learner() { return preset.make_learner(weft::Random(3), 1); }

Run quiet_run() { return {preset, weft::Random(4), 1, nullptr}; }

// Trains everything but the frozen parameters for a few steps.
void train_a_little(const experiment::Learner& learner,
                    std::function<bool(std::string_view)> frozen) {
  experiment::Training training = training_of(quiet_run(), "train", 3, 0);
  training.options.progress.display = weft::ProgressDisplay::quiet;
  training.frozen = std::move(frozen);
  learner.train(training);
}

Prompts some_prompts(std::size_t count = 120) {
  return draw_prompts(preset.size, count, Operators::by_turns, 0, weft::Random(8));
}

// Changes one element of a parameter in a safetensors file, the first of its data, by less than the
// example that is stored with a model would notice.
void change_first_weight(const std::string& path) {
  std::string bytes = weft::read_file(path);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  float value = 0;
  std::memcpy(&value, bytes.data() + 8 + header, sizeof value);
  value += 1e-5f;
  std::memcpy(bytes.data() + 8 + header, &value, sizeof value);
  weft::write_file(path, bytes);
}

}  // namespace

TEST_CASE("every preset's model fits its prompts, and the default one has 0.2 million parameters") {
  for (const Preset& one : presets()) {
    INFO(one.name);
    const experiment::Learner learner = one.make_learner(weft::Random(0), 1);
    CHECK(learner.config.positions == one.size.positions());
    CHECK(learner.config.vocabulary == vocabulary);
    CHECK(learner.config.mlp);
    CHECK(learner.config.norm);
    CHECK(learner.config.bias);
    if (one.name == "default") CHECK(std::abs(double(learner.parameters) - 2.0e5) < 1e4);
  }
}

TEST_CASE("answers count as right where all their bits are, as scored by hand") {
  const Prompts prompts = some_prompts(2);
  std::vector<int> predicted(prompts.tokens.size(), -1);
  for (std::size_t i = 0; i + 1 < predicted.size(); ++i) predicted[i] = prompts.tokens[i + 1];
  const std::size_t length = preset.size.positions();
  predicted[preset.size.equals(1)] ^= 1;               // prompt 0, example 1, first bit
  predicted[length + preset.size.equals(0) + 1] ^= 1;  // prompt 1, example 0, second bit
  predicted[length + preset.size.equals(2) + 2] ^= 1;  // behind the answer: does not count
  CHECK(hits_of(predicted, prompts) == Hits{1, 0, 1, 0, 1, 1});
  const Accuracy accuracy = accuracy_of({1, 0, 1, 0, 1, 1}, prompts);
  CHECK(accuracy.by_shots == std::vector<double>{0.5, 0.5, 1});
  CHECK(accuracy.by_task[1] == std::vector<double>{0, 1, 1});
}

TEST_CASE("a paired difference is measured in standard errors of its mean") {
  const Prompts prompts = draw_prompts({.bits = 1, .blocks = 1}, 4, Operators::drawn, 0,
                                       weft::Random(1));
  // Differences 1, 0, 0, 0: mean 1/4, variance 3/12, error sqrt(3/12/4) = 1/4.
  CHECK(differences_in_errors({1, 0, 1, 1}, {0, 0, 1, 1}, prompts)[0] == Catch::Approx(1));
  CHECK(differences_in_errors({1, 0, 1, 1}, {1, 0, 1, 1}, prompts)[0] == 0);
}

TEST_CASE("frozen parameters keep their bits, and the others do not") {
  const experiment::Learner learner = new_learner(), copy = learner.clone();
  train_a_little(copy, [](std::string_view path) { return !path.starts_with("blocks.1."); });
  const Prompts prompts = some_prompts();
  CHECK(same_up_to_layer(learner, copy, 1, prompts, 1));
  CHECK_FALSE(same_up_to_layer(learner, copy, 2, prompts, 1));
}

TEST_CASE("a path is in some blocks by its whole number and by nothing else") {
  CHECK(is_in_blocks("blocks.0.attn.q.weight", 0, 2));
  CHECK(is_in_blocks("blocks.1.ln2.bias", 1, 2));
  CHECK(is_in_blocks("blocks.10.mlp.up.weight", 10, 12));
  for (const char* path : {"blocks.2.attn.q.weight", "blocks.10.attn.q.weight", "embed.weight",
                           "pos_embed.weight", "ln_final.weight", "unembed.weight", "blocks.",
                           "blocks.x.weight", "blocks.1x.weight", "blocks.0", "block.0.weight",
                           "more.blocks.0.weight"}) {
    INFO(path);
    CHECK_FALSE(is_in_blocks(path, 0, 2));
  }
  CHECK_FALSE(is_in_blocks("blocks.0.attn.q.weight", 1, 2));
}

TEST_CASE("a copy tuned in some blocks has every other parameter as it was, byte for byte") {
  Preset few_steps = preset;
  few_steps.tuning_steps = 3;
  const Run run{few_steps, weft::Random(4), 1, nullptr};
  const TemporaryFolder folder;
  const experiment::Learner learner = new_learner();
  learner.save(folder / "before.safetensors");
  const weft::SafetensorsFile before(folder / "before.safetensors");
  for (const std::size_t block : {0u, 1u}) {
    tuned(run, learner, "tuned", block, block + 1).save(folder / "after.safetensors");
    const weft::SafetensorsFile after(folder / "after.safetensors");
    std::size_t others = 0, changed = 0;
    for (const auto& entry : before.entries()) {
      if (entry.name.starts_with("example.")) continue;
      INFO(entry.name);
      REQUIRE(after.find(entry.name));
      const auto bytes = before.data(entry), then = after.data(*after.find(entry.name));
      const bool is_same = std::equal(bytes.begin(), bytes.end(), then.begin(), then.end());
      if (entry.name.starts_with("blocks." + std::to_string(block) + ".")) {
        changed += !is_same;
        continue;
      }
      CHECK(is_same);
      ++others;
    }
    CHECK(others > 12);  // the other block, embeddings, norm and head
    CHECK(changed > 8);
  }
  learner.save(folder / "again.safetensors");
  CHECK(weft::read_file(folder / "again.safetensors") ==
        weft::read_file(folder / "before.safetensors"));
}

TEST_CASE("saved and loaded models differ below the tuned blocks where one frozen weight does") {
  const TemporaryFolder folder;
  const experiment::Learner learner = new_learner(), copy = learner.clone();
  train_a_little(copy, [](std::string_view path) { return !path.starts_with("blocks.1."); });
  learner.save(folder / "a.safetensors");
  copy.save(folder / "b.safetensors");
  const experiment::Learner a = learner.clone(), b = learner.clone();
  a.load(folder / "a.safetensors");
  b.load(folder / "b.safetensors");
  const Prompts prompts = some_prompts();
  CHECK(same_up_to_layer(a, b, 1, prompts, 1));
  change_first_weight(folder / "b.safetensors");
  b.load(folder / "b.safetensors");
  CHECK_FALSE(same_up_to_layer(a, b, 1, prompts, 1));
}

TEST_CASE("moving an operator's states to its own mean changes no bit, to another's it does") {
  const experiment::Learner learner = new_learner();
  const Prompts prompts = some_prompts();
  const std::size_t length = preset.size.positions();
  const TaskMeans means = task_means(learner, prompts, {preset.size.equals(2)});
  for (const std::size_t layer : {0u, 1u}) {
    CHECK(changes_nothing(learner, prompts, mean_shift(means, layer, 4, 4, length)));
    CHECK_FALSE(changes_nothing(learner, prompts, mean_shift(means, layer, 4, 1, length)));
  }
}

TEST_CASE("a shift shows from its position on, after the last layer at its position alone") {
  const experiment::Learner learner = new_learner();
  const Prompts prompts = some_prompts();
  const std::size_t length = preset.size.positions(), at = preset.size.equals(1);
  const std::vector<float> before = learner.logits(prompts.rows(), {});
  const auto changed = [&](std::size_t layer, std::size_t position) {
    const TaskMeans means = task_means(learner, prompts, {position});
    const std::vector<float> after =
        learner.logits(prompts.rows(), mean_shift(means, layer, 4, 1, length));
    std::vector<bool> result(length);
    for (std::size_t i = 0; i < after.size(); ++i)
      if (after[i] != before[i]) result[i / vocabulary % length] = true;
    return result;
  };
  std::vector<bool> there_alone(length), from_there_on(length);
  for (std::size_t position = at; position < length; ++position) from_there_on[position] = true;
  there_alone[at] = true;
  CHECK(changed(0, at) == from_there_on);
  CHECK(changed(1, at) == there_alone);
  CHECK(changed(1, at + 1) != there_alone);
}

TEST_CASE("an operator's mean state is the mean of its prompts' states") {
  const experiment::Learner learner = new_learner();
  const Prompts prompts = some_prompts(60);
  const std::vector<std::size_t> positions{3, preset.size.equals(1)};
  const TaskMeans means = task_means(learner, prompts, positions);
  const experiment::Activations states = learner.observe(prompts.rows(), positions);
  for (std::size_t feature = 0; feature < states.width; ++feature) {
    double sum = 0, count = 0;
    for (std::size_t row = 0; row < 60; ++row)
      if (prompts.operators[row] == op_nor) {
        sum += double(
            states.residual[((row * states.layers + 1) * 2 + 1) * states.width + feature]);
        ++count;
      }
    REQUIRE(double(means.row(op_nor, 1, 1)[feature]) == Catch::Approx(sum / count).margin(1e-6));
  }
  CHECK_THROWS_AS(task_means(learner, some_prompts(3), positions), weft::Error);
}

TEST_CASE("patching reports shares for every layer and pair, the same on the diagonal") {
  const experiment::Learner learner = new_learner();
  const PatchingMatrix matrix =
      patch_all(learner, preset.size, PatchAt::answer, 12, weft::Random(9));
  CHECK(matrix.self_changes_nothing);
  REQUIRE(matrix.own.size() == 2);
  for (std::size_t layer = 0; layer < 2; ++layer)
    for (std::size_t source = 0; source < 6; ++source)
      CHECK(matrix.own[layer][source][source] == matrix.targets[layer][source][source]);
  for (std::size_t source = 0; source < 6; ++source)
    CHECK(matrix.unpatched[source][source] == matrix.own[0][source][source]);
}

TEST_CASE("without a patch the target's answers are counted where the two answers differ") {
  const experiment::Learner learner = new_learner();
  const PatchingMatrix matrix =
      patch_all(learner, preset.size, PatchAt::equals, 30, weft::Random(9));
  const Prompts prompts =
      draw_prompts(preset.size, 180, Operators::by_turns, 0, weft::Random(9).fork("patched"));
  const Prompts changed = with_last_answer_of(prompts, op_nor);
  const Hits hits = hits_of(learner.predict(changed.rows()), changed);
  double right = 0, count = 0;
  for (std::size_t i = 0; i < 180; ++i) {
    if (prompts.operators[i] != op_xor || changed.block(i, 2).c == prompts.block(i, 2).c) continue;
    right += hits[i * 3 + 2];
    ++count;
  }
  REQUIRE(count > 10);
  CHECK(matrix.unpatched[op_xor][op_nor] == right / count);
  CHECK(matrix.mean_unpatched() == mean_over_pairs(matrix.unpatched));
  CHECK(mean_over_pairs({{9, 1}, {3, 9}}) == 2);
}

TEST_CASE("decodability is that of the states it is given, and the number of ones has its own") {
  const Prompts prompts = some_prompts();
  experiment::Activations states{prompts.count(), 2, 3, 1, {}, {}};
  for (std::size_t row = 0; row < prompts.count(); ++row)
    for (std::size_t i = 0; i < 6; ++i)  // the second layer knows the operator, the first nothing
      states.residual.push_back(i < 3 ? 0 : static_cast<float>(prompts.operators[row]));
  const Decodability found = decodability(states, prompts, 1);
  CHECK(found.best_layer() == 1);
  CHECK(found.mean[1] == std::vector<double>{1, 1, 1});
  CHECK(found.mean[0][0] < 0.35);
  const std::vector<double> ones = decodability_of_ones(prompts);
  CHECK(ones[0] < 0.35);
  CHECK(ones[2] > ones[0]);
}

TEST_CASE("a line through points has the slope, intercept and R^2 of the closed form") {
  const std::vector<Point> points{{0, 1, 0}, {1, 3, 1}, {2, 5, 2}, {3, 7, 3}};
  const LinearFit exact = fit_line(points, weft::Random(1));
  CHECK(exact.slope == Catch::Approx(2));
  CHECK(exact.intercept == Catch::Approx(1));
  CHECK(exact.r_squared.estimate == Catch::Approx(1));
  // x = 0, 1, 2; y = 0, 2, 1: sums of squares 2, 2, products 1.
  const LinearFit loose = fit_line({{0, 0, 0}, {1, 2, 1}, {2, 1, 2}}, weft::Random(1));
  CHECK(loose.slope == Catch::Approx(0.5));
  CHECK(loose.r_squared.estimate == Catch::Approx(0.25));
  CHECK(loose.r_squared.low <= 0.25);
  CHECK(loose.r_squared.high >= 0.25);
  CHECK(fit_line({{1, 0, 0}, {1, 2, 1}}, weft::Random(1)).r_squared.estimate == 0);
  CHECK_THROWS_AS(fit_line({{1, 0, 0}}, weft::Random(1)), weft::Error);
}

TEST_CASE("points of one cluster are drawn together, so that copies of them say nothing new") {
  const std::vector<Point> points{{0, 0, 0}, {1, 2, 1}, {2, 1, 2}, {3, 3, 3}, {4, 2, 4}};
  std::vector<Point> repeated, apart;
  for (std::size_t copy = 0; copy < 8; ++copy)
    for (const Point& point : points) {
      repeated.push_back(point);
      apart.push_back({point.decodability, point.accuracy, apart.size()});
    }
  const auto once = fit_line(points, weft::Random(1)).r_squared;
  const auto together = fit_line(repeated, weft::Random(1)).r_squared;
  CHECK(together.estimate == Catch::Approx(once.estimate));
  CHECK(together.low == Catch::Approx(once.low).margin(1e-9));
  CHECK(together.high == Catch::Approx(once.high));
  const auto independent = fit_line(apart, weft::Random(1)).r_squared;
  CHECK(independent.high - independent.low < (once.high - once.low) / 1.5);
  const auto one_cluster = fit_line({{0, 0, 0}, {1, 2, 0}, {2, 1, 0}}, weft::Random(1)).r_squared;
  CHECK(one_cluster.estimate == Catch::Approx(0.25));
  CHECK(std::isnan(one_cluster.low));
  CHECK(std::isnan(one_cluster.high));
}
