#include <examples/task_vectors/bitwise.hpp>
#include <examples/task_vectors/experiment.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>

using namespace task_vectors;

namespace {

// A checkpoint with the same accuracy for all of five shots, and this decodability in layer 0.
Checkpoint at(std::size_t step, double accuracy, double decodability) {
  return {step, std::vector<double>(5, accuracy), std::vector<double>(5, accuracy),
          {{std::vector<double>(5, decodability)}, {}}, {}};
}

}  // namespace

TEST_CASE("the jump is where the monitor passes 0.6, the plateau 200 to 100 steps before") {
  std::vector<Checkpoint> checkpoints;
  const double accuracy[] = {0.1, 0.2, 0.3, 0.3, 0.36, 0.3, 0.3, 0.8, 0.9, 0.9, 0.9};
  const double decodability[] = {0.3, 0.3, 0.4, 0.4, 0.46, 0.4, 0.4, 0.4, 0.7, 0.7, 0.7};
  for (std::size_t i = 0; i < 11; ++i)
    checkpoints.push_back(at(50 * i, accuracy[i], decodability[i]));
  const Jump jump = find_jump(checkpoints, 0);
  CHECK(jump.step == 350);
  CHECK(jump.plateau_accuracy == Catch::Approx(0.32));      // steps 150, 200, 250
  CHECK(jump.plateau_decodability == Catch::Approx(0.42));
  // Middles 0.61 and 0.56 of means over three: passed at 350 (0.667) and at 400 (0.6).
  CHECK(jump.decoding_step == 350);
  CHECK(jump.encoding_step == 400);
}

TEST_CASE("where decodability ends on or below its plateau, no step passes the middle") {
  std::vector<Checkpoint> checkpoints;
  const double accuracy[] = {0.1, 0.3, 0.3, 0.3, 0.3, 0.8, 0.9, 0.9};
  const double decodability[] = {0.3, 0.6, 0.6, 0.6, 0.6, 0.4, 0.5, 0.5};
  for (std::size_t i = 0; i < 8; ++i)
    checkpoints.push_back(at(50 * i, accuracy[i], decodability[i]));
  const Jump jump = find_jump(checkpoints, 0);
  CHECK(jump.step == 250);
  CHECK_FALSE(jump.encoding_step);
  CHECK(jump.decoding_step == 250);

  BitwiseFindings findings{};
  findings.checkpoints = checkpoints;
  findings.jump = jump;
  findings.trained = findings.untrained = checkpoints[1].decodability;
  findings.accuracy.by_shots = findings.above_bayes = findings.ones = {0.1, 0.2};
  const PairValues six(6, std::vector<double>(6));
  findings.patch_equals = findings.patch_answer = {{six}, {six}, true, six};
  experiment::Checks checks;
  add_checks(checks, findings, default_preset());
  for (const experiment::Check& check : checks.all())
    if (check.name == "bitwise_coupling_steps") CHECK(std::isnan(check.value));
  const auto summary = to_json(findings);
  CHECK(summary["jump"]["encoding_step"].is_null());
  CHECK(summary["jump"]["decoding_step"] == 250);
}

TEST_CASE("the goal is where the most examples are good enough for the second time running") {
  std::vector<Checkpoint> checkpoints;
  const double accuracy[] = {0.3, 0.3, 0.93, 0.9, 0.95, 0.93, 0.9};
  for (std::size_t i = 0; i < 7; ++i) checkpoints.push_back(at(50 * i, accuracy[i], 0.5));
  CHECK(find_jump(checkpoints, 0).goal_step == 250);
  checkpoints.resize(5);
  CHECK(find_jump(checkpoints, 0).goal_step == 0);
}

TEST_CASE("training may end where no number of examples is far behind what is possible") {
  const std::vector<double> ideal{0.3, 0.8, 0.9, 1, 1};
  CHECK(reaches_goal({0, 0.73, 0.82, 0.91, 0.93}, ideal));
  CHECK_FALSE(reaches_goal({0, 0.73, 0.82, 0.91, 0.92}, ideal));
  CHECK_FALSE(reaches_goal({0, 0.73, 0.82, 0.61, 0.93}, ideal));
  CHECK_FALSE(reaches_goal({0, 0.71, 0.82, 0.91, 0.93}, ideal));
}

TEST_CASE("without a jump there is none, and what needs it fails its check") {
  const std::vector<Checkpoint> checkpoints{at(0, 0.1, 0.3), at(50, 0.3, 0.4)};
  CHECK(find_jump(checkpoints, 0).step == 0);

  BitwiseFindings findings{};
  findings.checkpoints = checkpoints;
  findings.trained = findings.untrained = checkpoints[1].decodability;
  findings.accuracy.by_shots = findings.above_bayes = findings.ones = {0.1, 0.2};
  const std::vector<std::vector<double>> six(6, std::vector<double>(6));
  findings.patch_equals = findings.patch_answer = {{six}, {six}, true, six};
  experiment::Checks checks;
  add_checks(checks, findings, default_preset());
  for (const experiment::Check& check : checks.all()) {
    if (check.name == "bitwise_plateau" || check.name == "bitwise_td_gain")
      CHECK_FALSE(check.passed());
    if (check.name == "patch_self_identity") CHECK(check.passed());
  }
}

TEST_CASE("a choice names the experiments it consists of") {
  CHECK(choice_of("").bitwise);
  CHECK(choice_of("").finetune);
  CHECK_FALSE(choice_of("").regression);
  CHECK(choice_of("regression").regression);
  CHECK_FALSE(choice_of("finetune").bitwise);
  CHECK(choice_of("all").regression);
}
