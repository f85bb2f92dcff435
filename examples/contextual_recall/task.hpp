#pragma once

#include <weft/core/random.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

// The synthetic world of the contextual recall experiment: subjects, types of attributes, the
// facts that join them, and the texts a model is trained and tested on.

namespace contextual_recall {

// Tokens of a tuple: subject, grammar, grammar, attribute.
inline constexpr std::size_t tuple_length = 4;

// How large the world is. A text is a BOS token and `tuples` tuples; a model sees all of it but the
// last token.
struct WorldSize {
  int subjects = 64;
  int types = 4;
  int values = 8;          // per type
  int typed_grammar = 4;   // grammar tokens per type
  int neutral_grammar = 4;
  int tuples = 6;
  double neutral_rate = 0.3;  // probability that a grammar token of a pretraining text is neutral

  constexpr std::size_t vocabulary() const {
    return static_cast<std::size_t>(1 + subjects + types * values + types * typed_grammar +
                                    neutral_grammar + 1);
  }
  constexpr std::size_t positions() const {
    return tuple_length * static_cast<std::size_t>(tuples);
  }
};

// Token ids, block after block: BOS, subjects, attributes, typed grammar, neutral grammar, Q.
// Attribute (t, v) and typed grammar (t, j) are ordered by type. Q stands where a subject would, in
// texts that ask for the type by name.
struct Vocabulary {
  WorldSize size;

  static constexpr int bos = 0;
  int subject(int index) const { return 1 + index; }
  int attribute(int type, int value) const { return attributes() + type * size.values + value; }
  int typed(int type, int index) const {
    return attributes() + size.types * size.values + type * size.typed_grammar + index;
  }
  int neutral(int index) const { return typed(size.types, 0) + index; }
  int q() const { return neutral(size.neutral_grammar); }

  bool is_attribute(int token) const {
    return token >= attributes() && token < attributes() + size.types * size.values;
  }
  int type_of_attribute(int token) const { return (token - attributes()) / size.values; }
  int index_of_subject(int token) const { return token - subject(0); }

 private:
  int attributes() const { return 1 + size.subjects; }
};

// What the answer at the end of a prompt depends on.
struct Prompt {
  int type;   // the type that is asked for
  int query;  // the subject that is asked about; -1 for none
};

// Texts of one kind, `length` tokens each, row after row. A model reads a row but its last token
// and is to predict the row but its first; the last token of a prompt is its answer.
struct Texts {
  std::size_t length = 0;
  std::vector<int> tokens;
  std::vector<Prompt> prompts;  // one a row; empty for pretraining texts

  std::size_t rows() const { return length == 0 ? 0 : tokens.size() / length; }
  const int* row(std::size_t index) const { return tokens.data() + index * length; }
};

using Subjects = std::vector<int>;

class World {
 public:
  // Facts are uniform, and the first share of a random order of the subjects is for finetuning.
  World(WorldSize size, double finetuned_share, const weft::Random& random);

  const WorldSize& size() const { return size_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const Subjects& all() const { return all_; }
  const Subjects& finetuned() const { return finetuned_; }
  const Subjects& held_out() const { return held_out_; }
  bool is_finetuned(int subject) const { return in_finetuning_[index(subject)]; }

  // The attribute token of a subject for a type.
  int fact(int subject, int type) const {
    return vocabulary_.attribute(type, values_[index(subject * size_.types + type)]);
  }

  // Tuples of independent subjects and types, so that nothing can be learnt from the context about
  // the type; each grammar token is neutral with the given probability, else of the tuple's type.
  Texts pretraining(std::size_t rows, double neutral_rate, weft::Random random) const;

  // Contextual recall: `tuples - 1` tuples of other subjects with neutral grammar, then the query.
  // The last `shots` of the tuples show one hidden type, those before random types.
  Texts recall(std::size_t rows, const Subjects& context, const Subjects& queries, int shots,
               weft::Random random) const;

  // The same with all shots and any subjects, asking each subject for each type `rows` times.
  Texts recall_of_each(std::size_t rows, weft::Random random) const;

  // The implicit inference task of finetuning: slots [n n n value] with values of one type and no
  // subject, then the query. With `mixed`, each value is of a random type, and so is the answer.
  Texts cue(std::size_t rows, const Subjects& queries, bool mixed, weft::Random random) const;

  // The finetuning task that asks for the type by name: the examples of recall, then [Q n n], and
  // the answer is a typed grammar token of the type. The query of a prompt is -1.
  Texts name(std::size_t rows, const Subjects& context, weft::Random random) const;

 private:
  static std::size_t index(int value) { return static_cast<std::size_t>(value); }
  int neutral(weft::Random& random) const;
  void check_recall(const Subjects& context, const Subjects& queries, int shots) const;
  void append_examples(Texts& texts, Prompt prompt, const Subjects& context, int shots,
                       weft::Random& random) const;
  void append_query(Texts& texts, Prompt prompt, weft::Random& random) const;

  WorldSize size_;
  Vocabulary vocabulary_{size_};
  std::vector<int> values_;  // (subject, type)
  Subjects all_, finetuned_, held_out_;
  std::vector<bool> in_finetuning_;
};

}  // namespace contextual_recall
