#pragma once

#include <weft/kernels/gemm.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// One matrix product, and what every library that is compared has to offer for it.

namespace benchmarks {

using weft::kernels::Layout;

inline const char* name_of(Layout layout) {
  return layout == Layout::nn ? "nn" : layout == Layout::tn ? "tn" : "nt";
}

// Operands of C = op(A) op(B), row-major, one row behind the other.
template <class T>
struct Operands {
  const T* a;
  const T* b;
  T* c;
};

// A product of so many rows and columns, with a sum over inner, on several sets of operands.
//
// More than one set shows the speed with operands that come from L2, not from L1.
template <class T>
class Problem {
 public:
  const Layout layout;
  const std::size_t rows, columns, inner;
  const std::size_t lda, ldb, ldc;

  Problem(Layout layout_, std::size_t rows_, std::size_t columns_, std::size_t inner_,
          std::size_t sets)
      : layout(layout_),
        rows(rows_),
        columns(columns_),
        inner(inner_),
        lda(layout_ == Layout::tn ? rows_ : inner_),
        ldb(layout_ == Layout::nt ? inner_ : columns_),
        ldc(columns_),
        set_(sets) {
    // An odd number of cache lines from set to set, so that they do not meet in the same few sets
    // of a cache, as matrices do that are each aligned to a page.
    const std::size_t total = room(rows * inner) + room(inner * columns) + room(rows * columns);
    elements_.resize(sets * total + line);
    for (std::size_t i = 0; i < elements_.size(); ++i)
      elements_[i] = static_cast<T>(static_cast<double>(i % 17) - 8) / 16;
    const auto address = reinterpret_cast<std::uintptr_t>(elements_.data());
    T* data = elements_.data() + (weft::alignment - address % weft::alignment) / sizeof(T) % line;
    for (Operands<T>& set : set_) {
      set.a = data;
      set.b = set.a + room(rows * inner);
      set.c = data + room(rows * inner) + room(inner * columns);
      data += total;
    }
  }

  std::size_t sets() const { return set_.size(); }
  const Operands<T>& operator[](std::size_t set) const { return set_[set]; }
  double flops() const { return 2.0 * static_cast<double>(rows * columns * inner); }
  std::size_t bytes() const { return sizeof(T) * (rows * inner + inner * columns + rows * columns); }

 private:
  static constexpr std::size_t line = weft::alignment / sizeof(T);
  static std::size_t room(std::size_t count) { return ((count + line - 1) / line | 1) * line; }

  std::vector<T> elements_;
  std::vector<Operands<T>> set_;
};

// Multiplies the operands of one set. Empty where a library cannot do the product.
using Multiply = std::function<void(std::size_t set)>;

// A library: what it calls itself and prepare(), which makes whatever handle, primitive or compiled
// kernel it wants beforehand. The operands stay plain row-major matrices.
template <class T>
struct Peer {
  std::string name;
  std::string version;
  std::function<Multiply(const Problem<T>&)> prepare;
};

}  // namespace benchmarks
