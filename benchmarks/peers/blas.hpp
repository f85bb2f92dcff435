#pragma once

#include <benchmarks/peers/library.hpp>
#include <benchmarks/peers/problem.hpp>

#include <cstdlib>
#include <fstream>

// The libraries with the C interface of BLAS: OpenBLAS, BLIS and MKL.

namespace benchmarks {

namespace detail {

template <class T>
using CblasGemm = void(int order, int transpose_a, int transpose_b, int rows, int columns,
                       int inner, T alpha, const T* a, int lda, const T* b, int ldb, T beta, T* c,
                       int ldc);

inline constexpr int row_major = 101, plain = 111, transposed = 112;

template <class T>
Peer<T> blas_peer(const Library& library, std::string name, std::string version) {
  auto* gemm = library.function<CblasGemm<T>>(sizeof(T) == 4 ? "cblas_sgemm" : "cblas_dgemm");
  const auto prepare = [gemm](const Problem<T>& problem) -> Multiply {
    if (!gemm) return {};
    const auto integer = [](std::size_t size) { return static_cast<int>(size); };
    const int a_order = problem.layout == Layout::tn ? transposed : plain;
    const int b_order = problem.layout == Layout::nt ? transposed : plain;
    return [=, &problem](std::size_t set) {
      const auto [a, b, c] = problem[set];
      gemm(row_major, a_order, b_order, integer(problem.rows), integer(problem.columns),
           integer(problem.inner), T{1}, a, integer(problem.lda), b, integer(problem.ldb), T{0}, c,
           integer(problem.ldc));
    };
  };
  return {std::move(name), std::move(version), prepare};
}

inline std::string text_of(const Library& library, const char* function) {
  auto* get = library.function<const char*()>(function);
  return get ? get() : "?";
}

}  // namespace detail

template <class T>
void add_openblas(std::vector<Peer<T>>& peers) {
  const Library library{"libopenblas.so.0", "libopenblas.so"};
  if (!library) return;
  if (auto* set_threads = library.function<void(int)>("openblas_set_num_threads")) set_threads(1);
  peers.push_back(detail::blas_peer<T>(library, "openblas",
                                       detail::text_of(library, "openblas_get_config") +
                                           ", core " +
                                           detail::text_of(library, "openblas_get_corename")));
}

template <class T>
void add_blis(std::vector<Peer<T>>& peers) {
  const Library library{"libblis.so.4", "libblis.so"};
  if (!library) return;
  if (auto* set_threads = library.function<void(long)>("bli_thread_set_num_threads"))
    set_threads(1);
  std::string version = detail::text_of(library, "bli_info_get_version_str");
  auto* core = library.function<int()>("bli_arch_query_id");
  auto* name = library.function<const char*(int)>("bli_arch_string");
  if (core && name) version += std::string(", core ") + name(core());
  peers.push_back(detail::blas_peer<T>(library, "blis", version));
}

namespace detail {

// The part of MKL for one instruction set that is in use: it is a library of its own.
inline std::string mkl_code_path() {
  std::ifstream maps("/proc/self/maps");
  std::string path = "?";
  for (std::string line; std::getline(maps, line);)
    for (const char* part : {"def", "mc3", "avx2", "avx512", "avx10"})
      if (line.find(std::string("libmkl_") + part + ".so") != std::string::npos) path = part;
  return path;
}

// MKL's kernels that are compiled for one size.
template <class T>
Peer<T> mkl_jit_peer(const Library& library, const std::string& version) {
  using Kernel = void(void*, T*, T*, T*);
  constexpr bool is_float = sizeof(T) == 4;
  auto* create =
      library.function<int(void**, int, int, int, int, int, int, T, int, int, T, int)>(
          is_float ? "mkl_cblas_jit_create_sgemm" : "mkl_cblas_jit_create_dgemm");
  auto* get = library.function<Kernel*(const void*)>(is_float ? "mkl_jit_get_sgemm_ptr"
                                                              : "mkl_jit_get_dgemm_ptr");
  const auto prepare = [=](const Problem<T>& p) -> Multiply {
    void* jitter = nullptr;
    const auto integer = [](std::size_t size) { return static_cast<int>(size); };
    // Kernels live as long as the program. Status 0 means compiled; 1 that cblas_gemm is called.
    if (!create || !get ||
        create(&jitter, row_major, p.layout == Layout::tn ? transposed : plain,
               p.layout == Layout::nt ? transposed : plain, integer(p.rows), integer(p.columns),
               integer(p.inner), T{1}, integer(p.lda), integer(p.ldb), T{0}, integer(p.ldc)) != 0)
      return {};
    return [&p, jitter, kernel = get(jitter)](std::size_t set) {
      const auto [a, b, c] = p[set];
      kernel(jitter, const_cast<T*>(a), const_cast<T*>(b), c);
    };
  };
  return {"mkl-jit", version, prepare};
}

}  // namespace detail

// MKL is not a package of Debian. `pip install mkl` brings it; WEFT_MKL is the path of libmkl_rt.so.3
// or .so.2, in the lib folder of the Python environment.
template <class T>
void add_mkl(std::vector<Peer<T>>& peers) {
  const char* path = std::getenv("WEFT_MKL");
  const Library library{path ? path : "", "libmkl_rt.so.3", "libmkl_rt.so.2", "libmkl_rt.so"};
  if (!library) return;
  constexpr int sequential = 1;
  if (auto* set_layer = library.function<int(int)>("MKL_Set_Threading_Layer"))
    set_layer(sequential);
  std::string version = "?";
  if (auto* get = library.function<void(char*, int)>("MKL_Get_Version_String")) {
    char text[200] = {};
    get(text, sizeof(text));
    version = text;
    version.erase(version.find_last_not_of(" \n") + 1);
  }
  Peer<T> plain = detail::blas_peer<T>(library, "mkl", version);
  const Problem<T> tiny(Layout::nn, 4, 4, 4, 1);
  if (const Multiply multiply = plain.prepare(tiny)) multiply(0);
  plain.version += ", code path " + detail::mkl_code_path();
  peers.push_back(plain);
  peers.push_back(detail::mkl_jit_peer<T>(library, plain.version));
}

}  // namespace benchmarks
