#pragma once

#include "../experiment/learner.hpp"

#include <weft/core/random.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

// Questions about facts, which stand in a context, or are known by heart, or both.

namespace context_awareness {

// How many tokens there are of each sort, and how long a context is. A context holds triples of a
// key and its two values, and fillers, each an item of its own.
struct TaskSize {
  int keys = 32, values = 48, fillers = 32;
  std::size_t shortest_context = 17, longest_context = 17;  // tokens, in training

  constexpr int first_key() const { return 8; }
  constexpr int first_value() const { return first_key() + keys; }
  constexpr int first_filler() const { return first_value() + values; }
  constexpr std::size_t vocabulary() const {
    return static_cast<std::size_t>(first_filler() + fillers);
  }

  // Tokens of the longest prompt with its answer, shifted by the greatest offset.
  constexpr std::size_t positions() const { return longest_context + 11; }
};

// Tokens with a meaning of their own.
enum : int { pad_token, begin_token, user_token, assistant_token, end_token, question_token,
             indicator_token };

// The two values of a key.
using Answer = std::array<int, 2>;

// What the context says of the key that is asked for: nothing, what the facts say, something else.
enum class Kind { none, agreeing, conflicting };

struct Question {
  Kind kind;
  bool from_context;         // whether the answer is the needle's; else it is the fact
  int key;                   // a token, as all that follows
  Answer fact, needle;       // equal but for Kind::conflicting
  std::vector<int> context;  // the items
  std::size_t needle_at;     // where its key stands in the context; of no meaning for Kind::none

  const Answer& answer() const { return from_context ? needle : fact; }
};

// A share of the questions of a mixture.
struct Share {
  double share;
  Kind kind;
  bool from_context;
};
using Mixture = std::vector<Share>;

// A world of facts, one for each key, and the questions about it.
class Task {
 public:
  // Facts are uniform. Throws weft::Error for sizes that leave no room for three triples.
  Task(const TaskSize& size, const weft::Random& random);

  const TaskSize& size() const { return size_; }
  const Answer& fact(int key) const;

  // A question of a kind with so many tokens of context: triples of three tokens, one for every
  // twelve tokens and at least three, the needle among them, and fillers. The keys are distinct,
  // and values of other keys than the asked one are random. The needle stands before item number
  // depth * items, rounded down, of the others: depth 0 is the beginning, 1 the end; a random one
  // where it is not given. A conflicting needle differs from the fact in its first value.
  Question draw(Kind kind, bool from_context, std::size_t context, std::optional<double> depth,
                weft::Random& random) const;

  // A question of a mixture, with a context of a random length, up to the longest.
  Question draw(const Mixture& mixture, weft::Random& random) const;
  // The same, up to `longest` tokens.
  Question draw(const Mixture& mixture, std::size_t longest, weft::Random& random) const;

 private:
  Answer random_values(weft::Random& random) const;

  TaskSize size_;
  std::vector<Answer> facts_;  // by key
};

// How a question is put: BOS [user] context Q key [indicator] [assistant].
struct Form {
  bool roles = false;      // the template: the turns of user and assistant
  bool indicator = false;  // that the answer is in the context
};

// Where the parts of a prompt lie. Ends are exclusive.
struct Layout {
  std::size_t begin;                   // the BOS
  std::size_t context, context_end;
  std::size_t user_end;                // of context, question, key and indicator
  std::size_t length;                  // of the prompt; its answer begins here
};

Layout layout_of(const Question& question, const Form& form, std::size_t offset = 0);

// Writes a prompt of this form, followed by its answer and padding, to `positions` tokens that are
// all padding before; it begins after `offset` of them.
Layout write(const Question& question, const Form& form, std::size_t offset, int* tokens);

// Prompts with their answers, each in a row of size.positions() tokens.
struct Prompts {
  std::size_t positions;
  std::vector<int> tokens;
  std::vector<Layout> layouts;  // by row

  experiment::TokenRows rows() const { return {tokens.data(), layouts.size(), positions}; }
  // That of all rows. Throws weft::Error where they differ in length, or there is none.
  const Layout& layout() const;
};

// The questions in one form.
Prompts prompts_of(const std::vector<Question>& questions, const Form& form, const TaskSize& size);

// A question of a batch, and how it is put.
struct Sample {
  Question question;
  Form form;
};

// A batch to learn the answers of: two values and EOS. Each text begins after 0 to 3 tokens of
// padding, so that a token more or less before it, such as that of a role, is nothing new.
experiment::Batch batch_of(const std::vector<Sample>& samples, const TaskSize& size,
                           weft::Random& random);

}  // namespace context_awareness
