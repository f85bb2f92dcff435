// The blocks of include/weft/ops/README.md, one after the other, are this file.

#include <weft/autograd/gradient_check.hpp>
#include <weft/ops/operation.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>

namespace weft::inline WEFT_TARGET::kernels {

// y = log(1 + exp(s x)) / s, computed as max(x, 0) + log(1 + exp(-|s x|)) / s, which cannot
// overflow.
template <class T>
void soft_plus(std::size_t count, T steepness, const T* x, T* y) {
  for (std::size_t i = 0; i < count; ++i) {
    const T above = x[i] > 0 ? x[i] : 0;
    y[i] = above + std::log1p(std::exp(-std::abs(steepness * x[i]))) / steepness;
  }
}

// dx = or += dy / (1 + exp(-s x)).
template <class T>
void soft_plus_backward(std::size_t count, T steepness, const T* x, const T* dy, T* dx,
                        Write write) {
  for (std::size_t i = 0; i < count; ++i) {
    const T before = write == Write::add ? dx[i] : 0;
    dx[i] = before + dy[i] / (1 + std::exp(-steepness * x[i]));
  }
}

}  // namespace weft::kernels

namespace weft::inline WEFT_TARGET {

namespace detail {

template <class T>
struct SoftPlus {
  static constexpr const char* name = "soft_plus";
  T steepness;

  void forward(Memory&, auto y, auto x) const {
    kernels::soft_plus(x.size(), steepness, x.data(), y.data());
  }
  void backward(auto y, auto x) const {
    if (auto dx = x.target())
      kernels::soft_plus_backward(x.size(), steepness, x.data(), y.gradient_data(), dx.data,
                                  dx.write);
  }
};

}  // namespace detail

// y = log(1 + exp(steepness x)) / steepness, element by element: a smooth relu. steepness > 0.
// Throws Error where it is not.
template <Operand X>
auto soft_plus(const X& x, element_of<X> steepness = 1) {
  if (!(steepness > 0))
    fail("soft_plus", "the steepness must be positive", std::to_string(steepness));
  return apply_like(detail::SoftPlus<element_of<X>>{steepness}, x);
}

}  // namespace weft

TEST_CASE("soft_plus has the gradient of its formula") {
  using namespace weft;
  Tensor<double, 3, 4> x{{-9, -2, -1, 0}, {0.1, 0.5, 1, 2}, {3, 5, 9, 100}};
  const auto function = [](auto v) { return soft_plus(v, 2.0); };
  const auto gradient = check_gradient(function, x);
  INFO(gradient.where);
  CHECK(gradient.passed());
  CHECK(check_gradient(function, x.view().permute<1, 0>()).passed());
  CHECK(check_gradient(function, Tensor<double, dynamic, 2>{{1, 2}, {3, -4}, {-5, 6}}).passed());
}

TEST_CASE("soft_plus is close to relu far from zero") {
  using namespace weft;
  const auto y = soft_plus(Tensor<float, 3>{-200, 0, 200});
  CHECK(y(0) == 0);
  CHECK(std::abs(y(1) - 0.69314718f) < 1e-7f);
  CHECK(y(2) == 200);
  CHECK_THROWS_AS(soft_plus(y, 0.0f), Error);
}
