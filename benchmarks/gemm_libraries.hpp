#pragma once

#include <weft/kernels/gemm.hpp>

#if defined(WEFT_BENCHMARK_OPENBLAS)
#include <cblas.h>
#endif
#if defined(WEFT_BENCHMARK_EIGEN)
#include <Eigen/Core>
#endif

#include <array>
#include <cstddef>
#include <vector>

// The same product by several libraries, each on one thread.

namespace benchmarks {

using weft::kernels::Layout;

template <class T>
struct Product {
  Layout layout;
  std::size_t rows, columns, inner;
  const T* a;
  std::size_t lda;
  const T* b;
  std::size_t ldb;
  T* c;
  std::size_t ldc;
};

template <class T>
struct Library {
  const char* name;
  void (*multiply)(const Product<T>&);
};

template <class T>
void multiply_weft(const Product<T>& p) {
  weft::kernels::gemm(p.layout, p.rows, p.columns, p.inner, p.a, p.lda, p.b, p.ldb, p.c, p.ldc);
}

#if defined(WEFT_BENCHMARK_OPENBLAS)
template <class T>
void multiply_openblas(const Product<T>& p) {
  const auto a_order = p.layout == Layout::tn ? CblasTrans : CblasNoTrans;
  const auto b_order = p.layout == Layout::nt ? CblasTrans : CblasNoTrans;
  const auto integer = [](std::size_t size) { return static_cast<blasint>(size); };
  const auto multiply = [](auto function, auto... arguments) { function(arguments...); };
  if constexpr (sizeof(T) == 4)
    multiply(cblas_sgemm, CblasRowMajor, a_order, b_order, integer(p.rows), integer(p.columns),
             integer(p.inner), 1.0f, p.a, integer(p.lda), p.b, integer(p.ldb), 0.0f, p.c,
             integer(p.ldc));
  else
    multiply(cblas_dgemm, CblasRowMajor, a_order, b_order, integer(p.rows), integer(p.columns),
             integer(p.inner), 1.0, p.a, integer(p.lda), p.b, integer(p.ldb), 0.0, p.c,
             integer(p.ldc));
}
#endif

#if defined(WEFT_BENCHMARK_EIGEN)
template <class T>
void multiply_eigen(const Product<T>& p) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Stride = Eigen::OuterStride<>;
  const auto index = [](std::size_t size) { return static_cast<Eigen::Index>(size); };
  const auto matrix = [&](const T* data, std::size_t rows, std::size_t columns, std::size_t ld) {
    return Eigen::Map<const Matrix, 0, Stride>(data, index(rows), index(columns),
                                               Stride(index(ld)));
  };
  Eigen::Map<Matrix, 0, Stride> c(p.c, index(p.rows), index(p.columns), Stride(index(p.ldc)));
  if (p.layout == Layout::nn)
    c.noalias() = matrix(p.a, p.rows, p.inner, p.lda) * matrix(p.b, p.inner, p.columns, p.ldb);
  else if (p.layout == Layout::tn)
    c.noalias() =
        matrix(p.a, p.inner, p.rows, p.lda).transpose() * matrix(p.b, p.inner, p.columns, p.ldb);
  else
    c.noalias() =
        matrix(p.a, p.rows, p.inner, p.lda) * matrix(p.b, p.columns, p.inner, p.ldb).transpose();
}
#endif

inline void use_one_thread() {
#if defined(WEFT_BENCHMARK_OPENBLAS)
  openblas_set_num_threads(1);
#endif
#if defined(WEFT_BENCHMARK_EIGEN)
  Eigen::setNbThreads(1);
#endif
}

// weft first.
template <class T>
std::vector<Library<T>> libraries() {
  return {
      {"weft", multiply_weft<T>},
#if defined(WEFT_BENCHMARK_OPENBLAS)
      {"openblas", multiply_openblas<T>},
#endif
#if defined(WEFT_BENCHMARK_EIGEN)
      {"eigen", multiply_eigen<T>},
#endif
  };
}

}  // namespace benchmarks
