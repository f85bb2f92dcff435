#pragma once

#include <weft/core/random.hpp>

#include <cstddef>
#include <vector>

// Sequences of the regression experiment: examples of a linear function whose weights are zero but
// for a few coordinates, its basis. Han et al. 2024, arXiv 2412.12276, section 3.3.

namespace task_vectors {

// How pairs (x, y) become tokens. interleaved is the paper's, after Garg et al. 2022: x, then y in
// the first of as many features, by turns; y is predicted at its x. packed: a token a pair, which
// holds x and the pair before it, so that no label has to be fetched from another token.
enum class Format { interleaved, packed };

struct RegressionSize {
  std::size_t dimensions = 8;  // D, of x
  std::size_t rank = 2;        // r, coordinates of a basis
  std::size_t bases = 4;
  std::size_t pairs = 10;      // K; the last is predicted after K - 1 examples
  Format format = Format::packed;
  // Bases lie beside each other, or overlap: half of them in the first half of the coordinates,
  // half in the other, each half-way over the next, around.
  bool overlapping = false;

  constexpr std::size_t positions() const {
    return format == Format::packed ? pairs : 2 * pairs;
  }
  constexpr std::size_t features() const {
    return format == Format::packed ? 2 * dimensions + 1 : dimensions;
  }
  // The token at which y of a pair is predicted.
  constexpr std::size_t prediction_of(std::size_t pair) const {
    return format == Format::packed ? pair : 2 * pair;
  }

  bool operator==(const RegressionSize&) const = default;
};

inline constexpr double noise = 0.1;  // deviation, of y before it is scaled

// The coordinates of each basis. Throws weft::Error where they do not fit the dimensions.
std::vector<std::vector<std::size_t>> bases_of(const RegressionSize& size);

struct Sequences {
  RegressionSize size;
  std::vector<int> bases;   // of each sequence
  std::vector<float> x, y;  // (sequence, pair, coordinate) and (sequence, pair)

  std::size_t count() const { return bases.size(); }
};

// The basis of each sequence: drawn, or each as often as the others, by turns.
enum class Bases { drawn, by_turns };

// y = (w . x + noise e) / sqrt(r), with x, e and the weights of the basis N(0, 1), new for every
// sequence, so that y has a variance of 1 + noise^2 / r. Only the first `first_bases` are in use;
// 0: all. Throws weft::Error where there are not so many.
Sequences draw_sequences(const RegressionSize& size, std::size_t count, Bases bases,
                         const weft::Random& draws, std::size_t first_bases = 0);

// The tokens, (sequence, position, feature).
std::vector<float> tokens_of(const Sequences& sequences);

}  // namespace task_vectors
