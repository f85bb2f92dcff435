#include <weft/train/lane_gradients.hpp>

#include <weft/core/random.hpp>
#include <weft/nn/parameter.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <vector>

using namespace weft;

namespace {

// More elements than are summed at a time.
struct Model {
  using element_type = float;
  nn::Parameter<float, 1500> weight;
  void visit(auto&& visitor) { visitor("weight", weight); }
};

// What lane i collects at one place; the sums of any two differ in their last bits.
float addend(std::size_t lane, std::size_t place) {
  return 1.0f / static_cast<float>(1 + lane * 1500 + place);
}

float tree(std::size_t first, std::size_t count, std::size_t lanes, std::size_t place) {
  if (count == 1) return addend(first, place);
  const std::size_t half = count / 2;
  const float left = tree(first, half, lanes, place);
  return first + half < lanes ? left + tree(first + half, half, lanes, place) : left;
}

void collect(LaneGradients& gradients, const Model& model, std::size_t lane, bool adds = false) {
  const float* value = model.weight.value.data();
  GradientSlot* slot = gradients.lend(lane).slot(value, 1500);
  auto* data = static_cast<float*>(slot->data);
  REQUIRE(slot->written == adds);
  for (std::size_t i = 0; i < 1500; ++i) data[i] = addend(lane, i) + (adds ? data[i] : 0);
  slot->written = true;
}

const float* total_of(LaneGradients& gradients, const Model& model) {
  return gradients.total().collected(model.weight.value.data());
}

}  // namespace

TEST_CASE("lanes are summed in one tree, in whatever order they end") {
  const Model model{};
  for (const int threads : {1, 2, 3, 16})
    for (const std::size_t used : {16u, 11u, 1u}) {
      LaneGradients gradients(parameters_of(model), 16, threads);
      std::vector<std::size_t> order(used);
      for (std::size_t i = 0; i < used; ++i) order[i] = i;
      Random random(3);
      for (int step = 0; step < 20; ++step) {
        for (std::uint32_t i = static_cast<std::uint32_t>(used); i > 1; --i)
          std::swap(order[i - 1], order[random.integer(i)]);
        for (const std::size_t lane : order) collect(gradients, model, lane);
        for (const std::size_t lane : order) gradients.finish(lane);
        gradients.sum(threads);
        const float* total = total_of(gradients, model);
        REQUIRE(total);
        for (const std::size_t place : {0u, 1023u, 1024u, 1499u})
          CHECK(total[place] == tree(0, 16, used, place));
        gradients.clear();
      }
    }
}

TEST_CASE("a lane that ends early lends its memory to the next") {
  const Model model{};
  LaneGradients gradients(parameters_of(model), 16, 1);
  std::vector<const Gradients*> lent;
  for (std::size_t lane = 0; lane < 16; ++lane) {
    lent.push_back(&gradients.lend(lane));
    gradients.finish(lane);
  }
  std::sort(lent.begin(), lent.end());
  CHECK(std::unique(lent.begin(), lent.end()) - lent.begin() == 5);  // 1 + log2(16)
}

TEST_CASE("a sum that is not cleared goes on in the next step") {
  const Model model{};
  LaneGradients gradients(parameters_of(model), 4, 2);
  for (const bool again : {false, true}) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      collect(gradients, model, lane, again && lane == 0);
      gradients.finish(lane);
    }
    gradients.sum(2);
  }
  const float once = tree(0, 4, 4, 7);
  const float first = once + addend(0, 7);
  const float left = first + addend(1, 7), right = addend(2, 7) + addend(3, 7);
  CHECK(total_of(gradients, model)[7] == left + right);
}

TEST_CASE("clearing takes back what lanes hold that never ended") {
  const Model model{};
  LaneGradients gradients(parameters_of(model), 4, 1);
  for (std::size_t lane = 0; lane < 4; ++lane) collect(gradients, model, lane);
  gradients.finish(1);
  gradients.clear();
  CHECK(total_of(gradients, model) == nullptr);
  for (std::size_t lane = 0; lane < 4; ++lane) {
    collect(gradients, model, lane);
    gradients.finish(lane);
  }
  gradients.sum(1);
  CHECK(total_of(gradients, model)[3] == tree(0, 4, 4, 3));
}
