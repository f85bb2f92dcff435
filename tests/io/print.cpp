#include <weft/io/print.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <sstream>

using namespace weft;

// The expected texts are those of NumPy, behind a line with shape and element type.

TEST_CASE("a matrix prints with its shape, its columns lined up at the point") {
  Tensor<float, 2, 3> a{{1, 2.5f, 3}, {4, 5, -6}};
  CHECK(to_string(a) ==
        "(2, 3) float\n"
        "[[ 1.   2.5  3. ]\n"
        " [ 4.   5.  -6. ]]");
}

TEST_CASE("a view prints like the tensor of its elements") {
  Tensor<float, 2, 3> a{{1, 2.5f, 3}, {4, 5, -6}};
  CHECK(to_string(a.view().permute<1, 0>()) ==
        "(3, 2) float\n"
        "[[ 1.   4. ]\n"
        " [ 2.5  5. ]\n"
        " [ 3.  -6. ]]");
}

TEST_CASE("tensors print to a stream") {
  std::ostringstream stream;
  Tensor<int, 3> a{1, -20, 300};
  stream << a << ' ' << a.view();
  CHECK(stream.str() == "(3) int32\n[  1 -20 300] (3) int32\n[  1 -20 300]");
}

TEST_CASE("blocks of more than two axes stand apart by an empty line") {
  Tensor<std::int64_t, 2, 2, 2> a{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
  CHECK(to_string(a) ==
        "(2, 2, 2) int64\n"
        "[[[1 2]\n"
        "  [3 4]]\n"
        "\n"
        " [[5 6]\n"
        "  [7 8]]]");
}

TEST_CASE("scalars and tensors without elements print") {
  CHECK(to_string(Tensor<double>(2.5)) == "() double\n2.5");
  CHECK(to_string(Tensor<float, dynamic, 3>()) == "(0, 3) float\n[]");
  CHECK(to_string(Tensor<std::uint8_t, 2>{7, 255}) == "(2) uint8\n[  7 255]");
}

TEST_CASE("numbers that are not finite are written as words") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  Tensor<float, 4> a{1, std::numeric_limits<float>::quiet_NaN(), infinity, -infinity};
  CHECK(to_string(a) == "(4) float\n[  1.  nan  inf -inf]");
}

TEST_CASE("numbers of very different size are written with exponents") {
  CHECK(to_string(Tensor<float, 3>{1e-5f, 1.5f, 0}) ==
        "(3) float\n[1.0e-05 1.5e+00 0.0e+00]");
  CHECK(to_string(Tensor<double, 2>{1e22, 1e100}) == "(2) double\n[1.e+022 1.e+100]");
  CHECK(to_string(Tensor<float, 2>{16777216, 0.5f}) == "(2) float\n[1.6777216e+07 5.0000000e-01]");
}

TEST_CASE("digits are the fewest that tell a number apart, at most eight") {
  CHECK(to_string(Tensor<float, 2>{0.1f, 0.2f}) == "(2) float\n[0.1 0.2]");
  CHECK(to_string(Tensor<double, 1>{1.0 / 3}) == "(1) double\n[0.33333333]");
  CHECK(to_string(Tensor<double, 1>{2.0 / 3}) == "(1) double\n[0.66666667]");
  CHECK(to_string(Tensor<float, 1>{100.125f}) == "(1) float\n[100.125]");
}

TEST_CASE("long rows go on in the next line, without spaces at the end") {
  Tensor<int, 40> a;
  for (int i = 0; i < 40; ++i) a(i) = i;
  CHECK(to_string(a) ==
        "(40) int32\n"
        "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"
        " 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39]");
}

TEST_CASE("more than a thousand elements are left out in the middle of each axis") {
  Tensor<int, 50, 40> a;
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = static_cast<int>(i);
  CHECK(to_string(a) ==
        "(50, 40) int32\n"
        "[[   0    1    2 ...   37   38   39]\n"
        " [  40   41   42 ...   77   78   79]\n"
        " [  80   81   82 ...  117  118  119]\n"
        " ...\n"
        " [1880 1881 1882 ... 1917 1918 1919]\n"
        " [1920 1921 1922 ... 1957 1958 1959]\n"
        " [1960 1961 1962 ... 1997 1998 1999]]");
}
