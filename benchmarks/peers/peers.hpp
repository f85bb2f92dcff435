#pragma once

#include <benchmarks/peers/blas.hpp>
#include <benchmarks/peers/eigen.hpp>
#include <benchmarks/peers/libxsmm.hpp>
#include <benchmarks/peers/onednn.hpp>

#include <string_view>

// Every library of matrix products that is found on this machine, each on one thread.

namespace benchmarks {

template <class T>
Peer<T> weft_peer() {
  return {"weft", "this checkout", [](const Problem<T>& p) -> Multiply {
            return [&p](std::size_t set) {
              weft::kernels::gemm(p.layout, p.rows, p.columns, p.inner, p[set].a, p.lda, p[set].b,
                                  p.ldb, p[set].c, p.ldc);
            };
          }};
}

// The libraries beside weft, all of those that are found or, if any is named, those alone. Call it
// before anything starts a thread.
template <class T>
std::vector<Peer<T>> find_peers(std::string_view names = {}) {
  // What OpenMP libraries read when they are loaded.
  setenv("OMP_NUM_THREADS", "1", 1);
  std::vector<Peer<T>> all, wanted;
  add_openblas(all);
  if constexpr (sizeof(T) == 4) add_onednn(all);
  add_blis(all);
  add_libxsmm(all);
  add_mkl(all);
  add_eigen(all);
  for (Peer<T>& peer : all)
    if (names.empty() || ("," + std::string(names) + ",").find("," + peer.name + ",") !=
                             std::string::npos)
      wanted.push_back(std::move(peer));
  return wanted;
}

}  // namespace benchmarks
