#include <examples/context_vs_weights/exemplars.hpp>
#include <examples/context_vs_weights/heads.hpp>
#include <examples/context_vs_weights/measures.hpp>
#include <examples/context_vs_weights/settings.hpp>
#include <examples/experiment/model_file.hpp>

#include <weft/core/error.hpp>
#include <weft/io/file.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <tests/io/temporary_folder.hpp>

#include <cmath>

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace context_vs_weights;
using Catch::Matchers::ContainsSubstring;

namespace {

const SequenceSize size{};
const Preset quick = quick_preset();

Learner new_learner() {
  return quick.make_learner(weft::Random(3), {.lanes = 1, .microbatch = 8, .threads = 1});
}

// One sequence by hand: exemplars at distances along the first number, with labels; the query at 0.
Sequences line_of(const std::vector<std::pair<float, int>>& exemplars, Labels labels) {
  Sequences line;
  line.items = exemplars.size() + 1;
  for (const auto& [place, label] : exemplars) {
    line.stimuli.push_back(place);
    line.stimuli.insert(line.stimuli.end(), stimulus_size - 1, 0.0f);
    line.labels.push_back(label);
    line.kinds.push_back(item_filler);
  }
  line.stimuli.insert(line.stimuli.end(), stimulus_size, 0.0f);
  line.labels.push_back(no_label);
  line.kinds.push_back(item_BX);
  line.targets = {labels[1]};
  line.classes = {labels};
  line.features = {Features{}};
  return line;
}

Sequences tests_of(const std::vector<Item>& context, std::size_t count = 200) {
  return draw_exposures(size, {context, {item_BX}}, count, weft::Random(8));
}

}  // namespace

TEST_CASE("answers to BX are told apart by the rule, by AX and neither, as scored by hand") {
  Sequences four;
  four.items = 1;
  four.classes = {{0, 1, 2}, {0, 1, 2}, {2, 0, 1}, {1, 2, 0}};
  four.targets = {1, 1, 0, 2};
  const Shares shares = shares_of(std::vector<int>{1, 0, 0, 0}, four);
  CHECK(shares.rule == Catch::Approx(0.5));
  CHECK(shares.exemplar == Catch::Approx(0.25));
  CHECK(shares.other == Catch::Approx(0.25));
  CHECK(accuracy_of({1, 0, 0, 0}, four) == 0.5);
  const Probabilities given{{0.1, 0.7, 0.2}, {0.6, 0.3, 0.1}, {0.5, 0.3, 0.2}, {0.8, 0.1, 0.1}};
  CHECK(shares_of(given, four).rule == Catch::Approx(0.5));
  CHECK(shares_of(given, four).rule_probability == Catch::Approx((0.7 + 0.3 + 0.5 + 0.1) / 4));
  CHECK(map_of(given, four, 2) == std::vector<double>{(0.7 + 0.5) / 2, (0.3 + 0.1) / 2});
}

TEST_CASE("the nearest exemplar gives its label, the earlier of two at one distance") {
  CHECK(nearest_labels(line_of({{3, 0}, {-2, 1}, {4, 2}}, {0, 1, 2}))[0] == 1);
  CHECK(nearest_labels(line_of({{3, 0}, {2, 2}, {-2, 1}}, {0, 1, 2}))[0] == 2);
}

TEST_CASE("the context model weighs labels by the similarity of their exemplars") {
  const Sequences line = line_of({{1, 0}, {2, 1}, {2, 1}, {3, 2}}, {0, 1, 2});
  const Probabilities found = context_model(line, 0.5);
  const double a = std::exp(-0.5), b = 2 * std::exp(-1.0), c = std::exp(-1.5);
  CHECK(found[0][0] == Catch::Approx(a / (a + b + c)));
  CHECK(found[0][1] == Catch::Approx(b / (a + b + c)));
  CHECK(found[0][2] == Catch::Approx(c / (a + b + c)));
  // With no sensitivity it counts exemplars, with much of it the nearest one decides.
  CHECK(context_model(line, 0)[0][1] == Catch::Approx(0.5));
  CHECK(context_model(line, 1000)[0][0] == Catch::Approx(1));
}

TEST_CASE("the sensitivity that answers were made with is found again") {
  const Sequences sequences = tests_of(label_balanced(4));
  for (const double sensitivity : {0.05, 0.4, 1.5}) {
    const double found = fit_sensitivity(sequences, context_model(sequences, sensitivity));
    CHECK(found == Catch::Approx(sensitivity).epsilon(0.01));
  }
}

TEST_CASE("exemplars divide BX evenly where they are balanced, and by their numbers where not") {
  // AW is farther from BX than AX and BW are, so that it hardly counts where sensitivity is high.
  const auto rule_of = [](const Sequences& sequences) {
    return shares_of(context_model(sequences, 3), sequences).rule_probability;
  };
  CHECK(rule_of(tests_of(exemplar_balanced(4), 2000)) == Catch::Approx(0.5).margin(0.03));
  CHECK(rule_of(tests_of(conflicting(4), 2000)) == Catch::Approx(0.5).margin(0.03));
  CHECK(rule_of(tests_of(label_balanced(4), 2000)) > 0.55);
}

TEST_CASE("a median of an even number of values is the mean of the two in the middle") {
  CHECK(median_of({3, 1, 2}) == 2);
  CHECK(median_of({4, 1, 2, 3}) == 2.5);
}

TEST_CASE("every preset's model takes the sequences it is for") {
  for (const Preset& preset : presets()) {
    const Learner learner = preset.make_learner(weft::Random(1), {});
    const Probabilities found = learner.answer(draw_few_shot(preset.size, 3, weft::Random(2)));
    REQUIRE(found.size() == 3);
    for (const auto& row : found) CHECK(row[0] + row[1] + row[2] == Catch::Approx(1));
  }
  CHECK_THROWS_AS(new_learner().answer(draw_few_shot({.exemplars = 8}, 1, weft::Random(2))),
                  weft::Error);
}

TEST_CASE("a model reads labels and stimuli of the context, and no label of the query") {
  for (const Preset& preset : {quick_preset(), paper_preset()}) {
    const Learner learner = preset.make_learner(weft::Random(3), {});
    const Sequences sequences = tests_of(label_balanced(4), 4);
    const Probabilities before = learner.answer(sequences);
    Sequences other_label = sequences, other_stimulus = sequences;
    for (std::size_t i = 0; i < 4; ++i) {
      other_label.labels[i * 13 + 2] = (other_label.labels[i * 13 + 2] + 1) % classes;
      other_stimulus.stimuli[(i * 13 + 2) * stimulus_size] += 1;
    }
    CHECK(learner.answer(other_label) != before);
    CHECK(learner.answer(other_stimulus) != before);
  }
}

TEST_CASE("a stored model answers as it did, and one changed behind its example is refused") {
  const TemporaryFolder folder;
  const std::string path = folder / "model.safetensors";
  const Learner learner = new_learner();
  learner.save(path);
  const Learner other = quick.make_learner(weft::Random(4), {});
  const Sequences sequences = tests_of(label_balanced(4), 4);
  REQUIRE(other.answer(sequences) != learner.answer(sequences));
  other.load(path);
  CHECK(other.answer(sequences) == learner.answer(sequences));
  // The first of the elements, which are behind the header and its length, is a weight.
  std::string bytes = weft::read_file(path);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  const float weight = 3;
  std::memcpy(bytes.data() + sizeof header + header, &weight, sizeof weight);
  weft::write_file(path, bytes);
  CHECK_THROWS_WITH(other.load(path), ContainsSubstring("stored with it") &&
                                          ContainsSubstring("model.safetensors"));
}

TEST_CASE("an output that is not a number anywhere is not the one that was stored") {
  const float stored[] = {1, 2, 3}, found[] = {1, NAN, 3};
  CHECK(std::isnan(experiment::relative_difference(stored, found, 3)));
  CHECK(experiment::relative_difference(stored, stored, 3) == 0);
}

TEST_CASE("training lowers the loss, and its bits depend on neither threads nor what runs beside") {
  const auto trained = [](const weft::LaneOptions& lanes) {
    const Learner learner = quick.make_learner(weft::Random(3), lanes);
    Training training{.options = {.steps = 40},
                      .optimizer = optimizer_of(quick),
                      .draw = [](std::size_t step) {
                        weft::Random draws(5);
                        return draw_uninformative(size, Features::draw(draws),
                                                  {item_AX, item_BW}, 16, weft::Random(step));
                      },
                      .evaluate = [](const weft::TrainingState&) { return weft::Evaluation{}; }};
    training.options.progress.display = weft::ProgressDisplay::quiet;
    const double loss = learner.train(training).loss;
    CHECK(loss < 0.3);
    return learner.answer(tests_of(label_balanced(4), 20));
  };
  CHECK(trained({.lanes = 4, .microbatch = 4, .threads = 1}) ==
        trained({.lanes = 4, .microbatch = 4, .threads = 3}));
}

TEST_CASE("attention of the query adds up to one by kind, and an ablated head changes answers") {
  const Learner learner = new_learner();
  const Sequences test = tests_of(exemplar_balanced(4));
  const Sequences few = draw_few_shot(size, 100, weft::Random(4));
  const HeadFindings findings = examine_heads(learner, test, test, few);
  REQUIRE(findings.attention.size() == 4);
  REQUIRE(findings.ablations.size() == 4);
  for (const KindAttention& head : findings.attention)
    CHECK(head.AX + head.AW + head.BW + head.CY + head.query == Catch::Approx(1));
  // Chosen on the same sequences, the head that is chosen has the greatest change.
  for (const Ablation& ablation : findings.ablations)
    CHECK(std::abs(ablation.rule - findings.rule) <= std::abs(findings.change()) + 1e-12);
  CHECK_THROWS_AS(examine_heads(learner, few, test, few), weft::Error);
  weft::Edit<float> edit;
  edit.scale({.point = "blocks.*.attn.z", .layers = {1}, .heads = {0}}, 0.0f);
  CHECK(learner.answer_with(test, edit) != learner.answer(test));
  edit = {};
  edit.scale({.point = "blocks.*.attn.z"}, 1.0f);
  CHECK(learner.answer_with(test, edit) == learner.answer(test));
}
