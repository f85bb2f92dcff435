#include "measures.hpp"

#include <algorithm>

namespace contextual_recall {

namespace {

struct Share {
  std::size_t hits = 0, count = 0;

  void add(bool hit) { hits += hit, ++count; }
  void add(const Share& other) { hits += other.hits, count += other.count; }
  operator double() const { return static_cast<double>(hits) / static_cast<double>(count); }
};

struct PromptScore {
  Share exact, type, own;
};

// Scores the answers to prompts: the prediction at the last position of each row.
PromptScore score_prompts(const Learner& learner, const World& world, const Texts& texts) {
  const std::vector<int> answers = learner.answer(rows_of(texts));
  PromptScore score;
  for (std::size_t row = 0; row < texts.rows(); ++row) {
    const Prompt& prompt = texts.prompts[row];
    const int answer = answers[row];
    const Vocabulary& vocabulary = world.vocabulary();
    const bool is_attribute = vocabulary.is_attribute(answer);
    const int type = is_attribute ? vocabulary.type_of_attribute(answer) : -1;
    score.exact.add(answer == world.fact(prompt.query, prompt.type));
    score.type.add(type == prompt.type);
    score.own.add(is_attribute && answer == world.fact(prompt.query, type));
  }
  return score;
}

}  // namespace

std::vector<std::pair<const char*, double>> named(const Measures& measures) {
  return {{"fact", measures.fact},
          {"fact_held_out", measures.fact_held_out},
          {"icl", measures.icl},
          {"icl_held_out", measures.icl_held_out},
          {"icl_all_held_out", measures.icl_all_held_out},
          {"icl_type", measures.icl_type},
          {"own", measures.own},
          {"icl_type_held_out", measures.icl_type_held_out},
          {"own_held_out", measures.own_held_out},
          {"cue", measures.cue},
          {"cue_held_out", measures.cue_held_out}};
}

Measures measure(const Learner& learner, const World& world, std::size_t rows,
                 const weft::Random& draws) {
  const Texts texts = world.pretraining(rows, 0, draws.fork("facts"));
  const std::vector<int> predicted = learner.predict(rows_of(texts));
  Share fact, fact_held_out;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t begin = 1; begin < texts.length; begin += tuple_length) {
      const std::size_t answer = begin + tuple_length - 1;
      const int subject = world.vocabulary().index_of_subject(texts.row(row)[begin]);
      const bool hit = predicted[row * (texts.length - 1) + answer - 1] == texts.row(row)[answer];
      (world.is_finetuned(subject) ? fact : fact_held_out).add(hit);
    }
  }

  Share fact_of_all = fact;
  fact_of_all.add(fact_held_out);

  const int shots = world.size().tuples - 1;
  const auto recall = [&](const char* key, const Subjects& context, const Subjects& queries) {
    if (context.size() < static_cast<std::size_t>(world.size().tuples) || queries.empty())
      return PromptScore{};
    return score_prompts(learner, world,
                         world.recall(rows, context, queries, shots, draws.fork(key)));
  };
  const PromptScore known = recall("icl", world.finetuned(), world.finetuned());
  const PromptScore held_out = recall("icl held out", world.finetuned(), world.held_out());
  const PromptScore all_held_out = recall("icl all held out", world.held_out(), world.held_out());
  Share type_held_out, own_held_out;
  for (const PromptScore* score : {&held_out, &all_held_out}) {
    type_held_out.add(score->type);
    own_held_out.add(score->own);
  }
  Share type = known.type, own = known.own;
  type.add(type_held_out);
  own.add(own_held_out);

  const auto cue = [&](const char* key, const Subjects& queries) {
    if (queries.empty()) return Share{};
    return score_prompts(learner, world, world.cue(rows, queries, false, draws.fork(key))).exact;
  };
  return {.fact = fact,
          .fact_held_out = fact_held_out,
          .fact_of_all = fact_of_all,
          .icl = known.exact,
          .icl_held_out = held_out.exact,
          .icl_all_held_out = all_held_out.exact,
          .icl_type = type,
          .own = own,
          .icl_type_held_out = type_held_out,
          .own_held_out = own_held_out,
          .cue = cue("cue", world.finetuned()),
          .cue_held_out = cue("cue held out", world.held_out())};
}

std::vector<double> accuracy_by_shots(const Learner& learner, const World& world, std::size_t rows,
                                      const weft::Random& draws) {
  std::vector<double> accuracy;
  for (int shots = 0; shots < world.size().tuples; ++shots) {
    const Texts texts = world.recall(rows, world.finetuned(), world.held_out(), shots,
                                     draws.fork("shots", static_cast<std::uint64_t>(shots)));
    accuracy.push_back(score_prompts(learner, world, texts).exact);
  }
  return accuracy;
}

double recall_among_values(const Learner& learner, const World& world, std::size_t rows,
                           const weft::Random& draws) {
  const Texts texts = world.recall(rows, world.finetuned(), world.finetuned(),
                                   world.size().tuples - 1, draws.fork("icl among values"));
  const std::vector<float> logits = learner.logits(rows_of(texts), {});
  const Vocabulary& vocabulary = world.vocabulary();
  const std::size_t positions = texts.length - 1, tokens = learner.config.vocabulary;
  const auto first = vocabulary.attribute(0, 0), end = vocabulary.typed(0, 0);
  Share share;
  for (std::size_t row = 0; row < texts.rows(); ++row) {
    const float* last = logits.data() + ((row + 1) * positions - 1) * tokens;
    const auto answer = static_cast<int>(std::max_element(last + first, last + end) - last);
    share.add(answer == texts.row(row)[positions]);
  }
  return share;
}

double recall_of_all(const Learner& learner, const World& world, std::size_t rows,
                     const weft::Random& draws) {
  const Texts texts = world.recall(rows, world.all(), world.all(), world.size().tuples - 1,
                                   draws.fork("icl of all"));
  return score_prompts(learner, world, texts).exact;
}

}  // namespace contextual_recall
