#pragma once

#include <weft/core/random.hpp>

#include <array>
#include <cstddef>
#include <vector>

// Sequences of labelled stimuli and a query, made of features so that a rule and similarity answer
// the query differently: the partial exposure test (Chan et al. 2022, arXiv 2210.05675; Dasgupta,
// Grant and Griffiths 2022).

namespace context_vs_weights {

inline constexpr std::size_t feature_size = 32;              // numbers of a feature, each -1 or 1
inline constexpr std::size_t stimulus_size = 2 * feature_size;
inline constexpr int classes = 3;
inline constexpr int no_label = classes;  // of the query

// What a stimulus is: the values of its first and its second feature. AX, AW and BW make up the
// test, BX is what it asks for, CY and CZ are a third class; a filler has features of its own.
enum Item : int { item_AX, item_AW, item_BW, item_BX, item_CY, item_CZ, item_filler };

inline constexpr int letters = 7;
enum Letter : int { letter_A, letter_B, letter_C, letter_W, letter_X, letter_Y, letter_Z };
using Feature = std::array<float, feature_size>;

// The values that the features of a sequence take.
struct Features {
  std::array<Feature, letters> values{};  // by letter
  bool is_swapped = false;                // the second feature comes first in a stimulus

  const Feature& operator[](Letter letter) const {
    return values[static_cast<std::size_t>(letter)];
  }

  // Values drawn at random; swapped with probability 1/2.
  static Features draw(weft::Random& random);

  // The same stimuli with the two features in each other's place: A and X, and B and W, exchange
  // their values, and the order in a stimulus is the other one. AX and BW stay what they were.
  Features twin() const;
};

// How sequences are drawn.
struct SequenceSize {
  std::size_t exemplars = 4;  // of a class in the context
  double noise = 0.1;         // standard deviation of what each presentation adds to each number

  constexpr std::size_t context() const { return static_cast<std::size_t>(classes) * exemplars; }
  constexpr std::size_t items() const { return context() + 1; }
};

// The classes of a sequence: that of AX and AW, that of BW, and that of CY and CZ.
using Labels = std::array<int, classes>;

struct Sequences {
  std::size_t items = 0;        // of a sequence, the query last
  std::vector<float> stimuli;   // (sequence, item, number)
  std::vector<int> labels;      // (sequence, item); no_label for the query
  std::vector<Item> kinds;      // (sequence, item)
  std::vector<int> targets;     // the right answer; for BX that of the rule, the label of BW
  std::vector<Labels> classes;  // the labels of A, B and C
  std::vector<Features> features;  // by sequence; those of few-shot sequences mean nothing

  std::size_t count() const { return targets.size(); }
  const float* stimulus(std::size_t sequence, std::size_t item) const {
    return stimuli.data() + (sequence * items + item) * stimulus_size;
  }
};

// What a context shows, and what is asked, each entry with the same probability.
struct Exposure {
  std::vector<Item> context, queries;
};

// Contexts, each for a number n of exemplars of a class that is a multiple of 4.
// AW n/2, AX n/2, BW n, CY n/2, CZ n/2: as many of each label.
std::vector<Item> label_balanced(std::size_t n);
// AW, AX, BW and CY, 3n/4 of each: as many of each stimulus.
std::vector<Item> exemplar_balanced(std::size_t n);
// AX n, BW n, CY n/2, CZ n/2: both features predict the label.
std::vector<Item> conflicting(std::size_t n);

// Three new classes of one stimulus each, their labels by chance, and a query of one of them.
Sequences draw_few_shot(const SequenceSize& size, std::size_t count, weft::Random random);

// Contexts of the test, in random order, each with features and labels of its own.
Sequences draw_exposures(const SequenceSize& size, const Exposure& exposure, std::size_t count,
                         weft::Random random);

// Contexts of fillers with random labels, which say nothing about the query. Its features are
// always the same, and the classes A, B and C are 0, 1 and 2.
Sequences draw_uninformative(const SequenceSize& size, const Features& features,
                             const std::vector<Item>& queries, std::size_t count,
                             weft::Random random);

// The class of an item of the test, 0 to 2: that of A, B or C.
int class_of(Item item);

// The first `contexts` sequences, each with side^2 queries instead of its own: the first feature
// goes from A to B in equal steps, and for each the second one from W to X. So the corners are AW,
// AX, BW and BX.
Sequences with_blended_queries(const Sequences& sequences, std::size_t contexts, std::size_t side);

// Sequences of one size, one after the other.
void append(Sequences& sequences, const Sequences& others);

}  // namespace context_vs_weights
