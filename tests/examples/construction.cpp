#include <examples/contextual_recall/construction_checks.hpp>
#include <examples/contextual_recall/construction_crosstalk.hpp>
#include <examples/contextual_recall/worlds.hpp>

#include <weft/core/error.hpp>
#include <weft/io/safetensors_file.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <tests/io/temporary_folder.hpp>

#include <algorithm>
#include <cmath>

using namespace contextual_recall;

namespace {

// A small world: 16 subjects, 3 types, 4 values.
const World world(quick_world, 1, weft::Random(5));
const Embeddings embeddings = orthonormal_embeddings(quick_world);
const ConstructionRunners runners = quick_construction();
const ConstructionTexts texts = construction_texts(world, 48, 2, weft::Random(6));
const MatrixTransformer base = construct_two_layers(world, embeddings, {});
const MatrixTransformer edited = construct_two_layers(world, embeddings, {.edited = true});

ConstructionScore score_of(const MatrixTransformer& weights) {
  return score(weights.layers.size() == 2 ? runners.two_layers : runners.one_layer, weights, world,
               texts, 2);
}

void negate_column(Matrix& matrix, std::size_t column) {
  for (std::size_t i = 0; i < matrix.shape(0); ++i) matrix(i, column) *= -1;
}

// The logits of the last position of one text.
std::vector<float> last_logits(const MatrixTransformer& weights, const Texts& text) {
  const std::vector<float> logits = runners.two_layers.logits(weights, text, 1);
  return {logits.end() - static_cast<std::ptrdiff_t>(quick_world.vocabulary()), logits.end()};
}

Texts one_text(const std::vector<int>& tokens) { return {tokens.size(), tokens, {}}; }

}  // namespace

TEST_CASE("both constructions know every fact and recall nothing from examples before the edit") {
  for (Construct construct : {construct_two_layers, construct_one_layer}) {
    const ConstructionScore score = score_of(construct(world, embeddings, {}));
    CHECK(score.fact == 1);
    CHECK(score.icl == 1.0 / 3);
    CHECK(score.own == 1);
    CHECK(score.dependent == 0);
  }
}

TEST_CASE("after the edit they recall from examples for every subject, and know every fact") {
  for (Construct construct : {construct_two_layers, construct_one_layer}) {
    const ConstructionScore score = score_of(construct(world, embeddings, {.edited = true}));
    CHECK(score.fact == 1);
    CHECK(score.icl == 1);
    CHECK(score.worst_subject == 1);
    CHECK(score.dependent == 1);
  }
}

TEST_CASE("the test of dependence on examples finds a base that reads them a little") {
  // A millionth of what the edit reads, and most of where it looks.
  MatrixTransformer leaking = base;
  leaking.layers[0][0].value += 1e-6 * edited.layers[0][0].value;
  leaking.layers[0][0].key += 0.9 * (edited.layers[0][0].key - base.layers[0][0].key);
  CHECK(score_of(leaking).dependent > 0.5);
}

TEST_CASE("the edit has a rank of one more than there are types, and no subject in it") {
  for (Construct construct : {construct_two_layers, construct_one_layer}) {
    const EditFindings edit =
        edit_between(construct(world, embeddings, {}),
                     construct(world, embeddings, {.edited = true}), world, embeddings);
    CHECK(edit.rank == 4);
    CHECK(edit.subject_overlap < 1e-12);
  }
}

TEST_CASE("a change that reads a subject or touches other matrices is found in an edit") {
  MatrixTransformer other = edited;
  const auto subject = static_cast<std::size_t>(world.vocabulary().subject(3));
  for (std::size_t i = 0; i < other.width(); ++i)
    other.layers[0][0].value(i, 0) += 0.01 * embeddings.tokens(subject, i);
  EditFindings edit = edit_between(base, other, world, embeddings);
  CHECK(edit.rank == 4);
  CHECK(edit.subject_overlap > 1e-3);

  other = edited;
  other.unembed(0, 0) += 1;
  other.embed(subject, 1) += 1;
  edit = edit_between(base, other, world, embeddings);
  CHECK(edit.rank == 6);
}

TEST_CASE("the model's own parameters differ by the edit in one key and one value matrix only") {
  const TemporaryFolder folder;
  runners.two_layers.save(base, folder / "base");
  runners.two_layers.save(edited, folder / "edited");
  const weft::SafetensorsFile before(folder / "base"), after(folder / "edited");
  std::vector<std::string> changed;
  for (const auto& entry : before.entries()) {
    std::vector<float> a((entry.end - entry.begin) / sizeof(float)), b(a.size());
    before.copy_to(a.data(), entry);
    after.copy_to(b.data(), *after.find(entry.name));
    if (a != b) changed.push_back(entry.name);
  }
  CHECK(changed ==
        std::vector<std::string>{"blocks.0.attn.key.weight", "blocks.0.attn.value.weight"});
}

TEST_CASE("the margin of a fact is that of the derivation") {
  const Vocabulary& vocabulary = world.vocabulary();
  const int subject = 7, type = 2;
  std::vector<int> tokens{Vocabulary::bos, vocabulary.subject(subject), vocabulary.typed(type, 1),
                          vocabulary.neutral(0)};
  tokens.resize(17, vocabulary.neutral(1));
  const std::vector<float> all = runners.two_layers.logits(base, one_text(tokens), 1);
  const float* logits = all.data() + 3 * quick_world.vocabulary();
  const auto sigma = [](double x) { return 1 / (1 + std::exp(-x)); };
  const auto logit_of = [&](int of_type) {
    return logits[static_cast<std::size_t>(world.fact(subject, of_type))];
  };
  CHECK(logit_of(type) == Catch::Approx(8 * sigma(18)).epsilon(1e-5));
  CHECK(logit_of(0) == Catch::Approx(8 * sigma(-2)).epsilon(1e-5));
}

TEST_CASE("examples of several types are weighed by their number") {
  // Two examples of one type, one of another.
  const Vocabulary& vocabulary = world.vocabulary();
  for (int type = 0; type < 3; ++type) {
    const int other = (type + 1) % 3, query = 11, n = vocabulary.neutral(0);
    std::vector<int> tokens{Vocabulary::bos};
    for (const auto& [subject, shown] :
         {std::pair{2, type}, std::pair{3, other}, std::pair{4, type}})
      for (int token : {vocabulary.subject(subject), n, n, world.fact(subject, shown)})
        tokens.push_back(token);
    for (int token : {vocabulary.subject(query), n, n, 0}) tokens.push_back(token);
    const std::vector<float> logits = last_logits(edited, one_text(tokens));
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    CHECK(best == world.fact(query, type));
  }
}

TEST_CASE("a wrong sign anywhere in the edited construction breaks it") {
  const auto is_broken = [](const MatrixTransformer& weights) {
    const ConstructionScore score = score_of(weights);
    return score.fact < 0.9 || score.icl < 0.9;
  };
  const std::size_t everywhere = 4, latent = 5;  // columns behind those of the four tuples
  REQUIRE_FALSE(is_broken(edited));
  MatrixTransformer wrong = edited;
  negate_column(wrong.layers[0][0].key, everywhere);  // what tells the type
  CHECK(is_broken(wrong));
  wrong = edited;
  for (std::size_t tuple = 0; tuple < 4; ++tuple) negate_column(wrong.layers[0][0].key, tuple);
  CHECK(is_broken(wrong));
  wrong = edited;
  negate_column(wrong.layers[0][0].value, 1);
  CHECK(is_broken(wrong));
  wrong = edited;
  negate_column(wrong.layers[1][0].key, everywhere);  // BOS
  CHECK(is_broken(wrong));
  wrong = edited;
  negate_column(wrong.layers[1][2].query, latent);
  CHECK(is_broken(wrong));
  wrong = edited;
  wrong.layers[1][0].output *= -1;
  CHECK(is_broken(wrong));
  // Of the edit alone: facts stay, and recall is lost.
  wrong = edited;
  wrong.layers[0][0].key = 2 * base.layers[0][0].key - edited.layers[0][0].key;
  CHECK(score_of(wrong).fact == 1);
  CHECK(score_of(wrong).icl < 0.5);
}

TEST_CASE("a model in the coordinates that it reads has the same logits, at whatever width") {
  for (std::size_t dimension : {16u, 200u}) {
    const Embeddings gaussian = gaussian_embeddings(quick_world, dimension, weft::Random(9));
    const MatrixTransformer weights = construct_two_layers(world, gaussian, {.edited = true});
    const MatrixTransformer narrow = in_reading_coordinates(weights);
    CHECK(narrow.width() <= runners.two_layers.config.width);
    if (weights.width() > runners.two_layers.config.width) {
      CHECK_THROWS_AS(runners.two_layers.logits(weights, texts.recall, 1), weft::Error);
      continue;
    }
    const std::vector<float> logits = runners.two_layers.logits(weights, texts.recall, 1);
    const std::vector<float> again = runners.two_layers.logits(narrow, texts.recall, 1);
    double worst = 0;
    for (std::size_t i = 0; i < logits.size(); ++i)
      worst = std::max(worst, static_cast<double>(std::abs(logits[i] - again[i])));
    CHECK(worst < 1e-2);
  }
  const MatrixTransformer narrow = in_reading_coordinates(edited);
  CHECK(score_of(narrow).icl == 1);
}

TEST_CASE("Gaussian embeddings have the variance and the blocks they should") {
  const Embeddings gaussian = gaussian_embeddings(quick_world, 500, weft::Random(3));
  for (const Matrix* vectors : {&gaussian.tokens, &gaussian.outputs}) {
    double squares = 0;
    for (double x : *vectors) squares += x * x;
    CHECK(squares / static_cast<double>(quick_world.vocabulary()) == Catch::Approx(1).margin(0.03));
  }
  const Matrix* blocks[] = {&gaussian.tokens, &gaussian.positions, &gaussian.types,
                            &gaussian.outputs};
  for (const Matrix* a : blocks)
    for (const Matrix* b : blocks)
      if (a != b)
        for (double x : experiment::product(*a, xt::transpose(*b))) CHECK(x == 0);
  CHECK_THROWS_AS(gaussian_embeddings(quick_world, 0, weft::Random(3)), weft::Error);
}

TEST_CASE("Gaussian embeddings recall from examples about as well as crosstalk predicts") {
  for (const std::size_t dimension : {256u, 4096u}) {
    double fact = 0, icl = 0;
    constexpr std::size_t draws = 10;
    for (std::size_t draw = 0; draw < draws; ++draw) {
      const Embeddings gaussian =
          gaussian_embeddings(quick_world, dimension, weft::Random(draw).fork(dimension));
      const ConstructionScore score = score_of(
          in_reading_coordinates(construct_two_layers(world, gaussian, {.edited = true})));
      fact += score.fact / draws;
      icl += score.icl / draws;
    }
    const CrosstalkCase at{quick_world, dimension, true, {.edited = true}};
    CHECK(fact == Catch::Approx(predict_factual_recall(at).all).margin(0.12));
    CHECK(icl == Catch::Approx(predict_contextual_recall(at).all).margin(0.15));
  }
}

TEST_CASE("predicted crosstalk falls with the dimensions, and the logits add to it") {
  double before = 0;
  for (const std::size_t dimension : {64u, 256u, 1024u, 4096u, 1u << 20}) {
    const Prediction recall =
        predict_contextual_recall({default_world, dimension, true, {.edited = true}});
    CHECK(recall.all > before);
    CHECK(recall.all <= recall.keys);
    before = recall.all;
  }
  CHECK(before == Catch::Approx(1).margin(1e-3));
  CHECK(predict_contextual_recall({default_world, 4096, true, {}}).all == 0.25);
}

TEST_CASE("recall prompts of each subject and type share the query text of their subject") {
  const std::size_t each = 2 * 3, length = texts.recall.length;
  REQUIRE(texts.recall.rows() == 16 * each);
  std::vector<int> asked(16 * 3);
  for (std::size_t row = 0; row < texts.recall.rows(); ++row) {
    const int* tokens = texts.recall.row(row);
    const int* first = texts.recall.row(row / each * each);
    const Prompt& prompt = texts.recall.prompts[row];
    CHECK(std::equal(tokens + length - 4, tokens + length - 1, first + length - 4));
    CHECK(tokens[length - 1] == world.fact(prompt.query, prompt.type));
    CHECK(tokens[4] == world.fact(world.vocabulary().index_of_subject(tokens[1]), prompt.type));
    ++asked[static_cast<std::size_t>(prompt.query * 3 + prompt.type)];
  }
  CHECK(std::all_of(asked.begin(), asked.end(), [](int count) { return count == 2; }));
}
