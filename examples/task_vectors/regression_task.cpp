#include "regression_task.hpp"

#include <weft/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace task_vectors {

namespace {

void check(const RegressionSize& size) {
  const bool sized = size.dimensions > 0 && size.rank > 0 && size.bases > 0 && size.pairs > 0;
  const std::size_t halves = size.overlapping ? 2 : 1, span = size.dimensions / halves;
  const bool fits = size.overlapping
                        ? size.dimensions % 2 == 0 && size.bases % 2 == 0 && size.rank < span
                        : size.bases * size.rank <= size.dimensions;
  if (!sized || !fits)
    weft::fail("bases_of", "the bases must fit the dimensions",
               std::to_string(size.bases) + " of " + std::to_string(size.rank) + " in " +
                   std::to_string(size.dimensions));
}

}  // namespace

std::vector<std::vector<std::size_t>> bases_of(const RegressionSize& size) {
  check(size);
  std::vector<std::vector<std::size_t>> result(size.bases);
  const std::size_t half = size.dimensions / 2, in_half = size.bases / 2;
  for (std::size_t basis = 0; basis < size.bases; ++basis)
    for (std::size_t j = 0; j < size.rank; ++j) {
      if (!size.overlapping) {
        result[basis].push_back(basis * size.rank + j);
        continue;
      }
      const std::size_t first = basis % in_half * half / in_half;
      result[basis].push_back(basis / in_half * half + (first + j) % half);
    }
  return result;
}

Sequences draw_sequences(const RegressionSize& size, std::size_t count, Bases bases,
                         const weft::Random& draws, std::size_t first_bases) {
  const auto coordinates = bases_of(size);
  if (first_bases > size.bases)
    weft::fail("draw_sequences", "there must be so many bases", std::to_string(first_bases));
  const std::size_t used = first_bases > 0 ? first_bases : size.bases;
  const double scale = 1 / std::sqrt(static_cast<double>(size.rank));
  const auto deviation = static_cast<float>(noise * scale);
  Sequences sequences{size, std::vector<int>(count),
                      std::vector<float>(count * size.pairs * size.dimensions),
                      std::vector<float>(count * size.pairs)};
  for (std::size_t i = 0; i < count; ++i) {
    weft::Random random = draws.fork(i);
    const auto drawn = random.integer(static_cast<std::uint32_t>(used));
    const std::size_t basis = bases == Bases::drawn ? drawn : i % used;
    sequences.bases[i] = static_cast<int>(basis);
    std::vector<float> weights(size.rank);
    random.normal(weights, 0, scale);
    for (std::size_t pair = 0; pair < size.pairs; ++pair) {
      float* x = sequences.x.data() + (i * size.pairs + pair) * size.dimensions;
      for (std::size_t j = 0; j < size.dimensions; ++j) x[j] = random.normal();
      float y = deviation * random.normal();
      for (std::size_t j = 0; j < size.rank; ++j) y += weights[j] * x[coordinates[basis][j]];
      sequences.y[i * size.pairs + pair] = y;
    }
  }
  return sequences;
}

std::vector<float> tokens_of(const Sequences& sequences) {
  const RegressionSize& size = sequences.size;
  const std::size_t d = size.dimensions;
  std::vector<float> tokens(sequences.count() * size.positions() * size.features());
  for (std::size_t i = 0; i < sequences.count(); ++i)
    for (std::size_t pair = 0; pair < size.pairs; ++pair) {
      const std::size_t index = i * size.pairs + pair;
      const float* x = sequences.x.data() + index * d;
      float* token = tokens.data() +
                     (i * size.positions() + size.prediction_of(pair)) * size.features();
      std::copy_n(x, d, token);
      if (size.format == Format::interleaved) {
        token[d] = sequences.y[index];
      } else if (pair > 0) {
        std::copy_n(x - d, d, token + d);
        token[2 * d] = sequences.y[index - 1];
      }
    }
  return tokens;
}

}  // namespace task_vectors
