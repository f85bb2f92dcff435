#pragma once

#include <weft/core/parallel.hpp>
#include <weft/kernels/gemm.hpp>

#include <algorithm>

// One large matrix product on several threads. Training needs none of it, since there each thread
// has a microbatch of its own. It is for one large product by itself.

namespace weft::inline WEFT_TARGET::kernels::detail {

// Multiply-adds that are worth a thread: some ten microseconds of work.
inline constexpr std::size_t least_products_per_thread = std::size_t{1} << 19;

// Shares end after so many rows or columns, so as not to cut tiles and cache lines in two.
inline constexpr std::size_t share_unit = 16;

}  // namespace weft::kernels::detail

namespace weft::inline WEFT_TARGET::kernels::inline WEFT_THREADS {

// C = op(A) op(B), or C += op(A) op(B), as gemm() does and with the same bits, on up to `threads`
// threads, each of which computes some of the rows of C or, where there are fewer of those, some of
// its columns. Small products run on the calling thread. Throws Error where threads is below 1.
template <class T>
void parallel_gemm(int threads, Layout layout, std::size_t rows, std::size_t columns,
                   std::size_t inner, const T* a, std::size_t lda, const T* b, std::size_t ldb,
                   T* c, std::size_t ldc, Write write = Write::store) {
  const bool splits_rows = rows >= columns;
  const std::size_t extent = splits_rows ? rows : columns;
  const std::size_t worth =
      std::max<std::size_t>(rows * columns * inner / detail::least_products_per_thread, 1);
  const std::size_t shares = std::min(static_cast<std::size_t>(std::max(threads, 1)), worth);
  const std::size_t units = detail::divide_up(extent, detail::share_unit);
  const std::size_t share =
      std::max<std::size_t>(detail::divide_up(units, shares), 1) * detail::share_unit;
  parallel_for(detail::divide_up(extent, share), threads,
               [&](std::size_t part, int) {
                 const std::size_t begin = part * share, count = std::min(share, extent - begin);
                 const bool a_is_transposed = layout == Layout::tn;
                 if (splits_rows)
                   gemm(layout, count, columns, inner, a + begin * (a_is_transposed ? 1 : lda),
                        lda, b, ldb, c + begin * ldc, ldc, write);
                 else
                   gemm(layout, rows, count, inner, a, lda,
                        b + begin * (layout == Layout::nt ? ldb : 1), ldb, c + begin, ldc, write);
               });
}

}  // namespace weft::kernels
