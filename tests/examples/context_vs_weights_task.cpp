#include <examples/context_vs_weights/in_context.hpp>
#include <examples/context_vs_weights/task.hpp>

#include <weft/core/error.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

using namespace context_vs_weights;

namespace {

const SequenceSize size{};
constexpr std::size_t count = 3000;
const weft::Random key(11);

const std::vector<Item> all_queries{item_AX, item_AW, item_BW, item_BX, item_CY, item_CZ};

int label_of(const Sequences& sequences, std::size_t sequence, std::size_t item) {
  return sequences.labels[sequence * sequences.items + item];
}

// Squared distance of two stimuli over one of their halves.
double distance(const float* a, const float* b, std::size_t half) {
  double sum = 0;
  for (std::size_t i = half * feature_size; i < (half + 1) * feature_size; ++i)
    sum += std::pow(double(a[i]) - double(b[i]), 2);
  return sum;
}

// How often each of several equally probable things came may differ by this much from the mean.
double five_errors(double draws, double probability) {
  return 5 * std::sqrt(draws * probability * (1 - probability));
}

}  // namespace

TEST_CASE("contexts of the test show the items that they are named for") {
  using Kinds = std::map<Item, std::size_t>;
  const auto kinds_of = [](std::vector<Item> items) {
    Kinds kinds;
    for (const Item item : items) ++kinds[item];
    return kinds;
  };
  CHECK(kinds_of(label_balanced(4)) ==
        Kinds{{item_AW, 2}, {item_AX, 2}, {item_BW, 4}, {item_CY, 2}, {item_CZ, 2}});
  CHECK(kinds_of(exemplar_balanced(4)) ==
        Kinds{{item_AW, 3}, {item_AX, 3}, {item_BW, 3}, {item_CY, 3}});
  CHECK(kinds_of(conflicting(4)) ==
        Kinds{{item_AX, 4}, {item_BW, 4}, {item_CY, 2}, {item_CZ, 2}});
  CHECK(kinds_of(exemplar_balanced(8)) ==
        Kinds{{item_AW, 6}, {item_AX, 6}, {item_BW, 6}, {item_CY, 6}});
  CHECK_THROWS_AS(label_balanced(6), weft::Error);
  CHECK_THROWS_AS(exemplar_balanced(0), weft::Error);
}

TEST_CASE("no context shows BX, and each has its items in an order of its own") {
  for (const auto& context : {label_balanced(4), exemplar_balanced(4), conflicting(4)}) {
    const Sequences drawn = draw_exposures(size, {context, {item_BX}}, 200, key);
    REQUIRE(drawn.count() == 200);
    std::set<std::vector<Item>> orders;
    for (std::size_t i = 0; i < drawn.count(); ++i) {
      const auto begin = drawn.kinds.begin() + std::ptrdiff_t(i * drawn.items);
      std::vector<Item> order(begin, begin + 12);
      orders.insert(order);
      REQUIRE(std::count(order.begin(), order.end(), item_BX) == 0);
      REQUIRE(drawn.kinds[i * 13 + 12] == item_BX);
      auto sorted = order, wanted = context;
      std::sort(sorted.begin(), sorted.end());
      std::sort(wanted.begin(), wanted.end());
      REQUIRE(sorted == wanted);
    }
    CHECK(orders.size() > 150);
  }
}

TEST_CASE("labels follow the first feature, through a permutation of each sequence's own") {
  const Sequences drawn = draw_exposures(size, {label_balanced(4), all_queries}, count, key);
  std::map<Labels, double> permutations;
  std::array<double, 3> targets{};
  for (std::size_t i = 0; i < count; ++i) {
    const Labels& labels = drawn.classes[i];
    ++permutations[labels];
    ++targets[std::size_t(drawn.targets[i])];
    for (std::size_t item = 0; item < 12; ++item)
      REQUIRE(label_of(drawn, i, item) ==
              labels[std::size_t(class_of(drawn.kinds[i * 13 + item]))]);
    REQUIRE(label_of(drawn, i, 12) == no_label);
    REQUIRE(drawn.targets[i] == labels[std::size_t(class_of(drawn.kinds[i * 13 + 12]))]);
  }
  REQUIRE(permutations.size() == 6);
  for (const auto& [labels, times] : permutations)
    CHECK(std::abs(times - count / 6.0) < five_errors(count, 1.0 / 6));
  for (const double times : targets)
    CHECK(std::abs(times - count / 3.0) < five_errors(count, 1.0 / 3));
  CHECK(class_of(item_BX) == class_of(item_BW));
}

TEST_CASE("each label is shown four times in label-balanced contexts, BW's three in the others") {
  const Sequences balanced = draw_exposures(size, {label_balanced(4), {item_BX}}, 100, key);
  const Sequences exemplars = draw_exposures(size, {exemplar_balanced(4), {item_BX}}, 100, key);
  for (std::size_t i = 0; i < 100; ++i) {
    std::array<int, 3> in_balanced{}, in_exemplars{};
    for (std::size_t item = 0; item < 12; ++item) {
      ++in_balanced[std::size_t(label_of(balanced, i, item))];
      ++in_exemplars[std::size_t(label_of(exemplars, i, item))];
    }
    REQUIRE(in_balanced == std::array{4, 4, 4});
    const Labels& labels = exemplars.classes[i];
    REQUIRE(in_exemplars[std::size_t(labels[0])] == 6);
    REQUIRE(in_exemplars[std::size_t(labels[1])] == 3);
    REQUIRE(in_exemplars[std::size_t(labels[2])] == 3);
  }
}

TEST_CASE("BX shares one feature with BW and the other with AX, in either order") {
  const SequenceSize quiet{.noise = 0};
  const Sequences drawn = draw_exposures(quiet, {exemplar_balanced(4), {item_BX}}, count, key);
  double swapped = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t first = drawn.features[i].is_swapped ? 1 : 0;
    swapped += double(first);
    for (std::size_t item = 0; item < 12; ++item) {
      const Item kind = drawn.kinds[i * 13 + item];
      const double in_first = distance(drawn.stimulus(i, item), drawn.stimulus(i, 12), first);
      const double in_second = distance(drawn.stimulus(i, item), drawn.stimulus(i, 12), 1 - first);
      REQUIRE((in_first == 0) == (kind == item_BW));
      REQUIRE((in_second == 0) == (kind == item_AX));
    }
  }
  CHECK(std::abs(swapped - count / 2.0) < five_errors(count, 0.5));
}

TEST_CASE("stimuli are -1 and 1 with noise of the deviation asked for") {
  const Sequences drawn = draw_few_shot({.noise = 0.25}, 500, key);
  double squares = 0, sum = 0;
  for (const float number : drawn.stimuli) {
    const double noise = std::abs(double(number)) - 1;
    sum += noise;
    squares += noise * noise;
  }
  const double numbers = double(drawn.stimuli.size());
  CHECK(std::sqrt(squares / numbers) == Catch::Approx(0.25).epsilon(0.02));
  CHECK(std::abs(sum / numbers) < 0.003);
}

TEST_CASE("a few-shot sequence shows three classes four times, and asks for one of them") {
  const Sequences drawn = draw_few_shot({.noise = 0}, count, key);
  std::array<double, 3> targets{};
  for (std::size_t i = 0; i < count; ++i) {
    std::map<int, std::vector<float>> exemplars;
    std::map<int, int> shown;
    for (std::size_t item = 0; item < 12; ++item) {
      const int label = label_of(drawn, i, item);
      const std::vector<float> stimulus(drawn.stimulus(i, item),
                                        drawn.stimulus(i, item) + stimulus_size);
      if (exemplars.count(label)) REQUIRE(exemplars[label] == stimulus);
      exemplars[label] = stimulus;
      ++shown[label];
    }
    REQUIRE(shown == std::map<int, int>{{0, 4}, {1, 4}, {2, 4}});
    REQUIRE(std::equal(drawn.stimulus(i, 12), drawn.stimulus(i, 12) + stimulus_size,
                       exemplars[drawn.targets[i]].begin()));
    ++targets[std::size_t(drawn.targets[i])];
  }
  for (const double times : targets)
    CHECK(std::abs(times - count / 3.0) < five_errors(count, 1.0 / 3));
}

TEST_CASE("an uninformative context says nothing about the query or its label") {
  weft::Random draws(3);
  const Features features = Features::draw(draws);
  const Sequences drawn =
      draw_uninformative({.noise = 0}, features, {item_AW, item_AX, item_BW, item_BW}, count, key);
  // Of a label at any place with the target; of the nearest filler's label with it.
  double equal = 0, nearest_equal = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t nearest = 0;
    double least = 1e9;
    for (std::size_t item = 0; item < 12; ++item) {
      REQUIRE(drawn.kinds[i * 13 + item] == item_filler);
      equal += label_of(drawn, i, item) == drawn.targets[i];
      const double far = distance(drawn.stimulus(i, item), drawn.stimulus(i, 12), 0) +
                         distance(drawn.stimulus(i, item), drawn.stimulus(i, 12), 1);
      if (far < least) least = far, nearest = item;
    }
    nearest_equal += label_of(drawn, i, nearest) == drawn.targets[i];
    REQUIRE(least > 0);
    REQUIRE(drawn.targets[i] == class_of(drawn.kinds[i * 13 + 12]));
  }
  CHECK(std::abs(equal - count * 4.0) < five_errors(count * 12.0, 1.0 / 3));
  CHECK(std::abs(nearest_equal - count / 3.0) < five_errors(count, 1.0 / 3));
}

TEST_CASE("the twin of a set has the same AX and BW, and the other one of AW and BX") {
  weft::Random draws(5);
  for (int i = 0; i < 20; ++i) {
    const Features features = Features::draw(draws), twin = features.twin();
    const auto stimulus_of = [](const Features& of, Item item) {
      const Sequences one = draw_uninformative({.noise = 0}, of, {item}, 1, weft::Random(1));
      return std::vector<float>(one.stimulus(0, 12), one.stimulus(0, 12) + stimulus_size);
    };
    CHECK(stimulus_of(twin, item_AX) == stimulus_of(features, item_AX));
    CHECK(stimulus_of(twin, item_BW) == stimulus_of(features, item_BW));
    CHECK(stimulus_of(twin, item_BX) == stimulus_of(features, item_AW));
    CHECK(stimulus_of(twin, item_AW) == stimulus_of(features, item_BX));
    CHECK(twin.twin().values == features.values);
  }
}

TEST_CASE("training on contexts asks for BX as often as its curriculum says") {
  const Preset preset = quick_preset();
  const auto share_of_BX = [&](const Curriculum& curriculum) {
    const Sequences drawn = draw_training(curriculum, size, count, key);
    REQUIRE(drawn.count() == count);
    double asked = 0;
    for (std::size_t i = 0; i < count; ++i) asked += drawn.kinds[i * 13 + 12] == item_BX;
    return asked;
  };
  CHECK(std::abs(share_of_BX(rule_training(preset)) - count / 3.0) < five_errors(count, 1.0 / 3));
  CHECK(share_of_BX(control_training(preset)) == 0);
  CHECK(share_of_BX(few_shot_training(preset)) == 0);
  Curriculum mixed = rule_training(preset);
  mixed.rule_share = 0.3;
  CHECK(std::abs(share_of_BX(mixed) - count / 10.0) < five_errors(count, 0.1));
}

TEST_CASE("a decision map's corners are the four combinations, its middle their mean") {
  const Sequences drawn = draw_exposures({.noise = 0}, {exemplar_balanced(4), {item_BX}}, 3, key);
  const Sequences map = with_blended_queries(drawn, 2, 3);
  REQUIRE(map.count() == 18);
  for (std::size_t context = 0; context < 2; ++context) {
    const auto is_at = [&](std::size_t place, Item kind) {
      for (std::size_t item = 0; item < 12; ++item)
        if (drawn.kinds[context * 13 + item] == kind)
          return std::equal(drawn.stimulus(context, item),
                            drawn.stimulus(context, item) + stimulus_size,
                            map.stimulus(context * 9 + place, 12));
      return false;
    };
    CHECK(is_at(0, item_AW));
    CHECK(is_at(2, item_AX));
    CHECK(is_at(6, item_BW));
    for (std::size_t i = 0; i < stimulus_size; ++i) {
      CHECK(map.stimulus(context * 9 + 8, 12)[i] == drawn.stimulus(context, 12)[i]);
      CHECK(map.stimulus(context * 9 + 4, 12)[i] ==
            (map.stimulus(context * 9, 12)[i] + map.stimulus(context * 9 + 8, 12)[i]) / 2);
    }
  }
}

TEST_CASE("sequences follow from their key alone, and wrong sizes are refused") {
  const auto draw = [](std::uint64_t seed) {
    return draw_exposures(size, {label_balanced(4), all_queries}, 5, weft::Random(seed)).stimuli;
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
  CHECK_THROWS_AS(draw_exposures(size, {label_balanced(8), {item_BX}}, 1, key), weft::Error);
  CHECK_THROWS_AS(draw_exposures(size, {label_balanced(4), {}}, 1, key), weft::Error);
  CHECK_THROWS_AS(draw_uninformative(size, {}, {}, 1, key), weft::Error);
  Sequences few = draw_few_shot(size, 1, key);
  CHECK_THROWS_AS(append(few, draw_few_shot({.exemplars = 8}, 1, key)), weft::Error);
  CHECK_THROWS_AS(with_blended_queries(few, 1, 1), weft::Error);
}
