#include <weft/io/save_cache.hpp>
#include <weft/probe/cache.hpp>

#include <catch2/catch_test_macros.hpp>

#include <tests/io/temporary_folder.hpp>
#include <tests/probe/model.hpp>

using namespace weft;
using namespace weft_tests;

TEST_CASE("what a cache kept is in files under its names") {
  const auto model = random_model<Small<float>>();
  Cache cache({"blocks.*.attn.pattern", "pos_embed"}, {.positions = {1, 5}});
  model(tokens, cache);
  const TemporaryFolder folder;
  save_safetensors(folder / "cache.safetensors", cache, {{"of", "a test"}});
  save_npy(folder / "", cache);

  const SafetensorsFile file(folder / "cache.safetensors");
  CHECK(file.entries().size() == 3);
  CHECK(*file.metadata().find("of") == "a test");
  using Pattern = Tensor<float, 2, 2, 2, 6>;
  const auto pattern = cache.get<Pattern>("blocks.1.attn.hook_pattern");
  CHECK(file.load<Pattern>("blocks.1.attn.pattern") == pattern);
  CHECK(load_npy<Pattern>(folder / "blocks.1.attn.pattern.npy") == pattern);
  const auto positions = load_npy<Tensor<float, dynamic, 8>>(folder / "pos_embed.npy");
  CHECK(positions == cache.get<Tensor<float, dynamic, 8>>("pos_embed"));
}
