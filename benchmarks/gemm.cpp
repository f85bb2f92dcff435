#include <benchmarks/gemm_libraries.hpp>
#include <benchmarks/paired.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

// Matrix products of the sizes a small transformer uses, by weft and by what else is installed.
//
//   gemm                                 rows of Google Benchmark
//   gemm --benchmark_filter=nn/128x      some of them
//   gemm --ratios                        weft against each other library over the whole grid

namespace {

using namespace benchmarks;

struct Case {
  std::size_t rows, columns, inner;
  std::size_t gap = 0;  // elements between the end of one row and the next, in all three matrices
};

std::string name_of(Layout layout) {
  return layout == Layout::nn ? "nn" : layout == Layout::tn ? "tn" : "nt";
}

std::string name_of(const Case& c) {
  std::string name =
      std::to_string(c.rows) + "x" + std::to_string(c.columns) + "x" + std::to_string(c.inner);
  return c.gap == 0 ? name : name + "+" + std::to_string(c.gap);
}

// Operands of one product, filled with small numbers.
template <class T>
class Operands {
 public:
  Operands(Layout layout, const Case& c) : layout_(layout), case_(c) {
    const bool a_turned = layout == Layout::tn, b_turned = layout == Layout::nt;
    lda_ = (a_turned ? c.rows : c.inner) + c.gap;
    ldb_ = (b_turned ? c.inner : c.columns) + c.gap;
    ldc_ = c.columns + c.gap;
    fill(a_, (a_turned ? c.inner : c.rows) * lda_);
    fill(b_, (b_turned ? c.columns : c.inner) * ldb_);
    fill(c_, c.rows * ldc_);
  }

  Product<T> product() {
    return {layout_, case_.rows, case_.columns, case_.inner,      aligned(a_), lda_,
            aligned(b_), ldb_,   aligned(c_),   ldc_};
  }
  double flops() const {
    return 2.0 * static_cast<double>(case_.rows * case_.columns * case_.inner);
  }

 private:
  static constexpr std::size_t room = weft::alignment / sizeof(T);

  static void fill(std::vector<T>& elements, std::size_t count) {
    elements.resize(count + room);
    for (std::size_t i = 0; i < elements.size(); ++i)
      elements[i] = static_cast<T>(static_cast<double>(i % 17) - 8) / 16;
  }
  static T* aligned(std::vector<T>& elements) {
    const auto address = reinterpret_cast<std::uintptr_t>(elements.data());
    return elements.data() + (weft::alignment - address % weft::alignment) / sizeof(T) % room;
  }

  Layout layout_;
  Case case_;
  std::size_t lda_, ldb_, ldc_;
  std::vector<T> a_, b_, c_;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// Products, of 3e7 operations together or a single one, and multiply-adds alone take turns of some
// hundred microseconds: a processor lowers its clock under load, some by a tenth within milliseconds.
template <class T>
void run(benchmark::State& state, Layout layout, Case size, Library<T> library) {
  Operands<T> operands(layout, size);
  const Product<T> product = operands.product();
  const double calls = std::max(1.0, std::round(3e7 / operands.flops()));
  std::vector<double> speeds, fractions;
  library.multiply(product);  // grows what memory it keeps
  for (auto _ : state) {
    library.multiply(product);
    const double begin = thread_seconds();
    for (double call = 0; call < calls; ++call) {
      library.multiply(product);
      benchmark::ClobberMemory();
    }
    const double seconds = thread_seconds() - begin;
    state.SetIterationTime(seconds / calls);
    speeds.push_back(operands.flops() * calls / seconds);
    fractions.push_back(speeds.back() / peak_flops<T>(1, 1));
  }
  state.counters["GFLOP/s"] = 1e-9 * median(speeds);
  state.counters["peak_fraction"] = median(fractions);
}

// Turns of each row.
constexpr int rounds = 60;

// The products of contextual_recall (24 positions, width 64, head width 16, 118 tokens), then of
// wider models, then squares. In layout tn the sum runs over positions.
template <class T>
void add_rows(const std::string& type) {
  for (const Layout layout : {Layout::nn, Layout::tn, Layout::nt})
    for (const Case c : std::vector<Case>{{24, 24, 16, 48},
                                          {24, 16, 24, 48},
                                          {24, 64, 64},
                                          {96, 64, 64},
                                          {96, 118, 64},
                                          {64, 64, 96},
                                          {192, 128, 128},
                                          {128, 128, 192},
                                          {128, 512, 192},
                                          {1536, 64, 64},
                                          {64, 64, 1536},
                                          {1536, 512, 128},
                                          {128, 128, 128},
                                          {256, 256, 256},
                                          {512, 512, 512},
                                          {1024, 1024, 1024}})
      for (const Library<T>& library : libraries<T>())
        benchmark::RegisterBenchmark(
            ("gemm/" + type + "/" + name_of(layout) + "/" + name_of(c) + "/" + library.name)
                .c_str(),
            [=](benchmark::State& state) { run<T>(state, layout, c, library); })
            ->UseManualTime()
            ->Iterations(rounds);
}

// Median, over rounds in which all libraries take turns, of how many times the processor time of
// weft each takes. On a shared machine such ratios hold still where seconds do not.
template <class T>
std::vector<double> ratios_of(Layout layout, const Case& size) {
  Operands<T> operands(layout, size);
  const Product<T> product = operands.product();
  const auto calls = static_cast<int>(std::max(1.0, 1e7 / operands.flops()));
  std::vector<std::function<void()>> contenders;
  for (const Library<T>& library : libraries<T>())
    contenders.push_back([=] {
      for (int call = 0; call < calls; ++call) library.multiply(product);
    });
  const auto seconds = seconds_of(contenders, 11);
  std::vector<double> medians;
  for (const auto& values : seconds) medians.push_back(median(ratios(values, seconds[0])));
  return medians;
}

// Sizes of the grid with so many positions. In layout tn they are summed over.
std::vector<Case> grid(Layout layout, std::size_t positions, std::size_t gap) {
  const std::size_t widths[] = {16, 24, 64, 118, 128, 256, 512};
  std::vector<Case> sizes;
  for (const std::size_t first : widths)
    for (const std::size_t second : widths)
      sizes.push_back(layout == Layout::tn ? Case{first, second, positions, gap}
                                           : Case{positions, first, second, gap});
  return sizes;
}

// One line per layout and number of positions: how many times as fast as the others weft is at the
// 49 widths, and where it does worst.
template <class T>
void print_ratios(const char* type) {
  const auto all = libraries<T>();
  std::printf("\n%s: speed of weft over that of the other, at 49 sizes each\n", type);
  std::printf("layout positions gap");
  for (std::size_t i = 1; i < all.size(); ++i)
    std::printf("  %9s: median lowest %-18s", all[i].name, "at");
  std::printf("\n");
  for (const Layout layout : {Layout::nn, Layout::tn, Layout::nt})
    for (const std::size_t positions : {24u, 96u, 128u, 192u, 1536u, 3072u})
      for (const std::size_t gap : {0u, 48u}) {
        std::vector<std::vector<double>> ratios(all.size());
        std::vector<double> lowest(all.size(), 1e9);
        std::vector<std::string> where(all.size());
        for (const Case& size : grid(layout, positions, gap)) {
          const auto medians = ratios_of<T>(layout, size);
          for (std::size_t i = 1; i < all.size(); ++i) {
            ratios[i].push_back(medians[i]);
            if (medians[i] >= lowest[i]) continue;
            lowest[i] = medians[i];
            where[i] = name_of(size);
          }
        }
        std::printf("%-6s %9zu %3zu", name_of(layout).c_str(), positions, gap);
        for (std::size_t i = 1; i < all.size(); ++i)
          std::printf("  %9s  %6.2f %6.2f %-18s", "", median(ratios[i]), lowest[i],
                      where[i].c_str());
        std::printf("\n");
        std::fflush(stdout);
      }
}

}  // namespace

int main(int argc, char** argv) {
  use_one_thread();
  print_machine();
  if (argc == 2 && std::string_view(argv[1]) == "--ratios") {
    print_ratios<float>("float");
    print_ratios<double>("double");
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  add_rows<float>("float");
  add_rows<double>("double");
  benchmark::RunSpecifiedBenchmarks();
}
