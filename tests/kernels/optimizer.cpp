#include <weft/kernels/optimizer.hpp>

#include <catch2/catch_test_macros.hpp>
#include <tests/ops/numbers.hpp>

#include <cmath>
#include <vector>

namespace {

using namespace weft;

// count numbers, and one behind them that no one may touch.
template <class T>
struct Row {
  std::vector<T> values;

  Row(std::size_t count, std::uint64_t key) : values(count + 1) {
    const auto source = numbers<T, dynamic>(key, count + 1);
    for (std::size_t i = 0; i <= count; ++i) values[i] = source(i);
    values[count] = 77;
  }
  T* data() { return values.data(); }
  bool is_whole() const { return values.back() == 77; }
};

template <class T>
constexpr double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;

template <class T>
void check_sgd(std::size_t count, const kernels::SgdCoefficients<T>& c, bool with_velocity) {
  Row<T> x(count, 1), g(count, 2), v(count, 3);
  std::vector<double> expected(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double old = x.values[i];
    const double gradient = double{c.gradient_scale} * g.values[i] + double{c.weight_decay} * old;
    const double velocity = double{c.momentum} * (with_velocity ? v.values[i] : 0) + gradient;
    const double direction = c.nesterov ? gradient + double{c.momentum} * velocity : velocity;
    expected[i] = old - double{c.learning_rate} * direction;
  }
  kernels::sgd_update(count, x.data(), g.data(), with_velocity ? v.data() : nullptr, c);
  for (std::size_t i = 0; i < count; ++i)
    CHECK(std::abs(static_cast<double>(x.values[i]) - expected[i]) < tolerance<T>);
  CHECK((x.is_whole() && g.is_whole() && v.is_whole()));
}

template <class T>
void check_adam(std::size_t count, const kernels::AdamCoefficients<T>& c) {
  Row<T> x(count, 1), g(count, 2), m(count, 3), s(count, 4);
  for (std::size_t i = 0; i < count; ++i) s.values[i] = std::abs(s.values[i]) + T(0.1);
  std::vector<double> expected(count), mean(count), square(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double old = x.values[i];
    const double gradient = double{c.gradient_scale} * g.values[i] + double{c.coupled_decay} * old;
    mean[i] = m.values[i] + double{c.one_minus_beta1} * (gradient - m.values[i]);
    square[i] = double{c.beta2} * s.values[i] + double{c.one_minus_beta2} * gradient * gradient;
    expected[i] = double{c.keep} * old - double{c.step} * mean[i] /
                                             (double{c.root_correction} * std::sqrt(square[i]) +
                                              double{c.epsilon});
  }
  kernels::adam_update(count, x.data(), g.data(), m.data(), s.data(), c);
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(std::abs(static_cast<double>(x.values[i]) - expected[i]) < tolerance<T>);
    CHECK(std::abs(static_cast<double>(m.values[i]) - mean[i]) < tolerance<T>);
    CHECK(std::abs(static_cast<double>(s.values[i]) - square[i]) < tolerance<T>);
  }
  CHECK((x.is_whole() && g.is_whole() && m.is_whole() && s.is_whole()));
}

template <class T>
void check_updates(std::size_t count) {
  CAPTURE(count);
  check_sgd<T>(count, {T(0.1), T(0), T(0), T(1), false}, false);
  check_sgd<T>(count, {T(0.1), T(0.9), T(0.01), T(0.5), false}, true);
  check_sgd<T>(count, {T(0.1), T(0.9), T(0.01), T(0.5), true}, true);
  check_adam<T>(count, {.step = T(0.02),
                        .root_correction = T(1.5),
                        .beta2 = T(0.98),
                        .one_minus_beta1 = T(0.1),
                        .one_minus_beta2 = T(0.02),
                        .epsilon = T(1e-4),
                        .keep = T(0.97),
                        .coupled_decay = T(0.3),
                        .gradient_scale = T(0.25)});
}

}  // namespace

TEST_CASE("an update changes every element as its formula says, and nothing behind them") {
  for (std::size_t count = 0; count <= 70; ++count) {
    check_updates<float>(count);
    check_updates<double>(count);
  }
}

TEST_CASE("a sum of squares is exact to double precision, with tails") {
  for (std::size_t count = 0; count <= 70; ++count) {
    const auto x = numbers<float, dynamic>(9, count);
    long double expected = 0;
    for (float element : x) expected += static_cast<long double>(element) * element;
    const double sum = kernels::sum_of_squares(count, x.data());
    CHECK(std::abs(sum - static_cast<double>(expected)) <= 1e-14);
  }
}

TEST_CASE("a sum of squares of floats neither overflows nor vanishes") {
  for (const float x : {3e38f, 1e-30f}) {
    const float row[] = {x, x, x};
    const double expected = 3 * double{x} * double{x};
    CHECK(std::abs(kernels::sum_of_squares(3, row) / expected - 1) < 1e-12);
  }
}
