#pragma once

#include <weft/core/config.hpp>

#include <cstddef>

namespace weft::inline WEFT_TARGET::kernels {

// Which operand of a product is stored transposed: C = A B, A^T B or A B^T.
enum class Layout { nn, tn, nt };

// C = op(A) op(B), or C += op(A) op(B), row-major, C of rows x columns, sum over inner.
//
// layout nn: A is rows x inner, B is inner x columns;
//        tn: A is inner x rows;   nt: B is columns x inner.
// lda, ldb, ldc: elements from one stored row to the next. C must not overlap A or B.
template <class T>
void gemm(Layout layout, std::size_t rows, std::size_t columns, std::size_t inner, const T* a,
          std::size_t lda, const T* b, std::size_t ldb, T* c, std::size_t ldc,
          Write write = Write::store) {
  for (std::size_t i = 0; i < rows; ++i) {
    T* row = c + i * ldc;
    if (write == Write::store)
      for (std::size_t j = 0; j < columns; ++j) row[j] = T{};
    for (std::size_t k = 0; k < inner; ++k) {
      const T factor = layout == Layout::tn ? a[k * lda + i] : a[i * lda + k];
      for (std::size_t j = 0; j < columns; ++j)
        row[j] += factor * (layout == Layout::nt ? b[j * ldb + k] : b[k * ldb + j]);
    }
  }
}

}  // namespace weft::kernels
