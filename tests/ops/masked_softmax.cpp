#include <weft/ops/masked_softmax.hpp>

#include "shapes.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

// Scores of 27 shapes, (query, key) up to (batch, head, group, query, key).
template <class Check>
void for_each_scores(Check check) {
  check(numbers<double, 1, 1>(1));
  check(numbers<double, 4, 4>(2));
  check(numbers<double, 9, 9>(3));
  check(numbers<double, 3, 17>(4));
  check(numbers<double, 5, 2>(5));
  check(numbers<double, dynamic, 6>(6, 4));
  check(numbers<double, dynamic, 3>(7, 5));
}
template <class Check>
void for_each_batch_of_scores(Check check) {
  check(numbers<double, 3, 1, 1>(8));
  check(numbers<double, 3, 4, 4>(9));
  check(numbers<double, 3, 2, 9>(10));
  check(numbers<double, 3, 5, 3>(11));
  check(numbers<double, 3, 1, 18>(12));
  check(numbers<double, 3, 7, 8>(13));
  check(numbers<double, dynamic, 3, 3>(14, 3));
  check(numbers<double, dynamic, 2, 17>(15, 3));
  check(numbers<double, dynamic, 1, 5>(16, 3));
  check(numbers<double, 3, 2, 3, 3>(17));
  check(numbers<double, 3, 1, 4, 9>(18));
  check(numbers<double, 3, 2, 1, 16>(19));
  check(numbers<double, 3, 3, 4, 2>(20));
  check(numbers<double, 3, 2, 8, 8>(21));
  check(numbers<double, dynamic, 2, 4, 4>(22, 3));
  check(numbers<double, dynamic, 2, 3, 7>(23, 3));
  check(numbers<double, dynamic, 1, 2, 21>(24, 3));
  check(numbers<double, 3, 2, 2, 2, 3>(25));
  check(numbers<double, 3, 1, 2, 3, 5>(26));
  check(numbers<double, dynamic, 2, 1, 3, 4>(27, 3));
}

// None, some and all of the keys.
Tensor<int, 3> lengths_for(const auto& scores) {
  const int keys = static_cast<int>(scores.extents().back());
  return {0, (keys + 1) / 2, keys};
}

}  // namespace

TEST_CASE("a causal mask hides the keys after the query") {
  const Tensor<double, 3, 3> scores{{0, 5, 9}, {0, 0, 7}, {0, 0, 0}};
  const Tensor<double, 3, 3> expected{{1, 0, 0}, {0.5, 0.5, 0}, {1. / 3, 1. / 3, 1. / 3}};
  CHECK(greatest_difference(masked_softmax(scores, {.causal = true}), expected) < 1e-15);
}

TEST_CASE("with fewer queries than keys the queries are the last positions") {
  const Tensor<double, 2, 4> scores;
  const Tensor<double, 2, 4> expected{{1. / 3, 1. / 3, 1. / 3, 0}, {0.25, 0.25, 0.25, 0.25}};
  CHECK(greatest_difference(masked_softmax(scores, {.causal = true}), expected) < 1e-15);
}

TEST_CASE("each batch has a length of its own, whose other keys get exactly nothing") {
  const auto scores = numbers<double, 3, 2, 5, 6>(1);
  const Tensor<int, 3> lengths{6, 0, 2};
  for (const bool causal : {false, true}) {
    const auto y = masked_softmax(scores, lengths, {.causal = causal});
    for (std::size_t b = 0; b < 3; ++b)
      for (std::size_t head = 0; head < 2; ++head)
        for (std::size_t query = 0; query < 5; ++query) {
          double sum = 0, total = 0;
          const auto is_visible = [&](std::size_t key) {
            return key < static_cast<std::size_t>(lengths(b)) && (!causal || key <= query + 1);
          };
          for (std::size_t key = 0; key < 6; ++key)
            if (is_visible(key)) sum += std::exp(scores(b, head, query, key));
          for (std::size_t key = 0; key < 6; ++key) {
            const double p = y(b, head, query, key);
            total += p;
            const double weight = std::exp(scores(b, head, query, key));
            if (is_visible(key)) CHECK(std::abs(p - weight / sum) < 1e-15);
            else CHECK(p == 0);
          }
          CHECK(std::abs(total - (lengths(b) > 0 ? 1 : 0)) < 1e-14);
        }
  }
}

TEST_CASE("softmax of a fully masked row is zero, and so is its gradient") {
  Tape tape;
  const auto scores = tape.variable(numbers<double, 2, 1, 3>(2));
  const auto y = masked_softmax(scores, Tensor<int, 2>{0, 3});
  CHECK(Tensor(y.value()[0]) == Tensor<double, 1, 3>{});
  const auto seed = y.target();
  for (std::size_t i = 0; i < y.size(); ++i) seed.data[i] = static_cast<double>(i * i);
  tape.backward();
  CHECK(Tensor(scores.gradient()[0]) == Tensor<double, 1, 3>{});
  CHECK(scores.gradient()(1, 0, 2) != 0);
}

TEST_CASE("gradients of masked softmax without lengths") {
  const auto check = [](const auto& scores) {
    check_gradients([](auto a) { return masked_softmax(a, {.causal = true}); }, scores);
    check_gradients([](auto a) { return masked_softmax(a); }, scores);
  };
  for_each_scores(check);
  for_each_batch_of_scores(check);
}

TEST_CASE("gradients of masked softmax with lengths") {
  for_each_batch_of_scores([](const auto& scores) {
    const auto lengths = lengths_for(scores);
    for (const bool causal : {false, true})
      check_gradients(
          [&](auto a) { return masked_softmax(a, lengths, {.causal = causal}); }, scores);
  });
}

TEST_CASE("gradients of masked softmax add up over two uses") {
  const auto scores = numbers<double, 3, 4, 9>(2);
  const auto lengths = lengths_for(scores);
  CHECK(two_uses_error(
            [&](auto a) { return masked_softmax(a, lengths, {.causal = true}); }, scores) < 1e-14);
}

TEST_CASE("masked softmax of a view with gaps") {
  for_each_view([](const auto& x) {
    CHECK(sees_through([](const auto& a) { return masked_softmax(a, {.causal = true}); }, x));
  });
}

TEST_CASE("masked softmax refuses lengths that are no number of keys") {
  const Tensor<float, dynamic, 2, 3> scores(2);
  CHECK_THROWS_AS(masked_softmax(scores, Tensor<int, 2>{4, 1}), Error);
  CHECK_THROWS_AS(masked_softmax(scores, Tensor<int, 2>{3, -1}), Error);
  CHECK_THROWS_AS(masked_softmax(scores, Tensor<int, 3>{1, 1, 1}), Error);
  CHECK_NOTHROW(masked_softmax(scores, Tensor<int, 2>{3, 0}));
}
