#pragma once

#include <benchmarks/peers/problem.hpp>

#if defined(WEFT_BENCHMARK_LIBXSMM)
#include <libxsmm.h>
#endif

// LIBXSMM, whose kernels are compiled for one size while the program runs. It is linked, not
// loaded, since Debian has it as an archive; its names all begin with libxsmm_.

namespace benchmarks {

#if defined(WEFT_BENCHMARK_LIBXSMM)

// Its matrices are column-major, so it multiplies C^T = op(B)^T op(A)^T. A transposed right operand
// (our A) is part of a kernel; a transposed left one (our B) it has no kernel for, so that is copied
// with its own libxsmm_otrans first.
template <class T>
void add_libxsmm(std::vector<Peer<T>>& peers) {
  libxsmm_init();
  const auto prepare = [](const Problem<T>& p) -> Multiply {
    const auto integer = [](std::size_t size) { return static_cast<libxsmm_blasint>(size); };
    const bool copies_b = p.layout == Layout::nt;
    const libxsmm_blasint lda = integer(copies_b ? p.columns : p.ldb), ldb = integer(p.lda),
                          ldc = integer(p.ldc);
    const T alpha = 1, beta = 0;
    const int flags = p.layout == Layout::tn ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
    const auto dispatch = [&](auto* function) {
      return function(integer(p.columns), integer(p.rows), integer(p.inner), &lda, &ldb, &ldc,
                      &alpha, &beta, &flags, nullptr);
    };
    const auto multiply_with = [&](auto kernel) -> Multiply {
      if (!kernel) return {};
      if (!copies_b) return [&p, kernel](std::size_t set) { kernel(p[set].b, p[set].a, p[set].c); };
      return [&p, kernel, integer, copy = std::vector<T>(p.inner * p.columns)](
                 std::size_t set) mutable {
        libxsmm_otrans(copy.data(), p[set].b, sizeof(T), integer(p.inner), integer(p.columns),
                       integer(p.ldb), integer(p.columns));
        kernel(copy.data(), p[set].a, p[set].c);
      };
    };
    if constexpr (sizeof(T) == 4) return multiply_with(dispatch(&libxsmm_smmdispatch));
    else return multiply_with(dispatch(&libxsmm_dmmdispatch));
  };
  peers.push_back({"libxsmm",
                   std::string(LIBXSMM_VERSION) + ", target " + libxsmm_get_target_arch(),
                   prepare});
}

#else

template <class T>
void add_libxsmm(std::vector<Peer<T>>&) {}

#endif

}  // namespace benchmarks
