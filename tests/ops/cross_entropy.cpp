#include <weft/ops/cross_entropy.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

// A target for each row of logits, every third one ignored; one at least counts.
template <std::size_t... Extents>
auto targets_for(const Tensor<double, Extents...>& logits, int ignore) {
  tensor_of<int, detail::without_last_axis<Shape<Extents...>>> targets(
      uninitialized, sizeof...(Extents) > 1 ? logits.leading() : 1);
  const std::size_t classes = logits.extents().back();
  for (std::size_t i = 0; i < targets.size(); ++i)
    targets.data()[i] = i % 3 == 1 ? ignore : static_cast<int>(i * 5 % classes);
  return targets;
}

}  // namespace

TEST_CASE("cross-entropy is the mean surprise at the targets") {
  const Tensor<double, 2, 3> logits{{std::log(1.0), std::log(2.0), std::log(5.0)}, {0, 0, 0}};
  const Tensor<int, 2> targets{1, 2};
  CHECK(std::abs(cross_entropy(logits, targets).item() - (std::log(4.0) + std::log(3.0)) / 2) <
        1e-15);
}

TEST_CASE("ignored targets are not counted") {
  const auto logits = numbers<double, 3, 4>(1);
  const double first = cross_entropy(Tensor(logits.view().rows(0, 1)), Tensor<int, 1>{2}).item();
  CHECK(std::abs(cross_entropy(logits, Tensor<int, 3>{2, -1, -1}).item() - first) < 1e-15);
  CHECK(std::abs(cross_entropy(logits, Tensor<int, 3>{2, 0, 0}, {.ignore = 0}).item() - first) <
        1e-15);
}

TEST_CASE("with no counted target the loss is zero and its gradient too") {
  Tape tape;
  const auto logits = tape.variable(numbers<double, 3, 4>(1));
  const auto loss = cross_entropy(logits, Tensor<int, 3>{-1, -1, -1});
  CHECK(loss.item() == 0);
  tape.backward(loss);
  CHECK(Tensor(logits.gradient()) == Tensor<double, 3, 4>{});
}

TEST_CASE("targets may be a tensor, a view, a variable or a temporary") {
  const auto logits = numbers<double, 3, 4>(1);
  Tensor<int, 3> targets{2, 0, 3};
  Tensor<int, 3, 2> pairs{{2, 1}, {0, 1}, {3, 1}};
  const auto column = pairs.view().permute<1, 0>()[0];
  Tape tape;
  const double expected = cross_entropy(logits, targets).item();
  CHECK(cross_entropy(logits, column).item() == expected);
  CHECK(cross_entropy(tape.variable(logits), column).item() == expected);
  CHECK(cross_entropy(tape.variable(logits), tape.constant(targets)).item() == expected);
  const auto input = tape.variable(logits);
  const auto loss = cross_entropy(input, Tensor<int, 3>{2, 0, 3});
  tape.backward(loss);
  CHECK(loss.item() == expected);
  CHECK(std::abs(input.gradient()(0, 2) * 3 + 1 - std::exp(logits(0, 2)) / [&] {
          double sum = 0;
          for (std::size_t j = 0; j < 4; ++j) sum += std::exp(logits(0, j));
          return sum;
        }()) < 1e-14);
}

TEST_CASE("gradients of cross-entropy") {
  for_each_shape([](const auto& logits) {
    const auto targets = targets_for(logits, -1);
    check_gradients([&](auto a) { return cross_entropy(a, targets); }, logits);
  });
}

TEST_CASE("gradients of cross-entropy with another ignored value") {
  for_each_shape([](const auto& logits) {
    const auto targets = targets_for(logits, -100);
    check_gradients([&](auto a) { return cross_entropy(a, targets, {.ignore = -100}); }, logits);
  });
}

TEST_CASE("gradients of cross-entropy add up over two uses") {
  const auto logits = numbers<double, 4, 9>(2);
  const auto targets = targets_for(logits, -1);
  CHECK(two_uses_error([&](auto a) { return cross_entropy(a, targets); }, logits) < 1e-14);
}

TEST_CASE("cross-entropy of a view with gaps") {
  for_each_view([](const auto& logits) {
    const Tensor copy(logits);
    const auto targets = targets_for(copy, -1);
    CHECK(sees_through([&](const auto& a) { return cross_entropy(a, targets); }, logits));
  });
}

TEST_CASE("a target that is no class is refused, with its value and position") {
  const Tensor<float, dynamic, 5> logits(3);
  const auto message = [&](int target) {
    try {
      cross_entropy(logits, Tensor<int, 3>{0, 4, target});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing thrown");
  };
  CHECK(message(5) ==
        "[cross_entropy] a target must be a class or the ignored value: target 5 at 2, 5 classes, "
        "ignored -1");
  CHECK(message(-2).find("target -2 at 2") != std::string::npos);
  CHECK(message(-1) == "nothing thrown");
  CHECK_THROWS_AS(cross_entropy(logits, Tensor<int, 2>{0, 0}), Error);
}
