#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace weft_tests {

// Rows of numbers that lie `stride` apart, with something between them that no kernel may change.
template <class T>
class Matrix {
 public:
  std::size_t rows, columns, stride;

  // Numbers in (-1, 1) that look random and depend on the key.
  Matrix(std::size_t row_count, std::size_t column_count, std::size_t row_stride,
         std::uint64_t key)
      : rows(row_count), columns(column_count), stride(row_stride), elements_(rows * stride, gap) {
    std::uint64_t state = key * 0x9E3779B97F4A7C15u + 0x2545F4914F6CDD1Du;
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (*this)(i, j) = static_cast<T>(static_cast<double>(state >> 11) * 0x1p-52 - 1.0);
      }
  }
  Matrix(std::size_t row_count, std::size_t column_count, std::uint64_t key)
      : Matrix(row_count, column_count, column_count, key) {}

  T* data() { return elements_.data(); }
  const T* data() const { return elements_.data(); }
  T& operator()(std::size_t i, std::size_t j) { return elements_[i * stride + j]; }
  T operator()(std::size_t i, std::size_t j) const { return elements_[i * stride + j]; }

  bool has_clean_gaps() const {
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = columns; j < stride; ++j)
        if ((*this)(i, j) != gap) return false;
    return true;
  }

 private:
  static constexpr T gap = 12345;
  std::vector<T> elements_;
};

// The greatest difference from expected(i, j), relative where that is above 1.
template <class T, class Expected>
double greatest_error(const Matrix<T>& matrix, Expected expected) {
  double result = 0;
  for (std::size_t i = 0; i < matrix.rows; ++i)
    for (std::size_t j = 0; j < matrix.columns; ++j) {
      const double wanted = expected(i, j);
      const double error = std::abs(static_cast<double>(matrix(i, j)) - wanted) /
                           (std::abs(wanted) > 1 ? std::abs(wanted) : 1.0);
      if (!(error <= result)) result = error;  // NaN counts
    }
  return result;
}

// What sums of some hundred elements may be wrong by.
template <class T>
inline constexpr double tolerance = 32 * static_cast<double>(std::numeric_limits<T>::epsilon());

// Lengths around the register widths of all instruction sets.
inline constexpr std::size_t lengths[] = {1,  2,  3,  4,  5,  7,  8,  9,  15,  16,  17, 24,
                                          31, 32, 33, 47, 50, 63, 64, 65, 100, 118, 129};

}  // namespace weft_tests
