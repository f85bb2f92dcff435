#include <benchmarks/paired.hpp>
#include <benchmarks/peers/peers.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

// Matrix products of a small transformer by weft and by every library found, in turns, one thread.
//
// For each product: the fraction of the multiply-add peak that weft reaches, measured in the same
// rounds, and how many times as fast as the best other library it is.

namespace {

using namespace benchmarks;

struct Size {
  std::size_t rows, columns, inner;
};

// Transformers of width 16 to 512: contextual_recall (24 positions, 118 tokens, width 64, 4 heads)
// on microbatches and whole batches, wider ones (N 64 to 128, MLP 4x), and squares. Each size is
// run in all three transpositions; those with many terms are the weight gradients in tn.
constexpr Size sizes[] = {
    {8, 16, 16},      {24, 16, 24},     {24, 24, 16},      {32, 32, 32},      {24, 64, 64},
    {96, 16, 64},     {96, 64, 24},     {64, 64, 24},      {64, 64, 64},      {96, 64, 64},
    {96, 118, 64},    {96, 64, 118},    {64, 64, 96},      {64, 118, 96},     {118, 64, 96},
    {128, 128, 32},   {128, 32, 128},   {64, 128, 128},    {128, 128, 128},   {128, 512, 128},
    {128, 128, 512},  {128, 256, 256},  {256, 256, 128},   {128, 512, 256},   {128, 256, 1024},
    {256, 256, 256},  {1536, 64, 64},   {64, 64, 1536},    {1536, 118, 64},   {64, 118, 1536},
    {512, 64, 1536},  {2048, 16, 128},  {512, 512, 64},    {128, 512, 512},   {512, 512, 512},
    {512, 512, 2048}, {512, 2048, 512}, {2048, 512, 512},  {2048, 512, 2048}, {1024, 1024, 1024},
};

struct Options {
  std::string types = "float,double", layouts = "nn,tn,nt", peers, only, csv;
  std::size_t rounds = 21;
  bool is_hot = false;
};

struct Point {
  std::string type, layout, size, best;
  double volume, bytes;
  Estimate peak_fraction, ratio;
};

constexpr double small_volume = 32 * 32 * 32, large_volume = 64 * 64 * 64, l2 = 1 << 20;

bool names(const std::string& list, const std::string& name) {
  return list.empty() || ("," + list + ",").find("," + name + ",") != std::string::npos;
}

// Rotates over so many sets of operands that they fill half of L2, unless there is but one.
std::size_t sets_of(const Size& s, std::size_t element, bool is_hot) {
  if (is_hot) return 1;
  const std::size_t bytes =
      element * (s.rows * s.inner + s.inner * s.columns + s.rows * s.columns);
  return std::clamp<std::size_t>(static_cast<std::size_t>(l2) / 2 / bytes, 1, 64);
}

// Whether the product is the expected one, but for rounding. The first one asked sets what that is.
template <class T>
bool agrees(const Problem<T>& problem, const Multiply& multiply, std::vector<T>& expected) {
  const std::size_t count = problem.rows * problem.columns;
  T* c = problem[0].c;
  std::fill(c, c + count, T{1000});
  multiply(0);
  if (expected.empty()) expected.assign(c, c + count);
  // Each term is at most 1/4, a multiple of 1/256: the sums come out exact.
  for (std::size_t i = 0; i < count; ++i)
    if (std::abs(c[i] - expected[i]) > T(1e-3)) return false;
  return true;
}

template <class T>
Point measure(Layout layout, const Size& size, const std::vector<Peer<T>>& peers,
              const Options& options, std::FILE* csv) {
  const Problem<T> problem(layout, size.rows, size.columns, size.inner,
                           sets_of(size, sizeof(T), options.is_hot));
  // Each turn takes about a millisecond, or one product.
  const auto calls = static_cast<std::size_t>(std::max(1.0, 6e7 / problem.flops()));
  constexpr std::size_t steps = 60000;
  static volatile T start = static_cast<T>(0.5);
  std::vector<std::function<void()>> contenders{[] {
    if (detail::multiply_add_chains<T>(steps, start) == 0) std::printf("a peak of nothing\n");
  }};
  std::vector<const Peer<T>*> present;
  std::vector<T> expected;
  for (const Peer<T>& peer : peers)
    if (const Multiply multiply = peer.prepare(problem)) {
      if (!agrees(problem, multiply, expected)) {
        std::printf("%s is left out: its product is another one\n", peer.name.c_str());
        continue;
      }
      present.push_back(&peer);
      contenders.push_back([calls, multiply, sets = problem.sets(), set = std::size_t{0}]() mutable {
        for (std::size_t call = 0; call < calls; ++call) {
          multiply(set);
          if (++set == sets) set = 0;
        }
      });
    }
  const auto seconds = seconds_of(contenders, options.rounds);
  const double chain_flops =
      static_cast<double>(2 * steps * detail::chains * weft::simd::width<T>);
  const double share = problem.flops() * static_cast<double>(calls) / chain_flops;
  const auto fraction = [&](std::size_t i) {
    auto values = ratios(seconds[0], seconds[i]);
    for (double& value : values) value *= share;
    return estimate_of(values);
  };

  Point point{.type = sizeof(T) == 4 ? "float" : "double",
              .layout = name_of(layout),
              .size = std::to_string(size.rows) + "x" + std::to_string(size.columns) + "x" +
                      std::to_string(size.inner),
              .best = "-",
              .volume = problem.flops() / 2,
              .bytes = static_cast<double>(problem.bytes()),
              .peak_fraction = fraction(1),
              .ratio = {1e9, 1e9}};
  for (std::size_t i = 1; i < contenders.size(); ++i) {
    const Estimate ratio = estimate_of(ratios(seconds[i], seconds[1]));
    if (i > 1 && ratio.median < point.ratio.median) {
      point.ratio = ratio;
      point.best = present[i - 1]->name;
    }
    if (csv)
      std::fprintf(csv, "%s,%s,%zu,%zu,%zu,%zu,%s,%.4f,%.4f,%.4f,%.4f\n", point.type.c_str(),
                   point.layout.c_str(), size.rows, size.columns, size.inner, problem.sets(),
                   present[i - 1]->name.c_str(), fraction(i).median, fraction(i).low, ratio.median,
                   ratio.low);
  }
  std::printf("%-6s %s %-15s %3zu  %.3f %.3f  %6.3f %6.3f  %-12s", point.type.c_str(),
              point.layout.c_str(), point.size.c_str(), problem.sets(), point.peak_fraction.median,
              point.peak_fraction.low, point.ratio.median, point.ratio.low, point.best.c_str());
  for (std::size_t i = 2; i < contenders.size(); ++i)
    std::printf(" %s %.2f", present[i - 1]->name.c_str(), fraction(i).median);
  std::printf("\n");
  std::fflush(stdout);
  return point;
}

template <class T>
void run(const Options& options, std::FILE* csv, std::vector<Point>& points) {
  const std::string type = sizeof(T) == 4 ? "float" : "double";
  if (!names(options.types, type)) return;
  std::vector<Peer<T>> peers = find_peers<T>(options.peers);
  for (const Peer<T>& peer : peers)
    std::printf("%s peer: %s %s\n", type.c_str(), peer.name.c_str(), peer.version.c_str());
  peers.insert(peers.begin(), weft_peer<T>());
  std::printf("type   op size           sets  of peak, >=  over best, >=  best\n");
  for (const Layout layout : {Layout::nn, Layout::tn, Layout::nt}) {
    if (!names(options.layouts, name_of(layout))) continue;
    for (const Size& size : sizes) {
      const std::string name = std::to_string(size.rows) + "x" + std::to_string(size.columns) +
                               "x" + std::to_string(size.inner);
      if (names(options.only, name))
        points.push_back(measure<T>(layout, size, peers, options, csv));
    }
  }
}

// How many points reach what is asked of them, and those that do not, worst first.
void summarize(std::vector<Point> points) {
  const auto print = [&](const char* goal, auto&& applies, auto&& holds, auto&& figure) {
    std::vector<Point> failed;
    std::size_t all = 0;
    for (const Point& point : points) {
      if (!applies(point)) continue;
      ++all;
      if (!holds(point)) failed.push_back(point);
    }
    std::sort(failed.begin(), failed.end(),
              [&](const Point& x, const Point& y) { return figure(x) < figure(y); });
    std::printf("%s: %zu of %zu\n", goal, all - failed.size(), all);
    for (const Point& point : failed)
      std::printf("  not %s %s %s: of peak %.3f (>= %.3f), over %s %.3f (>= %.3f)\n",
                  point.type.c_str(), point.layout.c_str(), point.size.c_str(),
                  point.peak_fraction.median, point.peak_fraction.low, point.best.c_str(),
                  point.ratio.median, point.ratio.low);
  };
  const auto ratio = [](const Point& p) { return p.ratio.median; };
  const auto fraction = [](const Point& p) { return p.peak_fraction.median; };
  print("at least as fast as the best other library (median 1.00, bound 0.97), from 32^3 up",
        [](const Point& p) { return p.volume >= small_volume; },
        [](const Point& p) { return p.ratio.median >= 1 && p.ratio.low >= 0.97; }, ratio);
  print("0.95 of peak, from 64^3 up within L2",
        [](const Point& p) { return p.volume >= large_volume && p.bytes <= l2; },
        [](const Point& p) { return p.peak_fraction.median >= 0.95; }, fraction);
  print("0.90 of peak, beyond L2", [](const Point& p) { return p.bytes > l2; },
        [](const Point& p) { return p.peak_fraction.median >= 0.90; }, fraction);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Matrix products by weft and by every other library found, in turns");
  app.add_option("--types", options.types, "float, double or both")->capture_default_str();
  app.add_option("--layouts", options.layouts, "nn, tn, nt")->capture_default_str();
  app.add_option("--peers", options.peers, "names of libraries, all of those found if empty");
  app.add_option("--sizes", options.only, "sizes like 96x64x64, all of the grid if empty");
  app.add_option("--rounds", options.rounds, "rounds of turns")->capture_default_str();
  app.add_flag("--hot", options.is_hot, "one set of operands, not as many as fill half of L2");
  app.add_option("--csv", options.csv, "file for one line per product and library");
  CLI11_PARSE(app, argc, argv);

  print_machine(stdout);
  std::FILE* csv = options.csv.empty() ? nullptr : std::fopen(options.csv.c_str(), "w");
  if (csv)
    std::fprintf(csv, "type,layout,rows,columns,inner,sets,library,of_peak,of_peak_low,"
                      "weft_over,weft_over_low\n");
  std::vector<Point> points;
  run<float>(options, csv, points);
  run<double>(options, csv, points);
  summarize(points);
  if (csv) std::fclose(csv);
}
