#include "weight_change.hpp"

#include "latent_patch.hpp"

#include <xtensor/xadapt.hpp>
#include <xtensor/xview.hpp>

#include <cmath>

namespace contextual_recall {

namespace {

using experiment::Matrix;

Matrix matrix_of(const Learner& learner, const char* path) {
  const std::vector<float> elements = learner.parameter(path);
  const std::size_t columns = learner.config.width;
  return xt::adapt(elements, std::array{elements.size() / columns, columns});
}

// W_V W_O of heads [begin, end).
Matrix value_output(const Learner& learner, std::size_t begin, std::size_t end) {
  const std::size_t size = learner.config.width / learner.config.heads;
  const Matrix values = matrix_of(learner, "blocks.0.attn.value.weight");
  const Matrix outputs = matrix_of(learner, "blocks.0.attn.output.weight");
  const Matrix value = xt::view(values, xt::all(), xt::range(begin * size, end * size));
  return experiment::product(value, experiment::rows_of(outputs, begin * size, end * size));
}

Matrix first_columns(const Matrix& matrix, std::size_t count) {
  return xt::view(matrix, xt::all(), xt::range(std::size_t{0}, count));
}

// The code of the type at that place of the query's tuple where most variance lies between types.
Matrix clearest_code(const Latents& latents, int types) {
  Matrix clearest;
  double most = -1;
  for (std::size_t place = 0; place < latents.activations.positions; ++place) {
    const Matrix here = after_layer(latents, 0, place);
    const double between = experiment::between_group_variance(here, latents.types, types);
    if (between <= most) continue;
    most = between;
    clearest = type_code(here, latents.types, types);
  }
  return clearest;
}

// The means by type of the embeddings of values, less their mean, as columns.
Matrix code_of_values(const Learner& learner, const World& world) {
  const WorldSize& size = world.size();
  const auto first = static_cast<std::size_t>(world.vocabulary().attribute(0, 0));
  const auto end = static_cast<std::size_t>(world.vocabulary().typed(0, 0));
  experiment::Labels types;
  for (std::size_t token = first; token < end; ++token)
    types.push_back(world.vocabulary().type_of_attribute(static_cast<int>(token)));
  return type_code(experiment::rows_of(matrix_of(learner, "embed.weight"), first, end), types,
                   size.types);
}

}  // namespace

WeightChange weight_change(const Learner& before, const Learner& after, const World& world,
                           std::size_t rows, const weft::Random& draws) {
  const auto change_of = [&](std::size_t begin, std::size_t end) {
    const Matrix change = value_output(after, begin, end) - value_output(before, begin, end);
    return experiment::decompose(change);
  };
  const std::size_t heads = after.config.heads;
  WeightChange result{.all = change_of(0, heads),
                      .heads = {},
                      .directions = static_cast<std::size_t>(world.size().types),
                      .written_overlap = 0,
                      .read_overlap = 0};
  for (std::size_t head = 0; head < heads; ++head)
    result.heads.push_back(change_of(head, head + 1));
  const Latents latents =
      observe_latents(after, latent_prompts(world, rows, draws), query_tuple(world.size()));
  result.written_overlap =
      experiment::subspace_overlap(first_columns(result.all.right, result.directions),
                                   clearest_code(latents, world.size().types));
  result.read_overlap = experiment::subspace_overlap(
      first_columns(result.all.left, result.directions), code_of_values(after, world));
  return result;
}

AttentionShares attention_shares(const Learner& learner, const World& world, std::size_t rows,
                                 const weft::Random& draws) {
  const Texts prompts = latent_prompts(world, rows, draws);
  const Places places = query_tuple(world.size());
  const std::size_t heads = learner.config.heads, length = learner.config.positions;
  const auto kind_of = [&](std::size_t key) -> std::size_t {
    if (key == 0) return 0;
    if (key >= places.front()) return 4;
    const std::size_t slot = (key - 1) % tuple_length;  // subject, grammar, grammar, value
    return slot == 0 ? 1 : slot == tuple_length - 1 ? 3 : 2;
  };
  constexpr std::size_t kinds = std::size(AttentionShares::keys);
  AttentionShares result{heads, std::vector<double>(places.size() * heads * kinds)};
  for (std::size_t row = 0; row < rows; ++row) {
    const Patterns patterns = learner.patterns({prompts.row(row), 1, prompts.length});
    for (std::size_t place = 0; place < places.size(); ++place)
      for (std::size_t head = 0; head < heads; ++head)
        for (std::size_t key = 0; key <= places[place]; ++key)
          result.shares[(place * heads + head) * kinds + kind_of(key)] +=
              static_cast<double>(
                  patterns.weights[(head * length + places[place]) * length + key]) /
              static_cast<double>(rows);
  }
  return result;
}

nlohmann::ordered_json to_json(const WeightChange& change) {
  const auto spectrum = [&](const experiment::Decomposition& of) {
    double squares = 0;
    for (double value : of.values) squares += value * value;
    return nlohmann::ordered_json{{"norm", std::sqrt(squares)},
                                  {"energy", of.energy_of_first(change.directions)},
                                  {"energy_of_one_more", of.energy_of_first(change.directions + 1)},
                                  {"singular_values", of.values}};
  };
  nlohmann::ordered_json result = spectrum(change.all);
  result["written_overlap"] = change.written_overlap;
  result["read_overlap"] = change.read_overlap;
  result["heads"] = nlohmann::ordered_json::array();
  for (const auto& head : change.heads) {
    nlohmann::ordered_json entry = spectrum(head);
    entry.erase("singular_values");
    result["heads"].push_back(entry);
  }
  return result;
}

nlohmann::ordered_json to_json(const AttentionShares& attention) {
  nlohmann::ordered_json places = nlohmann::ordered_json::array();
  constexpr std::size_t kinds = std::size(AttentionShares::keys);
  for (std::size_t place = 0; place < attention.shares.size() / kinds / attention.heads; ++place) {
    places.push_back(nlohmann::ordered_json::array());
    for (std::size_t head = 0; head < attention.heads; ++head) {
      nlohmann::ordered_json shares;
      for (std::size_t key = 0; key < kinds; ++key)
        shares[AttentionShares::keys[key]] = attention.at(place, head, key);
      places.back().push_back(shares);
    }
  }
  return places;
}

}  // namespace contextual_recall
