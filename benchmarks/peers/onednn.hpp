#pragma once

#include <benchmarks/peers/library.hpp>
#include <benchmarks/peers/problem.hpp>

#include <memory>

// oneDNN, by dnnl_sgemm and by a matmul primitive made beforehand (interface of versions 2).

namespace benchmarks {

namespace detail {

struct DnnlVersion {
  int major, minor, patch;
};

struct DnnlArgument {
  int argument;
  void* memory;
};

// The functions of the interface, with its structures and handles as bare pointers.
struct Dnnl {
  explicit Dnnl(const Library& l)
      : sgemm(l.function<int(char, char, std::int64_t, std::int64_t, std::int64_t, float,
                             const float*, std::int64_t, const float*, std::int64_t, float, float*,
                             std::int64_t)>("dnnl_sgemm")),
        create_engine(l.function<int(void**, int, std::size_t)>("dnnl_engine_create")),
        create_stream(l.function<int(void**, void*, unsigned)>("dnnl_stream_create")),
        describe(l.function<int(void*, int, const std::int64_t*, int, const std::int64_t*)>(
            "dnnl_memory_desc_init_by_strides")),
        describe_matmul(l.function<int(void*, const void*, const void*, const void*, const void*)>(
            "dnnl_matmul_desc_init")),
        select(l.function<int(void**, const void*, const void*, void*, const void*)>(
            "dnnl_primitive_desc_create")),
        create(l.function<int(void**, const void*)>("dnnl_primitive_create")),
        create_memory(
            l.function<int(void**, const void*, void*, void*)>("dnnl_memory_create")),
        execute(l.function<int(const void*, void*, int, const DnnlArgument*)>(
            "dnnl_primitive_execute")) {}

  int (*sgemm)(char, char, std::int64_t, std::int64_t, std::int64_t, float, const float*,
               std::int64_t, const float*, std::int64_t, float, float*, std::int64_t);
  int (*create_engine)(void**, int, std::size_t);
  int (*create_stream)(void**, void*, unsigned);
  int (*describe)(void*, int, const std::int64_t*, int, const std::int64_t*);
  int (*describe_matmul)(void*, const void*, const void*, const void*, const void*);
  int (*select)(void**, const void*, const void*, void*, const void*);
  int (*create)(void**, const void*);
  int (*create_memory)(void**, const void*, void*, void*);
  int (*execute)(const void*, void*, int, const DnnlArgument*);

  bool has_matmul() const {
    return create_engine && create_stream && describe && describe_matmul && select && create &&
           create_memory && execute;
  }
};

// Room for a structure of the interface, whose size is its own affair.
struct alignas(64) DnnlStructure {
  unsigned char bytes[8192] = {};
};

// A primitive and its operands, which live as long as the program.
inline Multiply prepare_matmul(const Dnnl& dnnl, const Problem<float>& p) {
  constexpr int processor = 1, f32 = 3, source = 1, weights = 33, destination = 17;
  static void* engine = nullptr;
  static void* stream = nullptr;
  if (!engine && (dnnl.create_engine(&engine, processor, 0) != 0 ||
                  dnnl.create_stream(&stream, engine, 1) != 0))
    return {};
  DnnlStructure a, b, c;
  const auto describe = [&](DnnlStructure& memory, std::size_t rows, std::size_t columns,
                            std::size_t stride, bool is_transposed) {
    const std::int64_t extents[] = {static_cast<std::int64_t>(rows),
                                    static_cast<std::int64_t>(columns)};
    const std::int64_t apart = static_cast<std::int64_t>(stride);
    const std::int64_t strides[] = {is_transposed ? 1 : apart, is_transposed ? apart : 1};
    return dnnl.describe(&memory, 2, extents, f32, strides) == 0;
  };
  auto operation = std::make_unique<DnnlStructure>();
  void* selected = nullptr;
  void* primitive = nullptr;
  if (!describe(a, p.rows, p.inner, p.lda, p.layout == Layout::tn) ||
      !describe(b, p.inner, p.columns, p.ldb, p.layout == Layout::nt) ||
      !describe(c, p.rows, p.columns, p.ldc, false) ||
      dnnl.describe_matmul(operation.get(), &a, &b, nullptr, &c) != 0 ||
      dnnl.select(&selected, operation.get(), nullptr, engine, nullptr) != 0 ||
      dnnl.create(&primitive, selected) != 0)
    return {};
  std::vector<void*> memories;
  for (std::size_t set = 0; set < p.sets(); ++set) {
    void* three[3] = {};
    dnnl.create_memory(&three[0], &a, engine, const_cast<float*>(p[set].a));
    dnnl.create_memory(&three[1], &b, engine, const_cast<float*>(p[set].b));
    dnnl.create_memory(&three[2], &c, engine, p[set].c);
    memories.insert(memories.end(), three, three + 3);
  }
  return [execute = dnnl.execute, primitive, memories, queue = stream](std::size_t set) {
    const DnnlArgument arguments[] = {{source, memories[3 * set]},
                                      {weights, memories[3 * set + 1]},
                                      {destination, memories[3 * set + 2]}};
    execute(primitive, queue, 3, arguments);
  };
}

}  // namespace detail

// For float alone: it has no product of doubles.
inline void add_onednn(std::vector<Peer<float>>& peers) {
  const Library library{"libdnnl.so.2", "libdnnl.so"};
  if (!library) return;
  const detail::Dnnl dnnl(library);
  // The OpenMP library it was built with may have been loaded long before.
  if (auto* set_threads = library.function<void(int)>("omp_set_num_threads")) set_threads(1);
  std::string version = "?";
  if (auto* get = library.function<const detail::DnnlVersion*()>("dnnl_version"))
    version = std::to_string(get()->major) + "." + std::to_string(get()->minor) + "." +
              std::to_string(get()->patch);
  if (auto* get = library.function<int()>("dnnl_get_effective_cpu_isa"))
    version += ", instruction set code " + std::to_string(get());
  if (dnnl.sgemm)
    peers.push_back({"onednn-sgemm", version, [gemm = dnnl.sgemm](const Problem<float>& p) {
                       const auto size = [](std::size_t n) { return static_cast<std::int64_t>(n); };
                       return Multiply([=, &p](std::size_t set) {
                         gemm(p.layout == Layout::tn ? 'T' : 'N', p.layout == Layout::nt ? 'T' : 'N',
                              size(p.rows), size(p.columns), size(p.inner), 1, p[set].a,
                              size(p.lda), p[set].b, size(p.ldb), 0, p[set].c, size(p.ldc));
                       });
                     }});
  if (dnnl.has_matmul())
    peers.push_back({"onednn", version,
                     [dnnl](const Problem<float>& p) { return detail::prepare_matmul(dnnl, p); }});
}

}  // namespace benchmarks
