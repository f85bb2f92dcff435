#include "task.hpp"

#include <weft/core/error.hpp>

#include <algorithm>
#include <string>

namespace context_awareness {

namespace {

constexpr std::uint32_t offsets = 4;  // a text begins after fewer tokens of padding

int draw_below(int count, weft::Random& random) {
  return static_cast<int>(random.integer(static_cast<std::uint32_t>(count)));
}

std::size_t triples_in(std::size_t context) { return std::max<std::size_t>(3, context / 12); }

using Item = std::vector<int>;

}  // namespace

Task::Task(const TaskSize& size, const weft::Random& random) : size_(size) {
  if (size.shortest_context < 9 || size.shortest_context > size.longest_context)
    weft::fail("Task", "a context must have room for three triples",
               std::to_string(size.shortest_context) + " to " +
                   std::to_string(size.longest_context) + " tokens");
  if (static_cast<std::size_t>(size.keys) <= triples_in(size.longest_context) || size.values < 2 ||
      size.fillers < 1)
    weft::fail("Task", "there must be more keys than triples in a context, values and fillers",
               std::to_string(size.keys) + " keys, " + std::to_string(size.values) + " values, " +
                   std::to_string(size.fillers) + " fillers");
  weft::Random draws = random.fork("facts");
  for (int key = 0; key < size.keys; ++key) facts_.push_back(random_values(draws));
}

Answer Task::random_values(weft::Random& random) const {
  const int first = draw_below(size_.values, random), second = draw_below(size_.values, random);
  return {size_.first_value() + first, size_.first_value() + second};
}

const Answer& Task::fact(int key) const {
  return facts_[static_cast<std::size_t>(key - size_.first_key())];
}

Question Task::draw(Kind kind, bool from_context, std::size_t context, std::optional<double> depth,
                    weft::Random& random) const {
  std::vector<int> keys(static_cast<std::size_t>(size_.keys));
  for (int i = 0; i < size_.keys; ++i) keys[static_cast<std::size_t>(i)] = size_.first_key() + i;
  random.shuffle(keys.data(), keys.size());

  Question question{kind, from_context, keys[0], fact(keys[0]), fact(keys[0]), {}, 0};
  while (kind == Kind::conflicting && question.needle[0] == question.fact[0])
    question.needle = random_values(random);

  const std::size_t triples = triples_in(context);
  std::vector<Item> items;
  for (std::size_t i = kind == Kind::none ? 0 : 1; i < triples; ++i) {
    const Answer values = random_values(random);
    items.push_back({keys[i + 1], values[0], values[1]});
  }
  for (std::size_t i = 3 * triples; i < context; ++i)
    items.push_back({size_.first_filler() + draw_below(size_.fillers, random)});
  random.shuffle(items.data(), items.size());

  if (kind != Kind::none) {
    const std::size_t before =
        depth ? static_cast<std::size_t>(*depth * static_cast<double>(items.size()))
              : random.integer(static_cast<std::uint32_t>(items.size() + 1));
    for (std::size_t i = 0; i < before; ++i) question.needle_at += items[i].size();
    items.insert(items.begin() + static_cast<std::ptrdiff_t>(before),
                 {question.key, question.needle[0], question.needle[1]});
  }
  for (const Item& item : items)
    question.context.insert(question.context.end(), item.begin(), item.end());
  return question;
}

Question Task::draw(const Mixture& mixture, weft::Random& random) const {
  return draw(mixture, size_.longest_context, random);
}

Question Task::draw(const Mixture& mixture, std::size_t longest, weft::Random& random) const {
  const std::size_t lengths = longest - size_.shortest_context + 1;
  const std::size_t context =
      size_.shortest_context + random.integer(static_cast<std::uint32_t>(lengths));
  double place = random.uniform_double();
  auto chosen = mixture.begin();
  while (chosen + 1 != mixture.end() && place >= chosen->share) place -= (chosen++)->share;
  return draw(chosen->kind, chosen->from_context, context, {}, random);
}

Layout layout_of(const Question& question, const Form& form, std::size_t offset) {
  Layout layout{};
  layout.begin = offset;
  layout.context = offset + (form.roles ? 2 : 1);
  layout.context_end = layout.context + question.context.size();
  layout.user_end = layout.context_end + (form.indicator ? 3 : 2);
  layout.length = layout.user_end + (form.roles ? 1 : 0);
  return layout;
}

Layout write(const Question& question, const Form& form, std::size_t offset, int* tokens) {
  int* next = tokens + offset;
  *next++ = begin_token;
  if (form.roles) *next++ = user_token;
  next = std::copy(question.context.begin(), question.context.end(), next);
  *next++ = question_token;
  *next++ = question.key;
  if (form.indicator) *next++ = indicator_token;
  if (form.roles) *next++ = assistant_token;
  std::copy(question.answer().begin(), question.answer().end(), next);
  return layout_of(question, form, offset);
}

const Layout& Prompts::layout() const {
  for (const Layout& one : layouts)
    if (one.length != layouts[0].length)
      weft::fail("layout", "the prompts must have as many tokens",
                 std::to_string(one.length) + " and " + std::to_string(layouts[0].length));
  if (layouts.empty()) weft::fail("layout", "there must be a prompt");
  return layouts[0];
}

Prompts prompts_of(const std::vector<Question>& questions, const Form& form, const TaskSize& size) {
  Prompts prompts{size.positions(), std::vector<int>(questions.size() * size.positions()), {}};
  for (std::size_t row = 0; row < questions.size(); ++row)
    prompts.layouts.push_back(
        write(questions[row], form, 0, prompts.tokens.data() + row * size.positions()));
  return prompts;
}

experiment::Batch batch_of(const std::vector<Sample>& samples, const TaskSize& size,
                           weft::Random& random) {
  const std::size_t length = size.positions();
  experiment::Batch batch{length, std::vector<int>(samples.size() * length),
                          std::vector<int>(samples.size() * length, -1)};
  for (std::size_t row = 0; row < samples.size(); ++row) {
    const Question& question = samples[row].question;
    const std::size_t first = row * length;
    const Layout layout = write(question, samples[row].form, random.integer(offsets),
                                batch.tokens.data() + first);
    int* targets = batch.targets.data() + first + layout.length - 1;
    *targets++ = question.answer()[0];
    *targets++ = question.answer()[1];
    *targets = end_token;
  }
  return batch;
}

}  // namespace context_awareness
