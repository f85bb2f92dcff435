#include "task.hpp"

#include <weft/core/error.hpp>

#include <numeric>

namespace contextual_recall {

namespace {

int draw(weft::Random& random, int count) {
  return static_cast<int>(random.integer(static_cast<std::uint32_t>(count)));
}

int draw_from(weft::Random& random, const Subjects& pool) {
  return pool[random.integer(static_cast<std::uint32_t>(pool.size()))];
}

Texts empty_texts(const WorldSize& size, std::size_t rows) {
  Texts texts;
  texts.length = size.positions() + 1;
  texts.tokens.reserve(rows * texts.length);
  texts.prompts.reserve(rows);
  return texts;
}

}  // namespace

World::World(WorldSize size, double finetuned_share, const weft::Random& random) : size_(size) {
  weft::Random facts = random.fork("facts");
  values_.resize(index(size.subjects * size.types));
  for (int& value : values_) value = draw(facts, size.values);

  all_.resize(index(size.subjects));
  std::iota(all_.begin(), all_.end(), 0);
  Subjects order = all_;
  weft::Random split = random.fork("split");
  split.shuffle(order.data(), order.size());
  const auto count = static_cast<std::ptrdiff_t>(finetuned_share * size.subjects + 0.5);
  finetuned_.assign(order.begin(), order.begin() + count);
  held_out_.assign(order.begin() + count, order.end());
  in_finetuning_.assign(index(size.subjects), false);
  for (int subject : finetuned_) in_finetuning_[index(subject)] = true;
}

int World::neutral(weft::Random& random) const {
  return vocabulary_.neutral(draw(random, size_.neutral_grammar));
}

Texts World::pretraining(std::size_t rows, double neutral_rate, weft::Random random) const {
  Texts texts = empty_texts(size_, rows);
  for (std::size_t row = 0; row < rows; ++row) {
    texts.tokens.push_back(Vocabulary::bos);
    for (int tuple = 0; tuple < size_.tuples; ++tuple) {
      const int subject = draw(random, size_.subjects);
      const int type = draw(random, size_.types);
      const auto grammar = [&] {
        if (random.uniform() < static_cast<float>(neutral_rate)) return neutral(random);
        return vocabulary_.typed(type, draw(random, size_.typed_grammar));
      };
      texts.tokens.push_back(vocabulary_.subject(subject));
      texts.tokens.push_back(grammar());
      texts.tokens.push_back(grammar());
      texts.tokens.push_back(fact(subject, type));
    }
  }
  return texts;
}

void World::append_query(Texts& texts, Prompt prompt, weft::Random& random) const {
  texts.tokens.push_back(vocabulary_.subject(prompt.query));
  texts.tokens.push_back(neutral(random));
  texts.tokens.push_back(neutral(random));
  texts.tokens.push_back(fact(prompt.query, prompt.type));
  texts.prompts.push_back(prompt);
}

void World::append_examples(Texts& texts, Prompt prompt, const Subjects& context, int shots,
                            weft::Random& random) const {
  const int examples = size_.tuples - 1;
  std::vector<bool> used(index(size_.subjects));
  if (prompt.query >= 0) used[index(prompt.query)] = true;
  texts.tokens.push_back(Vocabulary::bos);
  for (int example = 0; example < examples; ++example) {
    int subject = draw_from(random, context);
    while (used[index(subject)]) subject = draw_from(random, context);
    used[index(subject)] = true;
    const bool is_shot = example >= examples - shots;
    const int type = is_shot ? prompt.type : draw(random, size_.types);
    texts.tokens.push_back(vocabulary_.subject(subject));
    texts.tokens.push_back(neutral(random));
    texts.tokens.push_back(neutral(random));
    texts.tokens.push_back(fact(subject, type));
  }
}

void World::check_recall(const Subjects& context, const Subjects& queries, int shots) const {
  const int examples = size_.tuples - 1;
  if (shots < 0 || shots > examples)
    weft::fail("recall", "the number of shots must fit the prompt",
               std::to_string(shots) + " shots, " + std::to_string(examples) + " tuples");
  if (context.size() < index(size_.tuples))
    weft::fail("recall", "there must be a subject for each tuple of a prompt",
               std::to_string(context.size()) + " subjects, " + std::to_string(size_.tuples) +
                   " tuples");
  if (queries.empty()) weft::fail("recall", "there must be a subject to ask about");
}

Texts World::recall(std::size_t rows, const Subjects& context, const Subjects& queries, int shots,
                    weft::Random random) const {
  check_recall(context, queries, shots);
  Texts texts = empty_texts(size_, rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const Prompt prompt{draw(random, size_.types), draw_from(random, queries)};
    append_examples(texts, prompt, context, shots, random);
    append_query(texts, prompt, random);
  }
  return texts;
}

Texts World::recall_of_each(std::size_t rows, weft::Random random) const {
  const int shots = size_.tuples - 1;
  check_recall(all_, all_, shots);
  Texts texts = empty_texts(size_, rows * index(size_.subjects * size_.types));
  for (int subject : all_)
    for (int type = 0; type < size_.types; ++type)
      for (std::size_t row = 0; row < rows; ++row) {
        append_examples(texts, {type, subject}, all_, shots, random);
        append_query(texts, {type, subject}, random);
      }
  return texts;
}

Texts World::cue(std::size_t rows, const Subjects& queries, bool mixed,
                 weft::Random random) const {
  Texts texts = empty_texts(size_, rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const Prompt prompt{draw(random, size_.types), draw_from(random, queries)};
    texts.tokens.push_back(Vocabulary::bos);
    for (int slot = 1; slot < size_.tuples; ++slot) {
      const int type = mixed ? draw(random, size_.types) : prompt.type;
      for (int i = 0; i < 3; ++i) texts.tokens.push_back(neutral(random));
      texts.tokens.push_back(vocabulary_.attribute(type, draw(random, size_.values)));
    }
    append_query(texts, prompt, random);
  }
  return texts;
}

Texts World::name(std::size_t rows, const Subjects& context, weft::Random random) const {
  const int shots = size_.tuples - 1;
  check_recall(context, context, shots);
  Texts texts = empty_texts(size_, rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const Prompt prompt{draw(random, size_.types), -1};
    append_examples(texts, prompt, context, shots, random);
    texts.tokens.push_back(vocabulary_.q());
    texts.tokens.push_back(neutral(random));
    texts.tokens.push_back(neutral(random));
    texts.tokens.push_back(vocabulary_.typed(prompt.type, draw(random, size_.typed_grammar)));
    texts.prompts.push_back(prompt);
  }
  return texts;
}

}  // namespace contextual_recall
