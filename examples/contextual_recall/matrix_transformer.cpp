#include "matrix_transformer.hpp"

#include <algorithm>

namespace contextual_recall {

namespace {

// The readings of a model, column by column, and which coordinate each is.
class Readings {
 public:
  explicit Readings(std::size_t width) : width_(width) {}

  // Adds the columns that are not zero; returns which coordinates they are, or `none`.
  std::vector<std::size_t> add(const Matrix& reading) {
    std::vector<std::size_t> places(reading.shape(1), none);
    for (std::size_t j = 0; j < reading.shape(1); ++j) {
      std::vector<double> column(width_);
      for (std::size_t i = 0; i < width_; ++i) column[i] = reading(i, j);
      if (std::all_of(column.begin(), column.end(), [](double x) { return x == 0; })) continue;
      places[j] = columns_.size();
      columns_.push_back(std::move(column));
    }
    return places;
  }

  std::size_t count() const { return columns_.size(); }

  // All of them, (width, coordinate).
  Matrix matrix() const {
    Matrix result = xt::zeros<double>({width_, count()});
    for (std::size_t j = 0; j < count(); ++j)
      for (std::size_t i = 0; i < width_; ++i) result(i, j) = columns_[j][i];
    return result;
  }

  // What reads the coordinates at these places, (coordinate, place).
  Matrix selection(const std::vector<std::size_t>& places) const {
    Matrix result = xt::zeros<double>({count(), places.size()});
    for (std::size_t j = 0; j < places.size(); ++j)
      if (places[j] != none) result(places[j], j) = 1;
    return result;
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t width_;
  std::vector<std::vector<double>> columns_;
};

// Calls function(head of a, head of b) for all heads.
template <class Function>
void for_each_head(const MatrixTransformer& a, MatrixTransformer& b, Function function) {
  for (std::size_t layer = 0; layer < a.layers.size(); ++layer)
    for (std::size_t head = 0; head < a.layers[layer].size(); ++head)
      function(a.layers[layer][head], b.layers[layer][head]);
}

}  // namespace

MatrixTransformer in_reading_coordinates(const MatrixTransformer& weights) {
  Readings readings(weights.width());
  struct Places {
    std::vector<std::size_t> query, key, value;
  };
  std::vector<Places> places;
  MatrixTransformer result = weights;
  for_each_head(weights, result, [&](const MatrixHead& head, MatrixHead&) {
    places.push_back({readings.add(head.query), readings.add(head.key), readings.add(head.value)});
  });
  const std::vector<std::size_t> logits = readings.add(weights.unembed);

  const Matrix directions = readings.matrix();
  result.embed = experiment::product(weights.embed, directions);
  result.pos_embed = experiment::product(weights.pos_embed, directions);
  result.unembed = readings.selection(logits);
  std::size_t index = 0;
  for_each_head(weights, result, [&](const MatrixHead& head, MatrixHead& changed) {
    const Places& place = places[index++];
    changed = {readings.selection(place.query), readings.selection(place.key),
               readings.selection(place.value), experiment::product(head.output, directions)};
  });
  return result;
}

}  // namespace contextual_recall
