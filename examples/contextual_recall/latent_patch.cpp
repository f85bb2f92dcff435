#include "latent_patch.hpp"

#include "construction_checks.hpp"

#include "../experiment/subspaces.hpp"

#include <xtensor/xmath.hpp>
#include <xtensor/xview.hpp>

#include <algorithm>
#include <cmath>

namespace contextual_recall {

namespace {

using experiment::Matrix;

// After the first layer, (prompt, place and feature).
Matrix first_latents(const Learner& learner, const Texts& prompts, const WorldSize& size) {
  return after_layer(observe_latents(learner, prompts, query_tuple(size)), 0);
}

// Puts these vectors where the latent of one prompt stands.
weft::Edit<float> put(const Learner& learner, const WorldSize& size, const auto& latent) {
  const std::size_t width = learner.config.width;
  const Places places = query_tuple(size);
  std::vector<float> array(learner.config.positions * width);  // (position, feature)
  for (std::size_t i = 0; i < places.size(); ++i)
    for (std::size_t j = 0; j < width; ++j)
      array[places[i] * width + j] = static_cast<float>(latent(i * width + j));
  weft::Edit<float> edit;
  edit.replace({.point = "blocks.0.resid_post", .positions = places},
               weft::AnyView<const float>(array.data(), {learner.config.positions, width}));
  return edit;
}

int last_answer(const std::vector<float>& logits, std::size_t vocabulary) {
  const auto last = logits.end() - static_cast<std::ptrdiff_t>(vocabulary);
  return static_cast<int>(std::max_element(last, logits.end()) - last);
}

// Vectors of independent normal elements.
Matrix random_directions(std::size_t rows, std::size_t size, weft::Random random) {
  Matrix result = xt::empty<double>({rows, size});
  for (double& element : result) element = static_cast<double>(random.normal());
  return result;
}

Matrix scaled_as(const Matrix& directions, const Matrix& norms) {
  Matrix result = directions;
  for (std::size_t i = 0; i < result.shape(0); ++i) {
    const auto norm = [i](const Matrix& of) {
      return std::sqrt(xt::sum(xt::square(xt::view(of, i, xt::all())))());
    };
    xt::view(result, i, xt::all()) *= norm(norms) / norm(directions);
  }
  return result;
}

}  // namespace

Matrix type_code(const Matrix& latents, const experiment::Labels& types, int kinds) {
  const Matrix means = experiment::centred(experiment::group_means(latents, types, kinds).means);
  const Matrix directions = experiment::decompose(means).right;
  return xt::view(directions, xt::all(), xt::range(0, kinds - 1));
}

LatentPatch patch_latents(const Learner& learner, const World& world, std::size_t rows,
                          const weft::Random& draws) {
  const WorldSize& size = world.size();
  const Texts known = latent_prompts(world, 2 * rows, draws.fork("code"));
  const Latents at_query = observe_latents(learner, known, query_tuple(size));
  const Matrix code = type_code(after_layer(at_query, 0), at_query.types, size.types);

  // Each subject for each type, with the same query for all prompts of a subject.
  const auto kinds = static_cast<std::size_t>(size.types);
  const std::size_t subjects = static_cast<std::size_t>(size.subjects);
  const std::size_t each = std::max<std::size_t>(1, rows / (kinds * subjects));
  const Texts prompts = construction_texts(world, 1, each, draws.fork("patched")).recall;
  const Matrix own = first_latents(learner, prompts, size);
  std::vector<std::size_t> donor(prompts.rows());
  Matrix donated = own;
  for (std::size_t row = 0; row < prompts.rows(); ++row) {
    const std::size_t type = row / each % kinds, subject = row / each / kinds;
    const std::size_t other = (type + 1 + row % each % (kinds - 1)) % kinds;
    donor[row] = (subject * kinds + other) * each + row % each;
    xt::view(donated, row, xt::all()) = xt::view(own, donor[row], xt::all());
  }
  const Matrix apart = donated - own;
  const Matrix change =
      experiment::product(experiment::product(apart, code), xt::transpose(code));
  const Matrix random = scaled_as(
      random_directions(change.shape(0), change.shape(1), draws.fork("directions")), change);

  const std::vector<int> plain = learner.answer(rows_of(prompts));
  double success = 0, unpatched = 0, kept = 0, control = 0;
  for (std::size_t row = 0; row < prompts.rows(); ++row) {
    const experiment::TokenRows one{prompts.row(row), 1, prompts.length};
    const auto answer = [&](const weft::Edit<float>& edit) {
      return last_answer(learner.logits(one, edit), learner.config.vocabulary);
    };
    const auto moved = [&](const Matrix& by) {
      return put(learner, size, xt::eval(xt::view(own + by, row, xt::all())));
    };
    const auto fact_of = [&](std::size_t of) { return prompts.row(of)[prompts.length - 1]; };
    const int patched = answer(moved(change));
    success += patched == fact_of(donor[row]);
    kept += patched == fact_of(row);
    unpatched += plain[row] == fact_of(donor[row]);
    control += answer(moved(random)) == fact_of(donor[row]);
  }
  const auto count = static_cast<double>(prompts.rows());
  return {success / count, unpatched / count, kept / count, control / count};
}

}  // namespace contextual_recall
