#include <examples/contextual_recall/construction.hpp>
#include <examples/contextual_recall/latent_patch.hpp>
#include <examples/contextual_recall/matrix_runner.hpp>
#include <examples/contextual_recall/worlds.hpp>
#include <examples/experiment/transformer_learner.hpp>

#include <catch2/catch_test_macros.hpp>

// The patch of the type latent, in models whose latent is known since it was written down.

using namespace contextual_recall;

namespace {

constexpr auto config = constructed_config(quick_world, 3, 2);

LatentPatch patch_of(bool edited) {
  const World world(quick_world, 0.75, weft::Random(1));
  const MatrixTransformer weights = construct_two_layers(
      world, orthonormal_embeddings(quick_world), {.edited = edited});
  return patch_latents(experiment::learner_of<config>(transformer_of<config>(weights), 1), world,
                       288, weft::Random(2));
}

}  // namespace

TEST_CASE("with the donor's latent, a model that infers the type answers for the donor's type") {
  const LatentPatch patch = patch_of(true);
  CHECK(patch.success > 0.99);
  CHECK(patch.kept < 0.01);
  CHECK(patch.unpatched == 0);
  CHECK(patch.control < 0.3);  // a change as great in another direction
}

TEST_CASE("a model that infers no type has no latent to give") {
  const LatentPatch patch = patch_of(false);
  CHECK(patch.success < 0.5);
  CHECK(patch.success == patch.unpatched);
}
