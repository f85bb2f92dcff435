#include <weft/kernels/cross_entropy.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include "matrix.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

constexpr std::size_t rows = 5;
constexpr int ignore = -3;

// Targets at the first and last class among them, two rows ignored.
std::vector<int> targets_of(std::size_t classes) {
  const int last = static_cast<int>(classes) - 1;
  return {0, ignore, last, last / 2, ignore};
}
constexpr std::size_t counted = 3;

// softmax(x)[j] in row i, in double.
template <class T>
double probability(const Matrix<T>& x, std::size_t i, std::size_t j) {
  double sum = 0;
  for (std::size_t k = 0; k < x.columns; ++k)
    sum += std::exp(static_cast<double>(x(i, k)) - static_cast<double>(x(i, j)));
  return 1 / sum;
}

}  // namespace

TEMPLATE_TEST_CASE("cross-entropy and its gradient, any number of classes", "", float, double) {
  using T = TestType;
  for (const std::size_t classes : lengths) {
    Matrix<T> x(rows, classes, 1), gradient(rows, classes, 2);
    for (std::size_t j = 0; j < classes; ++j) x(2, j) = x(2, j) * 20 - 500;
    const auto targets = targets_of(classes);
    double expected = 0;
    for (std::size_t i = 0; i < rows; ++i)
      if (targets[i] != ignore)
        expected -= std::log(probability(x, i, static_cast<std::size_t>(targets[i]))) / counted;
    std::vector<kernels::RowSoftmax<T>> softmax(rows);
    const T loss = kernels::cross_entropy(x.data(), targets.data(), rows, classes, ignore, counted,
                                          softmax.data());
    const auto backward = [&](T factor, Write write) {
      kernels::cross_entropy_backward(x.data(), targets.data(), rows, classes, ignore, counted,
                                      softmax.data(), factor, gradient.data(), write);
    };
    backward(1, Write::store);
    INFO(classes << " classes");
    CHECK(std::abs(static_cast<double>(loss) - expected) <
          tolerance<T> * (1 + std::abs(expected)));
    CHECK(greatest_error(gradient, [&](std::size_t i, std::size_t j) {
            if (targets[i] == ignore) return 0.0;
            const double onehot = static_cast<std::size_t>(targets[i]) == j ? 1 : 0;
            return (probability(x, i, j) - onehot) / counted;
          }) < tolerance<T>);
    Matrix<T> twice = gradient;
    for (std::size_t j = 0; j < classes; ++j)
      for (std::size_t i = 0; i < rows; ++i) twice(i, j) += 2 * gradient(i, j);
    backward(2, Write::add);
    CHECK(greatest_error(gradient, [&](std::size_t i, std::size_t j) {
            return static_cast<double>(twice(i, j));
          }) == 0);
    CHECK(kernels::cross_entropy(x.data(), targets.data(), rows, classes, ignore, counted,
                                 static_cast<kernels::RowSoftmax<T>*>(nullptr)) == loss);
  }
}

TEST_CASE("cross-entropy is finite however wrong the logits are") {
  const float x[] = {1e4f, -1e4f, 0, 3e4f};
  const int target = 1;
  float gradient[4];
  kernels::RowSoftmax<float> softmax;
  CHECK(kernels::cross_entropy(x, &target, 1, 4, -1, 1, &softmax) == 4e4f);
  kernels::cross_entropy_backward(x, &target, 1, 4, -1, 1, &softmax, 1.0f, gradient, Write::store);
  CHECK(gradient[1] == -1);
  CHECK(gradient[3] == 1);
}

TEST_CASE("cross-entropy with no counted target is zero, and so is its gradient") {
  const double x[] = {1, 2, 3, 4};
  const int targets[] = {-1, -1};
  double gradient[] = {7, 7, 7, 7};
  kernels::RowSoftmax<double> softmax[2];
  CHECK(kernels::cross_entropy(x, targets, 2, 2, -1, 0, softmax) == 0);
  kernels::cross_entropy_backward(x, targets, 2, 2, -1, 0, softmax, 1.0, gradient, Write::store);
  for (const double g : gradient) CHECK(g == 0);
}
