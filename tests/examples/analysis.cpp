#include <examples/experiment/analysis.hpp>

#include <weft/core/error.hpp>
#include <weft/io/safetensors_file.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <tests/golden/golden.hpp>

#include <cmath>
#include <limits>
#include <numbers>

// Against NumPy; see tests/golden/make_analysis.py.

using namespace experiment;
using Catch::Approx;

namespace {

std::vector<double> values_of(const std::string& name) {
  static const weft::SafetensorsFile file(weft_tests::golden_file("analysis.safetensors"));
  const auto* entry = file.find(name);
  if (!entry) weft::fail("analysis.safetensors", "there is no such tensor", name);
  std::vector<double> values((entry->end - entry->begin) / sizeof(double));
  file.copy_to(values.data(), *entry);
  return values;
}

Matrix matrix_of(const std::string& name, std::size_t columns) {
  const std::vector<double> values = values_of(name);
  Matrix matrix = xt::zeros<double>({values.size() / columns, columns});
  std::copy(values.begin(), values.end(), matrix.begin());
  return matrix;
}

Labels labels_of(const std::string& name) {
  const std::vector<double> values = values_of(name);
  return Labels(values.begin(), values.end());
}

void check_equal(const std::vector<double>& values, const std::string& name) {
  const std::vector<double> expected = values_of(name);
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO(name << ' ' << i);
    CHECK(values[i] == Approx(expected[i]).epsilon(1e-9));
  }
}

std::vector<double> flat(const NeighbourAccuracy& accuracy) {
  std::vector<double> values{accuracy.overall};
  values.insert(values.end(), accuracy.by_group.begin(), accuracy.by_group.end());
  return values;
}

const Matrix samples = matrix_of("samples", 5);
const Labels labels = labels_of("labels");
constexpr int groups = 3;

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

// What an error says, or nothing where there is none.
template <class Function>
std::string error_of(Function function) {
  try {
    function();
    return {};
  } catch (const weft::Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("the share of variance between groups is NumPy's") {
  CHECK(between_group_variance(samples, labels, groups) == Approx(values_of("between")[0]));
}

TEST_CASE("all variance lies between groups whose members are equal, none after centring them") {
  const Matrix equal{{1, 2}, {1, 2}, {3, -1}, {3, -1}};
  CHECK(between_group_variance(equal, {0, 0, 1, 1}, 2) == Approx(1));
  const Matrix rest = group_centred(samples, labels, groups);
  CHECK(between_group_variance(rest, labels, groups) == Approx(0).margin(1e-12));
}

TEST_CASE("principal components are NumPy's, up to sign") {
  const PrincipalComponents components = principal_components(samples);
  check_equal(components.variances, "variances");
  CHECK(components.participation_ratio() == Approx(values_of("participation")[0]));
  const double both = components.variances[0] + components.variances[1];
  CHECK(components.share_of_first(2) ==
        Approx(both / (both + components.variances[2] + components.variances[3] +
                       components.variances[4])));
  Matrix coordinates = components.project(samples, 5);
  for (double& coordinate : coordinates) coordinate = std::abs(coordinate);
  check_equal({coordinates.begin(), coordinates.end()}, "coordinates");
  CHECK(components.project(samples, 2).shape(1) == 2);
}

TEST_CASE("equal variances in all directions give a participation ratio of their number") {
  const Matrix cross{{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
  CHECK(principal_components(cross).participation_ratio() == Approx(3));
  const Matrix line{{1, 1, 1}, {2, 2, 2}, {5, 5, 5}};
  CHECK(principal_components(line).participation_ratio() == Approx(1));
}

TEST_CASE("probes learnt from the first half are as accurate on the second as NumPy's") {
  CHECK(nearest_centroid_accuracy(samples, labels, groups) == Approx(values_of("centroid")[0]));
  CHECK(linear_probe_accuracy(samples, labels, groups, 0.1) == Approx(values_of("linear")[0]));
}

TEST_CASE("a linear probe tells groups apart whose means are one, if a line separates them") {
  // Groups 0 and 1 lie on both sides of a line, and a far sample of each brings the means together.
  const Matrix apart{{0, 1}, {1, 1}, {9, 3}, {9, -3}, {8, -1}, {7, -1},
                     {2, 1}, {3, 1}, {4, 2}, {5, -2}, {6, -1}, {7, -1}};
  const Labels sides{0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1};
  CHECK(linear_probe_accuracy(apart, sides, 2) == 1);
}

TEST_CASE("the groups of the nearest others are NumPy's, with an odd and an even number of them") {
  check_equal(flat(nearest_neighbour_accuracy(samples, labels, groups)), "neighbours");
  check_equal(flat(nearest_neighbour_accuracy(samples, labels, groups, 4)), "even_neighbours");
}

TEST_CASE("a sample has no vote of its own, and the nearest decides between equal votes") {
  const Matrix line{{0}, {1}, {10}, {11}};
  CHECK(nearest_neighbour_accuracy(line, {0, 1, 0, 1}, 2, 1).overall == 0);
  CHECK(nearest_neighbour_accuracy(line, {0, 0, 1, 1}, 2, 1).overall == 1);
  // Two others each: one of the same group and near, one of the other and far.
  CHECK(nearest_neighbour_accuracy(line, {0, 0, 1, 1}, 2, 2).overall == 1);
  // The same place for all: the earliest of the others decides.
  const Matrix point{{3}, {3}, {3}};
  const NeighbourAccuracy accuracy = nearest_neighbour_accuracy(point, {0, 0, 1}, 2, 1);
  CHECK(accuracy.by_group == std::vector<double>{1, 0});
}

TEST_CASE("singular values and the energy of the first ones are NumPy's") {
  const Matrix change = matrix_of("change", 7);
  const Decomposition decomposition = decompose(change);
  check_equal(decomposition.values, "change_values");
  std::vector<double> energy;
  for (std::size_t r = 1; r <= 6; ++r) energy.push_back(decomposition.energy_of_first(r));
  check_equal(energy, "change_energy");
  Matrix scaled = decomposition.left;
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < 6; ++j) scaled(i, j) *= decomposition.values[j];
  const Matrix again = product(scaled, xt::transpose(decomposition.right));
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < 7; ++j) CHECK(again(i, j) == Approx(change(i, j)).margin(1e-12));
}

TEST_CASE("the rank is the number of independent rows, rounding aside") {
  const Matrix two{{1.0 / 3, 2, 0.1}, {2.0 / 3, 4, 0.2}, {0, 1, 1}, {1.0 / 3, 3, 1.1}};
  CHECK(decompose(two).rank() == 2);
  CHECK(decompose(two).rank(0.9) == 1);
  CHECK(decompose(Matrix{{0, 0}, {0, 0}}).rank() == 0);
}

TEST_CASE("the angles between two subspaces are NumPy's, ascending") {
  const Matrix a = matrix_of("a", 3), b = matrix_of("b", 2);
  check_equal(principal_angles(a, b), "angles");
  check_equal(principal_angles(b, a), "angles");
  CHECK(subspace_overlap(a, b) == Approx(values_of("overlap")[0]));
}

TEST_CASE("angles keep their digits where they are tiny, and where they are right") {
  const double tiny = 1e-10;
  const Matrix plane{{1, 0}, {0, 1}, {0, 0}, {0, 0}};
  const Matrix tilted{{3, 0}, {0, 0}, {3 * tiny, 0}, {0, 2}};
  const std::vector<double> angles = principal_angles(plane, tilted);
  REQUIRE(angles.size() == 2);
  CHECK(angles[0] == Approx(tiny).epsilon(1e-6));
  CHECK(angles[1] == Approx(std::numbers::pi / 2));
  // Columns that repeat a direction span no more for it.
  CHECK(principal_angles(plane, Matrix{{1, 2}, {1, 2}, {0, 0}, {0, 0}}).size() == 1);
  CHECK(subspace_overlap(plane, Matrix{{0}, {0}, {5}, {1}}) == Approx(0).margin(1e-15));
}

TEST_CASE("a bootstrap interval of the mean is NumPy's on the same draws") {
  const std::vector<double> outcomes = values_of("outcomes");
  const Interval interval = bootstrap_interval(outcomes, weft::Random(11),
                                               {.confidence = 0.9, .resamples = 500});
  check_equal({interval.estimate, interval.low, interval.high}, "bootstrap");
}

TEST_CASE("nine of ten bootstrap intervals of nine tenths hold the true mean") {
  weft::Random draws(3);
  int held = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    std::vector<double> values(40);
    draws.normal(values, 2, 1);
    const Interval interval = bootstrap_interval(values, weft::Random(4).fork(i),
                                                 {.confidence = 0.9, .resamples = 300});
    held += interval.low <= 2 && 2 <= interval.high;
  }
  CHECK(held >= 250);
  CHECK(held <= 288);
}

TEST_CASE("a bootstrap interval takes any statistic") {
  const auto greatest = [](const std::vector<double>& values) {
    return *std::max_element(values.begin(), values.end());
  };
  const Interval interval = bootstrap_interval({1, 2, 3}, weft::Random(0), {}, greatest);
  CHECK(interval.estimate == 3);
  CHECK(interval.low == 1);
  CHECK(interval.high == 3);
}

TEST_CASE("samples that are missing, not finite or without a label are refused") {
  Matrix broken = samples;
  broken(7, 2) = not_a_number;
  CHECK(error_of([&] { group_means(broken, labels, groups); }) ==
        "[group_means] every number must be finite: nan at sample 7, feature 2");
  for (const Matrix& bad : {broken, rows_of(samples, 0, 1), rows_of(samples, 0, 0)}) {
    const Labels some(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(bad.shape(0)));
    CHECK_THROWS_AS(principal_components(bad), weft::Error);
    CHECK_THROWS_AS(nearest_centroid_accuracy(bad, some, groups), weft::Error);
    CHECK_THROWS_AS(linear_probe_accuracy(bad, some, groups), weft::Error);
    CHECK_THROWS_AS(nearest_neighbour_accuracy(bad, some, groups, 1), weft::Error);
    CHECK_THROWS_AS(between_group_variance(bad, some, groups), weft::Error);
  }
  CHECK_THROWS_AS(decompose(broken), weft::Error);
  CHECK_THROWS_AS(principal_angles(broken, samples), weft::Error);
}

TEST_CASE("labels that do not fit the samples are refused") {
  const Labels fewer(labels.begin(), labels.end() - 1);
  Labels beyond = labels, below = labels;
  beyond[3] = groups;
  below[3] = -1;
  CHECK(error_of([&] { group_centred(samples, fewer, groups); }) ==
        "[group_means] there must be as many labels as samples: 89 labels, 90 samples");
  for (const Labels& bad : {fewer, beyond, below}) {
    CHECK_THROWS_AS(between_group_variance(samples, bad, groups), weft::Error);
    CHECK_THROWS_AS(nearest_centroid_accuracy(samples, bad, groups), weft::Error);
    CHECK_THROWS_AS(linear_probe_accuracy(samples, bad, groups), weft::Error);
    CHECK_THROWS_AS(nearest_neighbour_accuracy(samples, bad, groups), weft::Error);
  }
  CHECK_THROWS_AS(between_group_variance(samples, labels, 0), weft::Error);
}

TEST_CASE("groups that a probe cannot learn or be tested on are refused") {
  Labels early(90, 0), late(90, 0);
  early[0] = early[44] = 1;
  late[45] = late[89] = 1;
  for (const Labels& bad : {early, late}) {
    CHECK_THROWS_AS(nearest_centroid_accuracy(samples, bad, 2), weft::Error);
    CHECK_THROWS_AS(linear_probe_accuracy(samples, bad, 2), weft::Error);
  }
  CHECK(error_of([&] { nearest_neighbour_accuracy(samples, labels, groups + 1); }) ==
        "[nearest_neighbour_accuracy] every group must have a sample: group 3");
}

TEST_CASE("what no number can be given for is refused") {
  CHECK(error_of([&] { nearest_neighbour_accuracy(samples, labels, groups, 90); }) ==
        "[nearest_neighbour_accuracy] k must be at least 1 and below the number of samples: "
        "k 90, 90 samples");
  CHECK_THROWS_AS(nearest_neighbour_accuracy(samples, labels, groups, 0), weft::Error);
  CHECK_THROWS_AS(linear_probe_accuracy(samples, labels, groups, 0), weft::Error);
  const Matrix equal{{1, 2}, {1, 2}, {1, 2}, {1, 2}};
  CHECK_THROWS_AS(linear_probe_accuracy(equal, {0, 1, 0, 1}, 2), weft::Error);
  CHECK_THROWS_AS(between_group_variance(equal, {0, 1, 0, 1}, 2), weft::Error);
  const PrincipalComponents components = principal_components(samples);
  CHECK_THROWS_AS(components.share_of_first(6), weft::Error);
  CHECK_THROWS_AS(components.project(samples, 6), weft::Error);
  CHECK_THROWS_AS(components.project(equal, 1), weft::Error);
  CHECK_THROWS_AS(decompose(samples).energy_of_first(6), weft::Error);
  CHECK_THROWS_AS(decompose(Matrix{{0, 0}}).energy_of_first(1), weft::Error);
  CHECK_THROWS_AS(principal_angles(samples, equal), weft::Error);
  CHECK_THROWS_AS(principal_angles(equal, Matrix{{0}, {0}, {0}, {0}}), weft::Error);
  CHECK_THROWS_AS(product(samples, samples), weft::Error);
}

TEST_CASE("Student's interval of few values and of many is that of the tables") {
  const Interval three = student_interval({1, 2, 3});
  CHECK(three.estimate == Approx(2));
  CHECK(three.high == Approx(2 + 4.303 / std::sqrt(3.0)));
  CHECK(three.low == Approx(2 - 4.303 / std::sqrt(3.0)));
  // Of -1 and 1 in turn, n in all, the sum of squares is n, and so the error 1 / sqrt(n - 1).
  for (const auto& [degrees, expected] : {std::pair{1, 12.706}, {9, 2.262}, {11, 2.201},
                                          {29, 2.045}, {119, 1.980}}) {
    std::vector<double> values;
    for (int i = 0; i <= degrees; ++i) values.push_back(i % 2 == 0 ? -1 : 1);
    CHECK(student_interval(values).high ==
          Approx(expected / std::sqrt(double(degrees))).epsilon(1e-3));
  }
  CHECK_THROWS_AS(student_interval({1}), weft::Error);
}

TEST_CASE("a bootstrap without values, resamples or a confidence is refused") {
  const weft::Random random(0);
  CHECK_THROWS_AS(bootstrap_interval({}, random), weft::Error);
  CHECK_THROWS_AS(bootstrap_interval({1}, random), weft::Error);
  CHECK_THROWS_AS(bootstrap_interval({1, not_a_number}, random), weft::Error);
  CHECK_THROWS_AS(bootstrap_interval({1, 2}, random, {.confidence = 1}), weft::Error);
  CHECK_THROWS_AS(bootstrap_interval({1, 2}, random, {.confidence = not_a_number}), weft::Error);
  CHECK_THROWS_AS(bootstrap_interval({1, 2}, random, {.resamples = 0}), weft::Error);
}

TEST_CASE("paired differences are measured in standard errors of their mean") {
  // Mean 1/4, variance 3/12, error sqrt(3/12/4) = 1/4.
  CHECK(mean_in_errors({1, 0, 0, 0}) == Approx(1));
  CHECK(mean_in_errors({0, -2, -4}) == Approx(-std::sqrt(3.0)));  // mean -2, error 2 / sqrt(3)
  CHECK(mean_in_errors({0, 0, 0}) == 0);
  CHECK(mean_in_errors({0.5, 0.5}) == std::numeric_limits<double>::infinity());
}

TEST_CASE("the area under the curve is the share of pairs in order, ties counted half") {
  CHECK(area_under_curve({3, 4}, {1, 2}) == 1);
  CHECK(area_under_curve({1, 2}, {3, 4}) == 0);
  CHECK(area_under_curve({1}, {1}) == 0.5);
  CHECK(area_under_curve({1, 3}, {2}) == 0.5);
  // 0.9 above all three, 0.5 above one and level with one.
  CHECK(area_under_curve({0.9, 0.5}, {0.1, 0.5, 0.7}) == Approx((3 + 1.5) / 6));
  CHECK_THROWS_AS(area_under_curve({}, {1}), weft::Error);
  CHECK_THROWS_AS(area_under_curve({1}, {}), weft::Error);
}

TEST_CASE("a quantile has its share of the values below it") {
  CHECK(quantile({3, 1, 2}, 0) == 1);
  CHECK(quantile({3, 1, 2}, 0.5) == 2);
  CHECK(quantile({3, 1, 2}, 1) == 3);
  CHECK(quantile({0, 10}, 0.9) == Approx(9));
  CHECK_THROWS_AS(quantile({}, 0.5), weft::Error);
  CHECK_THROWS_AS(quantile({1}, 1.5), weft::Error);
}

TEST_CASE("the smallest rise is the deepest fall where values fall") {
  CHECK(smallest_rise({1, 4, 6, 9}) == 2);
  CHECK(smallest_rise({0, 0.5, 0.25, 1}) == -0.25);
  CHECK(smallest_rise({0, 5}) == 5);
  CHECK_THROWS_AS(smallest_rise({1}), weft::Error);
}
