#include <examples/experiment/latents.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace experiment;

// Reference values from NumPy, by the formulas in the header's comments.

namespace {

const Matrix samples{{2.04, -2.56, 0.42}, {0.43, -0.45, -0.22}, {-0.02, -0.23, -0.87},
                     {3.32, 0.23, -0.35}, {0.72, -0.67, -1.06}, {1.61, 0.48, -0.24},
                     {0.96, -0.2, 0.02},  {2.55, 0.55, -0.51},  {1.82, 0.54, 1.94},
                     {-0.27, -0.24, 1.0}, {0.11, -0.29, 0.88},  {2.58, 0.09, 0.67}};
const Labels labels{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};

}  // namespace

TEST_CASE("the share of variance between groups is NumPy's") {
  CHECK(between_group_variance(samples, labels, 3) == Catch::Approx(0.10679784340794425));
}

TEST_CASE("all variance lies between groups whose members are equal") {
  const Matrix equal{{1, 2}, {1, 2}, {3, -1}, {3, -1}};
  CHECK(between_group_variance(equal, {0, 0, 1, 1}, 2) == Catch::Approx(1));
}

TEST_CASE("the nearest centroid is learnt from the first half and tested on the second") {
  CHECK(nearest_centroid_accuracy(samples, labels, 3) == Catch::Approx(1.0 / 6));
  const Matrix apart{{0, 0}, {5, 5}, {0.1, 0}, {5, 5.1}, {0.2, 0.1}, {4, 6}, {1, 1}, {9, 9}};
  CHECK(nearest_centroid_accuracy(apart, {0, 1, 0, 1, 0, 1, 0, 1}, 2) == 1);
}

TEST_CASE("principal components are NumPy's, up to sign") {
  const PrincipalComponents components = principal_components(samples);
  const double variances[] = {1.2845904872736105, 0.7045296059957002, 0.5954618511751347};
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(components.variances[i] == Catch::Approx(variances[i]));
  CHECK(components.participation_ratio() == Catch::Approx(2.670840210079406));
  CHECK(components.share_of_first(2) == Catch::Approx(0.7696099934246314));

  const Matrix points = components.project(samples, 2);
  REQUIRE(points.shape(0) == 12);
  REQUIRE(points.shape(1) == 2);
  const double first[] = {-0.19404682850059035, 0.9250757453675186, 1.3293596692526564};
  const double second[] = {-0.5918284309182916, -0.32555083009683333, -0.816883694914823};
  const double sign_of_first = points(0, 0) * first[0] > 0 ? 1 : -1;
  const double sign_of_second = points(0, 1) * second[0] > 0 ? 1 : -1;
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(sign_of_first * points(i, 0) == Catch::Approx(first[i]));
    CHECK(sign_of_second * points(i, 1) == Catch::Approx(second[i]));
  }
}

TEST_CASE("what is centred by group has no variance between the groups") {
  const Matrix rest = group_centred(samples, labels, 3);
  CHECK(between_group_variance(rest, labels, 3) == Catch::Approx(0).margin(1e-12));
  CHECK(rest(0, 0) == Catch::Approx(2.04 - (2.04 + 3.32 + 0.96 - 0.27) / 4));
}
