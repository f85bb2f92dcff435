#include "heads.hpp"

#include "measures.hpp"

#include <weft/core/error.hpp>

#include <algorithm>
#include <cmath>

namespace context_vs_weights {

namespace {

double* share_of(KindAttention& attention, Item kind, bool is_query) {
  if (is_query) return &attention.query;
  switch (kind) {
    case item_AX: return &attention.AX;
    case item_AW: return &attention.AW;
    case item_BW: return &attention.BW;
    case item_CY: return &attention.CY;
    default: weft::fail("attention by kind", "contexts must be exemplar-balanced");
  }
}

// Of a token that is a label, the kind is that of its stimulus.
std::vector<KindAttention> attention_by_kind(const Learner& learner, const Sequences& sequences) {
  const QueryAttention found = learner.attention(sequences);
  std::vector<KindAttention> result(found.layers * found.heads);
  const double each = 1 / static_cast<double>(sequences.count());
  const std::size_t per_item = learner.config.form == TokenForm::paired ? 1 : 2;
  for (std::size_t sequence = 0; sequence < sequences.count(); ++sequence)
    for (std::size_t layer = 0; layer < found.layers; ++layer)
      for (std::size_t head = 0; head < found.heads; ++head)
        for (std::size_t token = 0; token < found.tokens; ++token) {
          const std::size_t item = token / per_item;
          double* share = share_of(result[layer * found.heads + head],
                                   sequences.kinds[sequence * sequences.items + item],
                                   item + 1 == sequences.items);
          *share += each * static_cast<double>(found.at(sequence, layer, head, token));
        }
  return result;
}

weft::Edit<float> without(std::size_t layer, std::size_t head) {
  weft::Edit<float> edit;
  edit.scale({.point = "blocks.*.attn.z", .layers = {layer}, .heads = {head}}, 0.0f);
  return edit;
}

double accuracy_with(const Learner& learner, const Sequences& sequences,
                     const weft::Edit<float>& edit) {
  return accuracy_of(most_likely(learner.answer_with(sequences, edit)), sequences);
}

}  // namespace

HeadFindings examine_heads(const Learner& learner, const Sequences& test, const Sequences& choice,
                           const Sequences& few_shot) {
  const auto accuracy = [&](const Sequences& sequences) {
    return accuracy_of(most_likely(learner.answer(sequences)), sequences);
  };
  HeadFindings findings{.layers = learner.config.layers,
                        .heads = learner.config.heads,
                        .attention = attention_by_kind(learner, test),
                        .ablations = {},
                        .rule = accuracy(test),
                        .few_shot_accuracy = accuracy(few_shot),
                        .chosen = 0};
  const double rule_of_choice = accuracy(choice);
  double greatest = -1;
  for (std::size_t layer = 0; layer < findings.layers; ++layer)
    for (std::size_t head = 0; head < findings.heads; ++head) {
      const weft::Edit<float> edit = without(layer, head);
      const double change = std::abs(accuracy_with(learner, choice, edit) - rule_of_choice);
      if (change > greatest) {
        greatest = change;
        findings.chosen = findings.ablations.size();
      }
      findings.ablations.push_back({layer, head, accuracy_with(learner, test, edit),
                                    accuracy_with(learner, few_shot, edit)});
    }
  return findings;
}

nlohmann::ordered_json to_json(const HeadFindings& findings) {
  auto heads = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < findings.ablations.size(); ++i) {
    const KindAttention& attention = findings.attention[i];
    const Ablation& ablation = findings.ablations[i];
    heads.push_back({{"layer", ablation.layer + 1},
                     {"head", ablation.head + 1},
                     {"attention",
                      {{"AX", attention.AX},
                       {"AW", attention.AW},
                       {"BW", attention.BW},
                       {"CY", attention.CY},
                       {"query", attention.query}}},
                     {"rule_without", ablation.rule},
                     {"few_shot_accuracy_without", ablation.few_shot_accuracy}});
  }
  return {{"rule", findings.rule},
          {"few_shot_accuracy", findings.few_shot_accuracy},
          {"chosen", findings.chosen},
          {"rule_without_chosen", findings.ablations[findings.chosen].rule},
          {"heads", heads}};
}

}  // namespace context_vs_weights
