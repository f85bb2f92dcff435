#include <weft/kernels/gemm.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace weft;
using kernels::Layout;

namespace {

constexpr Layout layouts[] = {Layout::nn, Layout::tn, Layout::nt};
const char* const layout_names[] = {"nn", "tn", "nt"};

// Numbers in [-1, 1).
struct Numbers {
  std::uint64_t state = 1;
  double operator()() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state >> 11) * 0x1p-52 - 1;
  }
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(((*this)() + 1) / 2 * static_cast<double>(bound));
  }
};

// A row-major matrix whose rows lie apart; the gaps hold NaN, which spoils all it meets.
template <class T>
struct Matrix {
  std::size_t rows, columns, stride;
  std::vector<T> elements;

  Matrix(std::size_t rows_, std::size_t columns_, std::size_t gap, Numbers& numbers)
      : rows(rows_), columns(columns_), stride(columns_ + gap) {
    elements.assign(rows * stride, std::numeric_limits<T>::quiet_NaN());
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j)
        elements[i * stride + j] = static_cast<T>(numbers());
  }
  T operator()(std::size_t i, std::size_t j) const { return elements[i * stride + j]; }
  T* data() { return elements.data(); }
  const T* data() const { return elements.data(); }
};

struct Sizes {
  std::size_t rows, columns, inner;
};

// The operands of one product and its result.
template <class T>
struct Product {
  Layout layout;
  Sizes sizes;
  Matrix<T> a, b, c;

  Product(Layout layout_, Sizes s, std::size_t gap, Numbers& numbers)
      : layout(layout_),
        sizes(s),
        a(layout_ == Layout::tn ? s.inner : s.rows, layout_ == Layout::tn ? s.rows : s.inner, gap,
          numbers),
        b(layout_ == Layout::nt ? s.columns : s.inner, layout_ == Layout::nt ? s.inner : s.columns,
          gap, numbers),
        c(s.rows, s.columns, gap, numbers) {}

  double a_at(std::size_t i, std::size_t k) const { return layout == Layout::tn ? a(k, i) : a(i, k); }
  double b_at(std::size_t k, std::size_t j) const { return layout == Layout::nt ? b(j, k) : b(k, j); }

  // Rows [begin, begin + count) of the product.
  void run(Write write, std::size_t begin, std::size_t count,
           kernels::Operands operands = kernels::Operands::near) {
    kernels::gemm(layout, count, sizes.columns, sizes.inner,
                  a.data() + begin * (layout == Layout::tn ? 1 : a.stride), a.stride, b.data(),
                  b.stride, c.data() + begin * c.stride, c.stride, write, operands);
  }
  void run(Write write, kernels::Operands operands = kernels::Operands::near) {
    run(write, 0, sizes.rows, operands);
  }
};

// Empty where every element of the product is within k eps |A| |B| of a sum in double and what lies
// between the rows of C is untouched; else what is wrong. (Higham, Accuracy and Stability of
// Numerical Algorithms, 2002, section 3.5.)
template <class T>
std::string fault_of(Layout layout, Sizes sizes, std::size_t gap, Write write, Numbers& numbers) {
  Product<T> product(layout, sizes, gap, numbers);
  const Matrix<T> before = product.c;
  product.run(write);
  const double unit = static_cast<double>(sizes.inner + 2) * std::numeric_limits<T>::epsilon();
  for (std::size_t i = 0; i < sizes.rows; ++i) {
    for (std::size_t j = 0; j < sizes.columns; ++j) {
      double sum = write == Write::add ? before(i, j) : 0, magnitude = std::abs(sum);
      for (std::size_t k = 0; k < sizes.inner; ++k) {
        const double term = product.a_at(i, k) * product.b_at(k, j);
        sum += term;
        magnitude += std::abs(term);
      }
      if (!(std::abs(product.c(i, j) - sum) <= unit * magnitude))
        return std::string(layout_names[static_cast<int>(layout)]) + " " +
               std::to_string(sizes.rows) + "x" + std::to_string(sizes.columns) + "x" +
               std::to_string(sizes.inner) + ", element (" + std::to_string(i) + ", " +
               std::to_string(j) + "): " + std::to_string(product.c(i, j)) + ", expected " +
               std::to_string(sum);
    }
    for (std::size_t j = sizes.columns; j < product.c.stride; ++j)
      if (!std::isnan(product.c(i, j))) return "written past the end of row " + std::to_string(i);
  }
  return {};
}

// The two results are compared bit by bit where they are numbers.
template <class T>
bool same_elements(const Matrix<T>& x, const Matrix<T>& y) {
  for (std::size_t i = 0; i < x.rows; ++i)
    for (std::size_t j = 0; j < x.columns; ++j)
      if (x(i, j) != y(i, j)) return false;
  return true;
}

// Every path of the kernel: tails, several blocks of the sum, copies of A and of B, chunks of A, a
// last group of columns of half a register, an A of more than 1 MB.
const std::vector<Sizes> large_sizes = {
    {24, 24, 16},   {24, 16, 24},   {96, 118, 64},   {61, 40, 255},   {61, 56, 256},
    {61, 33, 257},  {7, 129, 513},  {1, 300, 300},   {300, 1, 300},   {270, 70, 300},
    {523, 40, 260}, {257, 261, 131}, {300, 257, 270}, {1, 1, 1100},    {128, 128, 128},
    {7, 520, 17},   {7, 260, 17},   {130, 64, 2100}, {520, 88, 510},
};

}  // namespace

TEMPLATE_TEST_CASE("a product of any small size matches a sum in double", "", float, double) {
  Numbers numbers;
  std::string fault;
  for (const Layout layout : layouts)
    for (const Write write : {Write::store, Write::add})
      for (std::size_t size = 0; size < 20 * 20 * 20 && fault.empty(); ++size)
        fault = fault_of<TestType>(layout, {size % 20 + 1, size / 20 % 20 + 1, size / 400 + 1},
                                   size % 3, write, numbers);
  CHECK(fault == "");
}

TEMPLATE_TEST_CASE("a product of any width of C matches a sum in double", "", float, double) {
  Numbers numbers;
  std::string fault;
  for (const Layout layout : layouts)
    for (const Write write : {Write::store, Write::add})
      for (std::size_t columns = 1; columns <= 150 && fault.empty(); ++columns)
        fault = fault_of<TestType>(layout, {9, columns, 11}, columns % 2, write, numbers);
  CHECK(fault == "");
}

TEMPLATE_TEST_CASE("a large product matches a sum in double", "", float, double) {
  Numbers numbers;
  for (const Layout layout : layouts)
    for (const Write write : {Write::store, Write::add})
      for (const Sizes sizes : large_sizes)
        CHECK(fault_of<TestType>(layout, sizes, sizes.inner % 4, write, numbers) == "");
}

TEMPLATE_TEST_CASE("a product of random sizes and strides matches a sum in double", "", float,
                   double) {
  Numbers numbers;
  for (int trial = 0; trial < 300; ++trial) {
    const Layout layout = layouts[trial % 3];
    const Sizes sizes{1 + numbers.below(90), 1 + numbers.below(150), 1 + numbers.below(300)};
    const Write write = trial % 2 == 0 ? Write::store : Write::add;
    CHECK(fault_of<TestType>(layout, sizes, numbers.below(70), write, numbers) == "");
  }
}

TEMPLATE_TEST_CASE("a product has the same bits however its rows are split", "", float, double) {
  Numbers numbers;
  for (const Layout layout : layouts)
    for (const Write write : {Write::store, Write::add})
      for (const Sizes sizes : large_sizes) {
        Product<TestType> whole(layout, sizes, 3, numbers), parts = whole;
        whole.run(write);
        for (std::size_t begin = 0; begin < sizes.rows;) {
          const std::size_t count = std::min(1 + numbers.below(40), sizes.rows - begin);
          parts.run(write, begin, count);
          begin += count;
        }
        CHECK(same_elements(whole.c, parts.c));
      }
}

TEMPLATE_TEST_CASE("a product has the same bits in every layout", "", float, double) {
  Numbers numbers;
  for (const Sizes sizes : large_sizes) {
    Product<TestType> nn(Layout::nn, sizes, 1, numbers);
    Product<TestType> tn(Layout::tn, sizes, 2, numbers), nt(Layout::nt, sizes, 0, numbers);
    for (std::size_t k = 0; k < sizes.inner; ++k) {
      for (std::size_t i = 0; i < sizes.rows; ++i) {
        tn.a.elements[k * tn.a.stride + i] = nn.a(i, k);
        nt.a.elements[i * nt.a.stride + k] = nn.a(i, k);
      }
      for (std::size_t j = 0; j < sizes.columns; ++j) {
        tn.b.elements[k * tn.b.stride + j] = nn.b(k, j);
        nt.b.elements[j * nt.b.stride + k] = nn.b(k, j);
      }
    }
    for (auto* product : {&nn, &tn, &nt}) product->run(Write::store);
    CHECK(same_elements(nn.c, tn.c));
    CHECK(same_elements(nn.c, nt.c));
  }
}

TEMPLATE_TEST_CASE("a product has the same bits wherever its operands are", "", float, double) {
  Numbers numbers;
  const Sizes sizes[] = {{7, 5, 9},       {64, 64, 96},   {128, 128, 128},
                         {130, 120, 128}, {128, 512, 64}, {256, 256, 300}};
  for (const Sizes& size : sizes)
    for (const Layout layout : layouts)
      for (const Write write : {Write::store, Write::add}) {
        Product<TestType> near(layout, size, 0, numbers), far = near;
        near.run(write, kernels::Operands::near);
        far.run(write, kernels::Operands::far);
        INFO(size.rows << " x " << size.columns << " x " << size.inner);
        CHECK(same_elements(near.c, far.c));
      }
}

TEMPLATE_TEST_CASE("an empty sum stores zeros, or adds nothing", "", float, double) {
  Numbers numbers;
  for (const Layout layout : layouts) {
    Product<TestType> product(layout, {5, 7, 0}, 2, numbers);
    const Matrix<TestType> before = product.c;
    product.run(Write::add);
    CHECK(same_elements(product.c, before));
    product.run(Write::store);
    for (std::size_t i = 0; i < 5; ++i)
      for (std::size_t j = 0; j < 7; ++j) CHECK(product.c(i, j) == 0);
    CHECK(std::isnan(product.c(4, 8)));
  }
}

TEST_CASE("a product without rows or columns touches nothing") {
  float c = 3;
  for (const Layout layout : layouts) {
    kernels::gemm<float>(layout, 0, 4, 4, nullptr, 4, nullptr, 4, &c, 4);
    kernels::gemm<float>(layout, 4, 0, 4, nullptr, 4, nullptr, 4, &c, 4);
  }
  CHECK(c == 3);
}

TEST_CASE("storing a product overwrites what was not a number") {
  Numbers numbers;
  for (const Layout layout : layouts) {
    Product<float> product(layout, {13, 21, 9}, 0, numbers);
    for (float& element : product.c.elements) element = std::nanf("");
    product.run(Write::store);
    for (const float element : product.c.elements) CHECK(!std::isnan(element));
  }
}
