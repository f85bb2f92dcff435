#include "construction_checks.hpp"

#include "../experiment/subspaces.hpp"

#include <xtensor/xview.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace contextual_recall {

namespace {

// The logits of some texts, (row, position, token).
class Logits {
 public:
  Logits(const MatrixRunner& runner, const MatrixTransformer& weights, const Texts& texts,
         int threads)
      : positions_(runner.config.positions),
        tokens_(runner.config.vocabulary),
        values_(runner.logits(weights, texts, threads)) {}

  int answer(std::size_t row, std::size_t position) const {
    const float* begin = at(row, position);
    return static_cast<int>(std::max_element(begin, begin + tokens_) - begin);
  }
  int last_answer(std::size_t row) const { return answer(row, positions_ - 1); }

  bool is_last_equal(std::size_t row, std::size_t other) const {
    return std::memcmp(at(row, positions_ - 1), at(other, positions_ - 1),
                       tokens_ * sizeof(float)) == 0;
  }

 private:
  const float* at(std::size_t row, std::size_t position) const {
    return values_.data() + (row * positions_ + position) * tokens_;
  }

  std::size_t positions_, tokens_;
  std::vector<float> values_;
};

double factual_recall(const Logits& logits, const World& world, const Texts& texts) {
  const int first_neutral = world.vocabulary().neutral(0);
  std::size_t hits = 0, count = 0;
  for (std::size_t row = 0; row < texts.rows(); ++row)
    for (std::size_t answer = tuple_length; answer < texts.length; answer += tuple_length) {
      const int* tokens = texts.row(row);
      if (std::min(tokens[answer - 2], tokens[answer - 1]) >= first_neutral) continue;
      hits += logits.answer(row, answer - 1) == tokens[answer];
      ++count;
    }
  return static_cast<double>(hits) / static_cast<double>(count);
}

// Recall prompts are in order of their subjects, as many for each.
void score_recall(ConstructionScore& score, const Logits& logits, const World& world,
                  const Texts& texts) {
  const auto subjects = static_cast<std::size_t>(world.size().subjects);
  const std::size_t each = texts.rows() / subjects;
  std::size_t hits = 0, own = 0, dependent = 0, least = each;
  for (std::size_t subject = 0; subject < subjects; ++subject) {
    std::size_t right = 0;
    bool differs = false;
    for (std::size_t row = subject * each; row < (subject + 1) * each; ++row) {
      const Prompt& prompt = texts.prompts[row];
      const int answer = logits.last_answer(row);
      right += answer == world.fact(prompt.query, prompt.type);
      own += world.vocabulary().is_attribute(answer) &&
             answer == world.fact(prompt.query, world.vocabulary().type_of_attribute(answer));
      differs = differs || !logits.is_last_equal(row, subject * each);
    }
    hits += right;
    least = std::min(least, right);
    dependent += differs;
  }
  const auto share = [](std::size_t part, std::size_t all) {
    return static_cast<double>(part) / static_cast<double>(all);
  };
  score.icl = share(hits, texts.rows());
  score.own = share(own, texts.rows());
  score.worst_subject = share(least, each);
  score.dependent = share(dependent, subjects);
}

bool is_zero(const Matrix& matrix) {
  return std::all_of(matrix.begin(), matrix.end(), [](double x) { return x == 0; });
}

// Adds a difference of two matrices whose rows and columns are both directions of the residual
// stream.
void add_difference(EditFindings& findings, const Matrix& difference, const Matrix& subjects) {
  if (is_zero(difference)) return;
  const experiment::Decomposition decomposition = experiment::decompose(difference);
  const std::size_t rank = decomposition.rank();
  findings.rank += rank;
  for (const Matrix* side : {&decomposition.left, &decomposition.right}) {
    const Matrix directions = xt::view(*side, xt::all(), xt::range(std::size_t{0}, rank));
    const std::vector<double> angles = experiment::principal_angles(directions, subjects);
    findings.subject_overlap = std::max(findings.subject_overlap, std::cos(angles.front()));
  }
}

// Adds the rank alone.
void add_rank(EditFindings& findings, const Matrix& difference) {
  if (!is_zero(difference)) findings.rank += experiment::decompose(difference).rank();
}

}  // namespace

ConstructionTexts construction_texts(const World& world, std::size_t fact_rows,
                                     std::size_t recall_rows, const weft::Random& draws) {
  ConstructionTexts texts{
      world.pretraining(fact_rows, world.size().neutral_rate, draws.fork("facts")),
      world.recall_of_each(recall_rows, draws.fork("recall"))};
  Texts& recall = texts.recall;
  const std::size_t each = recall_rows * static_cast<std::size_t>(world.size().types);
  for (std::size_t row = 0; row < recall.rows(); ++row) {
    const int* first = recall.row(row - row % each);
    const std::size_t query = recall.length - tuple_length;
    std::copy(first + query, first + recall.length - 1,
              recall.tokens.begin() + static_cast<std::ptrdiff_t>(row * recall.length + query));
  }
  return texts;
}

ConstructionScore score(const MatrixRunner& runner, const MatrixTransformer& weights,
                        const World& world, const ConstructionTexts& texts, int threads) {
  ConstructionScore result{};
  result.fact = factual_recall(Logits(runner, weights, texts.facts, threads), world, texts.facts);
  score_recall(result, Logits(runner, weights, texts.recall, threads), world, texts.recall);
  return result;
}

EditFindings edit_between(const MatrixTransformer& before, const MatrixTransformer& after,
                          const World& world, const Embeddings& embeddings) {
  const auto first = static_cast<std::size_t>(world.vocabulary().subject(0));
  const Matrix subjects = xt::transpose(experiment::rows_of(
      embeddings.tokens, first, first + static_cast<std::size_t>(world.size().subjects)));
  EditFindings findings{};
  add_rank(findings, after.embed - before.embed);
  add_rank(findings, after.pos_embed - before.pos_embed);
  add_rank(findings, after.unembed - before.unembed);
  using experiment::product;
  for (std::size_t layer = 0; layer < before.layers.size(); ++layer)
    for (std::size_t head = 0; head < before.layers[layer].size(); ++head) {
      const MatrixHead& a = before.layers[layer][head];
      const MatrixHead& b = after.layers[layer][head];
      const Matrix before_scores = product(a.query, xt::transpose(a.key));
      const Matrix after_scores = product(b.query, xt::transpose(b.key));
      add_difference(findings, after_scores - before_scores, subjects);
      add_difference(findings, product(b.value, b.output) - product(a.value, a.output), subjects);
    }
  return findings;
}

ConstructionFindings examine(const MatrixRunner& runner, Construct construct, const World& world,
                             const ConstructionTexts& texts, int threads) {
  const Embeddings embeddings = orthonormal_embeddings(world.size());
  const MatrixTransformer base = construct(world, embeddings, {});
  const MatrixTransformer edited = construct(world, embeddings, {.edited = true});
  return {.base = score(runner, base, world, texts, threads),
          .edited = score(runner, edited, world, texts, threads),
          .edit = edit_between(base, edited, world, embeddings)};
}

void add_checks(experiment::Checks& checks, const std::string& variant, const WorldSize& size,
                const ConstructionFindings& findings) {
  const std::string prefix = "construct" + variant + "_";
  const double chance = 1.0 / size.types;
  checks.at_least(prefix + "fact_base", findings.base.fact, 1);
  checks.within(prefix + "icl_base", findings.base.icl, chance, chance);
  checks.at_most(prefix + "examples_seen_base", findings.base.dependent, 0);
  checks.at_least(prefix + "fact_edited", findings.edited.fact, 1);
  checks.at_least(prefix + "icl_edited", findings.edited.worst_subject, 1);
  checks.within(prefix + "edit_rank", static_cast<double>(findings.edit.rank), 1, size.types + 1);
  checks.at_most(prefix + "edit_on_subjects", findings.edit.subject_overlap, 1e-12);
}

nlohmann::ordered_json to_json(const ConstructionFindings& findings) {
  const auto score_of = [](const ConstructionScore& score) {
    return nlohmann::ordered_json{{"fact", score.fact},
                                  {"icl", score.icl},
                                  {"icl_of_worst_subject", score.worst_subject},
                                  {"own", score.own},
                                  {"examples_seen", score.dependent}};
  };
  return {{"base", score_of(findings.base)},
          {"edited", score_of(findings.edited)},
          {"edit",
           {{"rank", findings.edit.rank}, {"on_subjects", findings.edit.subject_overlap}}}};
}

}  // namespace contextual_recall
