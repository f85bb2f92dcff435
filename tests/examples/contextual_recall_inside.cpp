#include <examples/contextual_recall/dynamics.hpp>
#include <examples/contextual_recall/mechanism.hpp>

#include <weft/core/error.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <cmath>

using namespace contextual_recall;
using Catch::Approx;

namespace {

const Preset preset = quick_preset();
const World world(preset.world, 0.75, weft::Random(1));

Learner untrained() { return preset.make_learner(weft::Random(3), 1); }

// A few steps of the training of the first layer's attention alone.
Learner after_some_steps(const Learner& learner) {
  Preset short_preset = preset;
  short_preset.finetuning = {.schedule = 100, .limit = 4};
  const Course course{short_preset, recipes().front(), world, weft::Random(4), weft::Random(5)};
  const Learner trained = learner.clone();
  finetune_first_attention(course, trained);
  return trained;
}

// Recall of 0.25 until step 100, of 0.65 from step 140 on; the latent as much, 20 steps before.
std::vector<Moment> ramps() {
  const auto ramp = [](double step) {
    return 0.25 + 0.4 * std::min(1.0, std::max(0.0, (step - 100) / 40));
  };
  std::vector<Moment> moments;
  for (std::size_t step = 0; step <= 200; step += 10) {
    const auto at = static_cast<double>(step);
    moments.push_back({step, ramp(at), ramp(at + 20), 0.2});
  }
  return moments;
}

}  // namespace

TEST_CASE("a transition is where half of the way is gone, as wide as from a tenth to nine") {
  const Dynamics dynamics = dynamics_of(ramps(), 0.25);
  CHECK(dynamics.recall.step == Approx(120));
  CHECK(dynamics.recall.width == Approx(32));
  CHECK(dynamics.first_latent.step == Approx(100));
  CHECK(dynamics.latent_lead() == Approx(20));
}

TEST_CASE("what ends near chance or below has no transition") {
  CHECK(std::isnan(dynamics_of(ramps(), 0.25).last_latent.step));
  CHECK(std::isnan(dynamics_of(ramps(), 0.16).last_latent.step));
  CHECK(dynamics_of(ramps(), 0.09).last_latent.step == 0);
  CHECK(std::isnan(dynamics_of(ramps(), 0.65).recall.width));
}

TEST_CASE("a transition that is over before the first step is there") {
  const std::vector<Moment> moments{{0, 0.9, 0, 0}, {10, 0.9, 0, 0}};
  CHECK(transition_of(moments, &Moment::recall, 0.25).step == 0);
}

TEST_CASE("notes of moments come back with the same bits, and others are refused") {
  const std::string notes = notes_of({{0, 0.1, 1.0 / 3, 0}, {10, 0.2, 0.7, 1e-300}});
  const std::vector<Moment> back = moments_of(notes);
  REQUIRE(back.size() == 2);
  CHECK(back[0].first_latent == 1.0 / 3);
  CHECK(back[1].last_latent == 1e-300);
  CHECK(back[1].step == 10);
  CHECK_THROWS_AS(moments_of(notes.substr(0, notes.size() - 3)), weft::Error);
  CHECK_THROWS_AS(moments_of(""), weft::Error);
}

TEST_CASE("the first layer's attention is trained alone, and the change of it is found") {
  const Learner before = untrained(), after = after_some_steps(before);
  for (const char* path : {"embed.weight", "pos_embed.weight", "blocks.1.attn.query.weight",
                           "blocks.1.attn.output.weight", "unembed.weight"})
    CHECK(after.parameter(path) == before.parameter(path));
  for (const char* path : {"blocks.0.attn.query.weight", "blocks.0.attn.key.weight",
                           "blocks.0.attn.value.weight", "blocks.0.attn.output.weight"})
    CHECK(after.parameter(path) != before.parameter(path));

  // The change of W_V W_O, element by element.
  const std::size_t width = before.config.width;
  const auto element = [&](const Learner& of, std::size_t i, std::size_t j) {
    const auto value = of.parameter("blocks.0.attn.value.weight");
    const auto output = of.parameter("blocks.0.attn.output.weight");
    double sum = 0;
    for (std::size_t k = 0; k < width; ++k)
      sum += static_cast<double>(value[i * width + k]) *
             static_cast<double>(output[k * width + j]);
    return sum;
  };
  const WeightChange change = weight_change(before, after, world, 64, weft::Random(6));
  const auto& all = change.all;
  for (const auto& [i, j] : {std::pair<std::size_t, std::size_t>{0, 0}, {3, 17}, {31, 8}}) {
    double sum = 0, heads = 0;
    for (std::size_t k = 0; k < width; ++k) {
      sum += all.left(i, k) * all.values[k] * all.right(j, k);
      for (const auto& head : change.heads)
        heads += head.left(i, k) * head.values[k] * head.right(j, k);
    }
    CHECK(sum == Approx(element(after, i, j) - element(before, i, j)).margin(1e-9));
    CHECK(heads == Approx(sum).margin(1e-9));
  }
  CHECK(change.directions == 3);
}

TEST_CASE("a parameter that is not there is refused by its path") {
  CHECK_THROWS_WITH(untrained().parameter("blocks.7.attn.query.weight"),
                    "[parameter] the path must be that of a parameter: blocks.7.attn.query.weight");
}

TEST_CASE("shares of attention are those of a pattern, and add up to one") {
  const Learner learner = untrained();
  const AttentionShares shares = attention_shares(learner, world, 1, weft::Random(7));
  const Texts one = latent_prompts(world, 1, weft::Random(7));
  const Patterns patterns = learner.patterns(rows_of(one));
  for (std::size_t place = 0; place < 3; ++place)
    for (std::size_t head = 0; head < shares.heads; ++head) {
      double sum = 0, values = 0;
      for (std::size_t key = 0; key < 5; ++key) sum += shares.at(place, head, key);
      const std::size_t query = learner.config.positions - 3 + place;
      for (const std::size_t key : {4u, 8u, 12u})
        values += static_cast<double>(
            patterns.weights[(head * patterns.positions + query) * patterns.positions + key]);
      CHECK(sum == Approx(1));
      CHECK(shares.at(place, head, 3) == Approx(values));
    }
}

TEST_CASE("the code of the type is an orthonormal basis of the differences of means") {
  // Three groups, which differ in the first two features alone.
  const experiment::Matrix latents{{1, 0, 5, 1}, {0, 2, 5, 1}, {-1, 0, 5, 1},
                                   {1, 0, 7, 1}, {0, 2, 7, 1}, {-1, 0, 7, 1}};
  const experiment::Matrix code = type_code(latents, {0, 1, 2, 0, 1, 2}, 3);
  REQUIRE(code.shape(0) == 4);
  REQUIRE(code.shape(1) == 2);
  const experiment::Matrix first_two{{1, 0}, {0, 1}, {0, 0}, {0, 0}};
  CHECK(experiment::subspace_overlap(code, first_two) == Approx(1));
  CHECK(experiment::product_of_transpose(code, code)(0, 1) == Approx(0).margin(1e-12));
}

TEST_CASE("a model without a type in it gains nothing by the patch") {
  // Before training no answer is the donor's but by accident, patched or not.
  const LatentPatch patch = patch_latents(untrained(), world, 144, weft::Random(8));
  CHECK(patch.success < 0.3);
  CHECK(patch.unpatched < 0.3);
  CHECK(patch.control < 0.3);
}
