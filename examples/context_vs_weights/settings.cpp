#include "settings.hpp"

namespace context_vs_weights {

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{quick_preset(), default_preset(), paper_preset()};
  return all;
}

weft::AdamWOptions optimizer_of(const Preset& preset) {
  return {.learning_rate = preset.learning_rate, .weight_decay = 0, .clip_norm = preset.clip_norm};
}

}  // namespace context_vs_weights
