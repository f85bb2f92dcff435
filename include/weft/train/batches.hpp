#pragma once

#include <weft/core/random.hpp>
#include <weft/core/tensor.hpp>

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

namespace weft::inline WEFT_TARGET {

// What happens with the samples that are left at the end of an epoch and fill no batch.
enum class LastBatch { keep, drop };

struct BatchOptions {
  std::optional<Random> shuffle_key{};  // every epoch in an order of its own; unset: as they come
  LastBatch last = LastBatch::keep;
};

// Minibatches as lists of sample numbers. Which samples a batch has depends on its number and the
// options alone, so a run can go on anywhere.
class Batches {
 public:
  // Of `count` samples. Throws Error where there would be no batch at all.
  Batches(std::size_t count, std::size_t batch_size, const BatchOptions& options = {})
      : batch_size_(batch_size), options_(options), order_(count) {
    if (batch_size == 0) fail("Batches", "a batch must have at least one sample");
    if (count > 0xFFFFFFFFu)
      fail("Batches", "there must be fewer than 2^32 samples", std::to_string(count));
    const bool keep = options.last == LastBatch::keep;
    per_epoch_ = count / batch_size + (keep && count % batch_size > 0 ? 1 : 0);
    if (per_epoch_ == 0)
      fail("Batches", "there must be enough samples for a batch",
           std::to_string(count) + " samples, batch of " + std::to_string(batch_size));
    put_in_order(0);
  }

  // Samples of a batch; the last of an epoch may have fewer.
  std::size_t batch_size() const { return batch_size_; }
  // Batches of an epoch.
  std::size_t per_epoch() const { return per_epoch_; }

  // The samples of batch number `step`, counted from the first of epoch 0 through all epochs. Valid
  // until the next call. Nothing is allocated.
  std::span<const std::uint32_t> operator[](std::size_t step) {
    if (step / per_epoch_ != epoch_) put_in_order(step / per_epoch_);
    const std::size_t begin = step % per_epoch_ * batch_size_;
    return {order_.data() + begin, std::min(batch_size_, order_.size() - begin)};
  }

 private:
  void put_in_order(std::size_t epoch) {
    epoch_ = epoch;
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
    if (options_.shuffle_key)
      options_.shuffle_key->fork("epoch", epoch).shuffle(order_.data(), order_.size());
  }

  std::size_t batch_size_;
  std::size_t per_epoch_;
  BatchOptions options_;
  std::vector<std::uint32_t> order_;  // the samples of one epoch
  std::size_t epoch_ = 0;
};

// target[i] = source[indices[i]] along the leading axis; the rows that were written.
// Throws Error where target has too few rows or an index is out of range.
template <class T, std::size_t Leading, std::size_t... Rest>
View<const std::remove_const_t<T>, dynamic, Rest...> gather_rows(
    const View<T, Leading, Rest...>& source, std::span<const std::uint32_t> indices,
    Tensor<std::remove_const_t<T>, dynamic, Rest...>& target) {
  if (indices.size() > target.leading())
    fail("gather_rows", "the target must have a row for each index",
         std::to_string(target.leading()) + " rows, " + std::to_string(indices.size()) +
             " indices");
  auto* row = target.data();
  for (const std::uint32_t index : indices) {
    if (index >= source.leading())
      fail("gather_rows", "an index must be below the leading extent",
           std::to_string(index) + ", extent " + std::to_string(source.leading()));
    copy_elements(source[index], row);
    row += Shape<Leading, Rest...>::tail;
  }
  return View<const std::remove_const_t<T>, dynamic, Rest...>(target.data(), indices.size());
}

namespace detail {

// All rows of a tensor or view, their number known at run time.
template <class X>
auto all_rows(const X& x) {
  if constexpr (requires { x.strides(); }) return x.rows(0, x.leading());
  else return x.view().rows(0, x.leading());
}

template <class Rows>
struct BatchMemory;
template <class T, std::size_t... Extents>
struct BatchMemory<View<T, Extents...>> {
  using Value = std::remove_const_t<T>;
  using View = weft::View<const Value, Extents...>;
  using Tensor = weft::Tensor<Value, Extents...>;
};

}  // namespace detail

// Minibatches of tensors or views that hold one sample at each index of their leading axis:
//
//   TensorBatches batches(128, {.shuffle_key = random.fork("batches")}, images, labels);
//   for (auto [x, y] : batches)             // one epoch, and the next one the next time
//   auto [x, y] = batches[step];            // any batch
//
// The elements are views (dynamic, ...) into memory of this object, valid until the next batch is
// taken. The tensors must outlive it.
template <class... Rows>
class TensorBatches {
 public:
  using Batch = std::tuple<typename detail::BatchMemory<Rows>::View...>;

  // Throws Error where the leading extents differ or there would be no batch at all.
  template <class... Sources>
  TensorBatches(std::size_t batch_size, const BatchOptions& options, Sources&... sources)
      : batches_(common_count(sources.leading()...), batch_size, options),
        sources_(detail::all_rows(sources)...),
        memory_(typename detail::BatchMemory<Rows>::Tensor(batch_size)...) {}

  std::size_t batch_size() const { return batches_.batch_size(); }
  std::size_t per_epoch() const { return batches_.per_epoch(); }

  // Batch number `step`, counted from the first of epoch 0 through all epochs.
  Batch operator[](std::size_t step) {
    return gather(batches_[step], std::index_sequence_for<Rows...>{});
  }

  class Iterator {
   public:
    Iterator(TensorBatches& batches, std::size_t epoch)
        : batches_(&batches),
          step_(epoch * batches.per_epoch()),
          end_(step_ + batches.per_epoch()) {}
    Batch operator*() const { return (*batches_)[step_]; }
    Iterator& operator++() {
      ++step_;
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return step_ == end_; }

   private:
    TensorBatches* batches_;
    std::size_t step_, end_;
  };

  // The batches of the epoch after the last one that was begun; of epoch 0 at first.
  Iterator begin() { return {*this, next_epoch_++}; }
  std::default_sentinel_t end() const { return {}; }

 private:
  template <class... Counts>
  static std::size_t common_count(std::size_t first, Counts... others) {
    for (const std::size_t other : {first, static_cast<std::size_t>(others)...})
      if (other != first)
        fail("TensorBatches", "all tensors must have as many samples",
             std::to_string(first) + " and " + std::to_string(other));
    return first;
  }

  template <std::size_t... I>
  Batch gather(std::span<const std::uint32_t> indices, std::index_sequence<I...>) {
    return {gather_rows(std::get<I>(sources_), indices, std::get<I>(memory_))...};
  }

  Batches batches_;
  std::tuple<Rows...> sources_;
  std::tuple<typename detail::BatchMemory<Rows>::Tensor...> memory_;
  std::size_t next_epoch_ = 0;
};

template <class... Sources>
TensorBatches(std::size_t, BatchOptions, Sources&...)
    -> TensorBatches<decltype(detail::all_rows(std::declval<const Sources&>()))...>;

}  // namespace weft
