#include <examples/contextual_recall/model.hpp>
#include <examples/contextual_recall/settings.hpp>
#include <examples/experiment/flops.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace contextual_recall;

TEST_CASE("operations are counted product by product, keys as far as the mask leaves them") {
  constexpr weft::nn::TransformerConfig complete{
      .vocabulary = 11, .positions = 5, .width = 8, .heads = 2, .layers = 3, .mlp_width = 20};
  double products = 0;
  for (std::size_t position = 0; position < 5; ++position) {
    for (std::size_t layer = 0; layer < 3; ++layer) {
      products += 4 * 8 * 8;                                            // q, k, v, output
      for (std::size_t key = 0; key <= position; ++key) products += 2 * 8;  // score, weighted sum
    }
    products += 8 * 11;  // logits
  }
  CHECK(experiment::forward_flops(attention_only(complete)) == 2 * products);
  CHECK(experiment::forward_flops(complete) == 2 * (products + 5 * 3 * 2 * 8 * 20));
}

TEST_CASE("every preset's model fits its world, and the default one has 49,408 parameters") {
  for (const Preset& preset : presets()) {
    INFO(preset.name);
    const Learner learner = preset.make_learner(weft::Random(0), 1);
    CHECK(learner.config.vocabulary == preset.world.vocabulary());
    CHECK(learner.config.positions == preset.world.positions());
    CHECK(learner.lanes.microbatch > 0);
    if (preset.name == "default") CHECK(learner.parameters == 49408);
  }
}

TEST_CASE("what a learner predicts at some positions is what it predicts there among all") {
  const Preset& preset = presets().front();
  const World world(preset.world, 0.75, weft::Random(1));
  const Texts texts = world.pretraining(16, 0, weft::Random(2));
  const Learner learner = preset.make_learner(weft::Random(3), 1);
  const std::vector<int> all = learner.predict(rows_of(texts));
  const std::size_t positions = texts.length - 1;
  const std::vector<int> answers = learner.answer(rows_of(texts));
  const Activations activations = learner.observe(rows_of(texts), {positions - 1, 2});
  for (std::size_t row = 0; row < texts.rows(); ++row) {
    CHECK(answers[row] == all[(row + 1) * positions - 1]);
    CHECK(activations.predicted[2 * row] == answers[row]);
    CHECK(activations.predicted[2 * row + 1] == all[row * positions + 2]);
  }
}

TEST_CASE("a clone has the same answers and is trained apart") {
  const Preset& preset = presets().front();
  const World world(preset.world, 0.75, weft::Random(1));
  const Texts texts = world.pretraining(16, 0, weft::Random(2));
  const Learner learner = preset.make_learner(weft::Random(3), 1);
  const std::vector<int> before = learner.predict(rows_of(texts));
  const Learner clone = learner.clone();
  CHECK(clone.predict(rows_of(texts)) == before);

  Training training;
  training.options = {.steps = 5, .progress = {.display = weft::ProgressDisplay::quiet}};
  training.optimizer = {.learning_rate = 0.1};
  training.draw = [&](std::size_t) { return batch_of(texts, LossAt::every_position); };
  training.evaluate = [](const weft::TrainingState&) { return weft::Evaluation{}; };
  clone.train(training);
  CHECK(clone.predict(rows_of(texts)) != before);
  CHECK(learner.predict(rows_of(texts)) == before);
}
