#include <weft/ops/add.hpp>
#include <weft/ops/attention.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/ops/dropout.hpp>
#include <weft/ops/embedding.hpp>
#include <weft/ops/layer_norm.hpp>
#include <weft/ops/log_softmax.hpp>
#include <weft/ops/masked_softmax.hpp>
#include <weft/ops/multiply.hpp>
#include <weft/ops/reshape.hpp>
#include <weft/ops/rms_norm.hpp>
#include <weft/ops/softmax.hpp>
#include <weft/ops/sum.hpp>

#include <catch2/catch_test_macros.hpp>

#include "numbers.hpp"

using namespace weft;

namespace {

using Rows = Tensor<double, dynamic, 4>;

// The result of function(x) for an x without rows has none, and its backward pass gives none.
template <class X, class Function>
void check_no_rows(const X& x, Function function) {
  CHECK(function(x).leading() == 0);
  Tape tape;
  const auto variable = tape.variable(x);
  tape.backward(sum(function(variable)));
  CHECK(variable.gradient().size() == 0);
}

}  // namespace

TEST_CASE("operations on no rows give no rows, with a tape and without") {
  const Rows x(0);
  check_no_rows(x, [](const auto& a) { return softmax(a); });
  check_no_rows(x, [](const auto& a) { return log_softmax(a); });
  check_no_rows(x, [](const auto& a) { return layer_norm(a); });
  check_no_rows(x, [](const auto& a) { return rms_norm(a); });
  check_no_rows(x, [](const auto& a) { return reshape<dynamic, 2, 2>(a); });
  Random random(1);
  check_no_rows(x, [&](const auto& a) { return dropout(a, 0.5, random); });
  const Tensor<double, dynamic, 3, 3> scores(0);
  check_no_rows(scores, [](const auto& a) { return masked_softmax(a); });
  check_no_rows(scores, [](const auto& a) {
    return masked_softmax(a, Tensor<int, dynamic>(0));
  });
  const Tensor<double, dynamic, 3, 4> q(0);
  check_no_rows(q, [](const auto& a) { return attention<2>(a, a, a); });
  check_no_rows(q, [](const auto& a) {
    return attention<2>(a, a, a, Tensor<int, dynamic>(0));
  });
}

TEST_CASE("gains, biases and tables that no row was read with have gradients of zeros") {
  const Rows x(0);
  const auto four = numbers<double, 4>(1);
  Tape tape;
  const auto gain = tape.variable(four), bias = tape.variable(four), scale = tape.variable(four);
  const auto table = tape.variable(numbers<double, 3, 4>(2));
  const auto normed = layer_norm(tape.constant(x), gain, bias);
  const auto read = embedding(Tensor<int, dynamic>(0), table);
  CHECK(read.leading() == 0);
  tape.backward(sum(add(rms_norm(normed, scale), read)));
  const Tensor<double, 4> zeros{0, 0, 0, 0};
  CHECK(Tensor(gain.gradient()) == zeros);
  CHECK(Tensor(bias.gradient()) == zeros);
  CHECK(Tensor(scale.gradient()) == zeros);
  CHECK(Tensor(table.gradient()) == Tensor<double, 3, 4>());
}

TEST_CASE("no targets have no cross-entropy") {
  const Tensor<double, dynamic, 3> logits(0);
  CHECK(counted_targets(Tensor<int, dynamic>(0)) == 0);
  CHECK(cross_entropy(logits, Tensor<int, dynamic>(0)).item() == 0);
}
