#pragma once

#include <benchmarks/peers/problem.hpp>

#if defined(WEFT_BENCHMARK_EIGEN)
#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>
#endif

// Eigen, compiled with the flags of the program.

namespace benchmarks {

#if defined(WEFT_BENCHMARK_EIGEN)

template <class T>
void add_eigen(std::vector<Peer<T>>& peers) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto prepare = [](const Problem<T>& p) -> Multiply {
    return [&p](std::size_t set) {
      const auto index = [](std::size_t size) { return static_cast<Eigen::Index>(size); };
      const auto matrix = [&](const T* data, std::size_t rows, std::size_t columns) {
        return Eigen::Map<const Matrix>(data, index(rows), index(columns));
      };
      const auto [a, b, to] = p[set];
      Eigen::Map<Matrix> c(to, index(p.rows), index(p.columns));
      if (p.layout == Layout::nn)
        c.noalias() = matrix(a, p.rows, p.inner) * matrix(b, p.inner, p.columns);
      else if (p.layout == Layout::tn)
        c.noalias() = matrix(a, p.inner, p.rows).transpose() * matrix(b, p.inner, p.columns);
      else
        c.noalias() = matrix(a, p.rows, p.inner) * matrix(b, p.columns, p.inner).transpose();
    };
  };
  peers.push_back({"eigen",
                   std::to_string(EIGEN_WORLD_VERSION) + "." +
                       std::to_string(EIGEN_MAJOR_VERSION) + "." +
                       std::to_string(EIGEN_MINOR_VERSION) + ", " +
                       Eigen::SimdInstructionSetsInUse(),
                   prepare});
}

#else

template <class T>
void add_eigen(std::vector<Peer<T>>&) {}

#endif

}  // namespace benchmarks
