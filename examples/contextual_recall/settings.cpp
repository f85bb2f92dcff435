#include "settings.hpp"

namespace contextual_recall {

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{quick_preset(), default_preset(), large_preset()};
  return all;
}

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all{
      {.name = "default",
       .finetuned_share = 0.75,
       .replay = 0.4,
       .pretraining_factor = 1,
       .finetuning_rate = 1e-3},
      // Without replay, facts last through the finetuning only where they are stored more firmly
      // and it is gentler; the README has what was tried.
      {.name = "strict",
       .finetuned_share = 0.5,
       .replay = 0,
       .pretraining_factor = 4,
       .finetuning_rate = 4e-4,
       .not_required = {"fact_after"}},
  };
  return all;
}

const char* name_of(Task task) {
  switch (task) {
    case Task::cue: return "cue";
    case Task::mixed_type_cue: return "cue of mixed types";
    case Task::name: return "name";
    case Task::cue_and_name: return "cue and name";
    case Task::direct: break;
  }
  return "direct";
}

}  // namespace contextual_recall
