#include <benchmarks/recall_start.hpp>

#include <weft/io/json.hpp>

#include <tests/io/temporary_folder.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace contextual_recall;

namespace {

// The losses in a metrics.jsonl, by step.
std::vector<std::pair<std::int64_t, double>> losses_in(const std::string& path) {
  std::ifstream stream(path);
  std::vector<std::pair<std::int64_t, double>> losses;
  for (std::string line; std::getline(stream, line);) {
    const weft::json::Value record = weft::json::parse(line);
    losses.emplace_back(*record.find("step")->integer(), *record.find("loss")->number());
  }
  return losses;
}

}  // namespace

TEST_CASE("the benchmark's training of contextual_recall has the losses that the example logs") {
  constexpr std::size_t steps = 40;
  const TemporaryFolder folder;
  Preset preset = default_preset();
  preset.pretraining.limit = steps;
  preset.monitor_rows = preset.watched_rows = 16;
  const Recipe& recipe = recipes().front();
  const weft::Random random(3);
  const World world(preset.world, recipe.finetuned_share, random.fork("world"));
  {
    weft::MetricsLog log(folder / "metrics.jsonl");
    const Course course{preset, recipe, world, random, random.fork("monitor"), &log};
    pretrain(course, preset.make_learner(random.fork("initial weights"), 2));
  }
  const auto logged = losses_in(folder / "metrics.jsonl");
  REQUIRE(logged.size() == 2);

  benchmarks::Training<benchmarks::recall_shape.config> training(
      benchmarks::recall_start(3, steps), 1);
  for (const auto& [step, logged_loss] : logged) {
    float loss = 0;
    while (training.steps() < static_cast<std::size_t>(step)) loss = training.step();
    CAPTURE(step);
    CHECK(static_cast<double>(loss) == logged_loss);
  }
  CHECK(logged[1].second < logged[0].second);
}
