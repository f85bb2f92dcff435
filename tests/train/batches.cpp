#include <weft/train/batches.hpp>

#include <tests/train/count_allocations.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

using namespace weft;

namespace {

std::vector<std::uint32_t> epoch_of(Batches& batches, std::size_t epoch) {
  std::vector<std::uint32_t> all;
  for (std::size_t step = 0; step < batches.per_epoch(); ++step)
    for (const std::uint32_t index : batches[epoch * batches.per_epoch() + step])
      all.push_back(index);
  return all;
}

std::vector<std::uint32_t> in_order(std::size_t count) {
  std::vector<std::uint32_t> indices(count);
  std::iota(indices.begin(), indices.end(), 0u);
  return indices;
}

std::vector<std::uint32_t> sorted(std::vector<std::uint32_t> indices) {
  std::sort(indices.begin(), indices.end());
  return indices;
}

}  // namespace

TEST_CASE("batches without a key take the samples as they come") {
  Batches batches(10, 4);
  CHECK(batches.per_epoch() == 3);
  CHECK(epoch_of(batches, 0) == in_order(10));
  CHECK(epoch_of(batches, 1) == in_order(10));
  CHECK(batches[1][0] == 4);
  CHECK(batches[1].size() == 4);
}

TEST_CASE("the last partial batch is kept or dropped") {
  Batches keeping(10, 4, {.last = LastBatch::keep});
  CHECK(keeping.per_epoch() == 3);
  CHECK(keeping[2].size() == 2);
  Batches dropping(10, 4, {.last = LastBatch::drop});
  CHECK(dropping.per_epoch() == 2);
  CHECK(epoch_of(dropping, 0) == in_order(8));
  Batches even(12, 4, {.last = LastBatch::drop});
  CHECK(even.per_epoch() == 3);
}

TEST_CASE("every epoch of shuffled batches has every sample once, in another order") {
  Batches batches(101, 8, {.shuffle_key = Random(5)});
  const auto first = epoch_of(batches, 0), second = epoch_of(batches, 1);
  CHECK(sorted(first) == in_order(101));
  CHECK(sorted(second) == in_order(101));
  CHECK(first != in_order(101));
  CHECK(first != second);
}

TEST_CASE("a batch depends on its number and the key alone") {
  Batches a(50, 7, {.shuffle_key = Random(5)});
  Batches b(50, 7, {.shuffle_key = Random(5)});
  Batches other(50, 7, {.shuffle_key = Random(6)});
  const auto third = epoch_of(b, 3);
  CHECK(epoch_of(a, 0) == epoch_of(b, 0));
  CHECK(epoch_of(a, 3) == third);
  CHECK(epoch_of(other, 0) != epoch_of(a, 0));
}

TEST_CASE("batches that cannot be made are refused") {
  CHECK_THROWS_AS(Batches(10, 0), Error);
  CHECK_THROWS_AS(Batches(0, 4), Error);
  CHECK_THROWS_AS(Batches(3, 4, {.last = LastBatch::drop}), Error);
  CHECK_NOTHROW(Batches(3, 4));
}

TEST_CASE("gather_rows copies the rows of the given indices") {
  const Tensor<float, 4, 2> source{{0, 1}, {10, 11}, {20, 21}, {30, 31}};
  const std::vector<std::uint32_t> indices{3, 0, 3};
  Tensor<float, dynamic, 2> target(5);
  const auto rows = gather_rows(source.view(), indices, target);
  REQUIRE(rows.leading() == 3);
  CHECK(rows(0, 0) == 30);
  CHECK(rows(1, 1) == 1);
  CHECK(rows(2, 1) == 31);
  CHECK(target(3, 0) == 0);
}

TEST_CASE("gather_rows reads views with gaps") {
  const Tensor<double, 3, 2> source{{1, 2}, {3, 4}, {5, 6}};
  const std::vector<std::uint32_t> indices{1, 0};
  Tensor<double, dynamic, 3> target(2);
  const auto rows = gather_rows(source.view().permute<1, 0>(), indices, target);
  CHECK(rows(0, 0) == 2);
  CHECK(rows(0, 2) == 6);
  CHECK(rows(1, 1) == 3);
}

TEST_CASE("gather_rows refuses indices out of range and targets too small") {
  const Tensor<int, 4> source{1, 2, 3, 4};
  Tensor<int, dynamic> target(2);
  CHECK_THROWS_AS(gather_rows(source.view(), std::vector<std::uint32_t>{4}, target), Error);
  CHECK_THROWS_AS(gather_rows(source.view(), std::vector<std::uint32_t>{0, 1, 2}, target), Error);
}

TEST_CASE("a loop over batches of tensors gives samples and labels that belong together") {
  Tensor<float, dynamic, 3> images(23);
  Tensor<int, dynamic> labels(23);
  for (std::size_t i = 0; i < 23; ++i) {
    labels(i) = static_cast<int>(i);
    for (std::size_t j = 0; j < 3; ++j) images(i, j) = static_cast<float>(10 * i + j);
  }
  TensorBatches batches(5, {.shuffle_key = Random(1)}, images, labels);
  CHECK(batches.per_epoch() == 5);
  std::vector<std::vector<std::uint32_t>> epochs;
  for (int epoch = 0; epoch < 2; ++epoch) {
    epochs.emplace_back();
    for (auto [x, y] : batches) {
      REQUIRE(x.leading() == y.leading());
      for (std::size_t i = 0; i < x.leading(); ++i) {
        CHECK(x(i, 2) == static_cast<float>(10 * y(i) + 2));
        epochs.back().push_back(static_cast<std::uint32_t>(y(i)));
      }
    }
    CHECK(sorted(epochs.back()) == in_order(23));
  }
  CHECK(epochs[0] != epochs[1]);
  const auto [x, y] = batches[0];
  CHECK(static_cast<std::uint32_t>(y(0)) == epochs[0][0]);
}

TEST_CASE("batches of tensors allocate nothing after they are made") {
  const Tensor<float, 40, 6> images;
  const Tensor<int, 40> labels;
  TensorBatches batches(7, {.shuffle_key = Random(1)}, images, labels);
  std::size_t samples = 0;
  CHECK(count_allocations([&] {
          for (int epoch = 0; epoch < 3; ++epoch)
            for (auto [x, y] : batches) samples += x.leading();
        }) == 0);
  CHECK(samples == 120);
}

TEST_CASE("tensors with different numbers of samples make no batches") {
  const Tensor<float, 4, 6> images;
  const Tensor<int, 5> labels;
  CHECK_THROWS_AS(TensorBatches(2, {}, images, labels), Error);
}
