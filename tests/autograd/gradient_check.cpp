#include <weft/autograd/gradient_check.hpp>

#include <weft/ops/add.hpp>
#include <weft/ops/multiply.hpp>

#include <catch2/catch_test_macros.hpp>

#include <limits>

#include <tests/ops/numbers.hpp>

using namespace weft;

namespace {

// y = a b with a backward pass that is wrong in a chosen way.
enum class Mistake { none, wrong_sign, missing, one_element, not_a_number };

struct Product {
  static constexpr const char* name = "product";
  Mistake mistake;
  std::size_t where = 0;  // the element that is wrong

  void forward(Memory&, auto y, auto a, auto b) const {
    for (std::size_t i = 0; i < y.size(); ++i) y.data()[i] = a.data()[i] * b.data()[i];
  }
  void backward(auto y, auto a, auto b) const {
    const auto* dy = y.gradient_data();
    if (auto da = a.target_of_zeros())
      for (std::size_t i = 0; i < y.size(); ++i) da.data[i] += changed(i, dy[i] * b.data()[i]);
    if (mistake == Mistake::missing) return;
    if (auto db = b.target_of_zeros())
      for (std::size_t i = 0; i < y.size(); ++i) db.data[i] += dy[i] * a.data()[i];
  }

 private:
  double changed(std::size_t i, double gradient) const {
    if (mistake == Mistake::wrong_sign) return -gradient;
    if (mistake == Mistake::one_element && i == where) return gradient + 1e-4;
    if (mistake == Mistake::not_a_number && i == where)
      return std::numeric_limits<double>::quiet_NaN();
    return gradient;
  }
};

GradientCheck check(Mistake mistake, std::size_t where = 0) {
  return check_gradient(
      [=](auto a, auto b) { return apply_like(Product{mistake, where}, a, b); },
      numbers<double, 3, 4>(1), numbers<double, 3, 4>(2));
}

}  // namespace

TEST_CASE("the gradient check passes a right backward pass and compares every element") {
  const GradientCheck result = check(Mistake::none);
  INFO(result.where);
  CHECK(result.passed(1e-9));
  CHECK(result.compared == 24);
}

TEST_CASE("the gradient check catches a wrong sign") {
  const GradientCheck result = check(Mistake::wrong_sign);
  CHECK_FALSE(result.passed(0.1));
  CHECK(result.where.substr(0, 7) == "input 0");
}

TEST_CASE("the gradient check catches a missing contribution") {
  const GradientCheck result = check(Mistake::missing);
  CHECK_FALSE(result.passed(0.1));
  CHECK(result.where.substr(0, 7) == "input 1");
}

TEST_CASE("the gradient check catches one element that is slightly wrong") {
  for (std::size_t where : {0u, 5u, 11u}) {
    const GradientCheck result = check(Mistake::one_element, where);
    CHECK_FALSE(result.passed());
    const std::string expected = "input 0, element " + std::to_string(where) + ":";
    CHECK(result.where.substr(0, expected.size()) == expected);
  }
}

TEST_CASE("the gradient check catches NaN, whichever element it is in") {
  for (std::size_t where : {0u, 5u, 11u}) {
    const GradientCheck result = check(Mistake::not_a_number, where);
    CHECK_FALSE(result.passed());
    const std::string expected = "input 0, element " + std::to_string(where) + ":";
    CHECK(result.where.substr(0, expected.size()) == expected);
  }
}

TEST_CASE("the gradient check sees both uses of an input that is used twice") {
  const auto wrong_once = [](auto a) {
    return multiply(a, a) + apply_like(Product{Mistake::missing}, a, a);
  };
  CHECK(check_gradient([](auto a) { return multiply(a, a); }, numbers<double, 5>(1)).passed());
  CHECK_FALSE(check_gradient(wrong_once, numbers<double, 5>(1)).passed());
}

TEST_CASE("the gradient check moves the elements of a view, and restores them") {
  auto matrix = numbers<double, 4, 6>(3);
  const auto before = matrix;
  const auto result = check_gradient([](auto a) { return multiply(a, a); },
                                     matrix.view().permute<1, 0>().slice<0, 1, 3>());
  INFO(result.where);
  CHECK(result.passed());
  CHECK(result.compared == 12);
  CHECK(matrix == before);
}

TEST_CASE("the gradient check refuses a result that depends on no input") {
  const auto constant = [](auto a) { return a.tape()->constant(Tensor<double>(1.0)); };
  CHECK_THROWS_AS(check_gradient(constant, numbers<double, 2>(1)), Error);
}

TEST_CASE("a gradient check that compared nothing has not passed") {
  CHECK_FALSE(GradientCheck{}.passed());
}
