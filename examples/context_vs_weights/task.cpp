#include "task.hpp"

#include <weft/core/error.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <utility>

namespace context_vs_weights {

namespace {

Feature draw_feature(weft::Random& random) {
  Feature feature;
  const std::uint32_t signs = random.bits();
  for (std::size_t i = 0; i < feature_size; ++i) feature[i] = (signs >> i & 1u) ? 1.0f : -1.0f;
  return feature;
}

template <class Values>
void extend(std::vector<Values>& all, const auto& more) {
  all.insert(all.end(), more.begin(), more.end());
}

void append_filler(std::vector<float>& stimuli, weft::Random& random) {
  extend(stimuli, draw_feature(random));
  extend(stimuli, draw_feature(random));
}

std::pair<Letter, Letter> letters_of(Item item) {
  switch (item) {
    case item_AX: return {letter_A, letter_X};
    case item_AW: return {letter_A, letter_W};
    case item_BW: return {letter_B, letter_W};
    case item_BX: return {letter_B, letter_X};
    case item_CY: return {letter_C, letter_Y};
    case item_CZ: return {letter_C, letter_Z};
    default: weft::fail("letters_of", "the item must be one of the test", "filler");
  }
}

Labels draw_labels(weft::Random& random) {
  Labels labels{0, 1, 2};
  random.shuffle(labels.data(), labels.size());
  return labels;
}

Item one_of(const std::vector<Item>& items, weft::Random& random) {
  return items[random.integer(static_cast<std::uint32_t>(items.size()))];
}

void repeat(std::vector<Item>& items, Item item, std::size_t times) {
  items.insert(items.end(), times, item);
}

void check_exemplars(std::size_t exemplars) {
  if (exemplars == 0 || exemplars % 4 != 0)
    weft::fail("context", "the exemplars of a class must be a multiple of 4",
               std::to_string(exemplars));
}

Sequences empty_sequences(const SequenceSize& size, std::size_t count) {
  Sequences result;
  result.items = size.items();
  result.stimuli.reserve(count * size.items() * stimulus_size);
  result.labels.reserve(count * size.items());
  result.kinds.reserve(count * size.items());
  return result;
}

void append_pair(std::vector<float>& stimuli, const Features& features, const Feature& first,
                 const Feature& second) {
  extend(stimuli, features.is_swapped ? second : first);
  extend(stimuli, features.is_swapped ? first : second);
}

// Without noise.
void append_stimulus(std::vector<float>& stimuli, const Features& features, Item item) {
  const auto [first, second] = letters_of(item);
  append_pair(stimuli, features, features[first], features[second]);
}

Feature blend(const Feature& from, const Feature& to, float share) {
  Feature result;
  for (std::size_t i = 0; i < feature_size; ++i)
    result[i] = (1 - share) * from[i] + share * to[i];
  return result;
}

void append_query(Sequences& sequences, Item kind, const Features& features, const Labels& labels,
                  int asked_class) {
  sequences.features.push_back(features);
  sequences.kinds.push_back(kind);
  sequences.labels.push_back(no_label);
  sequences.classes.push_back(labels);
  sequences.targets.push_back(labels[static_cast<std::size_t>(asked_class)]);
}

void add_noise(Sequences& sequences, double deviation, weft::Random random) {
  const auto factor = static_cast<float>(deviation);
  for (float& number : sequences.stimuli) number += factor * random.normal();
}

}  // namespace

Features Features::draw(weft::Random& random) {
  Features features;
  for (Feature& value : features.values) value = draw_feature(random);
  features.is_swapped = random.integer(2) == 1;
  return features;
}

Features Features::twin() const {
  Features other = *this;
  std::swap(other.values[letter_A], other.values[letter_X]);
  std::swap(other.values[letter_B], other.values[letter_W]);
  other.is_swapped = !is_swapped;
  return other;
}

std::vector<Item> label_balanced(std::size_t n) {
  check_exemplars(n);
  std::vector<Item> items;
  repeat(items, item_AW, n / 2);
  repeat(items, item_AX, n / 2);
  repeat(items, item_BW, n);
  repeat(items, item_CY, n / 2);
  repeat(items, item_CZ, n / 2);
  return items;
}

std::vector<Item> exemplar_balanced(std::size_t n) {
  check_exemplars(n);
  std::vector<Item> items;
  for (const Item item : {item_AW, item_AX, item_BW, item_CY}) repeat(items, item, 3 * n / 4);
  return items;
}

std::vector<Item> conflicting(std::size_t n) {
  check_exemplars(n);
  std::vector<Item> items;
  repeat(items, item_AX, n);
  repeat(items, item_BW, n);
  repeat(items, item_CY, n / 2);
  repeat(items, item_CZ, n / 2);
  return items;
}

int class_of(Item item) {
  switch (letters_of(item).first) {
    case letter_A: return 0;
    case letter_B: return 1;
    default: return 2;
  }
}

Sequences draw_few_shot(const SequenceSize& size, std::size_t count, weft::Random random) {
  Sequences result = empty_sequences(size, count);
  std::vector<int> order(size.context());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i) % classes;
  for (std::size_t sequence = 0; sequence < count; ++sequence) {
    std::array<std::vector<float>, static_cast<std::size_t>(classes)> exemplars;
    for (auto& exemplar : exemplars) append_filler(exemplar, random);
    const Labels labels = draw_labels(random);
    random.shuffle(order.data(), order.size());
    for (const int chosen : order) {
      const auto index = static_cast<std::size_t>(chosen);
      extend(result.stimuli, exemplars[index]);
      result.labels.push_back(labels[index]);
      result.kinds.push_back(item_filler);
    }
    const auto asked = static_cast<int>(random.integer(classes));
    extend(result.stimuli, exemplars[static_cast<std::size_t>(asked)]);
    append_query(result, item_filler, {}, labels, asked);
  }
  add_noise(result, size.noise, random.fork("noise"));
  return result;
}

Sequences draw_exposures(const SequenceSize& size, const Exposure& exposure, std::size_t count,
                         weft::Random random) {
  if (exposure.context.size() != size.context() || exposure.queries.empty())
    weft::fail("draw_exposures", "there must be a query, and as many exemplars as a context has",
               std::to_string(exposure.queries.size()) + " queries, " +
                   std::to_string(exposure.context.size()) + " exemplars, context of " +
                   std::to_string(size.context()));
  Sequences result = empty_sequences(size, count);
  std::vector<Item> context = exposure.context;
  for (std::size_t sequence = 0; sequence < count; ++sequence) {
    const Features features = Features::draw(random);
    const Labels labels = draw_labels(random);
    random.shuffle(context.data(), context.size());
    for (const Item item : context) {
      append_stimulus(result.stimuli, features, item);
      result.labels.push_back(labels[static_cast<std::size_t>(class_of(item))]);
      result.kinds.push_back(item);
    }
    const Item query = one_of(exposure.queries, random);
    append_stimulus(result.stimuli, features, query);
    append_query(result, query, features, labels, class_of(query));
  }
  add_noise(result, size.noise, random.fork("noise"));
  return result;
}

Sequences draw_uninformative(const SequenceSize& size, const Features& features,
                             const std::vector<Item>& queries, std::size_t count,
                             weft::Random random) {
  if (queries.empty()) weft::fail("draw_uninformative", "there must be a query");
  Sequences result = empty_sequences(size, count);
  for (std::size_t sequence = 0; sequence < count; ++sequence) {
    for (std::size_t i = 0; i < size.context(); ++i) {
      append_filler(result.stimuli, random);
      result.labels.push_back(static_cast<int>(random.integer(classes)));
      result.kinds.push_back(item_filler);
    }
    const Item query = one_of(queries, random);
    append_stimulus(result.stimuli, features, query);
    append_query(result, query, features, {0, 1, 2}, class_of(query));
  }
  add_noise(result, size.noise, random.fork("noise"));
  return result;
}

Sequences with_blended_queries(const Sequences& sequences, std::size_t contexts,
                               std::size_t side) {
  if (side < 2) weft::fail("with_blended_queries", "there must be both ends of each feature");
  Sequences result;
  result.items = sequences.items;
  const std::size_t context = sequences.items - 1;
  for (std::size_t sequence = 0; sequence < std::min(contexts, sequences.count()); ++sequence) {
    const Features& features = sequences.features[sequence];
    const auto part = [&](const auto& all, std::size_t each) {
      const auto* begin = all.data() + sequence * sequences.items * each;
      return std::span(begin, context * each);
    };
    for (std::size_t i = 0; i < side * side; ++i) {
      const auto at = [&](std::size_t step) {
        return static_cast<float>(step) / static_cast<float>(side - 1);
      };
      extend(result.stimuli, part(sequences.stimuli, stimulus_size));
      extend(result.labels, part(sequences.labels, 1));
      extend(result.kinds, part(sequences.kinds, 1));
      append_pair(result.stimuli, features,
                  blend(features[letter_A], features[letter_B], at(i / side)),
                  blend(features[letter_W], features[letter_X], at(i % side)));
      append_query(result, item_BX, features, sequences.classes[sequence], class_of(item_BX));
    }
  }
  return result;
}

void append(Sequences& sequences, const Sequences& others) {
  if (sequences.count() > 0 && sequences.items != others.items)
    weft::fail("append", "sequences must be of one size",
               std::to_string(sequences.items) + " and " + std::to_string(others.items) + " items");
  sequences.items = others.items;
  extend(sequences.stimuli, others.stimuli);
  extend(sequences.labels, others.labels);
  extend(sequences.kinds, others.kinds);
  extend(sequences.targets, others.targets);
  extend(sequences.classes, others.classes);
  extend(sequences.features, others.features);
}

}  // namespace context_vs_weights
